//! The password policy of an organization, and users who change their own password.

use std::sync::mpsc::channel;
use std::time::Duration;

use zeroize::Zeroizing;

use super::authentication::reasons;
use super::search::account;
use super::world::{self, DAY, HERE, RIGHT, World, accepted, password, refusal};
use crate::access::{
    Actor, Identity, ManageAuthentication, ManageConfiguration, ManageIdentities, Proven,
    RecoverAccounts, Search,
};
use crate::authentication::{
    ChangeOutcome, Channel, Door, HashParameters, Notice, Outcome, PasswordChange, Proof, Request,
    Unacceptable, Who,
};
use crate::collections::GeneratedPassword;
use crate::events::{Action, EventActor, Outcome as EventOutcome};
use crate::id::{OrganizationId, RecordId, UserId};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{
    Credential, PasswordHistory, RadiusClientFields, Settings, UserState, Visibility, kinds,
};

/// Passwords of thirty days, with a warning in the last five and two grace logins.
fn ending() -> Settings {
    let mut settings = Settings::default();
    settings.password_policy.longest_age = 30 * DAY;
    settings.password_policy.warning = 5 * DAY;
    settings.password_policy.grace_logins = 2;
    settings
}

fn credential(world: &World, organization: OrganizationId, user: UserId) -> Credential {
    world.credential(organization, Identity::User(user))
}

fn notice(outcome: &Outcome) -> Notice {
    let Outcome::Accept { notice, .. } = outcome else { panic!("not accepted") };
    *notice
}

fn actor(world: &World, organization: OrganizationId, login: &str, text: &str) -> Actor {
    let Outcome::Accept { actor, .. } = world.bind(organization, login, text) else {
        panic!("not accepted")
    };
    actor
}

fn change(world: &World, actor: Actor, old: Option<&str>, new: Option<&str>) -> ChangeOutcome {
    change_of(world, actor, None, old, new)
}

fn change_of(
    world: &World,
    actor: Actor,
    whose: Option<(Option<OrganizationId>, Who)>,
    old: Option<&str>,
    new: Option<&str>,
) -> ChangeOutcome {
    let (old, new) = (old.map(password), new.map(password));
    let (sender, receiver) = channel();
    let (channel, now) = (Channel::Encrypted, world.now());
    let change = PasswordChange { actor, whose, old, new, channel, source: HERE, now };
    world.directory.change_password(change, move |done| sender.send(done).unwrap()).unwrap();
    receiver.recv().unwrap()
}

fn changed(outcome: ChangeOutcome) -> (Actor, Option<Zeroizing<String>>) {
    if let ChangeOutcome::Refused(unacceptable) = &outcome {
        panic!("it {unacceptable}");
    }
    let ChangeOutcome::Changed { actor, generated } = outcome else { panic!("not changed") };
    (actor, generated)
}

fn reset(world: &World, organization: OrganizationId, user: UserId, must_change: Option<bool>) {
    let new = world.password("told by telephone");
    let done = world.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        grant.passwords().set(user, new, must_change)
    });
    done.unwrap();
}

const NEW: &str = "quite another one";

#[test]
fn a_password_warns_then_ends_then_lets_its_owner_in_a_few_times_more() {
    let world = World::new();
    let acme = world.organization_with("acme", ending());
    let ada = world.user(acme, "ada");
    assert_eq!(notice(&world.bind(acme, "ada", RIGHT)), Notice::Nothing);
    world.pass(26 * DAY);
    assert_eq!(notice(&world.bind(acme, "ada", RIGHT)), Notice::EndsIn(4 * DAY));
    // What is remembered warns as well.
    assert_eq!(notice(&world.bind(acme, "ada", RIGHT)), Notice::EndsIn(4 * DAY));
    world.pass(4 * DAY);
    assert_eq!(notice(&world.bind(acme, "ada", RIGHT)), Notice::GraceLogins(1));
    assert_eq!(notice(&world.bind(acme, "ada", RIGHT)), Notice::GraceLogins(0));
    assert_eq!(credential(&world, acme, ada).grace_used, 2);
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Ended));
    assert!(matches!(world.bind(acme, "ada", "wrong"), Outcome::Reject));
    assert!(matches!(world.bind(acme, "eve", RIGHT), Outcome::Reject));
    let events = world.events(acme.into(), 3);
    assert_eq!(events[2].outcome, EventOutcome::Failure("the password has expired".into()));
    reset(&world, acme, ada, None);
    assert_eq!(notice(&world.bind(acme, "ada", "told by telephone")), Notice::Nothing);
}

#[test]
fn the_network_counts_grace_logins_too_and_lets_nobody_in_who_must_change_a_password() {
    let world = World::new();
    let settings = Settings { chap: true, ..ending() };
    let acme = world.organization_with("acme", settings);
    let ada = world.user(acme, "ada");
    let fields = RadiusClientFields {
        name: "gate".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let client = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let door = Door::Radius(client.unwrap(), Circumstances::of(NetworkMethod::Pap));
    let pap = |text: &str| {
        world.attempt(Request { door, ..world.request(acme, Who::User("ada".into()), text) })
    };
    let chap = || {
        let proof = Proof::Challenge(Box::new(|clear| clear == RIGHT.as_bytes()));
        world.attempt(Request { door, proof, ..world.request(acme, Who::User("ada".into()), "x") })
    };
    assert!(accepted(&pap(RIGHT)) && accepted(&chap()));
    world.pass(30 * DAY);
    assert_eq!(notice(&pap(RIGHT)), Notice::GraceLogins(1));
    assert_eq!(notice(&chap()), Notice::GraceLogins(0));
    assert!(matches!(pap(RIGHT), Outcome::Ended));
    assert!(matches!(chap(), Outcome::Ended));
    world.pass(DAY);
    reset(&world, acme, ada, Some(true));
    assert!(matches!(pap("told by telephone"), Outcome::Reject));
    let told = &world.events(acme.into(), 1)[0];
    assert_eq!(told.outcome, EventOutcome::Failure("the password must be changed first".into()));
}

#[test]
fn an_actor_ends_with_the_password_that_proved_it() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let first = actor(&world, acme, "ada", RIGHT);
    let (own, _) = changed(change(&world, first, Some(RIGHT), Some(NEW)));
    let searches = |actor: Actor| {
        let reading = world.directory.read(world.by(actor)).unwrap();
        reading.authorize::<Search>(acme).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(searches(own), Ok(()), "whoever changed it goes on");
    assert_eq!(searches(first), Err("sign in first".into()));
    // Nor can a thief who has bound take the account back from the help desk.
    reset(&world, acme, ada, None);
    assert_eq!(searches(own), Err("sign in first".into()));
    assert!(matches!(change(&world, own, None, Some("mine again")), ChangeOutcome::SignInFirst));
    let new = actor(&world, acme, "ada", "told by telephone");
    let required = world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().require_change(ada)
    });
    required.unwrap();
    assert_eq!(searches(new), Err("change the password first".into()));
    let (new, _) = changed(change(&world, new, None, Some("all mine at last")));
    assert_eq!(searches(new), Ok(()));
}

#[test]
fn a_certificate_proves_its_owner_whatever_becomes_of_the_password() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let by_certificate = Actor::user(acme, ada, Proven::Certificate);
    reset(&world, acme, ada, Some(true));
    let reading = world.directory.read(world.by(by_certificate)).unwrap();
    assert!(reading.authorize::<Search>(acme).is_ok());
}

#[test]
fn an_application_ends_with_its_password_and_not_with_other_changes() {
    let world = World::new();
    let acme = world.organization("acme");
    let wiki = account(&world, acme, "wiki", Visibility::Everything);
    let Some(Identity::ServiceAccount(id)) = wiki.identity() else { panic!("no account") };
    let searches = || {
        let reading = world.directory.read(world.by(wiki)).unwrap();
        reading.authorize::<Search>(acme).is_ok()
    };
    let edited = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.service_accounts().update(id, None, |account| {
            account.fields.description = Some("another".into());
            Ok(())
        })
    });
    edited.unwrap();
    assert!(searches());
    let parameters = HashParameters::new(8, 1, 1).unwrap();
    let new = GeneratedPassword::generate(&parameters, world.directory.tools()).unwrap();
    let rotated = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.service_accounts().rotate_password(id, &new, Duration::ZERO)
    });
    rotated.unwrap();
    assert!(!searches());
}

#[test]
fn an_unlock_lets_its_owner_in_at_once_however_many_failures_there_were() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    for guess in 0..40 {
        world.bind(acme, "ada", &format!("guess {guess}"));
    }
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    world.pass(1);
    world
        .change(move |change| change.authorize::<RecoverAccounts>(acme)?.passwords().unlock(ada))
        .unwrap();
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
}

#[test]
fn who_must_change_a_password_can_do_nothing_else_until_it_is_done() {
    let world = World::new();
    let mut settings = Settings::default();
    settings.password_policy.change_after_reset = true;
    let acme = world.organization_with("acme", settings);
    let ada = world.user(acme, "ada");
    let told = actor(&world, acme, "ada", RIGHT);
    assert!(told.must_change_password());
    let searches = |actor: Actor| {
        let reading = world.directory.read(world.by(actor)).unwrap();
        reading.authorize::<Search>(acme).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(searches(told), Err("change the password first".into()));
    // The password that somebody else knows is not a new one.
    let same = change(&world, told, None, Some(RIGHT));
    assert!(matches!(same, ChangeOutcome::Refused(Unacceptable::Used)));
    let (free, _) = changed(change(&world, told, Some(RIGHT), Some(NEW)));
    assert_eq!(searches(free), Ok(()));
    assert!(!credential(&world, acme, ada).must_change);
    assert_eq!(notice(&world.bind(acme, "ada", NEW)), Notice::Nothing);
    // The word of an admin who manages the policy counts more than it, in both directions.
    reset(&world, acme, ada, Some(false));
    assert_eq!(notice(&world.bind(acme, "ada", "told by telephone")), Notice::Nothing);
    let required = world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().require_change(ada)
    });
    required.unwrap();
    assert_eq!(world.events(acme.into(), 1)[0].action, Action::PasswordChangeRequired);
    // What is remembered is told as well.
    assert_eq!(notice(&world.bind(acme, "ada", "told by telephone")), Notice::MustChange);
}

#[test]
fn the_owner_changes_a_password_and_it_counts_at_once_at_every_door() {
    let world = World::new();
    let acme = world.organization_with("acme", Settings { chap: true, ..Settings::default() });
    let ada = world.user(acme, "ada");
    let own = actor(&world, acme, "ada", RIGHT);
    let version = credential(&world, acme, ada).version;
    changed(change(&world, own, Some(RIGHT), Some(NEW)));
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Reject));
    assert!(accepted(&world.bind(acme, "ada", NEW)));
    assert!(credential(&world, acme, ada).version > version);
    let snapshot = world.directory.inner.store.read().unwrap();
    let sealed = snapshot_secret(&snapshot, acme, ada);
    assert_eq!(sealed, NEW.as_bytes());
    let told = world.events(acme.into(), 3);
    let told = told.iter().find(|event| event.action == Action::PasswordChanged).unwrap();
    assert!(matches!(&told.actor, EventActor::User { login, .. } if login == "ada"));
    assert!(told.differences.iter().all(|told| told.after.as_deref() == Some("\"(secret)\"")));
}

fn snapshot_secret(
    snapshot: &storage::Snapshot,
    organization: OrganizationId,
    user: UserId,
) -> Vec<u8> {
    let sealed = storage::Reading::secret(
        snapshot,
        organization.partition(),
        kinds::CHAP_PASSWORD,
        user.record(),
    );
    sealed.unwrap().unwrap().expose().to_vec()
}

#[test]
fn a_password_is_made_up_when_none_is_given() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let own = actor(&world, acme, "ada", RIGHT);
    let (_, made) = changed(change(&world, own, None, None));
    let made = made.unwrap();
    assert_eq!(made.len(), 20);
    assert!(accepted(&world.bind(acme, "ada", &made)));
}

#[test]
fn nobody_changes_anothers_password_and_existing_names_answer_like_others() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    world.user(acme, "ada");
    world.user(acme, "bob");
    world.user(beta, "ada");
    let own = actor(&world, acme, "ada", RIGHT);
    let mut others = vec![
        (Some(acme), Who::User("bob".into())),
        (Some(acme), Who::User("nobody".into())),
        (Some(beta), Who::User("ada".into())),
        (Some(acme), Who::ServiceAccount("ada".into())),
        (None, Who::User("ada".into())),
    ];
    for whose in others.drain(..) {
        let outcome = change_of(&world, own, Some(whose), None, Some(NEW));
        assert!(matches!(outcome, ChangeOutcome::NotYours));
    }
    let mine = Some((Some(acme), Who::User(" ADA".into())));
    changed(change_of(&world, own, mine, None, Some(NEW)));
    let nobody = change(&world, Actor::nobody(), Some(RIGHT), Some(NEW));
    assert!(matches!(nobody, ChangeOutcome::SignInFirst));
    assert!(accepted(&world.bind(acme, "bob", RIGHT)) && accepted(&world.bind(beta, "ada", RIGHT)));
}

#[test]
fn wrong_old_passwords_lock_like_any_guess_and_a_locked_account_changes_nothing() {
    let world = World::new();
    let mut settings = Settings::default();
    settings.lockout.threshold = 3;
    let acme = world.organization_with("acme", settings);
    let ada = world.user(acme, "ada");
    let own = actor(&world, acme, "ada", RIGHT);
    for guess in ["guess 1", "guess 2", "guess 3"] {
        let outcome = change(&world, own, Some(guess), Some(NEW));
        assert!(matches!(outcome, ChangeOutcome::OldWrong));
    }
    assert!(credential(&world, acme, ada).locked(world.now()));
    world.pass(120_000);
    assert!(matches!(change(&world, own, Some(RIGHT), Some(NEW)), ChangeOutcome::Locked));
    assert!(matches!(change(&world, own, None, Some(NEW)), ChangeOutcome::Locked));
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Reject));
    world.pass(120_000);
    world.set(acme, |settings| settings.password_policy.tell_locked = true);
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Locked));
    assert!(matches!(world.bind(acme, "ada", "wrong"), Outcome::Locked));
}

#[test]
fn former_passwords_come_back_only_after_as_many_others_as_the_policy_says() {
    let world = World::new();
    let mut settings = Settings::default();
    settings.password_policy.history = 3;
    let acme = world.organization_with("acme", settings);
    let ada = world.user(acme, "ada");
    let mut own = actor(&world, acme, "ada", RIGHT);
    let used = |own: Actor, new: &str| {
        matches!(change(&world, own, None, Some(new)), ChangeOutcome::Refused(Unacceptable::Used))
    };
    assert!(used(own, RIGHT));
    world.pass(1);
    (own, _) = changed(change(&world, own, None, Some("the second of them")));
    world.pass(1);
    (own, _) = changed(change(&world, own, None, Some("the third of them")));
    assert!(used(own, RIGHT) && used(own, "the second of them") && used(own, "the third of them"));
    world.pass(1);
    (own, _) = changed(change(&world, own, None, Some("the fourth of them")));
    world.pass(1);
    (own, _) = changed(change(&world, own, None, Some(RIGHT)));
    let kept = |world: &World| {
        let snapshot = world.directory.inner.store.read().unwrap();
        let found: Option<PasswordHistory> =
            storage::Reading::get(&snapshot, acme.partition(), ada.record()).unwrap();
        found.map_or(0, |found| found.hashes.len())
    };
    assert_eq!(kept(&world), 2);
    world.set(acme, |settings| settings.password_policy.history = 1);
    assert_eq!(kept(&world), 0);
    assert!(used(own, RIGHT));
    world.assert_sound();
}

#[test]
fn the_policy_refuses_what_is_too_young_without_the_old_one_or_not_good_enough() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "lovelace");
    let own = actor(&world, acme, "lovelace", RIGHT);
    let refused = |new: &str| {
        let outcome = change(&world, own, None, Some(new));
        let ChangeOutcome::Refused(unacceptable) = outcome else { panic!("{new} was taken") };
        unacceptable
    };
    assert_eq!(refused("seven77"), Unacceptable::TooShort(8));
    assert_eq!(refused("Password2026!"), Unacceptable::Common);
    assert_eq!(refused("ada lovelace 1815"), Unacceptable::Name);
    assert_eq!(refused("{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr"), Unacceptable::Hashed);
    let reason = EventOutcome::Failure("the new password must have at least 8 characters".into());
    assert_eq!(world.events(acme.into(), 4)[3].outcome, reason);
    world.set(acme, |settings| settings.password_policy.require_old = true);
    assert!(matches!(change(&world, own, None, Some(NEW)), ChangeOutcome::OldMissing));
    world.set(acme, |settings| settings.password_policy.shortest_age = DAY);
    let young = change(&world, own, Some(RIGHT), Some(NEW));
    assert!(matches!(young, ChangeOutcome::Refused(Unacceptable::TooYoung)));
    world.pass(DAY);
    changed(change(&world, own, Some(RIGHT), Some(NEW)));
}

#[test]
fn an_admins_choice_is_judged_like_the_owners() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "lovelace");
    for (text, words) in [("lovelace1815", "login or the name"), ("iloveyou1", "tried first")] {
        let new = world.password(text);
        let done = world.change(move |change| {
            change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, new, None)
        });
        assert!(refusal(done).contains(words), "{text}");
    }
}

#[test]
fn a_suspended_user_who_is_still_connected_changes_nothing() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let own = actor(&world, acme, "ada", RIGHT);
    let suspended = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().update(ada, None, |user| {
            user.state = UserState::Suspended;
            Ok(())
        })
    });
    suspended.unwrap();
    assert!(matches!(change(&world, own, None, Some(NEW)), ChangeOutcome::SignInFirst));
}

#[test]
fn ages_that_make_no_sense_are_refused() {
    let world = World::new();
    let acme = world.organization("acme");
    let refused = |edit: fn(&mut Settings)| {
        let done = world.change(move |change| {
            change.authorize::<ManageAuthentication>(acme)?.settings()?.update(None, |settings| {
                edit(settings);
                Ok(())
            })
        });
        done.is_err()
    };
    assert!(refused(|settings| settings.password_policy.longest_age = 10));
    assert!(refused(|settings| settings.password_policy.history = 25));
    assert!(refused(|settings| settings.password_policy.grace_logins = 101));
    assert!(refused(|settings| {
        settings.password_policy.longest_age = DAY;
        settings.password_policy.shortest_age = DAY;
    }));
}

#[test]
fn a_password_shorter_than_the_policy_is_refused_in_words() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let short = world.password("seven77");
    let done = world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, short, None)
    });
    assert_eq!(refusal(done), "must have at least 8 characters");
}

#[test]
fn who_has_no_password_looks_like_who_gave_a_wrong_one_and_the_event_says_so() {
    let world = World::new();
    let acme = world.organization("acme");
    let made = world.change(move |change| {
        let fields = world::user("ada");
        change.authorize::<ManageIdentities>(acme)?.users().create(fields, None).map(|_| ())
    });
    made.unwrap();
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Reject));
    assert_eq!(reasons(&world, acme, 1), ["the account has no password"]);
}
