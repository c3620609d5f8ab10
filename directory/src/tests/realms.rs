//! Names with a realm of the organization's own, as gear and computers say them.

use super::authentication::reasons;
use super::ms_chap::{ask, client, counterproof};
use super::world::{RIGHT, World, accepted};
use crate::access::{Identity, View};
use crate::authentication::{Described, Door, Outcome, Request, Who};
use crate::events::EventActor;
use crate::id::OrganizationId;
use crate::network::{Circumstances, NetworkMethod};

/// Ways to write the login of somebody at `corp`, which goes by `acme.example`.
fn spellings(login: &str) -> [String; 5] {
    [
        login.to_owned(),
        format!("{login}@ACME.example"),
        format!("Acme\\{login}"),
        format!("CORP\\{login}"),
        format!("acme.example\\{login}"),
    ]
}

const OTHERS: [&str; 6] = [
    "ada@beta.example",
    "ada@corp",
    "ada@mail.acme.example",
    "beta\\ada",
    "acme\\",
    "@acme.example",
];

const NOBODY: &str = "there is no such account";
const SLOWED_DOWN: &str = "too many failures; slowed down";

/// An organization with gear.
fn corp(world: &World) -> (OrganizationId, Door) {
    let corp = world.going_by("corp", "acme.example").unwrap();
    (corp, client(world, corp))
}

fn login(world: &World, (corp, door): (OrganizationId, Door), name: &str, text: &str) -> Outcome {
    let request = world.request(corp, Who::User(name.into()), text);
    world.attempt(Request { door, ..request })
}

fn identity(outcome: &Outcome) -> Option<Identity> {
    let Outcome::Accept { actor, .. } = outcome else { return None };
    actor.identity()
}

/// Who the newest event is about.
fn told(world: &World, corp: OrganizationId) -> (bool, String) {
    let actor = world.events(corp.into(), 1).remove(0).actor;
    let EventActor::User { id, login } = &actor else { panic!("{actor:?}") };
    (id.is_some(), login.clone())
}

#[test]
fn a_user_is_found_behind_and_before_the_organizations_own_names_and_events_tell_the_login() {
    let world = World::new();
    let gate = corp(&world);
    let ada = world.user(gate.0, "ada");
    for name in spellings("Ada") {
        let outcome = login(&world, gate, &name, RIGHT);
        assert_eq!(identity(&outcome), Some(Identity::User(ada)), "{name}");
        assert_eq!(told(&world, gate.0), (true, "Ada".to_owned()), "{name}");
        world.pass(1);
    }
    for name in OTHERS.into_iter().chain(["nobody@acme.example"]) {
        assert!(!accepted(&login(&world, gate, name, RIGHT)), "{name}");
        assert_eq!(told(&world, gate.0), (false, name.to_owned()));
        assert_eq!(reasons(&world, gate.0, 1), [NOBODY], "{name}");
        world.pass(1);
    }
}

#[test]
fn who_has_a_login_as_it_was_written_comes_first() {
    let world = World::new();
    let gate = corp(&world);
    let logins = ["ada", "ada@acme.example", "acme\\ada"];
    let users = logins.map(|login| world.user(gate.0, login));
    for (name, user) in logins.into_iter().zip(users) {
        let outcome = login(&world, gate, name, RIGHT);
        assert_eq!(identity(&outcome), Some(Identity::User(user)), "{name}");
    }
    let outcome = login(&world, gate, "corp\\ada@acme.example", RIGHT);
    assert_eq!(identity(&outcome), Some(Identity::User(users[1])));
}

#[test]
fn failures_count_for_one_name_however_it_is_written_and_whether_anybody_has_it() {
    let world = World::new();
    let gate = corp(&world);
    world.user(gate.0, "ada");
    for who in ["ada", "nobody"] {
        let spellings = spellings(who);
        for name in spellings.iter().chain([&spellings[1]]) {
            assert!(!accepted(&login(&world, gate, name, "wrong")), "{name}");
            assert_ne!(reasons(&world, gate.0, 1), [SLOWED_DOWN], "{name}");
            world.pass(1);
        }
        for name in &spellings {
            assert!(!accepted(&login(&world, gate, name, RIGHT)), "{name}");
            assert_eq!(reasons(&world, gate.0, 1), [SLOWED_DOWN], "{name}");
            world.pass(1);
        }
    }
}

#[test]
fn guesses_at_all_spellings_of_a_name_lock_the_one_account() {
    let world = World::new();
    let gate = corp(&world);
    world.user(gate.0, "ada");
    world.set(gate.0, |settings| settings.lockout.threshold = 3);
    for (name, guess) in spellings("ada").iter().zip(["guess 1", "guess 2", "guess 3"]) {
        assert!(!accepted(&login(&world, gate, name, guess)), "{name}");
    }
    world.pass(60_000);
    for name in ["ada", "ada@acme.example"] {
        assert!(!accepted(&login(&world, gate, name, RIGHT)), "{name}");
        assert_eq!(reasons(&world, gate.0, 1), ["the account is locked"], "{name}");
        world.pass(1);
    }
}

#[test]
fn an_answer_by_ms_chap_is_judged_with_the_domain_that_stands_behind_the_login() {
    let world = World::new();
    let gate = corp(&world);
    world.set(gate.0, |settings| settings.ms_chap = true);
    world.user(gate.0, "ada");
    for name in ["ada", "ada@acme.example", "Ada@ACME.example"] {
        assert!(counterproof(ask(&world, gate, name, RIGHT)).is_some(), "{name}");
        assert!(counterproof(ask(&world, gate, name, "wrong")).is_none(), "{name}");
    }
    assert!(counterproof(ask(&world, gate, "ada@beta.example", RIGHT)).is_none());
}

#[test]
fn an_explanation_finds_whom_the_request_would() {
    let world = World::new();
    let (corp, door) = corp(&world);
    let Door::Radius(client, _) = door else { panic!("no gear") };
    world.set(corp, |settings| settings.ms_chap = true);
    world.user(corp, "ada");
    let reason = |name: &str, method| {
        let reading = world.directory.read(world.top()).unwrap();
        let grant = reading.authorize::<View>(corp).unwrap();
        let circumstances = Circumstances::of(method);
        let asked = Described { login: name.into(), circumstances, at: world.now() };
        grant.explain(&world.directory, client, &asked).unwrap().reason
    };
    for name in spellings("Ada") {
        for method in [NetworkMethod::Pap, NetworkMethod::MsChapV2, NetworkMethod::Peap] {
            assert_eq!(reason(&name, method), None, "{name} {method:?}");
        }
    }
    for name in OTHERS {
        assert_eq!(reason(name, NetworkMethod::Pap), Some(NOBODY), "{name}");
    }
    // What stands before a backslash goes into no answer, whatever it is.
    assert_eq!(reason("beta\\ada", NetworkMethod::Peap), None);
    assert_eq!(reason("beta\\ada@acme.example", NetworkMethod::MsChapV2), None);
    assert_eq!(reason("ada@beta.example", NetworkMethod::Peap), Some(NOBODY));
}
