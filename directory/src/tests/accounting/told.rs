//! What events tell of sessions.

use super::{Gear, MINUTE};
use crate::accounting::{SessionReport, SessionRules, Stage};
use crate::collections::SessionQuery;
use crate::events::{Action, EventActor};
use crate::id::OrganizationId;
use crate::records::Prefixes;
use crate::tests::world::{DAY, HERE, World};

/// What events tell of sessions, the oldest first: whether one ended, its name, and some field of it.
fn told(world: &World, acme: OrganizationId, field: &str) -> Vec<(bool, String, Option<String>)> {
    let events = world.events(acme.into(), 100).into_iter().rev();
    let kinds = [Action::NetworkSessionStarted, Action::NetworkSessionEnded];
    let told = events.filter(|event| kinds.contains(&event.action)).filter_map(|event| {
        let is_end = event.action == Action::NetworkSessionEnded;
        let found = event.differences.into_iter().find(|told| told.field == field);
        Some((is_end, event.subject?.name, found.and_then(|told| told.after)))
    });
    told.collect()
}

#[test]
fn events_tell_of_the_beginning_and_the_end_and_of_nothing_between() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    gear.tell(gear.report(Stage::Started, gear.at(0), "one"));
    for minute in 1..4 {
        gear.tell(gear.report(Stage::Continues, gear.at(minute), "one"));
        gear.only();
    }
    for _ in 0..2 {
        // The second one comes again because its answer was lost.
        let mut stopped = gear.report(Stage::Stopped, gear.at(5), "one");
        stopped.traffic.octets_in = 7;
        gear.tell(stopped);
        gear.only();
    }
    let some = |text: &str| Some(text.to_owned());
    let one = || "one".to_owned();
    assert_eq!(told(&world, acme, "octets_in"), [(false, one(), None), (true, one(), some("7"))]);
    assert_eq!(told(&world, acme, "ending")[1].2, some("\"stopped\""));
    let ended = world.events(acme.into(), 1).remove(0);
    assert_eq!((ended.at, ended.source), (gear.at(5), Some(HERE)));
    assert_eq!(ended.actor, EventActor::User { id: None, login: "Ada".into() });
}

#[test]
fn prefixes_of_ipv6_are_kept_as_they_were_told_last_and_of_the_first_an_event_tells() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    let prefix = |text: &str| Some(text.parse().unwrap());
    let given = |framed, delegated| Prefixes { framed, delegated };
    let first = given(prefix("2001:db8:7::/64"), prefix("2001:db8:ff00::/56"));
    let tell = |stage, minute, prefixes| {
        gear.tell(SessionReport { prefixes, ..gear.report(stage, gear.at(minute), "one") });
        gear.only().prefixes
    };
    assert_eq!(tell(Stage::Started, 0, first), first);
    let other = given(prefix("2001:db8:8::/64"), None);
    let both = given(other.framed, first.delegated);
    assert_eq!(tell(Stage::Continues, 5, other), both);
    assert_eq!(tell(Stage::Continues, 3, first), both, "it comes late");
    let begun = told(&world, acme, "delegated_ipv6_prefix").remove(0);
    assert_eq!(begun.2.as_deref(), Some("\"2001:db8:ff00::/56\""));
}

#[test]
fn events_tell_of_sessions_that_end_otherwise() {
    let world = World::new();
    let acme = world.organization("acme");
    let gear = Gear::new(&world, acme);
    let settled = || gear.sessions(&SessionQuery::default()).len();
    // Begun and ended in one commit.
    gear.tell(gear.report(Stage::Started, gear.at(0), "short"));
    gear.tell(gear.report(Stage::Stopped, gear.at(1), "short"));
    assert_eq!(settled(), 1);
    gear.tell(gear.report(Stage::Started, gear.at(2), "cut"));
    assert_eq!(settled(), 2);
    gear.tell(gear.report(Stage::Restarted, gear.at(3), ""));
    assert_eq!(settled(), 2);
    gear.tell(gear.report(Stage::Started, gear.at(4), "silent"));
    assert_eq!(settled(), 3);
    let rules = SessionRules { intervals: 3, silence: 60 * MINUTE, retention: 400 * DAY };
    assert_eq!(world.directory.keep_sessions(gear.at(4 * 60), rules).unwrap(), 1);
    let told = told(&world, acme, "ending");
    let ends: Vec<_> = told.iter().filter(|told| told.0).map(|told| told.2.clone()).collect();
    let expected = ["\"stopped\"", "\"restarted\"", "\"silent\""];
    assert_eq!(ends, expected.map(|text| Some(text.to_owned())));
    assert_eq!(told.len(), 6, "each began once: {told:?}");
}
