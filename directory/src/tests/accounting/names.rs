//! Gear that uses the name of a session again.

use super::{Gear, seconds};
use crate::accounting::{SessionReport, Stage};
use crate::authentication::{Door, Outcome, Request, Who};
use crate::collections::SessionQuery;
use crate::events::{Action, EventActor};
use crate::id::UserId;
use crate::network::{Circumstances, NetworkMethod, OuterName};
use crate::records::{Ending, Granted, Guest, Session};
use crate::tests::world::{RIGHT, World};
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
        let granted = Some(Granted::new(Guest::User(users[user]), &circumstances, [0; 8]));
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

/// What an accept says of itself to gear that knows such a name.
fn accepted(gear: &Gear<'_>, login: &str, outer: Option<&str>) -> Option<Granted> {
    let by = Circumstances::of(NetworkMethod::EapTtls);
    let by = Circumstances { outer: outer.map(OuterName::of), ..by };
    let request = gear.world.request(gear.organization, Who::User(login.into()), RIGHT);
    let door = Door::Radius(gear.client, by);
    let Outcome::Accept { reply, .. } = gear.world.attempt(Request { door, ..request }) else {
        panic!("{login} is not let in");
    };
    reply.unwrap().granted.clone().map(|(_, granted, _)| granted)
}

#[test]
fn an_accept_says_whom_it_lets_in_where_the_gear_knows_another_name() {
    let world = World::new();
    let acme = world.organization("acme");
    let [ada, anonymous] = ["ada", "anonymous"].map(|login| world.user(acme, login));
    let gear = Gear::new(&world, acme);
    for (login, outer, told) in [
        ("ada", None, None),
        ("ada", Some("ada"), None),
        ("ada", Some("ADA"), None),
        ("Ada", Some("ACME\\ada"), None),
        ("ada", Some("ada@acme.example"), Some(ada)),
        ("ada", Some("bob"), Some(ada)),
        ("ada", Some("anonymous"), Some(ada)),
        ("ada", Some("@acme.example"), Some(ada)),
        ("ada", Some(""), Some(ada)),
        ("anonymous", Some("anonymous"), Some(anonymous)),
    ] {
        let granted = accepted(&gear, login, outer);
        let guest = granted.map(|granted| granted.guest);
        assert_eq!(guest, told.map(Guest::User), "{login} {outer:?}");
    }
}

#[test]
fn an_anonymous_name_is_nobodys_and_an_event_names_whom_the_accept_let_in() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    world.user(acme, "anonymous");
    let gear = Gear::new(&world, acme);
    let tell = |stage, at, (name, login): (&str, &str), granted: Option<Granted>| {
        let report = gear.report(stage, second(&gear, at), name);
        gear.tell(SessionReport { login: login.into(), granted, ..report });
    };
    let users = || -> Vec<Option<UserId>> {
        gear.sessions(&SessionQuery::default()).into_iter().map(|session| session.user).collect()
    };
    let actor = |action| {
        let mut events = world.events(acme.into(), 100).into_iter();
        events.find(|event| event.action == action).unwrap().actor
    };
    for (name, login) in
        [("one", "anonymous"), ("two", "Anonymous@acme.example"), ("three", "ACME\\anonymous")]
    {
        tell(Stage::Started, 0, (name, login), None);
        assert!(users().iter().all(Option::is_none), "{login}");
        let expected = EventActor::User { id: None, login: login.into() };
        assert_eq!(actor(Action::NetworkSessionStarted), expected);
    }
    let granted = accepted(&gear, "ada", Some("anonymous"));
    tell(Stage::Started, 1, ("four", "anonymous"), granted.clone());
    assert_eq!(users(), [None, None, None, Some(ada)]);
    let begun = actor(Action::NetworkSessionStarted);
    let EventActor::User { id, login } = &begun else { panic!("{begun:?}") };
    assert!(id.is_some() && login == "ada", "{begun:?}");
    // Who is deleted meanwhile has still a name.
    world.change(move |change| change.authorize(acme)?.users().delete(ada, None)).unwrap();
    tell(Stage::Stopped, 9, ("four", "anonymous"), granted);
    assert_eq!(users().len(), 4);
    assert_eq!(actor(Action::NetworkSessionEnded), begun);
    world.assert_sound();
}

#[test]
fn a_user_is_found_behind_and_before_the_organizations_own_names() {
    let world = World::new();
    let corp = world.going_by("corp", "acme.example").unwrap();
    let [ada, whole] = ["ada", "bob@acme.example"].map(|login| world.user(corp, login));
    world.user(corp, "bob");
    let gear = Gear::new(&world, corp);
    for (place, (login, user)) in [
        ("ada@ACME.example", Some(ada)),
        ("Corp\\Ada", Some(ada)),
        ("ACME\\ada", Some(ada)),
        ("corp\\bob@acme.example", Some(whole)),
        ("bob@acme.example", Some(whole)),
        ("ada@beta.example", None),
        ("nobody@acme.example", None),
        ("anonymous@acme.example", None),
    ]
    .into_iter()
    .enumerate()
    {
        let report = gear.report(Stage::Started, second(&gear, 0), &format!("port-{place}"));
        gear.tell(SessionReport { login: login.into(), ..report });
        let found = gear.sessions(&SessionQuery::default()).into_iter();
        let found = found.map(|session| (session.login, session.user)).next_back();
        assert_eq!(found, Some((login.to_owned(), user)));
    }
}
