//! How many users and devices there may be.

use storage::Partition;

use super::world::{World, refusal, user};
use crate::access::{ManageIdentities, ManageOrganizations, View};
use crate::collections::{CapUse, RestoredAs};
use crate::error::Error;
use crate::events::Action;
use crate::id::{DeviceId, OrganizationId, Place};
use crate::records::{CapKind, CapTotals, Capped, DeviceFields, Preparations, THE_ONLY_ONE};

impl World {
    fn cap(&self, organization: OrganizationId, of: Capped) -> CapUse {
        let reading = self.directory.read(self.top()).unwrap();
        reading.authorize::<View>(organization).unwrap().cap(of).unwrap()
    }

    fn kept(&self, organization: OrganizationId) -> [u32; 2] {
        [Capped::Users, Capped::Devices].map(|of| self.cap(organization, of).kept)
    }

    fn set_cap(
        &self,
        organization: OrganizationId,
        of: Capped,
        (most, kind): (Option<u32>, CapKind),
    ) {
        let set = self.change(move |change| {
            let mut grant = change.authorize::<ManageOrganizations>(organization)?;
            grant.caps(of)?.set(None, most, kind)
        });
        set.unwrap();
    }

    fn device(&self, organization: OrganizationId, name: &str) -> Result<DeviceId, Error> {
        let fields = DeviceFields { name: name.into(), ..DeviceFields::default() };
        self.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(organization)?;
            grant.devices().create(fields).map(|(id, _)| id)
        })
    }

    fn told(&self, organization: OrganizationId, action: Action) -> usize {
        let events = self.events(Place::Organization(organization), 30);
        events.iter().filter(|event| event.action == action).count()
    }
}

#[test]
fn a_hard_cap_refuses_and_a_soft_one_tells_once() {
    let world = World::new();
    let (acme, of) = (world.organization("acme"), Capped::Users);
    let [ada, _] = ["ada", "bob"].map(|login| world.user(acme, login));
    world.set_cap(acme, of, (Some(2), CapKind::Hard));
    let more = |login: &str| {
        let fields = user(login);
        world.people(acme, move |users| users.create(fields, None))
    };
    assert_eq!(refusal(more("eve")), "the organization may have 2 users and has 2");
    assert_eq!(world.cap(acme, of).kept, 2, "what was refused is not counted");
    let uuid = world.delete(acme, ada);
    assert_eq!(world.cap(acme, of).kept, 1);
    more("eve").unwrap();
    let restored = world.restore(acme, uuid, RestoredAs::default());
    assert!(matches!(restored, Err(Error::Full { of: Capped::Users, most: 2, kept: 2 })));
    world.set_cap(acme, of, (Some(2), CapKind::Soft));
    assert!(!world.cap(acme, of).is_passed());
    world.restore(acme, uuid, RestoredAs::default()).unwrap();
    more("joe").unwrap();
    let used = world.cap(acme, of);
    assert!(used.is_passed());
    assert_eq!(used.kept, 4);
    assert_eq!(world.told(acme, Action::UserCapPassed), 1);
    world.set_cap(acme, of, (Some(1), CapKind::Hard));
    assert_eq!(refusal(more("max")), "the organization may have 1 user and has 4");
    world.assert_sound();
}

#[test]
fn devices_are_capped_likewise_and_apart_from_users() {
    let world = World::new();
    let (acme, of) = (world.organization("acme"), Capped::Devices);
    let laptop = world.device(acme, "laptop").unwrap();
    world.user(acme, "ada");
    world.set_cap(acme, of, (Some(1), CapKind::Hard));
    let full = world.device(acme, "phone");
    assert!(matches!(full, Err(Error::Full { of: Capped::Devices, most: 1, kept: 1 })));
    assert_eq!(refusal(full), "the organization may have 1 device and has 1");
    // No cap of users came of it.
    world.user(acme, "bob");
    assert_eq!(world.kept(acme), [2, 1]);
    assert_eq!(world.cap(acme, Capped::Users).cap.most, None);
    let change_it = |suspended: bool| {
        let changed = world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.devices().update(laptop, None, |device| {
                device.fields.suspended = suspended;
                Ok(())
            })
        });
        changed.unwrap();
    };
    // One that is kept out has its place, and comes back to it.
    change_it(true);
    assert!(world.device(acme, "phone").is_err());
    change_it(false);
    let deleted = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.devices().delete(laptop, None)
    });
    deleted.unwrap();
    assert_eq!(world.kept(acme), [2, 0]);
    world.device(acme, "phone").unwrap();
    world.set_cap(acme, of, (Some(1), CapKind::Soft));
    assert!(!world.cap(acme, of).is_passed());
    for name in ["printer", "scanner"] {
        world.device(acme, name).unwrap();
    }
    assert!(world.cap(acme, of).is_passed());
    assert_eq!(world.kept(acme), [2, 3]);
    assert_eq!(world.told(acme, Action::DeviceCapPassed), 1);
    assert_eq!(world.told(acme, Action::UserCapPassed), 0);
    world.assert_sound();
}

#[test]
fn each_cap_is_told_by_its_own_name_and_has_its_own_revision() {
    let world = World::new();
    let acme = world.organization("acme");
    let set = |of: Capped, revision: Option<u64>| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.caps(of)?.set(revision, Some(7), CapKind::Hard)
        })
    };
    for (of, names) in [
        (Capped::Users, ["user_cap", "user_cap_kind"]),
        (Capped::Devices, ["device_cap", "device_cap_kind"]),
    ] {
        assert_eq!(set(of, Some(0)).unwrap().cap.revision, 1);
        let event = world.events(Place::Organization(acme), 1).remove(0);
        let fields: Vec<&str> = event.differences.iter().map(|told| told.field.as_str()).collect();
        assert_eq!(fields, names);
        assert!(matches!(set(of, Some(0)), Err(Error::Stale)));
    }
}

#[test]
fn users_and_devices_of_a_store_from_before_they_were_counted_are_counted_when_it_is_opened() {
    let world = World::new();
    let acme = world.organization("acme");
    let empty = world.organization("empty");
    let _both = ["ada", "bob"].map(|login| world.user(acme, login));
    world.device(acme, "laptop").unwrap();
    let forget = |of: Capped| {
        let forget = move |change: &mut storage::Change<'_>| {
            change.delete::<CapTotals>(acme.partition(), of.record()).map_err(Error::from)
        };
        assert!(world.directory.inner.store.write(forget).unwrap());
    };
    forget(Capped::Users);
    // Once that was made sure of, no start looks at all organizations again.
    world.directory.prepare().unwrap();
    assert_eq!(world.kept(acme), [0, 1]);
    world.prepare_anew();
    assert_eq!((world.kept(acme), world.kept(empty)), ([2, 1], [0, 0]));
    // A store of the version that counted users alone.
    forget(Capped::Devices);
    let earlier = |change: &mut storage::Change<'_>| {
        let made = Preparations { made: 5 };
        change.put(Partition::Provider, THE_ONLY_ONE, &made).map_err(Error::from)
    };
    world.directory.inner.store.write(earlier).unwrap();
    world.directory.prepare().unwrap();
    assert_eq!(world.kept(acme), [2, 1]);
}
