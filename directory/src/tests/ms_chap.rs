//! MS-CHAPv2 by hashes that an organization lets be kept.

use std::sync::Arc;

use super::second_factor::{STEP, code, demanding, enrol};
use super::world::{RIGHT, World, accepted};
use crate::access::{Identity, ManageConfiguration, ManageOrganizations, RecoverAccounts};
use crate::authentication::{
    Counterproof, Door, MsChapV2, NtHash, Outcome, Password, Proof, Request, Who,
};
use crate::events::Outcome as EventOutcome;
use crate::id::{OrganizationId, RecordId, UserId};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{Demand, RadiusClientFields, Settings, kinds};
use crate::tools::OrganizationGrace;

fn opted_in() -> Settings {
    Settings { ms_chap: true, ..Settings::default() }
}

pub(super) fn client(world: &World, organization: OrganizationId) -> Door {
    let fields = RadiusClientFields {
        name: "gate".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let secret = format!("0123456789abcdef{}", organization.number());
        grant.radius_clients().create(fields, &secret).map(|(id, _)| id)
    });
    Door::Radius(made.unwrap(), Circumstances::of(NetworkMethod::Pap))
}

/// What a peer with this password answers.
fn answered(login: &str, text: &str) -> Proof {
    let mut proof = MsChapV2 {
        authenticator_challenge: [1; 16],
        peer_challenge: [2; 16],
        user_name: login.as_bytes().to_vec(),
        nt_response: [0; 24],
    };
    let hash = NtHash::of(&Password::new(text.as_bytes()).unwrap()).unwrap();
    proof.nt_response = hash.answer(&proof);
    Proof::MsChapV2(Box::new(proof))
}

pub(super) fn ask(
    world: &World,
    (organization, door): (OrganizationId, Door),
    login: &str,
    text: &str,
) -> Outcome {
    let request = world.request(organization, Who::User(login.into()), "unused");
    world.attempt(Request { door, proof: answered(login, text), ..request })
}

pub(super) fn counterproof(outcome: Outcome) -> Option<Box<Counterproof>> {
    let Outcome::Accept { counterproof, .. } = outcome else { return None };
    counterproof
}

fn reset(world: &World, organization: OrganizationId, user: UserId, text: &str) {
    let new = world.password(text);
    let set = world.change(move |change| {
        change.authorize::<RecoverAccounts>(organization)?.passwords().set(user, new, None)
    });
    set.unwrap();
}

fn kept(world: &World, organization: OrganizationId) -> usize {
    let snapshot = world.directory.inner.store.read().unwrap();
    let is_kept = |kind, id: &u64| {
        let secret = storage::Reading::secret(&snapshot, organization.partition(), kind, *id);
        secret.unwrap().is_some()
    };
    let of = |kind| (0..100).filter(|id| is_kept(kind, id)).count();
    of(kinds::NT_HASH) + of(kinds::FORMER_NT_HASHES)
}

fn reason(world: &World, organization: OrganizationId) -> String {
    match &world.events(organization.into(), 1)[0].outcome {
        EventOutcome::Success => "success".into(),
        EventOutcome::Failure(reason) => reason.clone(),
    }
}

#[test]
fn a_hash_is_kept_of_passwords_set_after_the_organization_opted_in_and_erased_when_it_opts_out() {
    let world = World::new();
    let acme = world.organization("acme");
    let gate = (acme, client(&world, acme));
    let ada = world.user(acme, "ada");
    world.set(acme, |settings| settings.ms_chap = true);
    assert!(counterproof(ask(&world, gate, "ada", RIGHT)).is_none());
    assert_eq!(reason(&world, acme), "no password is kept for MS-CHAPv2");
    reset(&world, acme, ada, RIGHT);
    let proven = counterproof(ask(&world, gate, "ada", RIGHT)).unwrap();
    assert!(proven.authenticator_response().starts_with("S="));
    assert!(counterproof(ask(&world, gate, "ada", "wrong")).is_none());
    assert_eq!(reason(&world, acme), "the password is wrong");
    // Another password, and only that one.
    reset(&world, acme, ada, "another horse battery");
    assert!(counterproof(ask(&world, gate, "ada", RIGHT)).is_none());
    assert!(counterproof(ask(&world, gate, "ada", "another horse battery")).is_some());
    assert_eq!(kept(&world, acme), 2, "what is in use, and what was before");
    world.set(acme, |settings| settings.ms_chap = false);
    assert_eq!(kept(&world, acme), 0);
    world.set(acme, |settings| settings.ms_chap = true);
    assert!(counterproof(ask(&world, gate, "ada", "another horse battery")).is_none());
    world.assert_sound();
}

#[test]
fn an_opened_hash_leaves_the_memory_once_its_organization_was_changed_or_destroyed() {
    let world = World::new();
    let made = ["acme", "beta", "gamma"].map(|slug| world.organization_with(slug, opted_in()));
    for organization in made {
        world.user(organization, "ada");
        let gate = (organization, client(&world, organization));
        assert!(counterproof(ask(&world, gate, "ada", RIGHT)).is_some());
    }
    let known = made.map(|organization| {
        let snapshot = world.directory.inner.store.read().unwrap();
        let (partition, name) = (organization.partition(), (organization, true, "ada".to_owned()));
        let account = world.directory.inner.lookups.accounts.get(&snapshot, partition, &name);
        Arc::downgrade(&account.unwrap())
    });
    let are_known = || known.each_ref().map(|account| account.upgrade().is_some());
    world.directory.forget_opened();
    assert_eq!(are_known(), [true, true, true], "nothing was changed");
    let [acme, beta, _] = made;
    world.set(acme, |settings| settings.ms_chap = false);
    let deleted = world.change(move |change| {
        change.authorize::<ManageOrganizations>(beta)?.own()?.delete(None, "BETA")
    });
    deleted.unwrap();
    world.pass(OrganizationGrace::default().0 + 1);
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 1);
    world.directory.forget_opened();
    assert_eq!(are_known(), [false, false, true]);
}

/// An organization of which no password is remembered, so that who signs in there waits for the pool's
/// only thread, and with it for what follows earlier answers.
fn calm(world: &World) -> OrganizationId {
    let settings = Settings { remember_verified: 0, ..Settings::default() };
    let calm = world.organization_with("calm", settings);
    world.user(calm, "carl");
    calm
}

fn settle(world: &World, calm: OrganizationId) {
    assert!(accepted(&world.bind(calm, "carl", RIGHT)));
}

#[test]
fn a_hash_that_is_missing_is_kept_with_the_next_password_that_is_compared_and_right() {
    let world = World::new();
    let (acme, calm) = (world.organization("acme"), calm(&world));
    let gate = (acme, client(&world, acme));
    let ada = world.user(acme, "ada");
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    settle(&world, calm);
    assert_eq!(kept(&world, acme), 0, "nobody opted in");
    world.set(acme, |settings| settings.ms_chap = true);
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    settle(&world, calm);
    assert_eq!(kept(&world, acme), 0, "a password that is remembered is not looked at");
    world.pass(300_000);
    assert!(!accepted(&world.bind(acme, "ada", "wrong")));
    settle(&world, calm);
    assert_eq!(kept(&world, acme), 0);
    let before = world.credential(acme, Identity::User(ada)).version;
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    settle(&world, calm);
    assert_eq!(kept(&world, acme), 1);
    assert!(counterproof(ask(&world, gate, "ada", RIGHT)).is_some());
    assert!(counterproof(ask(&world, gate, "ada", "wrong")).is_none());
    assert_eq!(world.credential(acme, Identity::User(ada)).version, before, "nothing is ended");
    let clear = |world: &World| {
        let snapshot = world.directory.inner.store.read().unwrap();
        let kind = kinds::CHAP_PASSWORD;
        let kept = storage::Reading::secret(&snapshot, acme.partition(), kind, ada.record());
        kept.unwrap().map(|clear| clear.expose().to_vec())
    };
    assert_eq!(clear(&world), None);
    let sequence = world.directory.inner.store.sequence();
    world.pass(300_000);
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    settle(&world, calm);
    assert_eq!(world.directory.inner.store.sequence(), sequence, "it is written once");
    world.set(acme, |settings| settings.chap = true);
    world.pass(300_000);
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    settle(&world, calm);
    assert_eq!(clear(&world).as_deref(), Some(RIGHT.as_bytes()));
    world.assert_sound();
}

#[test]
fn what_is_kept_of_a_password_that_came_with_a_code_has_no_code_in_it() {
    let world = World::new();
    let acme = world.organization_with("acme", demanding(Demand::IfEnrolled));
    let calm = calm(&world);
    let gate = (acme, client(&world, acme));
    let ada = world.user(acme, "ada");
    let uri = enrol(&world, acme, ada);
    world.pass(STEP);
    world.set(acme, |settings| settings.ms_chap = true);
    let typed = format!("{RIGHT},{}", code(&world, &uri));
    assert!(accepted(&world.bind(acme, "ada", &typed)));
    settle(&world, calm);
    assert_eq!(kept(&world, acme), 1);
    world.set(acme, |settings| settings.second_factor.demand = Demand::Off);
    assert!(counterproof(ask(&world, gate, "ada", &typed)).is_none());
    assert!(counterproof(ask(&world, gate, "ada", RIGHT)).is_some());
}

#[test]
fn one_opt_in_keeps_nothing_for_the_other_and_a_deleted_user_leaves_no_hash() {
    let world = World::new();
    let acme = world.organization_with("acme", Settings { chap: true, ..Settings::default() });
    world.user(acme, "ada");
    assert_eq!(kept(&world, acme), 0);
    let beta = world.organization_with("beta", opted_in());
    let bob = world.user(beta, "bob");
    assert_eq!(kept(&world, beta), 1);
    let snapshot = world.directory.inner.store.read().unwrap();
    let clear =
        storage::Reading::secret(&snapshot, beta.partition(), kinds::CHAP_PASSWORD, bob.record());
    assert!(clear.unwrap().is_none());
    reset(&world, beta, bob, "another horse battery");
    let deleted = world.change(move |change| change.authorize(beta)?.users().delete(bob, None));
    deleted.unwrap();
    assert_eq!(kept(&world, beta), 2, "who is restored has it again");
    world.pass(30 * super::world::DAY);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1);
    assert_eq!(kept(&world, beta), 0);
}

#[test]
fn wrong_answers_lock_the_account_as_wrong_passwords_do() {
    let world = World::new();
    let mut settings = opted_in();
    settings.lockout.threshold = 3;
    let acme = world.organization_with("acme", settings);
    let gate = (acme, client(&world, acme));
    world.user(acme, "ada");
    for _ in 0..3 {
        assert!(counterproof(ask(&world, gate, "ada", "wrong")).is_none());
    }
    assert!(matches!(ask(&world, gate, "ada", RIGHT), Outcome::Reject));
    assert_eq!(reason(&world, acme), "the account is locked");
}

/// The passwords of a user one after the other, of which the last is in use.
const IN_ORDER: [&str; 5] =
    [RIGHT, "second horse battery", "third horse battery", "fourth horse battery", "fifth horse"];

#[test]
fn answers_by_a_former_password_count_once_as_the_password_itself_does() {
    let world = World::new();
    let mut settings = opted_in();
    settings.lockout.threshold = 3;
    let acme = world.organization_with("acme", settings);
    let gate = (acme, client(&world, acme));
    let ada = world.user(acme, "ada");
    for text in &IN_ORDER[1..] {
        reset(&world, acme, ada, text);
    }
    // An admin chose the one before, and a phone has the one before that.
    for former in [IN_ORDER[2], IN_ORDER[3]] {
        for _ in 0..2 {
            assert!(counterproof(ask(&world, gate, "ada", former)).is_none(), "{former}");
            assert_eq!(reason(&world, acme), "the password is wrong");
        }
    }
    assert!(counterproof(ask(&world, gate, "ada", IN_ORDER[4])).is_some());
    // What was a password too long ago is like any other.
    world.pass(16 * 60_000);
    for _ in 0..3 {
        assert!(counterproof(ask(&world, gate, "ada", IN_ORDER[0])).is_none());
    }
    assert!(matches!(ask(&world, gate, "ada", IN_ORDER[4]), Outcome::Reject));
    assert_eq!(reason(&world, acme), "the account is locked");
    world.assert_sound();
}

#[test]
fn an_ended_password_ends_here_too_and_a_second_factor_has_no_room() {
    let world = World::new();
    let mut settings = opted_in();
    settings.password_policy.longest_age = 1_000;
    settings.password_policy.grace_logins = 0;
    let acme = world.organization_with("acme", settings);
    let gate = (acme, client(&world, acme));
    world.user(acme, "ada");
    assert!(counterproof(ask(&world, gate, "ada", RIGHT)).is_some());
    world.pass(1_001);
    assert!(matches!(ask(&world, gate, "ada", RIGHT), Outcome::Ended));
    assert!(matches!(ask(&world, gate, "ada", "wrong"), Outcome::Reject));
    world.set(acme, |settings| {
        settings.password_policy.longest_age = 0;
        settings.second_factor.demand = Demand::Required;
    });
    assert!(matches!(ask(&world, gate, "ada", RIGHT), Outcome::Reject));
}

#[test]
fn a_hash_proves_nothing_in_another_organization_and_unknown_names_are_rejected_alike() {
    let world = World::new();
    let acme = world.organization_with("acme", opted_in());
    let beta = world.organization_with("beta", opted_in());
    let (acme_gate, beta_gate) = ((acme, client(&world, acme)), (beta, client(&world, beta)));
    world.user(acme, "ada");
    assert!(counterproof(ask(&world, acme_gate, "ada", RIGHT)).is_some());
    assert!(matches!(ask(&world, beta_gate, "ada", RIGHT), Outcome::Reject));
    assert!(matches!(ask(&world, (beta, acme_gate.1), "ada", RIGHT), Outcome::Reject));
}

#[test]
fn wrong_answers_do_not_slow_passwords_down_which_would_tell_who_there_is() {
    let world = World::new();
    let acme = world.organization_with("acme", opted_in());
    world.user(acme, "ada");
    let gate = (acme, client(&world, acme));
    for _ in 0..8 {
        assert!(counterproof(ask(&world, gate, "ada", "wrong")).is_none());
    }
    assert_eq!(reason(&world, acme), "too many failures; slowed down");
    for login in ["ada", "nobody"] {
        let request = world.request(acme, Who::User(login.into()), "guess");
        world.attempt(Request { door: gate.1, ..request });
        assert_ne!(reason(&world, acme), "too many failures; slowed down", "{login}");
    }
}
