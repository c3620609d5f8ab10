//! How sessions are found, and what of them is remembered.

use super::{Gear, client, page};
use crate::access::View;
use crate::accounting::{SessionReport, Stage};
use crate::collections::{Browse, SessionQuery, Sought};
use crate::id::SessionId;
use crate::records::Session;
use crate::tests::world::World;

#[test]
fn sessions_come_in_pages_by_login_client_and_state() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    for number in 0..7 {
        let report = gear.report(Stage::Started, gear.at(number), &number.to_string());
        let login = if number % 2 == 0 { "ADA" } else { "bob" };
        gear.tell(SessionReport { login: login.into(), ..report });
    }
    let ada = SessionQuery { login: Some("ada".into()), ..SessionQuery::default() };
    let first = page(&world, acme, &ada, (None, 3));
    let second = page(&world, acme, &ada, (first.last().map(|(id, _)| *id), 3));
    let names = |page: &[(SessionId, Session)]| page.iter().map(|(_, s)| s.name.clone()).collect();
    let (first, second): (Vec<_>, Vec<_>) = (names(&first), names(&second));
    assert_eq!((first, second), (vec!["0".into(), "2".into(), "4".into()], vec!["6".into()]));
    let none = SessionQuery { open: Some(false), ..ada.clone() };
    assert!(gear.sessions(&none).is_empty());
    let nowhere = SessionQuery { client: Some(client(&world, acme, "other")), ..ada };
    assert!(gear.sessions(&nowhere).is_empty());
    let reading = world.directory.read(world.top()).unwrap();
    let grant = reading.authorize::<View>(acme).unwrap();
    let all = grant.sessions_where(SessionQuery::default());
    let found = |member, value, is_whole| {
        let ids = all.candidates(Sought { member, value, is_whole }, 4).unwrap()?;
        Some(ids.into_iter().map(|id| all.candidate(id).unwrap().unwrap().name).collect::<Vec<_>>())
    };
    assert_eq!(found("login", "bob", true).unwrap(), ["1", "3", "5"]);
    assert_eq!(found("login", "a", false).unwrap(), ["0", "2", "4", "6"]);
    assert_eq!(found("login", "", false), None, "too many");
    assert_eq!(found("gear", "ap-1", true), None);
}

#[test]
fn what_was_remembered_of_an_organization_outlives_reports() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    let snapshot = world.directory.inner.store.read().unwrap();
    let holds = || snapshot.agrees_with(acme.partition(), snapshot.sequence());
    gear.tell(gear.report(Stage::Started, gear.at(0), "1"));
    assert!(holds());
    world.user(acme, "ada");
    assert!(!holds());
}
