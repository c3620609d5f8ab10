//! What changes while a copy is brought up to date for a client that reads slowly.

use serde_json::json;

use super::reload::cookie_of;
use super::{copying, hire, names, reader};
use crate::harness::ber;
use crate::harness::office::{Office, id_of};
use crate::harness::raw::{Message, Raw};

/// People, each with some 32 kB of text: together more than lies between a server and a client that does
/// not read.
const PEOPLE: usize = 400;

fn crowd(office: &Office) {
    let notes: Vec<String> =
        (0..32).map(|number| format!("{number} {}", "lorem".repeat(200))).collect();
    for person in 0..PEOPLE {
        let login = format!("u{person}");
        let fields = json!({"login": login, "display_name": login, "surname": login,
                            "custom": {"note": notes}});
        office.make("users", &fields);
    }
}

/// Whether it is an entry that is named so.
fn is_entry(told: &Message, name: &str) -> bool {
    told.operation == 0x64 && ber::split(&told.content).unwrap().1.starts_with(name.as_bytes())
}

#[test]
fn section_3_4_who_comes_back_is_told_of_what_changed_before_and_is_deleted_during_the_refresh() {
    let office = Office::new();
    let (dn, password) = reader(&office);
    let mut connection = Raw::bound(&office.demo.ldap, &dn, &password);
    let staff = id_of(&office.make("groups", &json!({"name": "staff"})));
    // Another attribute makes all entries look different, so it is there before the copy.
    let note = json!({"name": "note", "syntax": "text", "multiple": true, "indexed": false});
    office.make("custom-attributes", &note);
    connection.send(&copying(2, &office.base, 1, b""));
    let (_, controls) = connection.receive_all_of_with_controls(2);
    let cookie = cookie_of(&controls.unwrap()).unwrap();
    crowd(&office);
    office.act("PATCH", &format!("groups/{staff}"), Some(&json!({"description": "all"})));

    connection.send(&copying(3, &office.base, 3, &cookie));
    let first = connection.receive().unwrap();
    assert!(is_entry(&first, "uid="), "people come before groups");
    // The server stands still while nothing more is read.
    office.act("DELETE", &format!("groups/{staff}"), None);
    hire(&office, "last");
    let mut gone = false;
    loop {
        let told = connection.receive().unwrap();
        assert!(!is_entry(&told, "cn=staff"), "it was there still");
        gone |= names(&told, &staff);
        if is_entry(&told, "uid=last,") {
            break;
        }
    }
    assert!(gone, "it was told what came behind, and nothing of the group");
}
