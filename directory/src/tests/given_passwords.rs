//! Passwords of admins that somebody else has chosen, and invitations that need none.

use storage::Reading;

use super::sign_in::{SECRET, code, confirm, enrolled, request, send};
use super::world::{DAY, HERE, World, fields, password, refusal};
use crate::access::{Actor, ManageAdmins, Role};
use crate::authentication::{Second, SignInOutcome, SignInRequest};
use crate::error::Error;
use crate::events::{Action, EventActor};
use crate::id::{AdminNumber, Place, RecordId};
use crate::records::{AdminFields, AdminScope, AdminState, Carrier, Credential, Invitation};

const OWN: &str = "chosen by nobody else";

fn grace() -> AdminFields {
    fields("grace", Role::Manager, AdminScope::None)
}

fn credential(world: &World, number: AdminNumber) -> Credential {
    let snapshot = world.directory.inner.store.read().unwrap();
    snapshot.get(Place::Provider.partition(), number.record()).unwrap().unwrap()
}

/// Signs in with the password that was given, and with another one to take its place.
fn change(world: &World, next: Option<&str>, code: Option<String>) -> SignInOutcome {
    let new_password = next.map(password);
    send(world, SignInRequest { new_password, ..request(world, SECRET, code) })
}

fn accept(world: &World, token: &str, text: &str) -> Result<(), Error> {
    let nobody = world.by(Actor::nobody());
    world.directory.judge_first_password(token, &password(text), &nobody)?;
    world.directory.accept_invitation(token, world.password(text), nobody).map(drop)
}

/// Sets the password of an admin who has signed in before.
fn given(world: &World, number: AdminNumber) {
    let next = world.password(SECRET);
    let set = world.directory.change(world.fresh_top(), move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, next)
    });
    set.unwrap();
}

#[test]
fn a_first_password_that_somebody_gave_lets_nobody_enrol_until_its_owner_has_chosen_another() {
    let world = World::new();
    let first = world.password(SECRET);
    let made = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().create(grace(), first)
    });
    let (number, _) = made.unwrap();
    assert!(credential(&world, number).must_change);
    assert!(matches!(change(&world, None, None), SignInOutcome::PasswordNeeded));
    let SignInOutcome::Enrol(enrolment) = change(&world, Some(OWN), None) else {
        panic!("no enrolment")
    };
    assert!(!credential(&world, number).must_change);
    let told = world.events(Place::Provider, 2);
    let actions: Vec<Action> = told.iter().map(|event| event.action).collect();
    assert_eq!(actions, [Action::SecretRevealed, Action::PasswordChanged]);
    let is_graces =
        |actor: &EventActor| matches!(actor, EventActor::Admin { login, .. } if login == "grace");
    assert!(told.iter().all(|event| is_graces(&event.actor)), "{told:?}");
    assert!(matches!(change(&world, None, None), SignInOutcome::Rejected), "it counts no more");
    let session = confirm(&world, &enrolment).unwrap();
    let by = world.by(Actor::nobody());
    assert!(world.directory.identify(&session.text, Carrier::Header, by).is_ok());
    world.assert_sound();
}

#[test]
fn a_password_that_somebody_set_is_changed_with_the_next_sign_in_which_takes_the_code_as_well() {
    let world = World::new();
    let (number, uri, _) = enrolled(&world);
    given(&world, number);
    let asked = change(&world, None, Some(code(&world, &uri)));
    assert!(matches!(asked, SignInOutcome::PasswordNeeded));
    assert!(matches!(change(&world, Some(OWN), None), SignInOutcome::CodeNeeded));
    assert!(matches!(change(&world, Some(OWN), Some("x".into())), SignInOutcome::Rejected));
    assert!(credential(&world, number).must_change, "nothing was changed without the code");
    // What asked for a password has not used the code up.
    let right = Some(code(&world, &uri));
    assert!(matches!(change(&world, Some(OWN), right), SignInOutcome::Session(_)));
    assert!(!credential(&world, number).must_change);
    world.pass(30_000);
    let next = request(&world, OWN, Some(code(&world, &uri)));
    assert!(matches!(send(&world, next), SignInOutcome::Session(_)));
}

#[test]
fn what_takes_a_given_passwords_place_is_another_and_no_bad_one() {
    let world = World::new();
    let (number, uri, _) = enrolled(&world);
    let tried = |text: &str| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let new_password = Some(password(text));
        let second = Some(Second::Totp(code(&world, &uri)));
        let asked = SignInRequest { new_password, second, ..request(&world, SECRET, None) };
        world.directory.sign_in(asked, move |outcome| sender.send(outcome).unwrap()).unwrap();
        let Err(Error::Invalid(invalid)) = receiver.recv().unwrap() else {
            panic!("{text:?} was taken")
        };
        assert_eq!(invalid.pointer, "/new_password");
        invalid.message
    };
    assert!(tried(OWN).contains("/v1/me/password"), "the password is the admin's own");
    given(&world, number);
    for bad in ["short", SECRET, "grace and other words"] {
        tried(bad);
    }
    assert!(credential(&world, number).must_change);
}

#[test]
fn an_invited_admin_chooses_the_first_password_which_nobody_else_has_had() {
    let world = World::new();
    let acme = world.organization("acme");
    for home in [Place::Provider, acme.into()] {
        let made = world.change(move |change| {
            change.authorize_at::<ManageAdmins>(home)?.admins().create_invited(grace())
        });
        let (number, admin, invitation) = made.unwrap();
        let organization = home.organization().map(|_| "acme".to_owned());
        let sign_in = |text: &str| {
            let organization = organization.clone();
            send(&world, SignInRequest { organization, ..request(&world, text, None) })
        };
        assert!(matches!(sign_in(OWN), SignInOutcome::Rejected));
        assert!(matches!(accept(&world, &invitation.token, "short"), Err(Error::Invalid(_))));
        accept(&world, &invitation.token, OWN).unwrap();
        let told = world.events(home, 1).remove(0);
        assert_eq!(told.action, Action::InvitationAccepted);
        assert!(matches!(told.actor, EventActor::Admin { id, .. } if id == admin.uuid));
        assert!(matches!(accept(&world, &invitation.token, OWN), Err(Error::Missing)));
        assert!(matches!(sign_in(OWN), SignInOutcome::Enrol(_)));
        let again = world.change(move |change| {
            change.authorize_at::<ManageAdmins>(home)?.admins().invite(number, None).map(drop)
        });
        let has = "the admin has a password already; set another one instead";
        assert_eq!(refusal(again), has);
    }
    world.assert_sound();
}

#[test]
fn invitations_of_admins_that_do_not_count_are_missing_alike() {
    let world = World::new();
    let networks = AdminFields { sources: vec!["203.0.113.0/24".parse().unwrap()], ..grace() };
    let joe = fields("joe", Role::Manager, AdminScope::None);
    let invite = |fields: AdminFields| {
        let made = world.change(move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().create_invited(fields)
        });
        let (number, _, invitation) = made.unwrap();
        (number, invitation.token)
    };
    let (_, from_elsewhere) = invite(networks);
    let (joe, first) = invite(joe);
    let anew = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().invite(joe, Some(DAY))
    });
    let second = anew.unwrap().token;
    let (eve, of_suspended) = invite(fields("eve", Role::Manager, AdminScope::None));
    let suspended = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(eve, None, |admin| {
            admin.state = AdminState::Suspended;
            Ok(())
        })
    });
    suspended.unwrap();
    for token in [&from_elsewhere, &first, &of_suspended] {
        assert!(matches!(accept(&world, token, OWN), Err(Error::Missing)), "{token}");
    }
    assert_eq!(world.by(Actor::nobody()).source, Some(HERE));
    world.pass(DAY);
    assert!(matches!(accept(&world, &second, OWN), Err(Error::Missing)), "it has ended");
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 1);
    assert_eq!(world.events(Place::Provider, 1)[0].action, Action::InvitationExpired);
    let deleted = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().delete(eve, None)
    });
    deleted.unwrap();
    let snapshot = world.directory.inner.store.read().unwrap();
    let left = snapshot.scan::<Invitation>(Place::Provider.partition(), None).count();
    assert_eq!(left, 1, "it goes with its admin");
    drop(snapshot);
    world.assert_sound();
}

#[test]
fn an_invitation_ends_with_a_suspension_and_with_a_password_that_is_set() {
    let world = World::new();
    let made = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().create_invited(grace())
    });
    let (number, _, first) = made.unwrap();
    for state in [AdminState::Suspended, AdminState::Active] {
        let changed = world.change(move |change| {
            let mut grant = change.authorize_provider::<ManageAdmins>()?;
            grant.admins().update(number, None, |admin| {
                admin.state = state;
                Ok(())
            })
        });
        changed.unwrap();
    }
    let told = |count| {
        let events = world.events(Place::Provider, count).into_iter();
        events.map(|event| event.action).collect::<Vec<_>>()
    };
    assert_eq!(told(3), [Action::Changed, Action::Changed, Action::InvitationRevoked]);
    assert!(matches!(accept(&world, &first.token, OWN), Err(Error::Missing)));
    let anew = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().invite(number, None)
    });
    let second = anew.unwrap();
    given(&world, number);
    assert_eq!(told(2), [Action::PasswordSet, Action::InvitationRevoked]);
    assert!(matches!(accept(&world, &second.token, OWN), Err(Error::Missing)));
    world.pass(8 * DAY);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 0, "nothing is left of it");
    world.assert_sound();
}

/// Changes an admin of the provider's as the highest one.
fn alter(
    world: &World,
    number: AdminNumber,
    edit: impl FnOnce(&mut AdminFields) + Send + 'static,
) -> Result<(), Error> {
    let done = world.directory.change(world.fresh_top(), move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
            edit(&mut admin.fields);
            Ok(())
        })
    });
    done.map(drop)
}

#[test]
fn an_invitation_ends_when_who_has_it_not_used_gets_a_higher_role_or_a_wider_scope() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let some = |list: &[_]| AdminScope::Organizations(list.to_vec());
    let inviter = world.admin(Place::Provider, Role::AdministratorWithBilling, some(&[acme, beta]));
    let fields = AdminFields { scope: some(&[acme, beta]), ..grace() };
    let made = world.directory.change(inviter, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().create_invited(fields)
    });
    let (number, _, kept) = made.unwrap();
    let counts = |token: &str| {
        let nobody = world.by(Actor::nobody());
        world.directory.invitation_step(token, &nobody).is_ok()
    };
    let scope = some(&[acme]);
    alter(&world, number, |fields| fields.scope = scope).unwrap();
    alter(&world, number, |fields| fields.role = Role::HelpDesk).unwrap();
    alter(&world, number, |fields| fields.display_name = "Grace Hopper".into()).unwrap();
    assert!(counts(&kept.token), "nothing was gained");
    alter(&world, number, |fields| fields.scope = AdminScope::All).unwrap();
    let told = world.events(Place::Provider, 2);
    let told: Vec<_> = told.iter().map(|event| event.action).collect();
    assert_eq!(told, [Action::Changed, Action::InvitationRevoked]);
    assert!(matches!(accept(&world, &kept.token, OWN), Err(Error::Missing)));
    let invite = || {
        let invited = world.directory.change(world.fresh_top(), move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().invite(number, None)
        });
        invited.unwrap().token
    };
    let second = invite();
    alter(&world, number, |fields| fields.role = Role::Manager).unwrap();
    assert!(!counts(&second), "a higher role ends it as well");
    let third = invite();
    alter(&world, number, |fields| {
        fields.role = Role::ReadOnly;
        fields.scope = AdminScope::All;
    })
    .unwrap();
    accept(&world, &third, OWN).unwrap();
    world.assert_sound();
}

#[test]
fn a_password_ends_when_who_has_enrolled_nothing_gets_a_wider_scope_or_a_higher_role() {
    let world = World::new();
    let first = world.password(SECRET);
    let made = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().create(grace(), first)
    });
    let (number, _) = made.unwrap();
    assert!(matches!(change(&world, None, None), SignInOutcome::PasswordNeeded));
    alter(&world, number, |fields| fields.scope = AdminScope::All).unwrap();
    let told = world.events(Place::Provider, 1).remove(0);
    let ended = told.differences.iter().find(|it| it.field == "password").unwrap();
    assert_eq!((ended.before.as_deref(), ended.after.as_deref()), (Some("\"(secret)\""), None));
    assert!(matches!(change(&world, Some(OWN), None), SignInOutcome::Rejected));
    given(&world, number);
    let SignInOutcome::Enrol(enrolment) = change(&world, Some(OWN), None) else {
        panic!("no enrolment")
    };
    // Whoever has had the link or the password may have come so far.
    alter(&world, number, |fields| fields.role = Role::Administrator).unwrap();
    assert!(confirm(&world, &enrolment).is_err());
    assert!(matches!(send(&world, request(&world, OWN, None)), SignInOutcome::Rejected));
    world.assert_sound();
}

#[test]
fn nothing_ends_when_who_has_enrolled_gets_a_wider_scope_or_a_higher_role() {
    let world = World::new();
    let (number, uri, session) = enrolled(&world);
    alter(&world, number, |fields| fields.scope = AdminScope::All).unwrap();
    alter(&world, number, |fields| fields.role = Role::Administrator).unwrap();
    let by = world.by(Actor::nobody());
    assert!(world.directory.identify(&session.text, Carrier::Header, by).is_ok());
    let again = request(&world, SECRET, Some(code(&world, &uri)));
    assert!(matches!(send(&world, again), SignInOutcome::Session(_)));
    let told = world.events(Place::Provider, 20);
    let changed: Vec<_> = told.iter().filter(|event| event.action == Action::Changed).collect();
    assert_eq!(changed.len(), 2, "{told:?}");
    let fields = changed.iter().flat_map(|event| &event.differences);
    assert!(fields.into_iter().all(|it| it.field != "password"), "{changed:?}");
}
