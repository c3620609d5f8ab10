//! Sessions of admins: how long they last, who sees and ends them, and how one is had without the
//! authenticator.

use std::net::IpAddr;

use storage::{Partition, Reading};

use super::sign_in::{SECRET, code, enrolled, request, send};
use super::world::{HERE, World, fields, refusal};
use crate::AdminSessionLives;
use crate::access::{Actor, Context, ManageAdmins, ManageAuthentication, Role};
use crate::authentication::{Arrival, Second, SignInOutcome, SignInRequest};
use crate::collections::AdminSession;
use crate::error::Error;
use crate::events::Action;
use crate::id::{AdminNumber, OrganizationId, Place};
use crate::records::{AdminScope, Carrier, SessionLengths, Token};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// Who a token proves, as a request does: its use is noted.
pub(super) fn uses(world: &World, token: &str, source: IpAddr) -> Result<Context, Error> {
    let nobody = Context { source: Some(source), ..world.by(Actor::nobody()) };
    let found = world.directory.identify(token, Carrier::Header, nobody)?;
    if found.is_to_be_noted {
        world.directory.note_use(found.context)?;
    }
    Ok(found.context)
}

fn sessions(world: &World, by: Context) -> Vec<AdminSession> {
    world.directory.read(by).unwrap().oneself().unwrap().sessions().list().unwrap()
}

/// One more session of the enrolled admin.
fn another(world: &World, uri: &str) -> String {
    world.pass(30_000);
    let arrival =
        Arrival { user_agent: Some("curl/8".repeat(100)), ..Arrival::plain(HERE, world.now()) };
    let request = SignInRequest { arrival, ..request(world, SECRET, Some(code(world, uri))) };
    let SignInOutcome::Session(session) = send(world, request) else { panic!("not let in") };
    session.text
}

fn recovery(world: &World, code: &str) -> SignInOutcome {
    let second = Some(Second::RecoveryCode(code.into()));
    send(world, SignInRequest { second, ..request(world, SECRET, None) })
}

#[test]
fn a_session_ends_when_it_is_not_used_and_after_a_day_of_work_however_much_it_is() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    for _ in 0..19 {
        world.pass(30 * MINUTE);
        uses(&world, &session.text, HERE).unwrap();
    }
    world.pass(30 * MINUTE);
    assert!(uses(&world, &session.text, HERE).is_err(), "ten hours are over");
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    world.pass(HOUR - 2 * MINUTE);
    uses(&world, &session.text, HERE).unwrap();
    world.pass(HOUR - MINUTE);
    uses(&world, &session.text, HERE).unwrap();
    world.pass(HOUR);
    assert!(uses(&world, &session.text, HERE).is_err(), "it was not used for an hour");
}

#[test]
fn ones_sessions_are_seen_with_where_they_were_used_and_ended_one_or_all() {
    let world = World::new();
    let (_, uri, first) = enrolled(&world);
    let (second, third) = (another(&world, &uri), another(&world, &uri));
    world.pass(10 * MINUTE);
    let elsewhere = "198.51.100.9".parse().unwrap();
    let by = uses(&world, &third, elsewhere).unwrap();
    let shown = sessions(&world, by);
    assert_eq!(shown.len(), 3);
    let asking = shown.iter().find(|session| session.is_asking).unwrap();
    assert_eq!(asking.token.origin.source, Some(HERE));
    assert_eq!(asking.used.unwrap().source, Some(elsewhere));
    assert_eq!(asking.ends, world.now().plus(HOUR));
    assert_eq!(asking.token.origin.user_agent.as_ref().unwrap().len(), 200);
    let one = shown.iter().find(|session| !session.is_asking).unwrap().token.uuid;
    let end = move |change: &mut crate::Changing<'_, '_>| change.oneself()?.sessions()?.end(one);
    world.directory.change(by, end).unwrap();
    assert!(matches!(world.directory.change(by, end), Err(Error::Missing)));
    assert_eq!(sessions(&world, by).len(), 2);
    assert_eq!(world.events(Place::Provider, 1)[0].action, Action::SessionEnded);
    let ended = world.directory.change(by, |it| it.oneself()?.sessions()?.end_all(true));
    assert_eq!(ended.unwrap(), 1);
    for token in [&first.text, &second] {
        assert!(uses(&world, token, HERE).is_err());
    }
    world.directory.change(by, |it| it.oneself()?.sessions()?.end_all(false)).unwrap();
    assert!(uses(&world, &third, HERE).is_err());
}

/// How many keys and sessions are kept of all admins of the provider.
fn kept(world: &World) -> usize {
    let snapshot = world.directory.inner.store.read().unwrap();
    snapshot.scan::<Token>(Partition::Provider, None).map(Result::unwrap).count()
}

#[test]
fn sessions_that_ended_unused_make_room() {
    let world = World::new();
    let (_, uri, _) = enrolled(&world);
    let before = kept(&world);
    for _ in 0..10 {
        another(&world, &uri);
    }
    assert_eq!(kept(&world), before + 10);
    world.pass(HOUR);
    another(&world, &uri);
    assert_eq!(kept(&world), before);
}

#[test]
fn a_session_that_ended_unused_is_not_open_and_can_still_be_ended_for_good() {
    let world = World::new();
    let (_, uri, first) = enrolled(&world);
    let unused = sessions(&world, uses(&world, &first.text, HERE).unwrap())[0].token.uuid;
    let used = another(&world, &uri);
    for _ in 0..2 {
        world.pass(40 * MINUTE);
        uses(&world, &used, HERE).unwrap();
    }
    let by = uses(&world, &used, HERE).unwrap();
    let (shown, before) = (sessions(&world, by), kept(&world));
    assert!(shown.len() == 1 && shown[0].is_asking);
    let told = world.events(Place::Provider, 1);
    let end = |uuid| world.directory.change(by, move |it| it.oneself()?.sessions()?.end(uuid));
    assert!(!end(unused).unwrap());
    assert_eq!((kept(&world), world.events(Place::Provider, 1)), (before - 1, told));
    assert!(matches!(end(unused), Err(Error::Missing)));
    assert!(end(shown[0].token.uuid).unwrap(), "the one that asks");
    assert_eq!(kept(&world), before - 2);
}

#[test]
fn who_manages_admins_sees_and_ends_their_sessions() {
    let world = World::new();
    let (number, uri, _) = enrolled(&world);
    another(&world, &uri);
    let widened = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
            admin.fields.scope = AdminScope::All;
            Ok(())
        })
    });
    assert_eq!(widened.unwrap().fields.scope, AdminScope::All);
    let list = |by: Context| {
        let reading = world.directory.read(by)?;
        let grant = reading.authorize_provider::<ManageAdmins>()?;
        Ok::<_, Error>(grant.sessions_of(number)?.list()?.len())
    };
    let end = |by: Context| {
        world.directory.change(by, move |change| {
            let mut grant = change.authorize_provider::<ManageAdmins>()?;
            grant.admins().sessions_of(number)?.end_all(false)
        })
    };
    let acme = AdminScope::Organizations(vec![world.organization("acme")]);
    let limited = world.admin(Place::Provider, Role::AdministratorWithBilling, acme);
    assert_eq!(refusal(list(limited)), "the scope is wider than your own");
    assert_eq!(refusal(end(limited)), "the scope is wider than your own");
    assert_eq!(list(world.top()).unwrap(), 2);
    assert_eq!((end(world.top()).unwrap(), list(world.top()).unwrap()), (2, 0));
}

#[test]
fn a_recovery_code_lets_in_once_and_is_told() {
    let world = World::new();
    let (_, uri, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    let codes = world.directory.change(by, |it| it.oneself()?.make_recovery_codes()).unwrap();
    assert_eq!((codes.len(), codes[0].len()), (10, 19));
    assert!(matches!(recovery(&world, "0000-0000-0000-0000"), SignInOutcome::Rejected));
    assert!(matches!(recovery(&world, &codes[3].to_uppercase()), SignInOutcome::Session(_)));
    let told = world.events(Place::Provider, 2);
    assert!(told.iter().any(|event| event.action == Action::RecoveryCodeUsed));
    assert!(matches!(recovery(&world, &codes[3]), SignInOutcome::Rejected));
    let left = world.directory.read(by).unwrap().oneself().unwrap().recovery_codes_left();
    assert_eq!(left.unwrap(), 9);
    let fresh = another(&world, &uri);
    let by = uses(&world, &fresh, HERE).unwrap();
    world.directory.change(by, |it| it.oneself()?.make_recovery_codes()).unwrap();
    assert!(matches!(recovery(&world, &codes[4]), SignInOutcome::Rejected), "others were made");
    world.pass(15 * MINUTE);
    let late = world.directory.change(Context { now: world.now(), ..by }, |it| {
        it.oneself()?.make_recovery_codes().map(drop)
    });
    assert!(refusal(late).starts_with("sign in again first"));
}

#[test]
fn a_reset_second_factor_ends_recovery_codes_too() {
    let world = World::new();
    let (number, _, session) = enrolled(&world);
    let by = uses(&world, &session.text, HERE).unwrap();
    let codes = world.directory.change(by, |it| it.oneself()?.make_recovery_codes()).unwrap();
    reset(&world, number);
    assert!(matches!(recovery(&world, &codes[0]), SignInOutcome::Enrol(_)));
    let enrolment = super::sign_in::enrolment(&world);
    super::sign_in::confirm(&world, &enrolment).unwrap();
    assert!(matches!(recovery(&world, &codes[0]), SignInOutcome::Rejected));
}

fn reset(world: &World, number: AdminNumber) {
    let reset = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    reset.unwrap();
}

#[test]
fn an_admin_works_from_the_allowed_networks_alone_open_sessions_included() {
    let world = World::new();
    let (number, uri, session) = enrolled(&world);
    let allow = |networks: &str, by: Context, number: AdminNumber| {
        let sources = networks.split(' ').map(|it| it.parse().unwrap()).collect();
        world.directory.change(by, move |change| {
            let mut grant = change.authorize_provider::<ManageAdmins>()?;
            grant.admins().update(number, None, |admin| {
                admin.fields.sources = sources;
                Ok(())
            })
        })
    };
    allow("198.51.100.0/24", world.top(), number).unwrap();
    let there = "198.51.100.9".parse().unwrap();
    assert!(uses(&world, &session.text, HERE).is_err());
    uses(&world, &session.text, there).unwrap();
    world.pass(30_000);
    let right = |source| {
        let arrival = Arrival::plain(source, world.now());
        let second = Some(Second::Totp(code(&world, &uri)));
        send(&world, SignInRequest { second, arrival, ..request(&world, SECRET, None) })
    };
    assert!(matches!(right(HERE), SignInOutcome::Rejected));
    assert!(matches!(right(there), SignInOutcome::Session(_)));
    let own = world.top().actor.admin().unwrap().number;
    let out = allow("198.51.100.0/24", world.top(), own);
    assert!(refusal(out).ends_with("you would be locked out"));
    allow("198.51.100.0/24 192.0.2.0/24", world.top(), own).unwrap();
}

#[test]
fn nobody_widens_the_networks_that_they_work_from() {
    let world = World::new();
    let own = world.top().actor.admin().unwrap().number;
    let allow = |networks: &[&str]| {
        let sources = networks.iter().map(|it| it.parse().unwrap()).collect();
        let done = world.change(move |change| {
            let mut grant = change.authorize_provider::<ManageAdmins>()?;
            grant.admins().update(own, None, |admin| {
                admin.fields.sources = sources;
                Ok(())
            })
        });
        done.map(drop)
    };
    allow(&["192.0.2.0/24", "198.51.100.0/24"]).unwrap();
    let wider = [
        &[][..],
        &["0.0.0.0/0"],
        &["192.0.2.0/23"],
        &["192.0.2.0/24", "203.0.113.1/32"],
        &["192.0.2.0/24", "2001:db8::/64"],
    ];
    for networks in wider {
        assert!(refusal(allow(networks)).starts_with("must lie within"), "{networks:?}");
    }
    allow(&["192.0.2.0/24", "192.0.2.0/25"]).unwrap();
    allow(&["192.0.2.0/28"]).unwrap();
    assert!(refusal(allow(&["192.0.2.0/24"])).starts_with("must lie within"));
}

#[test]
fn a_token_is_taken_only_from_where_it_was_put() {
    let world = World::new();
    let (_, uri, session) = enrolled(&world);
    let from = |token: &str, carrier| {
        world.directory.identify(token, carrier, world.by(Actor::nobody())).is_ok()
    };
    assert!(from(&session.text, Carrier::Header) && !from(&session.text, Carrier::Cookie));
    let arrival = Arrival { carrier: Carrier::Cookie, ..Arrival::plain(HERE, world.now()) };
    let second = Some(Second::Totp(code(&world, &uri)));
    let request = SignInRequest { second, arrival, ..request(&world, SECRET, None) };
    let SignInOutcome::Session(session) = send(&world, request) else { panic!("not let in") };
    assert!(from(&session.text, Carrier::Cookie) && !from(&session.text, Carrier::Header));
}

/// Says how long sessions of an organization's admins last.
fn lengths(
    world: &World,
    organization: OrganizationId,
    lifetime: Option<u64>,
    idle: Option<u64>,
) -> Result<(), Error> {
    let said = world.change(move |change| {
        let mut grant = change.authorize::<ManageAuthentication>(organization)?;
        grant.settings()?.update(None, |settings| {
            settings.admin_sessions = SessionLengths { lifetime, idle };
            Ok(())
        })
    });
    said.map(drop)
}

#[test]
fn sessions_of_an_organizations_admins_last_no_longer_than_it_says_open_ones_included() {
    let world = World::new();
    let acme = world.organization("acme");
    world.invited(acme.into(), fields("grace", Role::Manager, AdminScope::All), SECRET);
    let sign_in = |code| {
        let organization = Some("acme".into());
        send(&world, SignInRequest { organization, ..request(&world, SECRET, code) })
    };
    let SignInOutcome::Enrol(enrolment) = sign_in(None) else { panic!("no enrolment") };
    let first = super::sign_in::confirm(&world, &enrolment).unwrap();
    lengths(&world, acme, None, Some(10 * MINUTE)).unwrap();
    let by = uses(&world, &first.text, HERE).unwrap();
    assert_eq!(sessions(&world, by)[0].ends, world.now().plus(10 * MINUTE));
    world.pass(9 * MINUTE);
    uses(&world, &first.text, HERE).unwrap();
    world.pass(10 * MINUTE);
    assert!(uses(&world, &first.text, HERE).is_err(), "it was not used for ten minutes");
    lengths(&world, acme, Some(30 * MINUTE), None).unwrap();
    let now = sign_in(Some(code(&world, &enrolment.uri)));
    let SignInOutcome::Session(second) = now else { panic!("not let in") };
    assert_eq!(second.expires, world.now().plus(30 * MINUTE));
    for _ in 0..3 {
        world.pass(9 * MINUTE);
        uses(&world, &second.text, HERE).unwrap();
    }
    world.pass(3 * MINUTE);
    assert!(uses(&world, &second.text, HERE).is_err(), "half an hour is over");
}

#[test]
fn no_session_lasts_longer_than_the_operator_lets_it() {
    let world = World::new();
    let acme = world.organization("acme");
    let refused = |lifetime, idle| refusal(lengths(&world, acme, lifetime, idle));
    assert!(refused(Some(10 * HOUR + 1), None).starts_with("must be 300000 (five minutes)"));
    assert!(refused(None, Some(HOUR + 1)).starts_with("must be 300000 (five minutes)"));
    assert!(refused(Some(5 * MINUTE - 1), None).contains("36000000 at most"));
    lengths(&world, acme, Some(10 * HOUR), Some(HOUR)).unwrap();
    lengths(&world, acme, Some(5 * MINUTE), Some(5 * MINUTE)).unwrap();
    // Those of the provider's admins are nobody's but the operator's.
    let (_, _, session) = enrolled(&world);
    world.pass(50 * MINUTE);
    uses(&world, &session.text, HERE).unwrap();
}

#[test]
fn lengths_that_the_operator_has_shortened_since_count_no_more() {
    let long = AdminSessionLives { longest: 10 * HOUR, idle: HOUR };
    let short = AdminSessionLives { longest: HOUR, idle: 10 * MINUTE };
    let said = SessionLengths { lifetime: Some(2 * HOUR), idle: Some(20 * MINUTE) };
    let lives = |lives: AdminSessionLives| (lives.longest, lives.idle);
    assert_eq!(lives(long.shortened(said)), (2 * HOUR, 20 * MINUTE));
    assert_eq!(lives(short.shortened(said)), (HOUR, 10 * MINUTE));
    assert_eq!(lives(short.shortened(SessionLengths::default())), (HOUR, 10 * MINUTE));
}
