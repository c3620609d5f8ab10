//! Two passwords of a service account at its rotation.

use std::time::Duration;

use storage::Partition;

use super::world::{RIGHT, World, accepted, options};
use crate::access::{Actor, ManageConfiguration, Search, View, organization};
use crate::authentication::{Outcome, Who};
use crate::collections::GeneratedPassword;
use crate::error::Error;
use crate::events::Action;
use crate::id::{OrganizationId, RecordId, ServiceAccountId};
use crate::records::{FormerPassword, Organization, ServiceAccountFields};
use crate::search::Memo;
use crate::time::Time;

const HOUR: u64 = 60 * 60 * 1_000;

struct Application {
    world: World,
    acme: OrganizationId,
    id: ServiceAccountId,
    first: String,
}

impl Application {
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        let made = generated(&world);
        let first = made.expose().to_owned();
        let fields = ServiceAccountFields { name: "wiki".into(), ..Default::default() };
        let id = world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.service_accounts().create(fields, &made).map(|(id, _)| id)
        });
        Self { id: id.unwrap(), world, acme, first }
    }

    fn rotate(&self, keep: u64) -> String {
        let (acme, id, made) = (self.acme, self.id, generated(&self.world));
        let clear = made.expose().to_owned();
        let rotated = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.service_accounts().rotate_password(id, &made, Duration::from_millis(keep))
        });
        rotated.unwrap();
        clear
    }

    fn bind(&self, text: &str) -> Outcome {
        let who = Who::ServiceAccount("wiki".into());
        self.world.attempt(self.world.request(self.acme, who, text))
    }

    fn actor(&self, text: &str) -> Actor {
        let Outcome::Accept { actor, .. } = self.bind(text) else { panic!("not accepted") };
        actor
    }

    fn searches(&self, actor: Actor) -> bool {
        let reading = self.world.directory.read(self.world.by(actor)).unwrap();
        reading.authorize::<Search>(self.acme).is_ok()
    }

    /// What the newest event says of the password.
    fn used(&self) -> Option<String> {
        let event = self.world.events(self.acme.into(), 1).remove(0);
        assert_eq!(event.action, Action::LdapBind);
        event.differences.into_iter().next().and_then(|told| told.after)
    }

    fn mark(&self) -> Time {
        let reading = self.world.directory.read(self.world.top()).unwrap();
        let home: Organization =
            reading.authorize::<View>(self.acme).unwrap().own_organization().unwrap();
        home.marks.former_passwords
    }

    fn has_former(&self) -> bool {
        let snapshot = self.world.directory.inner.store.read().unwrap();
        let (partition, number) = (self.acme.partition(), self.id.record());
        storage::Reading::contains::<FormerPassword>(&snapshot, partition, number).unwrap()
    }
}

fn generated(world: &World) -> GeneratedPassword {
    GeneratedPassword::generate(&options().parameters, world.directory.tools()).unwrap()
}

#[test]
fn both_count_for_a_while_and_the_event_tells_the_old_one() {
    let application = Application::new();
    let second = application.rotate(HOUR);
    for _ in 0..2 {
        // The second time it is remembered.
        assert!(accepted(&application.bind(&application.first)));
        assert_eq!(application.used().as_deref(), Some("\"previous\""));
        assert!(accepted(&application.bind(&second)));
        assert_eq!(application.used(), None);
    }
    assert!(!accepted(&application.bind("neither of them")));
    application.world.pass(HOUR);
    assert!(!accepted(&application.bind(&application.first)));
    assert!(accepted(&application.bind(&second)));
    application.world.assert_sound();
}

#[test]
fn what_the_old_one_has_proven_holds_until_it_ends() {
    let application = Application::new();
    let before = application.actor(&application.first);
    let second = application.rotate(HOUR);
    let meanwhile = application.actor(&application.first);
    let after = application.actor(&second);
    for actor in [before, meanwhile, after] {
        assert!(application.searches(actor));
    }
    application.world.pass(HOUR);
    // As what users have: within a minute, when somebody looks.
    assert_eq!(application.world.directory.end_user_lives(application.world.now()).unwrap(), 1);
    assert!(!application.searches(before) && !application.searches(meanwhile));
    assert!(accepted(&application.bind(&second)));
    assert!(!application.has_former());
    assert_eq!(application.mark(), Time(0), "nobody looks for others in vain");
}

#[test]
fn what_a_connection_remembers_of_the_old_one_is_over_with_it_though_nothing_changes() {
    let application = Application::new();
    let before = application.actor(&application.first);
    let second = application.rotate(HOUR);
    let after = application.actor(&second);
    let directory = &application.world.directory;
    let memos = [directory.memo(), directory.memo()];
    let searches = |actor: Actor, memo: &Memo| {
        let reading = directory.read(application.world.by(actor)).unwrap();
        reading.authorize_search(application.acme, memo).is_ok()
    };
    let both = || [searches(before, &memos[0]), searches(after, &memos[1])];
    assert_eq!(both(), [true, true]);
    application.world.pass(HOUR - 1);
    assert_eq!(both(), [true, true]);
    application.world.pass(1);
    assert_eq!(both(), [false, true]);
    // What all connections share says the same to a new one.
    assert!(!searches(before, &directory.memo()));
}

#[test]
fn it_ends_by_a_call_by_another_rotation_and_with_the_account() {
    let application = Application::new();
    let (world, acme, id) = (&application.world, application.acme, application.id);
    let second = application.rotate(HOUR);
    let ended = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.service_accounts().end_former_password(id)
    });
    ended.unwrap();
    assert!(!accepted(&application.bind(&application.first)));
    assert_eq!(application.mark(), Time(0), "nobody waits for a second hash any more");
    assert!(accepted(&application.bind(&second)));
    let third = application.rotate(HOUR);
    let fourth = application.rotate(HOUR);
    assert!(!accepted(&application.bind(&second)), "only the last one before");
    assert!(accepted(&application.bind(&third)) && accepted(&application.bind(&fourth)));
    let fifth = application.rotate(0);
    assert_eq!(application.mark(), Time(0));
    assert!(!accepted(&application.bind(&fourth)) && accepted(&application.bind(&fifth)));
    application.rotate(HOUR);
    let deleted = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.service_accounts().delete(id, None)
    });
    deleted.unwrap();
    assert!(!application.has_former());
    assert_eq!(application.mark(), Time(0));
    world.assert_sound();
}

#[test]
fn whoever_it_has_proven_is_known_no_longer_than_it_counts() {
    let application = Application::new();
    application.rotate(HOUR);
    let (world, actor) = (&application.world, application.actor(&application.first));
    let memo = world.directory.memo();
    let searches = || {
        let reading = world.directory.read(world.by(actor)).unwrap();
        reading.authorize_search(application.acme, &memo).is_ok()
    };
    assert!(searches() && searches(), "the second time it is known");
    world.pass(HOUR - 1);
    assert!(searches());
    world.pass(1);
    assert!(!searches(), "nothing was changed, and still it is over");
}

#[test]
fn a_mark_of_former_passwords_that_are_gone_goes_and_one_of_others_stays() {
    let application = Application::new();
    let (world, acme) = (&application.world, application.acme);
    application.rotate(2 * HOUR);
    let until = application.mark();
    let mark = move |time: Time| {
        let marked = world.directory.inner.store.write(move |change| {
            let mut home = organization(&*change, acme)?.unwrap();
            home.marks.former_passwords = time;
            change.put(Partition::Provider, acme.record(), &home)?;
            Ok::<_, Error>(())
        });
        marked.unwrap();
    };
    // There is one that still counts, for less long than the mark says, as earlier versions left it.
    mark(until.plus(HOUR));
    world.directory.end_user_lives(world.now()).unwrap();
    assert!(application.has_former() && application.mark() >= until);
    application.rotate(0);
    mark(until);
    assert_eq!(world.directory.end_user_lives(world.now()).unwrap(), 0);
    assert_eq!(application.mark(), Time(0));
    world.assert_sound();
}

#[test]
fn an_old_password_is_no_new_hash_and_nobody_elses() {
    let application = Application::new();
    application.world.user(application.acme, "ada");
    let second = application.rotate(HOUR);
    assert!(accepted(&application.bind(&application.first)));
    assert!(accepted(&application.bind(&second)), "the hash is still that of the new one");
    let world = &application.world;
    assert!(!accepted(&world.bind(application.acme, "ada", &application.first)));
    assert!(accepted(&world.bind(application.acme, "ada", RIGHT)));
    assert!(!accepted(&world.bind(application.acme, "wiki", &application.first)));
}
