//! What changes while a copy is brought up to date for a client that reads slowly.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::reload::cookie_of;
use super::{copying, dismiss, hire, names, reader};
use crate::harness::ber;
use crate::harness::office::{Office, id_of};
use crate::harness::raw::{Message, Raw};

/// People, each with some 32 kB of text: together more than lies between a server and a client that does
/// not read.
const PEOPLE: usize = 400;

/// So many come in a round while copies are brought up to date.
const COMING: usize = 40;
/// So many rounds at most, until somebody came just then.
const ROUNDS: usize = 5;
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

/// How many a search was told of.
fn count(told: &BTreeSet<(i64, String)>, search: i64) -> usize {
    told.iter().filter(|(id, _)| *id == search).count()
}

/// Comes back with a cookie again and again, until each search was told of the last who comes; says
/// whether somebody came while a copy was brought up to date.
fn hear_of_all(connection: &mut Raw, (base, cookie): (&str, &[u8]), came: &AtomicUsize) -> bool {
    let (mut told, mut ended, mut met) = (BTreeSet::new(), BTreeSet::new(), false);
    let [mut under_way, ..] = SEARCHES;
    connection.send(&copying(under_way, base, 3, cookie));
    while ended.len() < SEARCHES.len() {
        let (said, controls) = connection.receive_with_controls().unwrap();
        if said.operation == 0x79 && said.id == under_way && SEARCHES.contains(&(under_way + 1)) {
            // Who is there by now and was not told of came after the commit that the refresh tells.
            met |= came.load(Ordering::Relaxed) > count(&told, under_way);
            under_way += 1;
            connection.send(&copying(under_way, base, 3, cookie));
        }
        if is_entry(&said, "uid=last") {
            ended.insert(said.id);
        }
        if is_entry(&said, "uid=new") {
            let name = ber::split(&said.content).unwrap().1;
            let name = String::from_utf8_lossy(name).into_owned();
            let state = state_of(&controls.unwrap());
            assert!(!told.insert((said.id, name.clone())) || state == ADD, "{name}: {state}");
        }
    }
    for search in SEARCHES {
        assert_eq!(count(&told, search), COMING, "search {search}: {told:?}");
    }
    met
}

/// Brings a copy up to date; tells the cookie.
fn up_to_date(connection: &mut Raw, base: &str, cookie: &[u8]) -> Vec<u8> {
    connection.send(&copying(2, base, 1, cookie));
    let (_, controls) = connection.receive_all_of_with_controls(2);
    cookie_of(&controls.unwrap()).unwrap()
}

/// Restores whoever was dismissed and hires as many, one after the other, and the last behind them all.
fn come(office: &Office, (round, dismissed): (usize, &[String]), came: &AtomicUsize) {
    for (number, user) in dismissed.iter().enumerate() {
        office.act("POST", &format!("deleted-users/{user}/restore"), Some(&json!({})));
        came.fetch_add(1, Ordering::Relaxed);
        hire(office, &format!("new{round}hired{number}"));
        came.fetch_add(1, Ordering::Relaxed);
    }
    hire(office, &format!("last{round}"));
}

#[test]
fn section_2_3_who_is_made_or_restored_during_the_refresh_is_added() {
    let office = Office::new();
    let (dn, password) = reader(&office);
    let connect = || Raw::bound(&office.demo.ldap, &dn, &password);
    let note = json!({"name": "note", "syntax": "text", "multiple": true, "indexed": false});
    office.make("custom-attributes", &note);
    crowd(&office);
    let (mut first, mut cookie) = (connect(), Vec::new());
    let met = (0..ROUNDS).any(|round| {
        let hired = (0..COMING / 2).map(|number| hire(&office, &format!("new{round}back{number}")));
        let dismissed: Vec<String> = hired.collect();
        dismissed.iter().for_each(|user| dismiss(&office, user));
        cookie = up_to_date(&mut first, &office.base, &cookie);
        let mut connections: Vec<Raw> = (0..4).map(|_| connect()).collect();
        let so_far = AtomicUsize::new(0);
        let (office, asked, came) = (&office, (&*office.base, &*cookie), &so_far);
        let those = (round, &*dismissed);
        std::thread::scope(|scope| {
            let mut hearing = Vec::new();
            for connection in &mut connections {
                hearing.push(scope.spawn(move || hear_of_all(connection, asked, came)));
            }
            scope.spawn(move || come(office, those, came));
            hearing.into_iter().any(|one| one.join().unwrap())
        })
    });
    assert!(met, "nobody came while a copy was brought up to date");
}
