//! How admins sign in.

use std::net::IpAddr;
use std::sync::mpsc::channel;

use storage::Reading;

use super::world::{DAY, HERE, World, fields, password, refusal};
use crate::access::{ManageAdmins, Role, View};
use crate::authentication::{
    Arrival, Enrolment, Second, SignInOutcome, SignInRequest, code_of_uri,
};
use crate::collections::{IssuedToken, NewKey};
use crate::events::{Action, Event, EventActor, Outcome};
use crate::id::{AdminNumber, OrganizationId, Place, RecordId};
use crate::records::{Admin, AdminScope, AdminState, Carrier, Organization, OrganizationState};

pub(super) const SECRET: &str = "a long enough secret";

/// An admin of the provider who has never signed in.
pub(super) fn fresh(world: &World) -> AdminNumber {
    let fields = fields("grace", Role::Manager, AdminScope::None);
    world.invited(Place::Provider, fields, SECRET)
}

pub(super) fn request(world: &World, text: &str, code: Option<String>) -> SignInRequest {
    SignInRequest {
        organization: None,
        login: "Grace".into(),
        password: password(text),
        new_password: None,
        second: code.map(Second::Totp),
        arrival: Arrival::plain(HERE, world.now()),
    }
}

pub(super) fn send(world: &World, request: SignInRequest) -> SignInOutcome {
    let (sender, receiver) = channel();
    world.directory.sign_in(request, move |outcome| sender.send(outcome).unwrap()).unwrap();
    receiver.recv().unwrap().unwrap()
}

fn sign_in(world: &World, text: &str, code: Option<String>) -> SignInOutcome {
    send(world, request(world, text, code))
}

pub(super) fn enrolment(world: &World) -> Enrolment {
    let SignInOutcome::Enrol(enrolment) = sign_in(world, SECRET, None) else {
        panic!("no enrolment")
    };
    enrolment
}

pub(super) fn code(world: &World, uri: &str) -> String {
    code_of_uri(uri, world.now().seconds()).unwrap()
}

pub(super) fn confirm(world: &World, enrolment: &Enrolment) -> Result<IssuedToken, crate::Error> {
    let code = code(world, &enrolment.uri);
    let arrival = Arrival::plain(HERE, world.now());
    world.directory.confirm_enrolment(&enrolment.token.text, code, arrival)
}

/// An admin with a second factor, and its URI.
pub(super) fn enrolled(world: &World) -> (AdminNumber, String, IssuedToken) {
    let number = fresh(world);
    let enrolment = enrolment(world);
    let session = confirm(world, &enrolment).unwrap();
    world.pass(30_000);
    (number, enrolment.uri, session)
}

fn is_let_in(world: &World, token: &str) -> bool {
    let nobody = world.by(crate::access::Actor::nobody());
    world.directory.identify(token, Carrier::Header, nobody).is_ok()
}

#[test]
fn the_first_sign_in_enrols_and_nothing_else_works_before() {
    let world = World::new();
    fresh(&world);
    assert!(matches!(sign_in(&world, "wrong", None), SignInOutcome::Rejected));
    let enrolment = enrolment(&world);
    assert!(!is_let_in(&world, &enrolment.token.text));
    let wrong = world.directory.confirm_enrolment(
        &enrolment.token.text,
        "000000".into(),
        Arrival::plain(HERE, world.now()),
    );
    assert_eq!(refusal(wrong), "is not the code of this moment");
    let session = confirm(&world, &enrolment).unwrap();
    assert!(is_let_in(&world, &session.text));
    assert!(!is_let_in(&world, &enrolment.token.text));
    world.pass(30_000);
    assert!(confirm(&world, &enrolment).is_err());
}

#[test]
fn wrong_codes_of_an_enrolment_lock_as_those_of_signing_in_do() {
    let world = World::new();
    fresh(&world);
    let enrolment = enrolment(&world);
    let arrival = || Arrival::plain(HERE, world.now());
    let confirm_with =
        |code: String| world.directory.confirm_enrolment(&enrolment.token.text, code, arrival());
    let right = code(&world, &enrolment.uri);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for _ in 0..10 {
        assert_eq!(refusal(confirm_with(wrong.into())), "is not the code of this moment");
    }
    assert_eq!(refusal(confirm_with(right)), "sign in first");
    assert!(matches!(sign_in(&world, SECRET, None), SignInOutcome::Rejected));
    world.pass(15 * 60_000);
    let again = self::enrolment(&world);
    assert!(confirm(&world, &again).is_ok());
}

#[test]
fn a_second_enrolment_ends_the_first_and_none_begins_once_one_is_confirmed() {
    let world = World::new();
    fresh(&world);
    let (first, second) = (enrolment(&world), enrolment(&world));
    assert!(confirm(&world, &first).is_err());
    // The one thread of the pool is busy, so this password waits while the enrolment is confirmed.
    let (release, released) = channel::<()>();
    let Ok(room) = world.directory.inner.engine.pool.room(0) else { panic!("the pool is full") };
    room.fill(Box::new(move || {
        let _released = released.recv();
    }));
    let (sender, receiver) = channel();
    let late = request(&world, SECRET, None);
    world.directory.sign_in(late, move |outcome| sender.send(outcome).unwrap()).unwrap();
    confirm(&world, &second).unwrap();
    drop(release);
    assert!(matches!(receiver.recv().unwrap().unwrap(), SignInOutcome::CodeNeeded));
}

#[test]
fn a_code_is_needed_and_counts_once() {
    let world = World::new();
    let (_, uri, _) = enrolled(&world);
    assert!(matches!(sign_in(&world, SECRET, None), SignInOutcome::CodeNeeded));
    let now = code(&world, &uri);
    assert!(matches!(sign_in(&world, SECRET, Some(now.clone())), SignInOutcome::Session(_)));
    assert!(matches!(sign_in(&world, SECRET, Some(now)), SignInOutcome::Rejected));
}

#[test]
fn ten_wrong_codes_lock_even_when_each_comes_from_elsewhere() {
    let world = World::new();
    let (_, uri, _) = enrolled(&world);
    for guess in 0..10_u8 {
        let source = IpAddr::from([198, 51, 100, guess]);
        let arrival = Arrival::plain(source, world.now());
        let request = SignInRequest { arrival, ..request(&world, SECRET, Some("000000".into())) };
        assert!(matches!(send(&world, request), SignInOutcome::Rejected));
    }
    let right = || Some(code(&world, &uri));
    assert!(matches!(sign_in(&world, SECRET, right()), SignInOutcome::Rejected));
    world.pass(15 * 60_000);
    assert!(matches!(sign_in(&world, SECRET, right()), SignInOutcome::Session(_)));
}

#[test]
fn failures_slow_down_known_and_unknown_admins_alike() {
    let world = World::new();
    fresh(&world);
    for login in ["grace", "nobody"] {
        let attempt = || {
            let request = SignInRequest { login: login.into(), ..request(&world, "wrong", None) };
            matches!(send(&world, request), SignInOutcome::TooEarly(_))
        };
        assert_eq!((0..7).map(|_| attempt()).filter(|early| *early).count(), 1, "{login}");
    }
}

#[test]
fn failures_do_not_tell_whether_there_is_such_an_organization() {
    let world = World::new();
    world.organization("acme");
    let waits = |slug: &str| {
        let request = request(&world, "wrong", None);
        let request = SignInRequest { organization: Some(slug.into()), ..request };
        matches!(send(&world, request), SignInOutcome::TooEarly(_))
    };
    for slug in ["none", "acme", "nobody"] {
        assert_eq!([(); 7].map(|()| waits(slug)), [false, false, false, false, false, false, true]);
    }
}

#[test]
fn a_suspended_admin_is_rejected_and_open_sessions_end_at_once() {
    let world = World::new();
    let (number, uri, session) = enrolled(&world);
    assert!(is_let_in(&world, &session.text));
    let suspended = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
            admin.state = AdminState::Suspended;
            Ok(())
        })
    });
    suspended.unwrap();
    assert!(!is_let_in(&world, &session.text));
    let now = Some(code(&world, &uri));
    assert!(matches!(sign_in(&world, SECRET, now), SignInOutcome::Rejected));
}

/// Suspends an admin or activates one.
fn put_in_state(world: &World, number: AdminNumber, state: AdminState) {
    let changed = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
            admin.state = state;
            Ok(())
        })
    });
    changed.unwrap();
}

/// An API key of whose the session is.
fn key(world: &World, session: &IssuedToken) -> IssuedToken {
    let nobody = world.by(crate::access::Actor::nobody());
    let own = world.directory.identify(&session.text, Carrier::Header, nobody).unwrap().context;
    let new = NewKey {
        name: "backup".into(),
        expires: world.now().plus(DAY),
        role: None,
        organizations: None,
        sources: None,
    };
    world.directory.change(own, move |it| it.oneself()?.create_api_key(new)).unwrap()
}

#[test]
fn activating_a_suspended_admin_brings_neither_sessions_nor_keys_back() {
    let world = World::new();
    let (number, uri, session) = enrolled(&world);
    let allowed = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
            admin.fields.api_access = true;
            Ok(())
        })
    });
    allowed.unwrap();
    let key = key(&world, &session);
    assert!(is_let_in(&world, &session.text) && is_let_in(&world, &key.text));
    put_in_state(&world, number, AdminState::Suspended);
    put_in_state(&world, number, AdminState::Active);
    assert!(!is_let_in(&world, &session.text) && !is_let_in(&world, &key.text));
    let right = Some(code(&world, &uri));
    let SignInOutcome::Session(anew) = sign_in(&world, SECRET, right) else { panic!("not let in") };
    // As it was left by a version whose suspensions ended nothing.
    let written = world.directory.inner.store.write(move |change| {
        let found = change.get::<Admin>(Place::Provider.partition(), number.record())?;
        let mut admin = found.ok_or(crate::Error::Missing)?;
        admin.state = AdminState::Suspended;
        change.put(Place::Provider.partition(), number.record(), &admin)?;
        Ok::<_, crate::Error>(())
    });
    written.unwrap();
    put_in_state(&world, number, AdminState::Active);
    assert!(!is_let_in(&world, &anew.text));
    world.assert_sound();
}

#[test]
fn activating_a_suspended_organization_brings_neither_sessions_nor_keys_of_its_admins_back() {
    let world = World::new();
    let acme = world.organization("acme");
    let (_, _, providers) = enrolled(&world);
    let mut fields = fields("grace", Role::Manager, AdminScope::None);
    fields.api_access = true;
    world.invited(acme.into(), fields, SECRET);
    let try_in = |code: Option<String>| {
        let asked = request(&world, SECRET, code);
        send(&world, SignInRequest { organization: Some("acme".into()), ..asked })
    };
    let SignInOutcome::Enrol(enrolment) = try_in(None) else { panic!("no enrolment") };
    let session = confirm(&world, &enrolment).unwrap();
    let key = key(&world, &session);
    let put = |suspended: bool| {
        let put = world.change(move |it| it.authorize(acme)?.own()?.set_suspended(None, suspended));
        put.unwrap();
    };
    put(false);
    assert!(is_let_in(&world, &session.text) && is_let_in(&world, &key.text), "it was active");
    put(true);
    put(false);
    assert!(!is_let_in(&world, &session.text) && !is_let_in(&world, &key.text));
    assert!(is_let_in(&world, &providers.text), "who is none of its own");
    world.pass(30_000);
    let right = Some(code(&world, &enrolment.uri));
    let SignInOutcome::Session(anew) = try_in(right) else { panic!("not let in") };
    // As it was left by a version whose suspensions ended nothing.
    let written = world.directory.inner.store.write(move |change| {
        let found = change.get::<Organization>(Place::Provider.partition(), acme.record())?;
        let mut record = found.ok_or(crate::Error::Missing)?;
        record.state = OrganizationState::Suspended;
        change.put(Place::Provider.partition(), acme.record(), &record)?;
        Ok::<_, crate::Error>(())
    });
    written.unwrap();
    put(false);
    assert!(!is_let_in(&world, &anew.text));
    world.assert_sound();
}

fn is_graces(event: &Event) -> bool {
    matches!(&event.actor, EventActor::Admin { login, .. } if login == "grace")
}

#[test]
fn a_sign_in_is_told_as_the_admins_whom_its_login_names() {
    let world = World::new();
    let (_, uri, _) = enrolled(&world);
    let last = || world.events(Place::Provider, 1).remove(0);
    assert!(last().action == Action::MfaEnrolled && is_graces(&last()), "{:?}", last());
    assert!(matches!(sign_in(&world, "wrong", None), SignInOutcome::Rejected));
    assert!(last().outcome == Outcome::Failure("the password is wrong".into()));
    assert!(last().action == Action::SignIn && is_graces(&last()), "{:?}", last());
    let right = Some(code(&world, &uri));
    assert!(matches!(sign_in(&world, SECRET, right), SignInOutcome::Session(_)));
    assert!(last().outcome == Outcome::Success && is_graces(&last()), "{:?}", last());
}

#[test]
fn a_sign_in_with_a_login_of_nobody_is_told_where_it_was_tried_and_a_flood_is_counted() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "chief");
    enrolled(&world);
    let tries = |organization: Option<&str>, login: &str, source: IpAddr| {
        let (organization, arrival) =
            (organization.map(ToOwned::to_owned), Arrival::plain(source, world.now()));
        let asked = request(&world, "quite a guess", None);
        let asked = SignInRequest { organization, login: login.into(), arrival, ..asked };
        assert!(matches!(send(&world, asked), SignInOutcome::Rejected));
        // It is told after the answer: the one thread of the pool has done so when it does this.
        let (told, hears) = channel();
        let Ok(room) = world.directory.inner.engine.pool.room(0) else { panic!("it is full") };
        room.fill(Box::new(move || told.send(()).unwrap()));
        hears.recv().unwrap();
    };
    let last = |place: Place| {
        let event = world.events(place, 1).remove(0);
        assert_eq!((event.action, &event.actor), (Action::SignIn, &EventActor::Nobody));
        assert_eq!(event.source, Some(HERE));
        let Outcome::Failure(why) = event.outcome else { panic!("it succeeded") };
        why
    };
    tries(None, "gracie", HERE);
    assert_eq!(last(Place::Provider), "there is no admin “gracie”");
    tries(None, "quite a guess", HERE);
    let hidden = last(Place::Provider);
    assert!(hidden.starts_with("there is no admin (hidden") && !hidden.contains("guess"));
    tries(Some("acme"), "chief", HERE);
    assert_eq!(last(acme.into()), "there is no admin “chief”");
    assert_eq!(last(Place::Provider), hidden, "it is nothing of the provider's");
    tries(Some("never"), "chief", HERE);
    let nowhere = last(Place::Provider);
    assert!(!nowhere.contains("chief") && !nowhere.contains("never"), "{nowhere}");
    for number in 0..100_u8 {
        tries(None, &format!("admin{number}"), IpAddr::from([198, 51, 100, number]));
    }
    let told = world.events(Place::Provider, 500).into_iter();
    let is_one = |event: &Event| matches!(&event.outcome, Outcome::Failure(why) if why.starts_with("there is no admin"));
    assert_eq!(told.filter(is_one).count(), 60);
    world.pass(60_000);
    world.directory.tell_untold_failures(world.now());
    let event = world.events(Place::Provider, 1).remove(0);
    let Outcome::Failure(why) = event.outcome else { panic!("it succeeded") };
    assert!(why.starts_with("sign-ins with logins of no admin") && why.ends_with(": 43"), "{why}");
}

#[test]
fn what_may_be_a_password_in_the_place_of_a_login_is_in_no_event_and_repeats_are_seen() {
    let world = World::new();
    enrolled(&world);
    let mut told = Vec::new();
    for word in ["correcthorsebatterystaple", "sommer2031x", "Maximilian", "Maximilian"] {
        let arrival = Arrival::plain(HERE, world.now());
        let asked = SignInRequest { login: word.into(), arrival, ..request(&world, "x", None) };
        assert!(matches!(send(&world, asked), SignInOutcome::Rejected));
        let (tell, hears) = channel();
        let Ok(room) = world.directory.inner.engine.pool.room(0) else { panic!("it is full") };
        room.fill(Box::new(move || tell.send(()).unwrap()));
        hears.recv().unwrap();
        let Outcome::Failure(why) = world.events(Place::Provider, 1).remove(0).outcome else {
            panic!("it succeeded")
        };
        assert!(why.starts_with("there is no admin (hidden") && !why.contains(word), "{why}");
        told.push(why);
    }
    assert!(told[0] != told[1] && told[1] != told[2] && told[2] == told[3], "{told:?}");
}

#[test]
fn an_admin_of_a_suspended_organization_is_rejected_and_cannot_enrol() {
    let world = World::new();
    let acme: OrganizationId = world.organization("acme");
    world.invited(acme.into(), fields("grace", Role::Manager, AdminScope::None), SECRET);
    let at_acme =
        || SignInRequest { organization: Some("acme".into()), ..request(&world, SECRET, None) };
    let SignInOutcome::Enrol(enrolment) = send(&world, at_acme()) else { panic!("no enrolment") };
    world.change(move |change| change.authorize(acme)?.own()?.set_suspended(None, true)).unwrap();
    assert!(matches!(send(&world, at_acme()), SignInOutcome::Rejected));
    assert!(confirm(&world, &enrolment).is_err());
}

#[test]
fn a_session_ends_by_time_by_sign_out_and_with_a_new_password() {
    let world = World::new();
    let (number, uri, session) = enrolled(&world);
    world.pass(DAY);
    assert!(!is_let_in(&world, &session.text));
    let open = || {
        let outcome = sign_in(&world, SECRET, Some(code(&world, &uri)));
        let SignInOutcome::Session(session) = outcome else { panic!("no session") };
        session.text
    };
    let first = open();
    let context = world.directory.identify(&first, Carrier::Header, world.top()).unwrap().context;
    world.directory.change(context, |change| change.oneself()?.sign_out()).unwrap();
    assert!(!is_let_in(&world, &first));
    world.pass(30_000);
    let second = open();
    let new = world.password(SECRET);
    let set = world.directory.change(world.fresh_top(), move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, new)
    });
    set.unwrap();
    assert!(!is_let_in(&world, &second));
}

#[test]
fn many_sign_ins_end_the_oldest_session_and_shut_nobody_out() {
    let world = World::new();
    let (_, uri, first) = enrolled(&world);
    for _ in 0..64 {
        let now = Some(code(&world, &uri));
        assert!(matches!(sign_in(&world, SECRET, now), SignInOutcome::Session(_)));
        world.pass(30_000);
    }
    assert!(!is_let_in(&world, &first.text));
}

#[test]
fn a_reset_second_factor_is_enrolled_again() {
    let world = World::new();
    let (number, _, session) = enrolled(&world);
    let reset = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    reset.unwrap();
    assert!(!is_let_in(&world, &session.text));
    assert!(matches!(sign_in(&world, SECRET, None), SignInOutcome::Enrol(_)));
}

#[test]
fn the_seed_and_the_tokens_are_in_no_event() {
    let world = World::new();
    let (_, uri, session) = enrolled(&world);
    let seed = uri.split_once("secret=").unwrap().1.get(..32).unwrap().to_owned();
    let context =
        world.directory.identify(&session.text, Carrier::Header, world.top()).unwrap().context;
    world.directory.read(context).unwrap().authorize_provider::<View>().unwrap();
    let told = format!("{:?}", world.events(Place::Provider, 100));
    for secret in [seed.as_str(), session.text.rsplit('_').next().unwrap(), SECRET] {
        assert!(!told.contains(secret));
    }
}
