//! Users whose change of a password is outpaced by another change.

use std::sync::mpsc::channel;

use super::world::{HERE, RIGHT, World, accepted, password};
use crate::access::RecoverAccounts;
use crate::authentication::{ChangeOutcome, Channel, Outcome, PasswordChange};
use crate::events::{Action, EventActor, Outcome as EventOutcome};

#[test]
fn what_was_compared_is_told_though_something_came_between_and_nothing_was_changed() {
    for (old, why) in [(RIGHT, "the old password is right"), ("wrong", "a password was compared")] {
        let world = World::new();
        let acme = world.organization("acme");
        let ada = world.user(acme, "ada");
        let Outcome::Accept { actor, .. } = world.bind(acme, "ada", RIGHT) else {
            panic!("not accepted")
        };
        let held = world.hold_pool();
        let (tell, told) = channel();
        let change = PasswordChange {
            actor,
            whose: None,
            old: Some(password(old)),
            new: Some(password("quite another one")),
            channel: Channel::Encrypted,
            source: HERE,
            now: world.now(),
        };
        world.directory.change_password(change, move |done| tell.send(done).unwrap()).unwrap();
        let unlocked = world.change(move |change| {
            change.authorize::<RecoverAccounts>(acme)?.passwords().unlock(ada)
        });
        unlocked.unwrap();
        drop(held);
        assert!(matches!(told.recv().unwrap(), ChangeOutcome::Busy));
        let event = world.events(acme.into(), 1).remove(0);
        let EventOutcome::Failure(reason) = &event.outcome else { panic!("{event:?}") };
        assert!(event.action == Action::PasswordChanged && reason.starts_with(why), "{event:?}");
        assert!(matches!(&event.actor, EventActor::User { login, .. } if login == "ada"));
        assert!(accepted(&world.bind(acme, "ada", RIGHT)), "nothing was changed");
    }
}
