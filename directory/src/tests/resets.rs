//! Passwords that a help desk sets: what the policy demands of them is not the help desk's to spare.

use super::world::{DAY, HERE, RIGHT, World, accepted, refusal};
use crate::access::{Context, Identity, Role};
use crate::collections::Reset;
use crate::error::Error;
use crate::events::{Action, EventActor, Outcome};
use crate::id::{OrganizationId, Place, RecordId, UserId};
use crate::records::{AdminScope, Settings, User};

const OTHER: &str = "told by telephone";
const THIRD: &str = "quite another one";

fn by(world: &World, role: Role) -> Context {
    world.admin(Place::Provider, role, AdminScope::All)
}

/// An organization whose policy demands another password after a reset, and one of its users.
fn demanding(world: &World) -> (OrganizationId, UserId) {
    let mut settings = Settings::default();
    settings.password_policy.change_after_reset = true;
    let acme = world.organization_with("acme", settings);
    (acme, world.user(acme, "ada"))
}

#[test]
fn only_who_manages_the_policy_spares_a_user_the_change_that_it_demands() {
    let world = World::new();
    let ada = demanding(&world);
    let must_change = || world.credential(ada.0, Identity::User(ada.1)).must_change;
    for role in [Role::HelpDesk, Role::Manager] {
        let refused = refusal(world.reset(by(&world, role), ada, OTHER, Some(false)));
        let held = role.name();
        let missing = format!("needs manage_authentication on organization acme; you hold {held}");
        assert_eq!(refused, missing);
        assert_eq!(world.events(Place::Provider, 1)[0].action, Action::Refused);
        assert!(accepted(&world.bind(ada.0, "ada", RIGHT)), "nothing was set");
    }
    for said in [None, Some(true)] {
        world.reset(by(&world, Role::HelpDesk), ada, OTHER, said).unwrap();
        assert!(must_change(), "{said:?}");
    }
    world.reset(by(&world, Role::Administrator), ada, OTHER, Some(false)).unwrap();
    assert!(!must_change());
    // Where the policy demands nothing, it is the help desk's to say.
    world.set(ada.0, |settings| settings.password_policy.change_after_reset = false);
    world.reset(by(&world, Role::HelpDesk), ada, OTHER, Some(false)).unwrap();
    assert!(!must_change());
}

#[test]
fn the_change_itself_asks_who_may_spare_it_too() {
    let world = World::new();
    let (acme, ada) = demanding(&world);
    let new = world.password(OTHER);
    let done = world.directory.change(by(&world, Role::HelpDesk), move |change| {
        let mut grant = change.authorize::<crate::access::RecoverAccounts>(acme)?;
        grant.passwords().set(ada, new, Some(false))
    });
    assert!(matches!(done, Err(Error::Refused(_))));
}

#[test]
fn a_password_that_is_set_is_none_that_the_history_counts() {
    let world = World::new();
    let mut settings = Settings::default();
    settings.password_policy.history = 2;
    let acme = world.organization_with("acme", settings);
    let ada = (acme, world.user(acme, "ada"));
    let helper = by(&world, Role::HelpDesk);
    let used = "was used before; choose one that is new";
    assert_eq!(refusal(world.reset(helper, ada, RIGHT, None)), used, "the one in use");
    let told = world.events(acme.into(), 1).remove(0);
    let failure = Outcome::Failure(format!("the new password {used}"));
    assert_eq!((told.action, told.outcome), (Action::PasswordSet, failure));
    assert!(matches!(told.actor, EventActor::Admin { .. }));
    assert_eq!((told.subject.unwrap().name.as_str(), told.source), ("ada", Some(HERE)));
    world.pass(DAY);
    world.reset(helper, ada, OTHER, None).unwrap();
    world.pass(DAY);
    assert_eq!(refusal(world.reset(helper, ada, RIGHT, None)), used, "the one before");
    world.reset(helper, ada, THIRD, None).unwrap();
    world.pass(DAY);
    world.reset(helper, ada, RIGHT, None).unwrap();
    assert!(accepted(&world.bind(acme, "ada", RIGHT)), "as many others came in between");
    world.set(acme, |settings| settings.password_policy.history = 0);
    world.reset(helper, ada, RIGHT, None).unwrap();
    world.assert_sound();
}

#[test]
fn a_password_that_was_not_compared_with_the_one_in_use_is_not_set() {
    let world = World::new();
    let mut settings = Settings::default();
    settings.password_policy.history = 1;
    let acme = world.organization_with("acme", settings);
    let ada = world.user(acme, "ada");
    let new = world.password(OTHER);
    let done = world.change(move |change| {
        let mut grant = change.authorize::<crate::access::RecoverAccounts>(acme)?;
        grant.passwords().set(ada, new, None)
    });
    assert!(matches!(done, Err(Error::Stale)));
}

#[test]
fn a_reset_of_somebody_who_was_changed_meanwhile_or_is_not_there_goes_no_further() {
    let world = World::new();
    let (acme, ada) = demanding(&world);
    let judged = |user, revision| {
        let reset = Reset { user, revision, must_change: None };
        let password = super::world::password(OTHER);
        world.directory.judge_reset(world.top(), acme, &reset, password).map(drop)
    };
    let snapshot = world.directory.inner.store.read().unwrap();
    let found: Option<User> =
        storage::Reading::get(&snapshot, acme.partition(), ada.record()).unwrap();
    let user = found.unwrap();
    assert!(judged(user.uuid, Some(user.stamp.revision)).is_ok());
    assert!(matches!(judged(user.uuid, Some(user.stamp.revision + 1)), Err(Error::Stale)));
    assert!(matches!(judged(uuid::Uuid::nil(), None), Err(Error::Missing)));
}
