//! How many users there may be.

use super::world::{World, refusal, user};
use crate::access::{ManageOrganizations, View};
use crate::collections::{CapUse, RestoredAs};
use crate::error::Error;
use crate::events::Action;
use crate::id::{OrganizationId, Place};
use crate::records::{CapKind, UserTotals};

impl World {
    fn cap(&self, organization: OrganizationId) -> CapUse {
        let reading = self.directory.read(self.top()).unwrap();
        reading.authorize::<View>(organization).unwrap().user_cap().unwrap()
    }

    fn set_cap(&self, organization: OrganizationId, most: Option<u32>, kind: CapKind) {
        let set = self.change(move |change| {
            let mut grant = change.authorize::<ManageOrganizations>(organization)?;
            grant.user_caps()?.set(None, most, kind)
        });
        set.unwrap();
    }
}

#[test]
fn a_hard_cap_refuses_and_a_soft_one_tells_once() {
    let world = World::new();
    let acme = world.organization("acme");
    let [ada, _] = ["ada", "bob"].map(|login| world.user(acme, login));
    world.set_cap(acme, Some(2), CapKind::Hard);
    let more = |login: &str| {
        let fields = user(login);
        world.people(acme, move |users| users.create(fields, None))
    };
    assert_eq!(refusal(more("eve")), "the organization may have 2 users and has them");
    assert_eq!(world.cap(acme).users, 2, "what was refused is not counted");
    let uuid = world.delete(acme, ada);
    assert_eq!(world.cap(acme).users, 1);
    more("eve").unwrap();
    assert!(matches!(world.restore(acme, uuid, RestoredAs::default()), Err(Error::Full(2))));
    world.set_cap(acme, Some(2), CapKind::Soft);
    assert!(!world.cap(acme).is_passed());
    world.restore(acme, uuid, RestoredAs::default()).unwrap();
    more("joe").unwrap();
    let used = world.cap(acme);
    assert!(used.is_passed());
    assert_eq!(used.users, 4);
    let events = world.events(Place::Organization(acme), 20);
    let passed = events.iter().filter(|event| event.action == Action::UserCapPassed);
    assert_eq!(passed.count(), 1);
    world.assert_sound();
}

#[test]
fn users_of_a_store_from_before_they_were_counted_are_counted_when_it_is_opened() {
    let world = World::new();
    let acme = world.organization("acme");
    let empty = world.organization("empty");
    let _both = ["ada", "bob"].map(|login| world.user(acme, login));
    let forget = move |change: &mut storage::Change<'_>| {
        change.delete::<UserTotals>(acme.partition(), 0).map_err(Error::from)
    };
    assert!(world.directory.inner.store.write(forget).unwrap());
    // Once that was made sure of, no start looks at all organizations again.
    world.directory.prepare().unwrap();
    assert_eq!(world.cap(acme).users, 0);
    world.prepare_anew();
    assert_eq!((world.cap(acme).users, world.cap(empty).users), (2, 0));
}
