//! Rules whose tests need more than admins and keys.

use std::time::Duration;

use storage::{Partition, Reading};

use super::super::sign_in::{SECRET, confirm, enrolment};
use super::super::world::{DAY, HERE, RIGHT, World, accepted, fields, refusal};
use crate::access::{
    Actor, Context, ManageAdmins, ManageAuthentication, ManageBilling, ManageConfiguration,
    ManageIdentities, ManageOrganizations, RecoverAccounts, RequestId, Role, View,
};
use crate::directory::Changing;
use crate::error::Error;
use crate::events::{Action, EventActor, Outcome, SubjectKind, ViaKind};
use crate::id::{OrganizationId, Place, RecordId, UserId};
use crate::records::{
    AdminFields, AdminScope, BillingContactFields, CapKind, Capped, Carrier, Credential,
    GroupFields, Narrowing, Organization, RadiusClientFields, TokenPurpose, User, UserState,
};
use crate::tools::OrganizationGrace;

/// Something that is done to a user of an organization.
type Deed = fn(&mut Changing<'_, '_>, OrganizationId, UserId) -> Result<(), Error>;

fn over_all(world: &World, role: Role) -> Context {
    world.admin(Place::Provider, role, AdminScope::All)
}

#[test]
fn rule_3_nothing_works_before_a_second_factor_is_enrolled() {
    let world = World::new();
    world.invited(Place::Provider, fields("grace", Role::Manager, AdminScope::All), SECRET);
    let enrolment = enrolment(&world);
    let nobody = world.by(Actor::nobody());
    let is_let_in = |token: &str| world.directory.identify(token, Carrier::Header, nobody).is_ok();
    assert!(!is_let_in(&enrolment.token.text));
    let session = confirm(&world, &enrolment).unwrap();
    assert!(is_let_in(&session.text) && !is_let_in(&enrolment.token.text));
}

/// That no such permission leads to an admin is the compiler's to say: `tests/ui`.
#[test]
fn rule_5_who_recovers_accounts_reaches_users_and_no_admin() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let helper = over_all(&world, Role::HelpDesk);
    let number = world.top().actor.admin().unwrap().number;
    let new = world.password("a password of another");
    let taken = world.directory.change(helper, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, new)
    });
    assert_eq!(refusal(taken), "needs manage_admins on the provider; you hold help_desk");
    let reset = world.directory.change(helper, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().reset_mfa(number)
    });
    assert_eq!(refusal(reset), "needs manage_admins on the provider; you hold help_desk");
    let new = world.password("a password of hers");
    let set = world.directory.change(helper, move |change| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().set(ada, new, None)
    });
    set.unwrap();
    assert!(accepted(&world.bind(acme, "ada", "a password of hers")));
}

#[test]
fn rule_6_a_secret_is_revealed_by_who_manages_the_configuration_and_each_time_is_an_event() {
    let world = World::new();
    let acme = world.organization("acme");
    let client = world.change(move |change| {
        let fields = RadiusClientFields {
            name: "switch".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            ..RadiusClientFields::default()
        };
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let client = client.unwrap();
    let reveal = |by: Context| {
        world.directory.change(by, move |change| {
            change.authorize::<ManageConfiguration>(acme)?.radius_clients().reveal_secret(client)
        })
    };
    for role in [Role::ReadOnly, Role::HelpDesk, Role::Manager] {
        let by = over_all(&world, role);
        world.directory.read(by).unwrap().authorize::<View>(acme).unwrap();
        let expected =
            format!("needs manage_configuration on organization acme; you hold {}", role.name());
        assert_eq!(refusal(reveal(by)), expected);
    }
    let revealed = || {
        let events = world.events(acme.into(), 50);
        events.iter().filter(|event| event.action == Action::SecretRevealed).count()
    };
    for times in 1..=2 {
        let secret = reveal(over_all(&world, Role::Administrator)).unwrap();
        assert_eq!((secret.expose(), revealed()), (&b"0123456789abcdef"[..], times));
    }
    assert!(!format!("{:?}", world.events(acme.into(), 50)).contains("0123456789abcdef"));
}

#[test]
fn rule_7_who_manages_identities_suspends_and_who_recovers_accounts_helps_people_back() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let by = |role: Role, deed: Deed| {
        let by = over_all(&world, role);
        world.directory.change(by, move |change| deed(change, acme, ada))
    };
    let suspend: Deed = |change, acme, ada| put_in_state(change, (acme, ada), UserState::Suspended);
    let activate: Deed = |change, acme, ada| put_in_state(change, (acme, ada), UserState::Active);
    let unlock: Deed =
        |change, acme, ada| change.authorize::<RecoverAccounts>(acme)?.passwords().unlock(ada);
    let force: Deed = |change, acme, ada| {
        change.authorize::<RecoverAccounts>(acme)?.passwords().require_change(ada)
    };
    let reset: Deed =
        |change, acme, ada| change.authorize::<RecoverAccounts>(acme)?.second_factors().reset(ada);
    for deed in [suspend, activate] {
        let refused = refusal(by(Role::HelpDesk, deed));
        assert_eq!(refused, "needs manage_identities on organization acme; you hold help_desk");
        by(Role::Manager, deed).unwrap();
    }
    for deed in [unlock, force, reset] {
        let refused = refusal(by(Role::ReadOnly, deed));
        assert_eq!(refused, "needs recover_accounts on organization acme; you hold read_only");
        by(Role::HelpDesk, deed).unwrap();
    }
}

fn put_in_state(
    change: &mut Changing<'_, '_>,
    (acme, ada): (OrganizationId, UserId),
    state: UserState,
) -> Result<(), Error> {
    let mut grant = change.authorize::<ManageIdentities>(acme)?;
    let changed = grant.users().update(ada, None, |user| {
        user.state = state;
        Ok(())
    });
    changed.map(drop)
}

#[test]
fn rule_8_a_deleted_organization_is_silent_comes_back_in_time_and_is_destroyed_afterwards() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let delete = |by: Context, name: &'static str| {
        world.directory.change(by, move |change| {
            change.authorize::<ManageOrganizations>(acme)?.own()?.delete(None, name)
        })
    };
    let restore = || {
        world.change(move |change| {
            change.authorize::<ManageOrganizations>(acme)?.own()?.restore(None).map(drop)
        })
    };
    let refused = refusal(delete(over_all(&world, Role::Administrator), "ACME"));
    assert!(refused.starts_with("needs manage_organizations on organization acme"), "{refused}");
    let unsaid = refusal(delete(world.top(), "acme"));
    assert_eq!(unsaid, "must be the organization's name, to confirm the deletion");
    assert!(accepted(&world.bind(acme, "ada", RIGHT)));
    delete(world.top(), "ACME").unwrap();
    assert!(!accepted(&world.bind(acme, "ada", RIGHT)), "at once");
    world.pass(29 * DAY);
    restore().unwrap();
    delete(world.top(), "ACME").unwrap();
    world.pass(OrganizationGrace::default().0 + 1);
    assert_eq!(refusal(restore()), "the grace period is over");
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 1);
    // The writer erases in steps between changes; each change gives it a turn.
    let store = &world.directory.inner.store;
    while store.read().unwrap().partitions().unwrap().contains(&acme.partition()) {
        over_all(&world, Role::ReadOnly);
    }
    let left = store.read().unwrap().get::<Credential>(acme.partition(), ada.record());
    assert!(left.unwrap().is_none());
}

#[test]
fn rule_10_an_event_names_the_session_or_key_that_a_request_came_with() {
    let world = World::new();
    let acme = world.organization("acme");
    let fields = fields("ops", Role::Administrator, AdminScope::All);
    let fields = AdminFields { api_access: true, ..fields };
    let (whole, place) = (Narrowing::default(), Place::Provider);
    let key = world.token(place, fields.clone(), whole.clone(), TokenPurpose::ApiKey);
    let session = world.token(place, fields, whole, TokenPurpose::Session);
    let request = Some(RequestId::new([7; 8]));
    let via = |by: Context| {
        let done = world.directory.change(by, move |change| {
            let fields = GroupFields { name: by.now.0.to_string(), ..GroupFields::default() };
            change.authorize::<ManageIdentities>(acme)?.groups().create(fields).map(drop)
        });
        done.unwrap();
        world.pass(1);
        let event = world.events(acme.into(), 1).remove(0);
        event.request.and_then(|request| request.via)
    };
    let by_key = via(Context { request, ..key }).unwrap();
    assert_eq!((by_key.kind, by_key.name.as_deref()), (ViaKind::ApiKey, Some("test")));
    let by_session = via(Context { request, now: world.now(), ..session }).unwrap();
    assert_eq!((by_session.kind, by_session.name), (ViaKind::Session, None));
    let out = Context { request, now: world.now(), ..session };
    world.directory.change(out, |change| change.oneself()?.sign_out()).unwrap();
    let told = world.events(place, 1).remove(0);
    assert_eq!(told.action, Action::SignOut);
    assert_eq!(told.request.and_then(|it| it.via).map(|it| it.id), Some(by_session.id));
}

#[test]
fn rule_10_there_is_no_change_without_its_event_and_no_event_without_its_change() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let deeds: [(Action, Deed); 9] = [
        (Action::Created, |change, acme, _| {
            let fields = GroupFields { name: "staff".into(), ..GroupFields::default() };
            change.authorize::<ManageIdentities>(acme)?.groups().create(fields).map(drop)
        }),
        (Action::Changed, |change, acme, ada| {
            let title = |user: &mut User| {
                user.fields.title = Some("Countess".into());
                Ok(())
            };
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().update(ada, None, title).map(drop)
        }),
        (Action::Changed, |change, acme, ada| {
            put_in_state(change, (acme, ada), UserState::Suspended)
        }),
        (Action::PasswordChangeRequired, |change, acme, ada| {
            change.authorize::<RecoverAccounts>(acme)?.passwords().require_change(ada)
        }),
        (Action::Locked, |change, acme, ada| {
            let time = Duration::from_secs(60);
            change.authorize::<RecoverAccounts>(acme)?.passwords().lock(ada, time)
        }),
        (Action::Unlocked, |change, acme, ada| {
            change.authorize::<RecoverAccounts>(acme)?.passwords().unlock(ada)
        }),
        (Action::SecretRevealed, |change, acme, ada| {
            change.authorize::<RecoverAccounts>(acme)?.second_factors().begin(ada).map(drop)
        }),
        (Action::MfaReset, |change, acme, ada| {
            change.authorize::<RecoverAccounts>(acme)?.second_factors().reset(ada)
        }),
        (Action::Deleted, |change, acme, ada| {
            change.authorize::<ManageIdentities>(acme)?.users().delete(ada, None)
        }),
    ];
    let told = || world.events(acme.into(), 200);
    for (action, deed) in deeds {
        let before = told().len();
        // What fails behind a change takes it and its event back.
        let failed = world.change(move |change| {
            deed(change, acme, ada)?;
            Err::<(), _>(Error::Stale)
        });
        assert!(matches!(failed, Err(Error::Stale)), "{action:?}");
        assert_eq!(told().len(), before, "{action:?}: an event without its change");
        world.change(move |change| deed(change, acme, ada)).unwrap();
        let told = told();
        assert_eq!(told.len(), before + 1, "{action:?}: {told:?}");
        let event = &told[0];
        assert_eq!((event.action, &event.outcome), (action, &Outcome::Success));
        assert_eq!((event.at, event.source), (world.now(), Some(HERE)));
        assert!(matches!(event.actor, EventActor::Admin { .. }), "{event:?}");
    }
}

#[test]
fn rule_10_what_becomes_of_an_organization_is_told_to_the_provider_by_its_id_alone() {
    let world = World::new();
    let told = || world.events(Place::Provider, 200);
    let before = told().len();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let record = {
        let snapshot = world.directory.inner.store.read().unwrap();
        snapshot.get::<Organization>(Partition::Provider, acme.record()).unwrap().unwrap()
    };
    let is_told = |action: Action, before: usize| {
        let told = told();
        assert_eq!(told.len(), before + 1, "{action:?}: {told:?}");
        let (event, subject) = (&told[0], told[0].subject.as_ref().unwrap());
        assert_eq!((event.action, &event.outcome), (action, &Outcome::Success));
        assert_eq!((subject.kind, subject.id), (SubjectKind::Organization, record.uuid));
        assert!(matches!(event.actor, EventActor::Admin { .. }), "{event:?}");
        let said = format!("{event:?}").to_lowercase();
        assert!(!said.contains("acme"), "not all who read that may know of it: {said}");
    };
    is_told(Action::Created, before);
    let deeds: [(Action, Deed); 4] = [
        (Action::Changed, |change, acme, _| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.own()?.set_suspended(None, true).map(drop)
        }),
        (Action::Changed, |change, acme, _| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.own()?.set_suspended(None, false).map(drop)
        }),
        (Action::Deleted, |change, acme, _| {
            change.authorize::<ManageOrganizations>(acme)?.own()?.delete(None, "ACME")
        }),
        (Action::Restored, |change, acme, _| {
            change.authorize::<ManageOrganizations>(acme)?.own()?.restore(None).map(drop)
        }),
    ];
    for (action, deed) in deeds {
        let before = told().len();
        let failed = world.change(move |change| {
            deed(change, acme, ada)?;
            Err::<(), _>(Error::Stale)
        });
        assert!(matches!(failed, Err(Error::Stale)), "{action:?}");
        assert_eq!(told().len(), before, "{action:?}: an event without its change");
        world.change(move |change| deed(change, acme, ada)).unwrap();
        is_told(action, before);
    }
}

#[test]
fn rule_10_what_says_afterwards_what_it_said_before_is_no_change_and_no_event() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let deeds: [Deed; 9] = [
        |change, acme, ada| put_in_state(change, (acme, ada), UserState::Active),
        |change, acme, ada| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().update(ada, None, |_| Ok(())).map(drop)
        },
        |change, acme, _| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.own()?.update(None, |_| Ok(())).map(drop)
        },
        |change, acme, _| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.own()?.set_suspended(None, false).map(drop)
        },
        |change, acme, _| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.own()?.set_aliases(None, Vec::new()).map(drop)
        },
        |change, acme, _| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.caps(Capped::Users)?.set(None, None, CapKind::Soft).map(drop)
        },
        |change, acme, _| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.caps(Capped::Devices)?.set(None, None, CapKind::Soft).map(drop)
        },
        |change, acme, _| {
            let mut grant = change.authorize::<ManageAuthentication>(acme)?;
            grant.settings()?.update(None, |_| Ok(())).map(drop)
        },
        |change, acme, _| {
            let mut grant = change.authorize::<ManageBilling>(acme)?;
            grant.billing_contacts()?.set(None, BillingContactFields::default()).map(drop)
        },
    ];
    let kept = || {
        let snapshot = world.directory.inner.store.read().unwrap();
        let organization = snapshot.get::<Organization>(Partition::Provider, acme.record());
        let user = snapshot.get::<User>(acme.partition(), ada.record());
        (organization.unwrap(), user.unwrap(), world.events(acme.into(), 200).len())
    };
    let before = kept();
    for (position, deed) in deeds.into_iter().enumerate() {
        world.pass(1_000);
        world.change(move |change| deed(change, acme, ada)).unwrap();
        assert!(kept() == before, "deed {position}: {:?}", world.events(acme.into(), 1));
    }
    // Whoever has seen something else is told so all the same.
    let stale = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().update(ada, Some(7), |_| Ok(()))
    });
    assert!(matches!(stale, Err(Error::Stale)));
}

#[test]
fn rule_10_helping_who_needs_no_help_is_no_change_and_no_event() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let help: [Deed; 3] = [
        |change, acme, ada| {
            change.authorize::<RecoverAccounts>(acme)?.passwords().require_change(ada)
        },
        |change, acme, ada| change.authorize::<RecoverAccounts>(acme)?.second_factors().reset(ada),
        |change, acme, ada| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().set_certificates(ada, vec![[7; 32]])
        },
    ];
    let does = |deed: Deed| {
        world.pass(1_000);
        world.change(move |change| deed(change, acme, ada)).unwrap();
    };
    let kept = || {
        let snapshot = world.directory.inner.store.read().unwrap();
        let (partition, id) = (acme.partition(), ada.record());
        let user = snapshot.get::<User>(partition, id).unwrap();
        let credential = snapshot.get::<Credential>(partition, id).unwrap();
        (user, credential, world.events(acme.into(), 200).len())
    };
    for deed in help {
        does(deed);
    }
    let before = kept();
    for (position, deed) in help.into_iter().enumerate() {
        does(deed);
        assert!(kept() == before, "deed {position}: {:?}", world.events(acme.into(), 1));
    }
}
