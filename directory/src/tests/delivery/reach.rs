//! Destinations of the provider's that take the events of all organizations.

use std::collections::BTreeMap;

use storage::Reading;

use super::super::world::{DAY, World, refusal};
use super::held::{fill, told_of};
use super::{SECRET, conclude, due, failure, fields, flush, letters, next, ready, redeliver};
use super::{status, syslog, tell, told, webhook};
use crate::access::{Context, ManageDelivery, ManageOrganizations, Role, View};
use crate::collections::{BeginsWith, Browse};
use crate::delivery::{Next, Sent};
use crate::error::Error;
use crate::events::{Action, Event, Outcome};
use crate::id::{OrganizationId, Place, RecordId};
use crate::records::{
    AdminScope, DeliveryMark, DeliveryProgress, DeliveryWay, EventDestination,
    EventDestinationFields, Reach, ReachedProgress,
};
use crate::tools::OrganizationGrace;

fn reaching(
    world: &World,
    by: Context,
    place: Place,
    fields: EventDestinationFields,
) -> Result<EventDestination, Error> {
    world.directory.change(by, move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        Ok(grant.event_destinations().create(fields, SECRET, (BeginsWith::Next, Reach::All))?.1)
    })
}

/// A destination of the provider's that takes the events of all organizations.
fn everywhere(world: &World) -> EventDestination {
    reaching(world, world.top(), Place::Provider, fields("siem", webhook())).unwrap()
}

/// Two organizations, and such a destination.
pub(super) fn reached() -> (World, [OrganizationId; 2], EventDestination) {
    let (world, acme) = ready();
    let other = world.organization("other");
    flush(&world);
    let siem = everywhere(&world);
    (world, [acme, other], siem)
}

/// Delivers all that there is; tells whose it was, and what.
fn delivered(world: &World) -> BTreeMap<Place, Vec<String>> {
    let mut all = BTreeMap::<Place, Vec<String>>::new();
    for turn in due(world) {
        loop {
            match world.directory.next_delivery(&turn, world.now()).unwrap() {
                Next::Send(delivery) => {
                    all.entry(turn.key.place).or_default().extend(told(&delivery));
                    world
                        .directory
                        .conclude_delivery(&turn, *delivery, &Sent::Done, world.now())
                        .unwrap();
                }
                Next::Again => {}
                Next::Rest => break,
            }
        }
    }
    all
}

fn uuid_of(world: &World, organization: OrganizationId) -> uuid::Uuid {
    let snapshot = world.directory.inner.store.read().unwrap();
    crate::access::organization(&snapshot, organization).unwrap().unwrap().uuid
}

#[test]
fn the_events_of_all_organizations_go_there_and_of_those_that_are_made_later() {
    let (world, acme) = ready();
    tell(&world, acme, "before");
    flush(&world);
    let siem = everywhere(&world);
    tell(&world, acme, "ada");
    tell(&world, Place::Provider, "root");
    let later = world.organization("later");
    tell(&world, later, "eve");
    assert_eq!(status(&world, Place::Provider, &siem).waiting, 3);
    let told = delivered(&world);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let expected =
        [(Place::from(acme), words(&["ada"])), (Place::from(later), words(&["created", "eve"]))];
    assert_eq!(told, BTreeMap::from(expected));
    assert_eq!(status(&world, Place::Provider, &siem).waiting, 0);
    tell(&world, acme, "bob");
    assert_eq!(delivered(&world), BTreeMap::from([(Place::from(acme), words(&["bob"]))]));
    world.assert_sound();
}

#[test]
fn each_line_names_its_organization() {
    let (world, acme) = ready();
    reaching(&world, world.top(), Place::Provider, fields("siem", syslog())).unwrap();
    tell(&world, acme, "ada");
    let (_, delivery) = next(&world).unwrap();
    let line: serde_json::Value = serde_json::from_str(&delivery.events[0].json).unwrap();
    assert_eq!(line["organization"], uuid_of(&world, acme).to_string());
}

#[test]
fn it_is_made_and_changed_by_who_has_all_organizations_in_scope_and_at_the_provider() {
    let (world, acme) = ready();
    let scope = AdminScope::Organizations(vec![acme]);
    let some = world.admin(Place::Provider, Role::Administrator, scope);
    let own = world.admin(acme.into(), Role::AdministratorWithBilling, AdminScope::All);
    let needs = "a destination of the provider's needs the scope of all organizations";
    let refused = |by, place, way| refusal(reaching(&world, by, place, fields("siem", way)));
    assert!(refused(some, Place::Provider, webhook()).starts_with(needs));
    assert!(refused(own, acme.into(), webhook()).starts_with("must be own"));
    assert!(refused(world.top(), acme.into(), webhook()).starts_with("must be own"));
    assert!(refused(world.top(), Place::Provider, DeliveryWay::Files).starts_with("must be own"));
    let own_events = fields("own", webhook());
    let of_the_provider = world.directory.change(some, move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(Place::Provider)?;
        let (begins, reach) = (BeginsWith::Next, Reach::Own);
        Ok(grant.event_destinations().create(own_events, SECRET, (begins, reach))?.1)
    });
    assert!(refusal(of_the_provider).starts_with(needs), "these tell of every organization");
    let siem = everywhere(&world);
    let id = siem.uuid;
    let paused = world.directory.change(some, move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(Place::Provider)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(id)?;
        destinations.update(id, None, |destination| {
            destination.fields.paused = true;
            Ok(())
        })
    });
    assert!(refusal(paused).starts_with(needs));
    let deleted = world.directory.change(some, move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(Place::Provider)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(id)?;
        destinations.delete(id, None)
    });
    assert!(refusal(deleted).starts_with(needs));
    let redelivered = world.directory.change(some, move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(Place::Provider)?;
        grant.dead_letters(id)?.redeliver(None)
    });
    assert!(refusal(redelivered).starts_with(needs));
    let reading = world.directory.read(some).unwrap();
    let grant = reading.authorize_at::<ManageDelivery>(Place::Provider).unwrap();
    assert!(refusal(grant.try_destination(id)).starts_with(needs));
}

#[test]
fn what_is_not_taken_of_one_organization_is_a_dead_letter_that_says_so() {
    let (world, acme) = ready();
    let siem = everywhere(&world);
    tell(&world, acme, "ada");
    for _ in 0..3 {
        let sent = next(&world).unwrap();
        assert_eq!(told(&sent.1), ["ada"]);
        conclude(&world, sent, &failure());
        world.pass(DAY);
    }
    let given_up = letters(&world, Place::Provider, &siem);
    let whose: Vec<_> = given_up.iter().map(|letter| letter.organization).collect();
    assert_eq!(whose, [Some(uuid_of(&world, acme))]);
    let event = world.events(Place::Provider, 1).remove(0);
    let Outcome::Failure(reason) = &event.outcome else { panic!("{event:?}") };
    assert_eq!(event.action, Action::EventDelivery);
    assert!(reason.starts_with("nothing got there in 3 attempts"), "{reason}");
    let nobody = world.events(acme.into(), 100);
    assert!(nobody.iter().all(|event| event.action != Action::EventDelivery));
    assert_eq!(redeliver(&world, Place::Provider, &siem, None).unwrap(), 1);
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["ada"]);
    conclude(&world, sent, &Sent::Done);
    assert!(letters(&world, Place::Provider, &siem).is_empty());
    tell(&world, acme, "bob");
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["bob"]);
    conclude(&world, sent, &Sent::Done);
    world.assert_sound();
}

/// Whether what went to destinations got there, by a place's events of that, the newest first.
fn about(world: &World, place: Place) -> Vec<bool> {
    let events = world.events(place, 500).into_iter();
    let about = events.filter(|event| event.action == Action::EventDelivery);
    about.map(|event| event.outcome == Outcome::Success).collect()
}

/// Has one delivery of each organization that has something to be sent end in some way.
pub(super) fn serve(world: &World, sent: &Sent) {
    for turn in due(world) {
        loop {
            match world.directory.next_delivery(&turn, world.now()).unwrap() {
                Next::Send(delivery) => {
                    conclude(world, (turn, *delivery), sent);
                    break;
                }
                Next::Again => {}
                Next::Rest => break,
            }
        }
    }
}

#[test]
fn one_event_tells_that_nothing_gets_there_and_one_that_it_does_again_for_all_organizations() {
    let (world, acme) = ready();
    let places = [acme, world.organization("beta"), world.organization("gamma")];
    flush(&world);
    everywhere(&world);
    let about = |place: Place| about(&world, place);
    let fail = |login: &str| {
        places.iter().for_each(|place| tell(&world, *place, login));
        for _ in 0..3 {
            serve(&world, &failure());
            world.pass(DAY);
        }
    };
    fail("ada");
    assert_eq!(about(Place::Provider), [false], "the newest first");
    places.iter().for_each(|place| tell(&world, *place, "bob"));
    serve(&world, &Sent::Done);
    assert_eq!(about(Place::Provider), [true, false]);
    fail("eve");
    assert_eq!(about(Place::Provider), [false, true, false]);
    // What was not taken of the others says nothing of whom it is taken of.
    for place in places {
        tell(&world, place, "dan");
        serve(&world, &Sent::Done);
        assert_eq!(about(Place::Provider), [true, false, true, false]);
    }
    assert!(places.iter().all(|place| about((*place).into()).is_empty()));
    world.assert_sound();
}

#[test]
fn what_is_delivered_of_one_organization_ends_what_was_told_of_another() {
    let (world, [acme, other], _) = reached();
    let fail = |place: Place| {
        tell(&world, place, "ada");
        for _ in 0..3 {
            serve(&world, &failure());
            world.pass(DAY);
        }
    };
    fail(acme.into());
    assert_eq!(about(&world, Place::Provider), [false]);
    tell(&world, other, "bob");
    serve(&world, &Sent::Done);
    assert_eq!(about(&world, Place::Provider), [true, false], "the newest first");
    fail(other.into());
    assert_eq!(about(&world, Place::Provider), [false, true, false]);
    world.assert_sound();
}

#[test]
fn a_dead_letter_that_goes_out_again_has_nobody_look_at_other_organizations_events() {
    let (world, acme) = ready();
    world.organization("beta");
    world.organization("gamma");
    flush(&world);
    let siem = everywhere(&world);
    tell(&world, acme, "ada");
    for _ in 0..3 {
        serve(&world, &failure());
        world.pass(DAY);
    }
    let looked_at = || due(&world).iter().map(|turn| turn.key.place).collect::<Vec<_>>();
    assert!(delivered(&world).is_empty());
    assert!(looked_at().is_empty(), "all rest");
    assert_eq!(redeliver(&world, Place::Provider, &siem, None).unwrap(), 1);
    assert_eq!(looked_at(), [Place::from(acme)]);
    serve(&world, &Sent::Done);
    assert!(letters(&world, Place::Provider, &siem).is_empty(), "it was delivered");
    let after = looked_at();
    assert!(after.iter().all(|place| *place == Place::from(acme)), "{after:?}");
}

#[test]
fn nothing_is_left_of_it_once_it_is_deleted() {
    let (world, acme) = ready();
    let siem = everywhere(&world);
    let kept = || {
        let snapshot = world.directory.inner.store.read().unwrap();
        let partition = Place::from(acme).partition();
        snapshot.scan::<ReachedProgress>(partition, None).map(Result::unwrap).count()
    };
    assert_eq!(kept(), 1);
    let id = siem.uuid;
    let deleted = world.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(Place::Provider)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(id)?;
        destinations.delete(id, None)
    });
    deleted.unwrap();
    assert_eq!(kept(), 0);
    tell(&world, acme, "ada");
    assert!(due(&world).is_empty());
    world.assert_sound();
}

#[test]
fn an_organization_that_is_being_erased_keeps_no_destination_from_being_made() {
    let (world, acme) = ready();
    let deleted = world.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(acme)?;
        grant.own()?.delete(None, "ACME")
    });
    deleted.unwrap();
    world.pass(OrganizationGrace::default().0 + DAY);
    world.directory.destroy_expired(world.now()).unwrap();
    let siem = everywhere(&world);
    assert_eq!(status(&world, Place::Provider, &siem).waiting, 0);
    world.assert_sound();
}

/// Has what comes next of each organization sent, a day later.
pub(super) fn attempt(world: &World, sent: impl Fn(Place) -> Sent) {
    world.pass(DAY);
    for turn in due(world) {
        let place = turn.key.place;
        let found = world.directory.next_delivery(&turn, world.now()).unwrap();
        let Next::Send(delivery) = found else { continue };
        conclude(world, (turn, *delivery), &sent(place));
    }
}

#[test]
fn a_full_list_holds_the_events_of_each_organization_up_and_one_event_tells_it_for_all() {
    let (world, [acme, other], siem) = reached();
    fill(&world, Place::Provider);
    tell(&world, acme, "ada");
    tell(&world, other, "eve");
    for _ in 0..4 {
        attempt(&world, |_| failure());
    }
    assert_eq!(told_of(&world, Place::Provider), [false]);
    // Those of one go on, and those of the other are held up still.
    let of_acme = |place: Place| if place == acme.into() { Sent::Done } else { failure() };
    attempt(&world, of_acme);
    attempt(&world, of_acme);
    assert_eq!(told_of(&world, Place::Provider), [false, true, false]);
    assert!(status(&world, Place::Provider, &siem).held_up);
    attempt(&world, |_| Sent::Done);
    assert_eq!(told_of(&world, Place::Provider), [false, true, false, true]);
    assert!(!status(&world, Place::Provider, &siem).held_up);
    world.assert_sound();
}

#[test]
fn whoever_knows_some_organizations_sees_what_is_of_those() {
    let (world, [acme, other], siem) = reached();
    tell(&world, acme, "ada");
    for _ in 0..3 {
        for turn in due(&world) {
            let sent = world.directory.next_delivery(&turn, world.now()).unwrap();
            let Next::Send(delivery) = sent else { continue };
            conclude(&world, (turn, *delivery), &failure());
        }
        world.pass(DAY);
    }
    let some = |scope| world.admin(Place::Provider, Role::Administrator, scope);
    let sees = |by: Context| {
        let reading = world.directory.read(by).unwrap();
        let grant = reading.authorize_at::<View>(Place::Provider).unwrap();
        let whole = grant.sees_whole_addresses().unwrap()(&siem);
        let listed = grant.dead_letters_of(siem.uuid).unwrap().batch(None, 9).unwrap().0.len();
        (whole, listed, grant.delivery_status(siem.uuid).unwrap().dead_letters)
    };
    assert_eq!(sees(some(AdminScope::All)), (true, 1, 1));
    assert_eq!(sees(some(AdminScope::Organizations(vec![acme]))), (false, 1, 1));
    assert_eq!(sees(some(AdminScope::Organizations(vec![other]))), (false, 0, 0));
}

#[test]
fn a_log_that_was_put_back_moves_this_destination_and_no_other() {
    let (world, acme) = ready();
    everywhere(&world);
    tell(&world, acme, "before");
    let sent = next(&world).unwrap();
    let (key, last) = (sent.0.key, sent.1.events[0].sequence.unwrap());
    conclude(&world, sent, &Sent::Done);
    let mark = DeliveryMark { sequence: last + 1_000, hash: Some([9; 32]) };
    let progress = DeliveryProgress { mark, ..DeliveryProgress::default() };
    let store = &world.directory.inner.store;
    store.write(move |change| key.keep(change, progress)).unwrap();
    tell(&world, acme, "ada");
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1).last().unwrap(), "ada");
    conclude(&world, sent, &Sent::Done);
    assert!(next(&world).is_none());
    let events = world.events(Place::Provider, 20);
    let is_told = |event: &&Event| match &event.outcome {
        Outcome::Failure(reason) => reason.contains("put back from a backup"),
        Outcome::Success => false,
    };
    assert_eq!(events.iter().filter(is_told).count(), 1);
    // Of the same number there may be one of the organization's own.
    let (partition, number) = (Place::from(acme).partition(), key.id.record());
    let own = store.read().unwrap().get::<DeliveryProgress>(partition, number).unwrap();
    assert_eq!(own, None);
}
