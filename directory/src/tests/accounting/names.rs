//! Gear that uses the name of a session again.

use super::{Gear, seconds};
use crate::accounting::{SessionReport, Stage};
use crate::collections::SessionQuery;
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{Ending, Granted, Session};
use crate::tests::world::World;
use crate::time::Time;

/// When something is told, in seconds.
fn second(gear: &Gear<'_>, second: u64) -> Time {
    gear.at(0).plus(second * 1_000)
}

/// A report about a user.
fn of(gear: &Gear<'_>, stage: Stage, at: u64, login: &str) -> SessionReport {
    let report = gear.report(stage, second(gear, at), "port-1");
    SessionReport { login: login.into(), ..report }
}

/// Whose a session is, when it ended and why, and what went over the wire.
type Told = (String, Option<(Time, Ending)>, u64);

fn told(gear: &Gear<'_>) -> Vec<Told> {
    let told = |it: Session| (it.login, it.ended, it.traffic.octets_in);
    gear.sessions(&SessionQuery::default()).into_iter().map(told).collect()
}

fn used(report: SessionReport, octets: u64) -> SessionReport {
    SessionReport { traffic: seconds(1, octets), ..report }
}

#[test]
fn a_name_that_is_used_again_within_a_minute_is_of_another_user() {
    let world = World::new();
    let gear = Gear::new(&world, world.organization("acme"));
    gear.tell(of(&gear, Stage::Started, 0, "ada"));
    gear.tell(used(of(&gear, Stage::Stopped, 10, "ada"), 7));
    // Told again, as no answer had come.
    gear.tell(of(&gear, Stage::Started, 12, "Ada"));
    gear.tell(used(of(&gear, Stage::Stopped, 14, "ada"), 7));
    gear.tell(of(&gear, Stage::Started, 20, "grace"));
    gear.tell(used(of(&gear, Stage::Continues, 25, "grace"), 9));
    let ended = Some((second(&gear, 10), Ending::Stopped));
    assert_eq!(told(&gear), [("ada".to_owned(), ended, 7), ("grace".to_owned(), None, 9)]);
    // What comes late of the first is no end of the second.
    gear.tell(used(of(&gear, Stage::Continues, 5, "ada"), 99));
    gear.tell(used(of(&gear, Stage::Stopped, 10, "ada"), 99));
    assert_eq!(told(&gear), [("ada".to_owned(), ended, 7), ("grace".to_owned(), None, 9)]);
    gear.tell(used(of(&gear, Stage::Stopped, 30, "grace"), 10));
    let over = Some((second(&gear, 30), Ending::Stopped));
    assert_eq!(told(&gear), [("ada".to_owned(), ended, 7), ("grace".to_owned(), over, 10)]);
    world.assert_sound();
}

#[test]
fn a_name_that_is_used_again_after_the_gear_restarted_is_of_another_session() {
    // Dates have a second's precision, so that it may begin when the gear did.
    for (login, begun) in [("ada", 20), ("grace", 20), ("ada", 10)] {
        let world = World::new();
        let gear = Gear::new(&world, world.organization("acme"));
        gear.tell(of(&gear, Stage::Started, 0, "ada"));
        gear.tell(gear.report(Stage::Restarted, second(&gear, 10), ""));
        // From before that, and no sign that it goes on.
        gear.tell(of(&gear, Stage::Continues, 9, "ada"));
        gear.tell(of(&gear, Stage::Started, 9, "ada"));
        gear.tell(of(&gear, Stage::Started, begun, login));
        gear.tell(used(of(&gear, Stage::Continues, 25, login), 9));
        let ended = Some((second(&gear, 10), Ending::Restarted));
        assert_eq!(told(&gear), [("ada".to_owned(), ended, 0), (login.to_owned(), None, 9)]);
        world.assert_sound();
    }
}

#[test]
fn a_beginning_that_comes_late_is_that_of_the_session_however_long_that_was() {
    let world = World::new();
    let gear = Gear::new(&world, world.organization("acme"));
    gear.tell(used(of(&gear, Stage::Continues, 100, "ada"), 1));
    gear.tell(used(of(&gear, Stage::Stopped, 1_000, "ada"), 7));
    for at in [0, 300, 1_000] {
        gear.tell(of(&gear, Stage::Started, at, "ada"));
    }
    let ended = Some((second(&gear, 1_000), Ending::Stopped));
    assert_eq!(told(&gear), [("ada".to_owned(), ended, 7)]);
    assert_eq!(gear.only().started, second(&gear, 0));
}

#[test]
fn whom_the_accept_was_about_tells_sessions_apart_whatever_the_gear_calls_them() {
    let world = World::new();
    let acme = world.organization("acme");
    let users = ["ada", "grace"].map(|login| world.user(acme, login));
    let gear = Gear::new(&world, acme);
    let circumstances = Circumstances::of(NetworkMethod::EapTtls);
    let tell = |stage, at, user: usize| {
        let granted = Some(Granted::new(users[user], &circumstances, [0; 8]));
        gear.tell(SessionReport { granted, ..of(&gear, stage, at, "anonymous") });
    };
    let found = || -> Vec<_> {
        let sessions = gear.sessions(&SessionQuery::default()).into_iter();
        sessions.map(|session| (session.user, session.ended)).collect()
    };
    let ended = |at, ending| Some((second(&gear, at), ending));
    tell(Stage::Started, 0, 0);
    tell(Stage::Started, 1, 0);
    // Nothing was heard of the end of the first.
    tell(Stage::Started, 20, 1);
    let first = (Some(users[0]), ended(1, Ending::Restarted));
    assert_eq!(found(), [first, (Some(users[1]), None)]);
    // The end of the first, told again without a word of how late.
    tell(Stage::Stopped, 25, 0);
    assert_eq!(found(), [first, (Some(users[1]), None)]);
    tell(Stage::Stopped, 30, 1);
    // Nor of the beginning of the third.
    tell(Stage::Continues, 29, 0);
    tell(Stage::Continues, 40, 0);
    let middle = (Some(users[1]), ended(30, Ending::Stopped));
    assert_eq!(found(), [first, middle, (Some(users[0]), None)]);
    world.assert_sound();
}
