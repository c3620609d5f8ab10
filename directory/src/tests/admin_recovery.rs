//! A way back in for admins, for whoever owns the machine.

use ipnet::IpNet;
use storage::Reading;

use super::sign_in::{SECRET, enrolled, request, send};
use super::world::{World, refusal};
use crate::access::{Actor, ManageAdmins, Role};
use crate::authentication::SignInOutcome;
use crate::collections::RecoveredAdmin;
use crate::events::{Action, EventActor};
use crate::id::{AdminNumber, Place, RecordId};
use crate::records::{Admin, AdminState, Carrier};

const ANOTHER: &str = "another secret of many letters";

fn read(world: &World, number: AdminNumber) -> Admin {
    let snapshot = world.directory.inner.store.read().unwrap();
    snapshot.get::<Admin>(Place::Provider.partition(), number.record()).unwrap().unwrap()
}

/// What whoever owns the machine did, the first first.
fn told(world: &World) -> Vec<Action> {
    let events = world.events(Place::Provider, 50).into_iter().rev();
    let own = events.filter(|event| event.actor == EventActor::Operator && event.source.is_none());
    own.map(|event| event.action).collect()
}

#[test]
fn who_is_shut_out_signs_in_again_as_who_they_were() {
    let world = World::new();
    let (number, ..) = enrolled(&world);
    let elsewhere: Vec<IpNet> = vec!["203.0.113.0/24".parse().unwrap()];
    let sources = elsewhere.clone();
    let shut_out = world.change(move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
            admin.state = AdminState::Suspended;
            admin.fields.sources = sources;
            Ok(())
        })
    });
    let before = shut_out.unwrap();
    let password = world.password(ANOTHER);
    let recovered = world.directory.recover_admin(world.now(), "GRACE".into(), password).unwrap();
    let expected = RecoveredAdmin {
        login: "grace".into(),
        role: Role::Manager,
        was_suspended: true,
        sources: elsewhere,
        was_enrolled: true,
    };
    assert_eq!(recovered, expected);
    let after = read(&world, number);
    assert_eq!((after.state, after.fields.sources.len()), (AdminState::Active, 0));
    assert_eq!(after.fields.role, before.fields.role);
    assert_eq!(after.fields.scope, before.fields.scope);
    assert!(after.stamp.revision > before.stamp.revision);
    assert_eq!(told(&world), [Action::Changed, Action::PasswordSet, Action::MfaReset]);
    assert!(matches!(send(&world, request(&world, SECRET, None)), SignInOutcome::Rejected));
    assert!(matches!(send(&world, request(&world, ANOTHER, None)), SignInOutcome::Enrol(_)));
    world.assert_sound();
}

#[test]
fn who_has_lost_a_password_alone_loses_sessions_and_the_authenticator_as_well() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    let nobody = world.by(Actor::nobody());
    assert!(world.directory.identify(&session.text, Carrier::Header, nobody).is_ok());
    let password = world.password(ANOTHER);
    let recovered = world.directory.recover_admin(world.now(), "grace".into(), password).unwrap();
    assert!(!recovered.was_suspended && recovered.sources.is_empty());
    assert!(world.directory.identify(&session.text, Carrier::Header, nobody).is_err());
    assert_eq!(told(&world), [Action::PasswordSet, Action::MfaReset]);
    assert!(matches!(send(&world, request(&world, ANOTHER, None)), SignInOutcome::Enrol(_)));
}

#[test]
fn nothing_is_done_where_there_is_no_such_admin_or_the_password_will_not_do() {
    let world = World::new();
    let (_, _, session) = enrolled(&world);
    let recover = |login: &str, password: &str| {
        let password = world.password(password);
        refusal(world.directory.recover_admin(world.now(), login.into(), password))
    };
    let unknown = recover("nobody", ANOTHER);
    assert!(unknown.contains("no admin of this login; administrators with billing: admin-"));
    assert!(!unknown.contains("grace"), "a manager is none: {unknown}");
    assert!(recover("grace", "short").contains("12"));
    assert!(recover("grace", SECRET).contains("was used before"));
    let nobody = world.by(Actor::nobody());
    assert!(world.directory.identify(&session.text, Carrier::Header, nobody).is_ok());
    assert!(told(&world).is_empty());
}
