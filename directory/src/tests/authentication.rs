//! Passwords at the doors of LDAP and RADIUS.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::mpsc::channel;

use super::world::{RIGHT, World, accepted, options, user};
use crate::access::{Identity, ManageConfiguration, ManageIdentities, RecoverAccounts, Role};
use crate::authentication::{
    Begun, Door, HashParameters, Options, Outcome, PoolLimits, Proof, Request, Who,
};
use crate::collections::{GeneratedPassword, Member, MembershipChange, NewPassword};
use crate::events::{Action, EventActor, Outcome as EventOutcome};
use crate::id::{OrganizationId, Place, RecordId, UserId};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{
    AdminScope, Credential, GroupFields, RadiusClientFields, ReplyProfileFields,
    ServiceAccountFields, Settings, UserState, kinds,
};

/// A settings' lockout that three different wrong passwords trigger.
fn strict() -> Settings {
    let mut settings = Settings::default();
    settings.lockout.threshold = 3;
    settings
}

fn credential(world: &World, organization: OrganizationId, user: UserId) -> Credential {
    world.credential(organization, Identity::User(user))
}

pub(super) fn reasons(world: &World, place: impl Into<Place>, count: usize) -> Vec<String> {
    let told = world.events(place.into(), count).into_iter().map(|event| match event.outcome {
        EventOutcome::Success => format!("{:?}", event.action),
        EventOutcome::Failure(reason) => reason,
    });
    told.collect()
}

fn lock_out(world: &World, organization: OrganizationId) {
    for guess in ["guess 1", "guess 2", "guess 3"] {
        assert!(!accepted(&world.bind(organization, "ada", guess)));
    }
}

#[test]
fn the_right_password_proves_who_somebody_is_and_each_accept_is_an_event() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "Ada");
    for _ in 0..2 {
        let Outcome::Accept { actor, reply, .. } = world.bind(acme, " aDA ", RIGHT) else {
            panic!("rejected")
        };
        assert_eq!(actor.identity(), Some(Identity::User(ada)));
        assert_eq!(actor.organization(), Some(acme));
        assert!(reply.is_none());
        world.pass(1_000);
    }
    let events = world.events(acme.into(), 2);
    assert!(events.iter().all(|event| event.action == Action::LdapBind));
    assert!(events.iter().all(|event| event.outcome == EventOutcome::Success));
}

#[test]
fn wrong_unknown_suspended_and_locked_look_alike_outside_and_differ_in_the_events() {
    let world = World::new();
    let acme = world.organization_with("acme", strict());
    let (_, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
    world
        .change(move |change| {
            change.authorize(acme)?.users().update(bob, None, |user| {
                user.state = UserState::Suspended;
                Ok(())
            })
        })
        .unwrap();
    for (login, text) in [("ada", "wrong"), ("eve", RIGHT), ("bob", RIGHT)] {
        assert!(matches!(world.bind(acme, login, text), Outcome::Reject));
    }
    assert_eq!(
        reasons(&world, acme, 3),
        ["the account is suspended", "there is no such account", "the password is wrong"]
    );
    world.pass(1);
    lock_out(&world, acme);
    world.pass(60_000);
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Reject));
    assert_eq!(reasons(&world, acme, 1), ["the account is locked"]);
}

#[test]
fn whatever_keeps_a_name_out_slows_it_down_alike() {
    let world = World::new();
    let acme = world.organization_with("acme", strict());
    world.user(acme, "ada");
    let slow = |login: &str, text: &str| {
        let tries = 1..20;
        let attempts = tries.map(|_| {
            world.directory.authenticate(world.request(acme, Who::User(login.into()), text))
        });
        let attempts = attempts.take_while(|begun| match begun.as_ref().unwrap() {
            Begun::Done(_) => false,
            Begun::Pending(_) => !accepted(&world.bind(acme, login, text)),
        });
        attempts.count()
    };
    lock_out(&world, acme);
    let of_known = slow("ada", RIGHT) + 3;
    assert_eq!(of_known, slow("nobody", RIGHT));
    assert_eq!(reasons(&world, acme, 1), ["too many failures; slowed down"]);
}

#[test]
fn an_unknown_user_costs_the_same_hash_as_a_known_one() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    let nowhere = OrganizationId::from_record(77);
    for (organization, login) in
        [(Some(acme), "ada"), (Some(acme), "eve"), (nowhere, "ada"), (None, "x")]
    {
        let request =
            Request { organization, ..world.request(acme, Who::User(login.into()), "wrong") };
        let Begun::Pending(pending) = world.directory.authenticate(request).unwrap() else {
            panic!("{login} was answered without a hash")
        };
        assert!(!pending.stored().unwrap().needs_upgrade(&options().parameters), "{login}");
    }
}

#[test]
fn the_same_wrong_password_counts_once_and_three_lock_until_the_time_is_over() {
    let world = World::new();
    let acme = world.organization_with("acme", strict());
    let ada = world.user(acme, "ada");
    for _ in 0..3 {
        world.bind(acme, "ada", "last month's");
        world.pass(120_000);
    }
    assert!(credential(&world, acme, ada).lock.is_none());
    lock_out(&world, acme);
    let until = credential(&world, acme, ada).lock.unwrap().until;
    assert_eq!(until, world.now().plus(strict().lockout.duration));
    world.pass(strict().lockout.duration - 1);
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    world.pass(strict().lockout.duration);
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
}

#[test]
fn a_lock_is_an_event_and_survives_another_engine_until_an_admin_lifts_it() {
    let world = World::new();
    let acme = world.organization_with("acme", strict());
    let ada = world.user(acme, "ada");
    lock_out(&world, acme);
    let locked =
        world.events(acme.into(), 9).into_iter().find(|event| event.action == Action::Locked);
    assert_eq!(locked.unwrap().actor, EventActor::Daemon);
    let inner = &world.directory.inner;
    let again = crate::Directory::over(
        inner.store.clone(),
        super::world::Counted::new(),
        &crate::OpenOptions { authentication: options(), ..Default::default() },
    );
    let reopened = World::over(again.unwrap());
    reopened.pass(60_000);
    assert!(!accepted(&reopened.bind(acme, "ada", RIGHT)));
    reopened
        .change(move |change| change.authorize::<RecoverAccounts>(acme)?.passwords().unlock(ada))
        .unwrap();
    reopened.pass(60_000);
    assert!(accepted(&reopened.bind(acme, "ada", RIGHT)));
}

#[test]
fn guesses_made_at_the_same_time_do_not_outrun_the_lock() {
    let world = World::new();
    let acme = world.organization_with("acme", strict());
    world.user(acme, "ada");
    let mut begun = Vec::new();
    for guess in 0..20_u8 {
        let text = if guess == 19 { RIGHT.to_owned() } else { format!("guess {guess}") };
        let request = world.request(acme, Who::User("ada".into()), &text);
        // Each guess comes from elsewhere, so that nothing but the lock stops it.
        let source = IpAddr::from([198, 51, 100, guess]);
        let Begun::Pending(pending) =
            world.directory.authenticate(Request { source, ..request }).unwrap()
        else {
            panic!("answered without a hash")
        };
        begun.push(pending);
    }
    let (sender, receiver) = channel();
    for pending in begun {
        let sender = sender.clone();
        world.directory.finish(pending, move |outcome| sender.send(accepted(&outcome)).unwrap());
    }
    drop(sender);
    assert_eq!(receiver.iter().filter(|accepted| *accepted).count(), 0);
}

#[test]
fn what_changes_while_a_password_is_hashed_counts() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let begin = |text| {
        let request = world.request(acme, Who::User("ada".into()), text);
        match world.directory.authenticate(request).unwrap() {
            Begun::Pending(pending) => pending,
            Begun::Done(_) => panic!("answered without a hash"),
        }
    };
    let (former, new) = (begin(RIGHT), begin("another horse"));
    let (mut changed_again, last) = (begin("another horse"), begin("another horse"));
    changed_again.renew(2);
    let finish = |pending| {
        let (sender, receiver) = channel();
        world.directory.finish(pending, move |outcome| sender.send(outcome).unwrap());
        receiver.recv().unwrap()
    };
    let other = world.password("another horse");
    world
        .change(move |change| {
            change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, other, None)
        })
        .unwrap();
    assert!(accepted(&finish(new)));
    assert!(matches!(finish(changed_again), Outcome::Busy));
    assert!(matches!(finish(former), Outcome::Reject));
    assert_eq!(reasons(&world, acme, 1), ["the password is wrong"]);
    world.change(move |change| change.authorize(acme)?.own()?.set_suspended(None, true)).unwrap();
    assert!(matches!(finish(last), Outcome::Reject));
}

fn is_remembered(world: &World, organization: OrganizationId) -> bool {
    let request = world.request(organization, Who::User("ada".into()), RIGHT);
    match world.directory.authenticate(request).unwrap() {
        Begun::Done(outcome) => accepted(&outcome),
        Begun::Pending(_) => false,
    }
}

#[test]
fn a_verified_password_needs_no_second_hash_until_its_time_is_over() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    assert!(!is_remembered(&world, acme));
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    assert!(is_remembered(&world, acme));
    world.pass(Settings::default().remember_verified);
    assert!(!is_remembered(&world, acme));
}

#[test]
fn a_remembered_password_ends_at_once_with_a_change_a_suspension_a_lock_or_the_setting() {
    type Step = fn(&World, OrganizationId, UserId);
    let steps: [Step; 5] = [
        |world, acme, ada| {
            let new = world.password(RIGHT);
            world
                .change(move |change| {
                    change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, new, None)
                })
                .unwrap();
        },
        |world, acme, ada| {
            world
                .change(move |change| {
                    change.authorize(acme)?.users().update(ada, None, |user| {
                        user.state = UserState::Suspended;
                        Ok(())
                    })
                })
                .unwrap();
        },
        |world, acme, _| lock_out(world, acme),
        |world, acme, _| world.set(acme, |settings| settings.remember_verified = 0),
        |world, acme, _| {
            world
                .change(move |change| change.authorize(acme)?.own()?.set_suspended(None, true))
                .unwrap();
        },
    ];
    for step in steps {
        let world = World::new();
        let acme = world.organization_with("acme", strict());
        let ada = world.user(acme, "ada");
        assert!(accepted(&world.bind(acme, "ada", RIGHT)));
        assert!(is_remembered(&world, acme));
        step(&world, acme, ada);
        assert!(!is_remembered(&world, acme));
    }
}

#[test]
fn an_imported_hash_is_replaced_at_the_first_success() {
    let world = World::new();
    let acme = world.organization("acme");
    // SSHA of "secret" with the salt "salt".
    let imported = "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0";
    let password = NewPassword::imported(imported.into()).unwrap();
    let fields = user("ada");
    let ada = world.change(move |change| {
        change.authorize(acme)?.users().create(fields, Some(password)).map(|(id, _)| id)
    });
    let ada = ada.unwrap();
    assert!(!accepted(&world.bind(acme, "ada", "wrong")));
    assert_eq!(credential(&world, acme, ada).hash.as_deref(), Some(imported));
    assert!(accepted(&world.bind(acme, "ada", "secret")));
    // The pool has one thread: when it has done this, it has done the upgrade.
    world.bind(acme, "ada", "wrong again");
    assert!(credential(&world, acme, ada).hash.unwrap().starts_with("$argon2id$"));
    assert!(is_remembered_as(&world, acme, "secret"));
}

fn is_remembered_as(world: &World, organization: OrganizationId, text: &str) -> bool {
    let request = world.request(organization, Who::User("ada".into()), text);
    matches!(world.directory.authenticate(request).unwrap(), Begun::Done(Outcome::Accept { .. }))
}

#[test]
fn a_full_pool_is_busy_and_finds_nothing_out() {
    let (waiting, waiting_per_organization) = (0, 0);
    let threads = NonZeroUsize::MIN;
    let pool = PoolLimits { threads, waiting, waiting_per_organization, prepare: || {} };
    let world = World::with(&Options { pool, ..options() });
    let acme = world.organization("acme");
    world.user(acme, "ada");
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Busy));
    assert!(matches!(world.bind(acme, "eve", RIGHT), Outcome::Busy));
}

#[test]
fn the_same_login_elsewhere_is_somebody_else() {
    let world = World::new();
    let (acme, beta) = (world.organization_with("acme", strict()), world.organization("beta"));
    world.user(acme, "ada");
    let other = world.user(beta, "ada");
    let new = world.password("quite another");
    world
        .change(move |change| {
            change.authorize::<RecoverAccounts>(beta)?.passwords().set(other, new, None)
        })
        .unwrap();
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    assert!(!accepted(&world.bind(beta, "ada", RIGHT)));
    lock_out(&world, acme);
    assert!(accepted(&world.bind(beta, "ada", "quite another")));
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
}

fn challenge(world: &World, organization: OrganizationId, wanted: &'static str) -> bool {
    let fits = Box::new(move |clear: &[u8]| clear == wanted.as_bytes());
    let request = world.request(organization, Who::User("ada".into()), "unused");
    accepted(&world.attempt(Request { proof: Proof::Challenge(fits), ..request }))
}

#[test]
fn chap_works_only_with_a_password_that_is_kept_after_the_organization_opted_in() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    world.set(acme, |settings| settings.chap = true);
    assert!(!challenge(&world, acme, RIGHT));
    let new = world.password(RIGHT);
    world
        .change(move |change| {
            change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, new, None)
        })
        .unwrap();
    assert!(challenge(&world, acme, RIGHT));
    assert!(!challenge(&world, acme, "wrong"));
    world.set(acme, |settings| settings.chap = false);
    assert!(!challenge(&world, acme, RIGHT));
    world.set(acme, |settings| settings.chap = true);
    assert!(!challenge(&world, acme, RIGHT));
    assert_eq!(kept_in_clear(&world, acme), 0);
}

fn kept_in_clear(world: &World, organization: OrganizationId) -> usize {
    let snapshot = world.directory.inner.store.read().unwrap();
    let is_kept = |kind, id: &u64| {
        let secret = storage::Reading::secret(&snapshot, organization.partition(), kind, *id);
        secret.unwrap().is_some()
    };
    let of = |kind| (0..100).filter(|id| is_kept(kind, id)).count();
    of(kinds::CHAP_PASSWORD) + of(kinds::FORMER_CHAP_PASSWORDS)
}

#[test]
fn a_former_password_counts_once_whether_it_comes_itself_or_in_an_answer() {
    let world = World::new();
    let settings = Settings { chap: true, ..strict() };
    let threshold = settings.lockout.threshold;
    let acme = world.organization_with("acme", settings);
    let ada = world.user(acme, "ada");
    let new = world.password("another horse battery");
    let set = world.change(move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, new, None)
    });
    set.unwrap();
    assert_eq!(kept_in_clear(&world, acme), 2);
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)));
    for _ in 0..threshold {
        assert!(!challenge(&world, acme, RIGHT));
    }
    assert!(challenge(&world, acme, "another horse battery"));
    world.set(acme, |settings| settings.chap = false);
    assert_eq!(kept_in_clear(&world, acme), 0);
}

#[test]
fn no_password_of_an_admin_is_ever_kept_in_clear() {
    let world = World::new();
    let acme = world.organization_with("acme", Settings { chap: true, ..Settings::default() });
    let fields = super::world::fields("root", Role::ReadOnly, AdminScope::None);
    let password = world.password(RIGHT);
    world.change(move |change| change.authorize(acme)?.admins().create(fields, password)).unwrap();
    assert_eq!(kept_in_clear(&world, acme), 0);
}

#[test]
fn gear_that_tries_chap_where_nothing_is_kept_locks_and_slows_nobody() {
    let world = World::new();
    let acme = world.organization_with("acme", strict());
    world.user(acme, "ada");
    for _ in 0..50 {
        assert!(!challenge(&world, acme, RIGHT));
    }
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
}

#[test]
fn a_radius_client_lets_in_its_allowed_groups_with_its_reply_profile() {
    let world = World::new();
    let acme = world.organization("acme");
    let (ada, _) = (world.user(acme, "ada"), world.user(acme, "bob"));
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let group = |name: &str| GroupFields { name: name.into(), ..GroupFields::default() };
        let (staff, _) = grant.groups().create(group("staff"))?;
        let (it, _) = grant.groups().create(group("it"))?;
        let user = MembershipChange { add: vec![Member::User(ada)], remove: vec![] };
        let nested = MembershipChange { add: vec![Member::Group(it)], remove: vec![] };
        grant.groups().change_members(it, None, &user)?;
        grant.groups().change_members(staff, None, &nested)?;
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        let profile = ReplyProfileFields {
            name: "vlan".into(),
            vlan: Some("7".into()),
            ..Default::default()
        };
        let (profile, _) = grant.reply_profiles().create(profile)?;
        let fields = RadiusClientFields {
            name: "switch".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            allowed_groups: vec![staff],
            reply_profile: Some(profile),
            ..RadiusClientFields::default()
        };
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let door = Door::Radius(made.unwrap(), Circumstances::of(NetworkMethod::Pap));
    let at = |login: &str| {
        world.attempt(Request { door, ..world.request(acme, Who::User(login.into()), RIGHT) })
    };
    let Outcome::Accept { reply: Some(reply), .. } = at("ada") else { panic!("rejected") };
    assert_eq!(reply.profile.as_ref().unwrap().vlan.as_deref(), Some("7"));
    assert!(!accepted(&at("bob")));
    assert!(reasons(&world, acme, 1)[0].contains("in none of the groups"));
}

#[test]
fn a_service_account_binds_but_is_not_let_onto_the_network() {
    let world = World::new();
    let acme = world.organization("acme");
    let parameters = HashParameters::new(8, 1, 1).unwrap();
    let generated = GeneratedPassword::generate(&parameters, world.directory.tools()).unwrap();
    let clear = generated.expose().to_owned();
    let fields = ServiceAccountFields { name: "wiki".into(), ..Default::default() };
    let client = RadiusClientFields {
        name: "switch".into(),
        sources: vec!["192.0.2.0/24".parse().unwrap()],
        ..RadiusClientFields::default()
    };
    let client = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.service_accounts().create(fields, &generated)?;
        grant.radius_clients().create(client, "0123456789abcdef").map(|(id, _)| id)
    });
    let request = || world.request(acme, Who::ServiceAccount("Wiki".into()), &clear);
    assert!(accepted(&world.attempt(request())));
    let door = Door::Radius(client.unwrap(), Circumstances::of(NetworkMethod::Pap));
    assert!(!accepted(&world.attempt(Request { door, ..request() })));
    assert!(!accepted(&world.bind(acme, "wiki", &clear)));
}
