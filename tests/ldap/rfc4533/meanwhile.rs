//! What changes while a copy is brought up to date for a client that reads slowly.

use std::collections::BTreeSet;

use serde_json::json;

use super::reload::cookie_of;
use super::{copying, hire, names, reader};
use crate::harness::ber;
use crate::harness::office::{Office, id_of};
use crate::harness::raw::{Message, Raw};

/// People, each with some 32 kB of text: together more than lies between a server and a client that does
/// not read.
const PEOPLE: usize = 400;

/// So many are hired while copies are brought up to date.
const HIRED: usize = 40;
/// The searches of a connection by which a copy comes back, one after the other.
const SEARCHES: [i64; 4] = [2, 3, 4, 5];
/// What a Sync State control says of an entry that the copy does not have.
const ADD: i64 = 1;

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

/// What a Sync State control says, of all controls of a message.
fn state_of(controls: &[u8]) -> i64 {
    let (_, control, _) = ber::split(controls).unwrap();
    let (_, _, rest) = ber::split(control).unwrap();
    let (_, value, _) = ber::split(rest).unwrap();
    let (_, said, _) = ber::split(value).unwrap();
    let (tag, state, _) = ber::split(said).unwrap();
    assert_eq!(tag, 0x0a);
    ber::read_number(state)
}

/// Comes back with a cookie again and again, until each search was told of all who are hired.
fn hear_of_all(connection: &mut Raw, base: &str, cookie: &[u8]) {
    let mut told = BTreeSet::new();
    let [mut under_way, ..] = SEARCHES;
    connection.send(&copying(under_way, base, 3, cookie));
    while told.len() < HIRED * SEARCHES.len() {
        let (said, controls) = connection.receive_with_controls().unwrap();
        if said.operation == 0x79 && said.id == under_way && SEARCHES.contains(&(under_way + 1)) {
            under_way += 1;
            connection.send(&copying(under_way, base, 3, cookie));
        }
        if is_entry(&said, "uid=new") {
            let name = ber::split(&said.content).unwrap().1.to_vec();
            let state = state_of(&controls.unwrap());
            let text = String::from_utf8_lossy(&name).into_owned();
            assert!(!told.insert((said.id, name)) || state == ADD, "{text}: {state}");
        }
    }
}

#[test]
fn section_2_3_who_is_made_during_the_refresh_is_added() {
    let office = Office::new();
    let (dn, password) = reader(&office);
    let connect = || Raw::bound(&office.demo.ldap, &dn, &password);
    let note = json!({"name": "note", "syntax": "text", "multiple": true, "indexed": false});
    office.make("custom-attributes", &note);
    crowd(&office);
    let mut first = connect();
    first.send(&copying(2, &office.base, 1, b""));
    let (_, controls) = first.receive_all_of_with_controls(2);
    let cookie = cookie_of(&controls.unwrap()).unwrap();
    let mut connections: Vec<Raw> = (0..4).map(|_| connect()).collect();
    std::thread::scope(|scope| {
        let (office, cookie) = (&office, &cookie);
        scope.spawn(move || (0..HIRED).for_each(|n| drop(hire(office, &format!("new{n}")))));
        for connection in &mut connections {
            scope.spawn(move || hear_of_all(connection, &office.base, cookie));
        }
    });
}
