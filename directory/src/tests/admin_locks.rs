//! Locks of admins after too many wrong proofs: they outlast a restart, and nothing else locks.

use std::net::IpAddr;

use storage::Reading;

use super::admin_sessions::uses;
use super::own_credentials::{MINUTE, NEXT, STEP, begin, begun, confirm, prove, wrong};
use super::sign_in::{SECRET, code, confirm as enrol, enrolled, enrolment, fresh, request, send};
use super::world::{Counted, HERE, World, fields, options, refusal};
use crate::access::{Context, ManageAdmins, Role};
use crate::authentication::{Arrival, Reproof, Second, SignInOutcome, SignInRequest};
use crate::directory::{Directory, OpenOptions};
use crate::events::{Action, Event, EventActor, SubjectKind};
use crate::id::{AdminNumber, Place, RecordId};
use crate::records::{AdminScope, Credential};

/// How long an admin is locked.
const LOCKED_FOR: u64 = 15 * MINUTE;

/// Where the guess of that number comes from.
fn elsewhere(guess: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, guess])
}

/// Gives ten codes with the password, each from elsewhere; none counts.
fn guess_codes(world: &World, organization: Option<&str>, uri: &str) {
    for guess in 0..10 {
        let asked = request(world, SECRET, Some(wrong(world, uri)));
        let arrival = Arrival::plain(elsewhere(guess), world.now());
        let organization = organization.map(ToOwned::to_owned);
        let asked = SignInRequest { organization, arrival, ..asked };
        assert!(matches!(send(world, asked), SignInOutcome::Rejected));
    }
}

/// Signs in with the password and the code of this moment.
fn signs_in(world: &World, uri: &str) -> SignInOutcome {
    send(world, request(world, SECRET, Some(code(world, uri))))
}

/// The same after the daemon was started again: what was in memory is gone.
fn restarted(world: World) -> World {
    let store = world.directory.inner.store.clone();
    let options = OpenOptions { authentication: options(), ..OpenOptions::default() };
    world.reopened(|| Directory::over(store, Counted::new(), &options).unwrap())
}

fn credential(world: &World, number: AdminNumber) -> Credential {
    let snapshot = world.directory.inner.store.read().unwrap();
    snapshot.get(Place::Provider.partition(), number.record()).unwrap().unwrap()
}

/// The locks that were told of.
fn told(world: &World, place: Place) -> Vec<Event> {
    let events = world.events(place, 50).into_iter();
    events.filter(|event| event.action == Action::Locked).collect()
}

fn assert_told_of_grace(told: &[Event]) {
    let [event] = told else { panic!("it was to be told once: {told:?}") };
    let subject = event.subject.as_ref().unwrap();
    assert_eq!((subject.kind, subject.name.as_str()), (SubjectKind::Admin, "grace"));
    assert_eq!((&event.actor, event.source), (&EventActor::Daemon, Some(elsewhere(9))));
}

#[test]
fn a_lock_outlasts_a_restart_is_told_once_and_ends_by_itself() {
    let world = World::new();
    let (number, uri, _) = enrolled(&world);
    guess_codes(&world, None, &uri);
    let until = world.now().plus(LOCKED_FOR);
    assert_eq!(credential(&world, number).lock.map(|lock| lock.until), Some(until));
    let world = restarted(world);
    assert!(matches!(signs_in(&world, &uri), SignInOutcome::Rejected));
    world.pass(LOCKED_FOR - 1);
    let without_code = send(&world, request(&world, SECRET, None));
    assert!(matches!(without_code, SignInOutcome::Rejected));
    assert_eq!(credential(&world, number).lock.map(|lock| lock.until), Some(until));
    world.pass(1);
    assert!(matches!(signs_in(&world, &uri), SignInOutcome::Session(_)));
    assert_told_of_grace(&told(&world, Place::Provider));
    world.assert_sound();
}

#[test]
fn a_lock_of_an_organizations_own_admin_is_told_there_and_outlasts_a_restart() {
    let world = World::new();
    let acme = world.organization("acme");
    world.invited(acme.into(), fields("grace", Role::Manager, AdminScope::None), SECRET);
    let try_in = |world: &World, code: Option<String>| {
        let organization = Some("acme".to_owned());
        send(world, SignInRequest { organization, ..request(world, SECRET, code) })
    };
    let SignInOutcome::Enrol(enrolment) = try_in(&world, None) else { panic!("no enrolment") };
    enrol(&world, &enrolment).unwrap();
    world.pass(STEP);
    guess_codes(&world, Some("acme"), &enrolment.uri);
    assert_told_of_grace(&told(&world, acme.into()));
    assert!(told(&world, Place::Provider).is_empty());
    let world = restarted(world);
    let right = |world: &World| Some(code(world, &enrolment.uri));
    assert!(matches!(try_in(&world, right(&world)), SignInOutcome::Rejected));
    world.pass(LOCKED_FOR);
    assert!(matches!(try_in(&world, right(&world)), SignInOutcome::Session(_)));
}

#[test]
fn wrong_codes_of_an_enrolment_lock_beyond_a_restart_as_well() {
    let world = World::new();
    fresh(&world);
    let begun = enrolment(&world);
    for guess in 0..10 {
        let arrival = Arrival::plain(elsewhere(guess), world.now());
        let code = wrong(&world, &begun.uri);
        let tried = world.directory.confirm_enrolment(&begun.token.text, code, arrival);
        assert_eq!(refusal(tried), "is not the code of this moment");
    }
    assert_told_of_grace(&told(&world, Place::Provider));
    let world = restarted(world);
    assert_eq!(refusal(enrol(&world, &begun)), "sign in first");
    let again = send(&world, request(&world, SECRET, None));
    assert!(matches!(again, SignInOutcome::Rejected));
    world.pass(LOCKED_FOR);
    assert!(enrol(&world, &enrolment(&world)).is_ok());
}

/// A wrong proof by an open session; whether it was taken for a guess.
type Guess = fn(&World, Context, &str) -> bool;

#[test]
fn guesses_by_an_open_session_lock_beyond_a_restart_as_well() {
    let guesses: [Guess; 2] = [
        |world, by, uri| {
            let code = Second::Totp(wrong(world, uri));
            matches!(begin(world, by, Some(code)), Reproof::Wrong)
        },
        |world, by, _| matches!(prove(world, by, "a guess", NEXT).unwrap(), Reproof::Wrong),
    ];
    for guess in guesses {
        let world = World::new();
        let (_, uri, session) = enrolled(&world);
        let by = uses(&world, &session.text, HERE).unwrap();
        for number in 0..10 {
            let by = Context { source: Some(elsewhere(number)), ..by };
            assert!(guess(&world, by, &uri), "guess {number}");
        }
        assert_told_of_grace(&told(&world, Place::Provider));
        let world = restarted(world);
        let right = Second::Totp(code(&world, &uri));
        assert!(matches!(begin(&world, by, Some(right)), Reproof::TooEarly(LOCKED_FOR)));
        let known = prove(&world, by, SECRET, NEXT).unwrap();
        assert!(matches!(known, Reproof::TooEarly(LOCKED_FOR)));
        assert!(matches!(signs_in(&world, &uri), SignInOutcome::Rejected));
    }
}

#[test]
fn a_reset_another_password_and_another_authenticator_end_a_lock() {
    let locked = || {
        let world = World::new();
        let (number, uri, session) = enrolled(&world);
        let by = uses(&world, &session.text, HERE).unwrap();
        let new = begun(&world, by, Second::Totp(code(&world, &uri)));
        guess_codes(&world, None, &uri);
        assert!(credential(&world, number).lock.is_some());
        (world, number, by, new.uri)
    };
    let (world, number, ..) = locked();
    let reset = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    reset.unwrap();
    let again = send(&world, request(&world, SECRET, None));
    assert!(matches!(again, SignInOutcome::Enrol(_)));

    let (world, number, ..) = locked();
    let password = world.password(NEXT);
    let set = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, password)
    });
    set.unwrap();
    let again = send(&world, request(&world, NEXT, None));
    assert!(matches!(again, SignInOutcome::PasswordNeeded));

    let (world, _, by, uri) = locked();
    confirm(&world, by, code(&world, &uri)).unwrap();
    world.pass(STEP);
    assert!(matches!(signs_in(&world, &uri), SignInOutcome::Session(_)));
    world.assert_sound();
}

#[test]
fn who_knows_no_password_locks_nobody() {
    let world = World::new();
    let (number, uri, _) = enrolled(&world);
    for guess in 0..30 {
        let asked = request(&world, &format!("guess {guess}"), Some(code(&world, &uri)));
        let arrival = Arrival::plain(elsewhere(guess), world.now());
        let rejected = send(&world, SignInRequest { arrival, ..asked });
        assert!(matches!(rejected, SignInOutcome::Rejected));
    }
    assert!(credential(&world, number).lock.is_none());
    assert!(told(&world, Place::Provider).is_empty());
    assert!(matches!(signs_in(&world, &uri), SignInOutcome::Session(_)));
}
