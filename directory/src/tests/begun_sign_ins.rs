//! Right passwords of admins without what else it takes: told, and slowed down until one signs in.

use std::net::IpAddr;
use std::sync::mpsc::channel;

use super::sign_in::{SECRET, code, confirm, enrolled, enrolment, request, send};
use super::world::{HERE, World, fields, password};
use crate::access::{ManageAdmins, Role};
use crate::authentication::{Arrival, Second, SignInOutcome, SignInRequest};
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome, SubjectKind};
use crate::id::{AdminNumber, Place};
use crate::records::AdminScope;

const MINUTE: u64 = 60_000;

fn last(world: &World) -> Event {
    world.events(Place::Provider, 1).remove(0)
}

/// Gives the right password alone, from somewhere.
fn begins(world: &World, source: IpAddr) -> SignInOutcome {
    let arrival = Arrival::plain(source, world.now());
    send(world, SignInRequest { arrival, ..request(world, SECRET, None) })
}

fn elsewhere(number: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, number])
}

/// Sets the password of an admin, who has to choose another one then.
fn given(world: &World, number: AdminNumber) {
    let next = world.password(SECRET);
    let set = world.directory.change(world.fresh_top(), move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, next)
    });
    set.unwrap();
}

/// Asserts that an event is about grace, who did it.
fn is_graces(event: &Event, action: Action) {
    assert_eq!((event.action, &event.outcome), (action, &Outcome::Success), "{event:?}");
    assert_eq!(event.source, Some(HERE));
    let (kind, name) = event.subject.as_ref().map(|it| (it.kind, it.name.as_str())).unwrap();
    assert_eq!((kind, name), (SubjectKind::Admin, "grace"));
    assert!(matches!(&event.actor, EventActor::Admin { login, .. } if login == "grace"));
    assert!(!format!("{event:?}").contains(SECRET));
}

#[test]
fn a_right_password_without_a_code_is_told_as_the_admins() {
    let world = World::new();
    enrolled(&world);
    assert!(matches!(begins(&world, HERE), SignInOutcome::CodeNeeded));
    is_graces(&last(&world), Action::SignInBegun);
}

#[test]
fn so_is_one_that_another_has_to_take_the_place_of() {
    let world = World::new();
    let (number, uri, _) = enrolled(&world);
    // Who hears that the next password will not do knows that this one is right.
    let refused = |next: &str| {
        let (sender, receiver) = channel();
        let second = Some(Second::Totp(code(&world, &uri)));
        let new_password = Some(password(next));
        let asked = SignInRequest { new_password, second, ..request(&world, SECRET, None) };
        world.directory.sign_in(asked, move |outcome| sender.send(outcome).unwrap()).unwrap();
        assert!(matches!(receiver.recv().unwrap(), Err(Error::Invalid(_))), "{next}");
    };
    let told = || {
        let told = world.events(Place::Provider, 100).into_iter();
        told.filter(|event| event.action == Action::SignInBegun).count()
    };
    let is_told = |times: usize| {
        is_graces(&last(&world), Action::SignInBegun);
        assert_eq!(told(), times);
    };
    refused("not asked for at all");
    is_told(1);
    given(&world, number);
    assert_eq!(last(&world).action, Action::PasswordSet);
    assert!(matches!(begins(&world, HERE), SignInOutcome::PasswordNeeded));
    is_told(2);
    refused("short");
    is_told(3);
}

#[test]
fn that_the_seed_of_an_enrolment_is_shown_is_told_in_its_change() {
    let world = World::new();
    world.invited(Place::Provider, fields("grace", Role::Manager, AdminScope::None), SECRET);
    assert_eq!(last(&world).action, Action::InvitationAccepted);
    for _ in 0..2 {
        let enrolment = enrolment(&world);
        let event = last(&world);
        is_graces(&event, Action::SecretRevealed);
        let seed = enrolment.uri.split_once("secret=").unwrap().1.get(..32).unwrap();
        assert!(!format!("{event:?}").contains(seed));
    }
    let told = world.events(Place::Provider, 50);
    let revealed = told.iter().filter(|event| event.action == Action::SecretRevealed).count();
    assert_eq!(revealed, 2);
    assert!(told.iter().all(|event| event.action != Action::SignInBegun), "one event does");
}

#[test]
fn of_a_storm_some_are_told_one_by_one_and_the_others_counted_with_their_admin() {
    let world = World::new();
    enrolled(&world);
    for number in 0..70 {
        assert!(matches!(begins(&world, elsewhere(number)), SignInOutcome::CodeNeeded));
    }
    let begun = || {
        let told = world.events(Place::Provider, 500).into_iter();
        told.filter(|event| event.action == Action::SignInBegun).collect::<Vec<_>>()
    };
    assert_eq!(begun().len(), 60);
    world.directory.tell_untold_failures(world.now());
    assert_eq!(begun().len(), 60, "the minute is not over");
    world.pass(MINUTE);
    world.directory.tell_untold_failures(world.now());
    let event = last(&world);
    assert_eq!((event.action, event.actor), (Action::SignInBegun, EventActor::Daemon));
    assert_eq!(event.subject.map(|subject| subject.name).as_deref(), Some("grace"));
    let Outcome::Failure(why) = event.outcome else { panic!("it has no number") };
    assert!(why.ends_with("beside those that are told: 10"), "{why}");
    assert_eq!(begun().len(), 61);
}

#[test]
fn whoever_gives_a_password_alone_again_and_again_waits_and_with_the_code_does_not() {
    let world = World::new();
    let (_, uri, _) = enrolled(&world);
    let is_slowed = |source: IpAddr| {
        let outcome = begins(&world, source);
        let wait = if let SignInOutcome::TooEarly(wait) = outcome { Some(wait) } else { None };
        assert!(wait.is_some() || matches!(outcome, SignInOutcome::CodeNeeded));
        wait
    };
    let comes_in = || {
        world.pass(30_000);
        let right = Some(code(&world, &uri));
        assert!(matches!(send(&world, request(&world, SECRET, right)), SignInOutcome::Session(_)));
    };
    for _ in 0..3 {
        assert_eq!([(); 5].map(|()| is_slowed(HERE)), [None; 5], "an honest admin");
        comes_in();
    }
    let waits = [(); 8].map(|()| is_slowed(HERE));
    assert_eq!(waits, [None, None, None, None, None, None, Some(1_000), Some(1_000)]);
    assert_eq!(is_slowed(elsewhere(1)), None, "who comes from elsewhere");
    world.pass(1_000);
    assert_eq!([(); 2].map(|()| is_slowed(HERE)), [None, Some(2_000)]);
    comes_in();
    assert_eq!(is_slowed(HERE), None);
}

#[test]
fn whoever_begins_an_enrolment_again_and_again_waits_until_one_is_confirmed() {
    let world = World::new();
    world.invited(Place::Provider, fields("grace", Role::Manager, AdminScope::None), SECRET);
    let newest = [(); 6].map(|()| enrolment(&world)).into_iter().next_back().unwrap();
    assert!(matches!(begins(&world, HERE), SignInOutcome::TooEarly(1_000)));
    confirm(&world, &newest).unwrap();
    assert!(matches!(begins(&world, HERE), SignInOutcome::CodeNeeded));
}
