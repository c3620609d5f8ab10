//! An admin's own password and authenticator: who replaces one has the one in use.

use std::net::IpAddr;
use std::sync::mpsc::channel;

use ipnet::IpNet;

use super::admin_sessions::uses;
use super::sign_in::{SECRET, code, enrolled, request, send};
use super::world::{HERE, World, fields, password, refusal};
use crate::access::{Context, ManageAdmins, Role};
use crate::authentication::{KnownPassword, Reproof, Second, SignInOutcome};
use crate::collections::NewAuthenticator;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome};
use crate::id::{AdminNumber, Place};
use crate::records::{Admin, AdminFields, AdminScope, AdminState, Narrowing, TokenPurpose};

pub(super) const NEXT: &str = "another horse, and a staple";
/// A code of one step.
pub(super) const STEP: u64 = 30_000;
pub(super) const MINUTE: u64 = 60_000;

pub(super) fn prove(
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

pub(super) fn begin(
    world: &World,
    by: Context,
    second: Option<Second>,
) -> Reproof<NewAuthenticator> {
    let by = Context { now: world.now(), ..by };
    world.directory.begin_own_authenticator(by, second).unwrap()
}

pub(super) fn begun(world: &World, by: Context, second: Second) -> NewAuthenticator {
    let Reproof::Proven(begun) = begin(world, by, Some(second)) else { panic!("it is the admin") };
    begun
}

pub(super) fn confirm(world: &World, by: Context, code: String) -> Result<usize, Error> {
    let by = Context { now: world.now(), ..by };
    world.directory.change(by, move |change| change.oneself()?.confirm_authenticator(&code))
}

/// A code that is wrong now.
pub(super) fn wrong(world: &World, uri: &str) -> String {
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
    let event = world.events(Place::Provider, 1).remove(0);
    assert!(is_by_grace(&event) && event.action == Action::SecretRevealed, "{event:?}");
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
    let reset = world.directory.change(world.fresh_top(), move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    reset.unwrap();
    assert!(matches!(confirm(&world, by, code(&world, &new.uri)), Err(Error::Refused(_))));
}

/// What is done to what lets another admin in.
fn replace(world: &World, by: Context, number: AdminNumber) -> [Result<(), Error>; 2] {
    let (by, next) = (Context { now: world.now(), ..by }, world.password(NEXT));
    let set = world.directory.change(by, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, next)
    });
    let reset = world.directory.change(by, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    [set, reset]
}

/// Makes an admin who may have API keys, from some networks.
fn create(world: &World, by: Context, login: &str, sources: &[&str]) -> Result<(), Error> {
    let by = Context { now: world.now(), ..by };
    let fields = AdminFields {
        api_access: true,
        sources: sources.iter().map(|network| network.parse().unwrap()).collect(),
        ..fields(login, Role::ReadOnly, AdminScope::None)
    };
    let password = world.password(NEXT);
    world.directory.change(by, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().create(fields, password).map(drop)
    })
}

/// An API key of somebody at the top.
fn key(world: &World, narrowing: Narrowing) -> Context {
    let fields = fields("ops", Role::AdministratorWithBilling, AdminScope::All);
    let fields = AdminFields { api_access: true, ..fields };
    world.token(Place::Provider, fields, narrowing, TokenPurpose::ApiKey)
}

#[test]
fn what_lets_another_admin_in_is_replaced_in_a_session_of_a_moment_ago_alone() {
    let world = World::new();
    let (number, uri, _) = enrolled(&world);
    let key = key(&world, Narrowing::default());
    let top = world.top();
    world.pass(15 * MINUTE);
    for by in [key, top] {
        for done in replace(&world, by, number) {
            assert!(refusal(done).starts_with("sign in again first"));
        }
    }
    assert!(comes_in(&world, SECRET, &uri).is_some(), "nothing was replaced");
    for done in replace(&world, world.fresh_top(), number) {
        done.unwrap();
    }
    assert!(comes_in(&world, SECRET, &uri).is_none());
}

#[test]
fn nobody_replaces_their_own_credentials_as_those_of_another_admin() {
    let world = World::new();
    let own = world.top().actor.admin().unwrap().number;
    let [set, reset] = replace(&world, world.top(), own).map(refusal);
    assert_eq!(set, "change your own password at /v1/me/password");
    assert!(reset.starts_with("replace your own authenticator at /v1/me/authenticator"), "{reset}");
    let replaced = [Action::PasswordSet, Action::MfaReset];
    let told = world.events(Place::Provider, 50);
    assert!(told.iter().all(|event| !replaced.contains(&event.action)), "{told:?}");
}

#[test]
fn admins_are_made_and_given_api_access_by_who_has_just_signed_in_or_by_a_key() {
    let world = World::new();
    let (number, ..) = enrolled(&world);
    let (whole, top) = (key(&world, Narrowing::default()), world.top());
    let networks = Some(vec!["192.0.2.0/24".parse().unwrap()]);
    let narrow = key(&world, Narrowing { sources: networks, ..Narrowing::default() });
    world.pass(15 * MINUTE);
    assert!(refusal(create(&world, top, "late", &[])).starts_with("sign in again first"));
    create(&world, world.fresh_top(), "fresh", &[]).unwrap();
    create(&world, whole, "whole", &[]).unwrap();
    let beyond: [&[&str]; 3] = [&[], &["198.51.100.0/24"], &["192.0.2.0/25", "0.0.0.0/0"]];
    for elsewhere in beyond {
        let refused = refusal(create(&world, narrow, "narrow", elsewhere));
        assert_eq!(refused, "must lie within the networks that the API key is narrowed to");
    }
    create(&world, narrow, "narrow", &["192.0.2.0/25"]).unwrap();
    let give = |by: Context| {
        world.directory.change(Context { now: world.now(), ..by }, move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
                admin.fields.api_access = true;
                Ok(())
            })
        })
    };
    world.pass(15 * MINUTE);
    assert!(refusal(give(top)).starts_with("sign in again first"));
    assert!(give(whole).unwrap().fields.api_access);
}

/// Has an admin of the provider's changed.
fn alter(
    world: &World,
    by: Context,
    number: AdminNumber,
    edit: impl FnOnce(&mut Admin) + Send + 'static,
) -> Result<(), Error> {
    let by = Context { now: world.now(), ..by };
    let done = world.directory.change(by, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
            edit(admin);
            Ok(())
        })
    });
    done.map(drop)
}

#[test]
fn who_manages_admins_is_let_in_by_who_has_just_signed_in_and_by_no_key() {
    let world = World::new();
    let acme = world.organization("acme");
    let top_role = Role::AdministratorWithBilling;
    let made_at = |by: Context, home: Place, scope: AdminScope| {
        let by = Context { now: world.now(), ..by };
        let fields = fields("boss", top_role, scope);
        let made = world.directory.change(by, move |change| {
            change.authorize_at::<ManageAdmins>(home)?.admins().create_invited(fields)
        });
        made.map(|(number, ..)| number)
    };
    let key = key(&world, Narrowing::default());
    let not_by_key = "an API key lets in nobody who manages admins";
    for home in [Place::Provider, acme.into()] {
        for scope in [AdminScope::None, AdminScope::All] {
            let made = made_at(key, home, scope);
            assert!(refusal(made).starts_with(not_by_key));
        }
    }
    let boss = made_at(world.fresh_top(), Place::Provider, AdminScope::None).unwrap();
    let invite = |by: Context| {
        world.directory.change(Context { now: world.now(), ..by }, move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().invite(boss, None).map(drop)
        })
    };
    assert!(refusal(invite(key)).starts_with(not_by_key));
    let (grace, ..) = enrolled(&world);
    let raises: [fn(&mut Admin); 3] = [
        |admin| admin.fields.role = Role::AdministratorWithBilling,
        |admin| admin.fields.scope = AdminScope::All,
        |admin| admin.fields.api_access = true,
    ];
    assert!(refusal(alter(&world, key, grace, raises[0])).starts_with(not_by_key));
    for raise in &raises[1..] {
        assert!(refusal(alter(&world, key, boss, *raise)).starts_with(not_by_key));
        alter(&world, key, grace, *raise).unwrap();
    }
    alter(&world, key, boss, |admin| admin.state = AdminState::Suspended).unwrap();
    let back =
        |by: Context, number| alter(&world, by, number, |admin| admin.state = AdminState::Active);
    assert!(refusal(back(key, boss)).starts_with(not_by_key));
    let late = world.fresh_top();
    world.pass(15 * MINUTE);
    for done in [back(late, boss), alter(&world, late, grace, raises[0])] {
        assert!(refusal(done).starts_with("sign in again first"));
    }
    back(world.fresh_top(), boss).unwrap();
    alter(&world, world.fresh_top(), grace, raises[0]).unwrap();
    invite(world.fresh_top()).unwrap();
    // What takes away is anybody's.
    alter(&world, key, boss, |admin| admin.fields.role = Role::ReadOnly).unwrap();
    world.assert_sound();
}

#[test]
fn a_key_lets_in_who_manages_no_admins_and_raises_them_from_its_networks() {
    let world = World::new();
    let whole = key(&world, Narrowing::default());
    let networks = Some(vec!["192.0.2.0/24".parse().unwrap()]);
    let narrow = key(&world, Narrowing { sources: networks, ..Narrowing::default() });
    let (grace, ..) = enrolled(&world);
    let late = world.top();
    world.pass(15 * MINUTE);
    let raise =
        |by: Context| alter(&world, by, grace, |admin| admin.fields.role = Role::Administrator);
    assert!(refusal(raise(late)).starts_with("sign in again first"));
    let elsewhere = "must lie within the networks that the API key is narrowed to";
    assert_eq!(refusal(raise(narrow)), elsewhere);
    raise(whole).unwrap();
    alter(&world, late, grace, |admin| admin.fields.role = Role::HelpDesk).unwrap();
    let sources = vec!["192.0.2.0/25".parse().unwrap()];
    alter(&world, whole, grace, |admin| admin.fields.sources = sources).unwrap();
    raise(narrow).unwrap();
}

#[test]
fn a_key_that_is_narrowed_to_networks_lets_no_admin_in_from_others_later_either() {
    let world = World::new();
    let (number, ..) = enrolled(&world);
    let whole = key(&world, Narrowing::default());
    let networks = Some(vec!["192.0.2.0/24".parse().unwrap()]);
    let narrow = key(&world, Narrowing { sources: networks, ..Narrowing::default() });
    let set = |by: Context, sources: &[&str]| {
        let sources: Vec<IpNet> = sources.iter().map(|it| it.parse().unwrap()).collect();
        world.directory.change(Context { now: world.now(), ..by }, move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
                admin.fields.sources = sources;
                Ok(())
            })
        })
    };
    set(narrow, &["192.0.2.0/25", "198.51.100.0/24"]).unwrap();
    set(narrow, &["192.0.2.0/25"]).unwrap();
    let beyond: [&[&str]; 3] = [&[], &["198.51.100.0/24"], &["192.0.2.0/25", "0.0.0.0/0"]];
    for wider in beyond {
        let refused = refusal(set(narrow, wider));
        assert_eq!(refused, "must lie within the networks that the API key is narrowed to");
    }
    set(narrow, &["192.0.2.0/24"]).unwrap();
    assert!(set(whole, &[]).unwrap().fields.sources.is_empty());
}

#[test]
fn a_password_that_another_admin_sets_is_not_made_of_the_owners_names_either() {
    let world = World::new();
    let (number, ..) = enrolled(&world);
    let named = "must not contain the login or the name of its owner";
    let password = world.password("grace-grace-grace");
    let set = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, password)
    });
    assert_eq!(refusal(set), named);
    let hal = fields("hal", Role::Manager, AdminScope::None);
    let password = world.password("hal-hal-hal-hal");
    let made = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().create(hal, password)
    });
    assert_eq!(refusal(made), named);
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
