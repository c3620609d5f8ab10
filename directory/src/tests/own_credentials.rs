//! An admin's own password and authenticator: who replaces one has the one in use.

use std::net::IpAddr;
use std::sync::mpsc::channel;

use super::admin_sessions::uses;
use super::sign_in::{SECRET, code, enrolled, request, send};
use super::world::{HERE, World, fields, password, refusal};
use crate::access::{Context, ManageAdmins, Role};
use crate::authentication::{KnownPassword, Reproof, Second, SignInOutcome};
use crate::collections::NewAuthenticator;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome};
use crate::id::Place;
use crate::records::{AdminFields, AdminScope, Narrowing, TokenPurpose};

const NEXT: &str = "another horse, and a staple";
/// A code of one step.
const STEP: u64 = 30_000;
const MINUTE: u64 = 60_000;

fn prove(
    world: &World,
    by: Context,
    current: &str,
    next: &str,
) -> Result<Reproof<KnownPassword>, Error> {
    let (sender, receiver) = channel();
    let (current, next) = (password(current), password(next));
    let by = Context { now: world.now(), ..by };
    world
        .directory
        .prove_own_password(by, current, &next, move |proof| sender.send(proof).unwrap())?;
    receiver.recv().unwrap()
}

fn proven(world: &World, by: Context) -> KnownPassword {
    let Reproof::Proven(known) = prove(world, by, SECRET, NEXT).unwrap() else {
        panic!("it is the admin")
    };
    known
}

fn change(world: &World, by: Context, known: KnownPassword) -> Result<usize, Error> {
    let (by, next) = (Context { now: world.now(), ..by }, world.password(NEXT));
    world.directory.change(by, move |change| change.oneself()?.change_password(&known, next))
}

/// Signs in with a password and the code of a later step.
fn comes_in(world: &World, secret: &str, uri: &str) -> Option<String> {
    world.pass(STEP);
    let outcome = send(world, request(world, secret, Some(code(world, uri))));
    if let SignInOutcome::Session(session) = outcome { Some(session.text) } else { None }
}

/// The newest event of that kind.
fn told(world: &World, action: Action) -> Event {
    let events = world.events(Place::Provider, 50);
    events.into_iter().find(|event| event.action == action).unwrap()
}

fn is_by_grace(event: &Event) -> bool {
    matches!(&event.actor, EventActor::Admin { login, .. } if login == "grace")
}

#[test]
fn whoever_knows_the_password_in_use_changes_it_and_other_sessions_end() {
    let world = World::new();
    let (_, uri, session) = enrolled(&world);
    let other = comes_in(&world, SECRET, &uri).unwrap();
    let by = uses(&world, &session.text, HERE).unwrap();
    uses(&world, &other, HERE).unwrap();
    let known = proven(&world, by);
    assert_eq!(change(&world, by, known).unwrap(), 1);
    uses(&world, &session.text, HERE).unwrap();
    assert!(uses(&world, &other, HERE).is_err());
    let event = told(&world, Action::PasswordChanged);
    assert!(is_by_grace(&event) && event.outcome == Outcome::Success, "{event:?}");
    assert_eq!(event.differences[0].after.as_deref(), Some("\"(secret)\""));
    assert!(is_by_grace(&told(&world, Action::SessionEnded)));
    assert_eq!(comes_in(&world, SECRET, &uri), None);
    assert!(comes_in(&world, NEXT, &uri).is_some());
    let said = format!("{:?}", world.events(Place::Provider, 50));
    assert!(!said.contains(SECRET) && !said.contains(NEXT));
    world.assert_sound();
}

#[test]
fn a_proof_counts_until_the_password_is_another() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    let (first, second) = (proven(&world, by), proven(&world, by));
    change(&world, by, first).unwrap();
    assert!(matches!(change(&world, by, second), Err(Error::Stale)));
}

#[test]
fn guesses_at_the_password_in_use_are_told_and_slowed_down_as_those_of_signing_in_are() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    assert!(matches!(prove(&world, by, "a guess", NEXT).unwrap(), Reproof::Wrong));
    let event = told(&world, Action::PasswordChanged);
    let why = Outcome::Failure("the password in use was given wrongly".into());
    assert!(is_by_grace(&event) && event.outcome == why, "{event:?}");
    let guess = |_| matches!(prove(&world, by, "a guess", NEXT).unwrap(), Reproof::TooEarly(_));
    assert!((0..10).any(guess), "nobody slowed the guessing down");
    assert!(matches!(prove(&world, by, SECRET, NEXT).unwrap(), Reproof::TooEarly(_)));
    let signing_in = send(&world, request(&world, SECRET, None));
    assert!(matches!(signing_in, SignInOutcome::TooEarly(_)));
}

#[test]
fn the_next_password_is_long_enough_another_one_and_not_made_of_the_name() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    let why = |next: &str| refusal(prove(&world, by, SECRET, next));
    assert_eq!(why("too short"), "must have at least 12 characters");
    assert_eq!(why(SECRET), "was used before; choose one that is new");
    assert_eq!(why("graceful horses"), "must not contain the login or the name of its owner");
}

#[test]
fn neither_a_key_nor_a_session_of_long_ago_changes_credentials() {
    let world = World::new();
    let (_, uri, session) = enrolled(&world);
    let fields = AdminFields {
        api_access: true,
        ..fields("ops", Role::AdministratorWithBilling, AdminScope::All)
    };
    let key = world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::ApiKey);
    let late = uses(&world, &session.text, HERE).unwrap();
    world.pass(15 * MINUTE);
    for by in [key, Context { now: world.now(), ..late }] {
        let code = || Some(Second::Totp(code(&world, &uri)));
        let begun = world.directory.begin_own_authenticator(by, code());
        for why in [refusal(prove(&world, by, SECRET, NEXT)), refusal(begun)] {
            assert!(why.starts_with("sign in again first"), "{why}");
        }
        let confirmed =
            world.directory.change(by, |it| it.oneself()?.confirm_authenticator("123456"));
        assert!(refusal(confirmed).starts_with("no authenticator was begun"));
    }
}

fn begin(world: &World, by: Context, second: Option<Second>) -> Reproof<NewAuthenticator> {
    let by = Context { now: world.now(), ..by };
    world.directory.begin_own_authenticator(by, second).unwrap()
}

fn begun(world: &World, by: Context, second: Second) -> NewAuthenticator {
    let Reproof::Proven(begun) = begin(world, by, Some(second)) else { panic!("it is the admin") };
    begun
}

fn confirm(world: &World, by: Context, code: String) -> Result<usize, Error> {
    let by = Context { now: world.now(), ..by };
    world.directory.change(by, move |change| change.oneself()?.confirm_authenticator(&code))
}

/// A code that is wrong now.
fn wrong(world: &World, uri: &str) -> String {
    let right = code(world, uri);
    (0..10).map(|digit| digit.to_string().repeat(6)).find(|wrong| *wrong != right).unwrap()
}

#[test]
fn another_authenticator_counts_once_a_code_of_it_is_confirmed_in_the_same_session() {
    let world = World::new();
    let (_, uri, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    let nothing = world.directory.begin_own_authenticator(by, None);
    assert!(refusal(nothing).starts_with("is missing"));
    let guess = Second::Totp(wrong(&world, &uri));
    assert!(matches!(begin(&world, by, Some(guess)), Reproof::Wrong));
    let event = told(&world, Action::MfaEnrolled);
    assert!(is_by_grace(&event) && event.outcome != Outcome::Success, "{event:?}");
    let new = begun(&world, by, Second::Totp(code(&world, &uri)));
    assert_ne!(*new.uri, uri);
    assert!(is_by_grace(&told(&world, Action::SecretRevealed)));
    // The one in use counts until then.
    let other = comes_in(&world, SECRET, &uri).unwrap();
    let others = uses(&world, &other, HERE).unwrap();
    let elsewhere = confirm(&world, others, code(&world, &new.uri));
    assert!(refusal(elsewhere).starts_with("no authenticator was begun in this session"));
    let guess = confirm(&world, by, wrong(&world, &new.uri));
    assert_eq!(refusal(guess), "is not the code of this moment");
    assert_eq!(confirm(&world, by, code(&world, &new.uri)).unwrap(), 1);
    assert!(uses(&world, &other, HERE).is_err() && uses(&world, &session.text, HERE).is_ok());
    let event = told(&world, Action::MfaEnrolled);
    assert!(is_by_grace(&event) && event.outcome == Outcome::Success, "{event:?}");
    assert_eq!(event.differences[0].field, "authenticator");
    let again = confirm(&world, by, code(&world, &new.uri));
    assert!(refusal(again).starts_with("no authenticator"), "it counts once");
    assert_eq!(comes_in(&world, SECRET, &uri), None);
    assert!(comes_in(&world, SECRET, &new.uri).is_some());
    let said = format!("{:?}", world.events(Place::Provider, 50));
    assert!(!said.contains(&*new.secret));
    world.assert_sound();
}

#[test]
fn a_recovery_code_stands_for_the_code_of_an_authenticator_that_is_lost() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    let codes = world.directory.change(by, |it| it.oneself()?.make_recovery_codes()).unwrap();
    let recovery = || Second::RecoveryCode(codes[0].to_string());
    let new = begun(&world, by, recovery());
    assert!(matches!(begin(&world, by, Some(recovery())), Reproof::Wrong), "it counts once");
    assert_eq!(confirm(&world, by, code(&world, &new.uri)).unwrap(), 0);
    assert!(comes_in(&world, SECRET, &new.uri).is_some());
}

#[test]
fn what_was_begun_ends_with_its_time_and_with_a_reset() {
    let world = World::new();
    let (number, uri, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    let new = begun(&world, by, Second::Totp(code(&world, &uri)));
    world.pass(15 * MINUTE);
    let late = confirm(&world, by, code(&world, &new.uri));
    assert!(refusal(late).ends_with("too long ago; begin anew"));
    let text = comes_in(&world, SECRET, &uri).unwrap();
    let by = uses(&world, &text, HERE).unwrap();
    world.pass(STEP);
    let new = begun(&world, by, Second::Totp(code(&world, &uri)));
    let reset = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    reset.unwrap();
    assert!(matches!(confirm(&world, by, code(&world, &new.uri)), Err(Error::Refused(_))));
}

#[test]
fn ten_wrong_codes_lock_even_when_each_comes_from_elsewhere() {
    let world = World::new();
    let (_, uri, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    for guess in 0..10_u8 {
        let source = Some(IpAddr::from([198, 51, 100, guess]));
        let guess = Second::Totp(wrong(&world, &uri));
        assert!(matches!(begin(&world, Context { source, ..by }, Some(guess)), Reproof::Wrong));
    }
    let right = Second::Totp(code(&world, &uri));
    assert!(matches!(begin(&world, by, Some(right)), Reproof::TooEarly(_)));
}
