//! Destinations that a full list of dead letters holds up.

use storage::Reading;
use uuid::Uuid;

use super::super::world::World;
use super::reach::{attempt, reached, serve};
use super::{conclude, due, failure, fields, letters, make, next, ready, redeliver, status};
use super::{syslog, tell, webhook};
use crate::access::ManageDelivery;
use crate::delivery::Sent;
use crate::error::Error;
use crate::events::{Action, Event, Outcome};
use crate::id::Place;
use crate::records::{DeadLetter, DeliveryWay, EventDestination, EventDestinationFields};

const HOUR: u64 = 3_600_000;

/// Gives the only destination of a place as many dead letters as it may have.
pub(super) fn fill(world: &World, place: Place) {
    fill_with(world, place, 1_000);
}

/// Gives the only destination of a place so many dead letters.
fn fill_with(world: &World, place: Place, letters: u128) {
    let (partition, store) = (place.partition(), &world.directory.inner.store);
    let found = store.read().unwrap().scan::<EventDestination>(partition, None).next();
    let (destination, _) = found.unwrap().unwrap();
    let at = world.now();
    let done = store.write(move |change| {
        for number in 1..=letters {
            let letter = DeadLetter {
                uuid: Uuid::from_u128(number),
                destination,
                at,
                first: 1,
                last: 1,
                events: 1,
                attempts: 3,
                reason: "it was long ago".into(),
                wanted: false,
                of: None,
                organization: None,
            };
            let id = change.allocate(partition)?;
            change.put(partition, id, &letter)?;
        }
        Ok::<_, Error>(())
    });
    done.unwrap();
}

/// Whether events told that a destination of a place goes on, or is held up, the first first.
pub(super) fn told_of(world: &World, place: Place) -> Vec<bool> {
    let about = |event: &Event| event.differences.iter().any(|told| told.field == "held_up");
    let events = world.events(place, 100).into_iter().rev().filter(about);
    events.map(|event| event.outcome == Outcome::Success).collect()
}

/// Lets so many attempts fail, an hour apart.
fn fail(world: &World, attempts: usize) {
    for _ in 0..attempts {
        world.pass(HOUR);
        conclude(world, next(world).unwrap(), &failure());
    }
}

fn discard(world: &World, place: Place, of: &EventDestination, named: Option<Vec<Uuid>>) {
    let of = of.uuid;
    let done = world.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        grant.dead_letters(of)?.discard(named.as_deref())
    });
    assert!(done.unwrap() > 0);
}

fn edit(
    world: &World,
    place: Place,
    of: &EventDestination,
    edit: impl FnOnce(&mut EventDestinationFields) + Send + 'static,
) {
    let of = of.uuid;
    let done = world.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(of)?;
        destinations.update(id, None, |destination| {
            edit(&mut destination.fields);
            Ok(())
        })
    });
    done.unwrap();
}

fn elsewhere() -> DeliveryWay {
    DeliveryWay::Webhook { url: "https://other.example/in".into(), authorities: None }
}

#[test]
fn that_a_destination_is_held_up_is_told_once_and_that_it_goes_on_as_well() {
    for at_provider in [false, true] {
        let (world, acme) = ready();
        let place = if at_provider { Place::Provider } else { acme.into() };
        let siem = make(&world, place, fields("siem", webhook())).unwrap();
        fill(&world, place);
        fail(&world, 2);
        assert_eq!((told_of(&world, place), status(&world, place, &siem).held_up), (vec![], false));
        fail(&world, 1);
        let standing = status(&world, place, &siem);
        assert_eq!((standing.held_up, standing.dead_letters), (true, 1_000));
        let events = world.events(place, 100).len();
        fail(&world, 5);
        assert_eq!(world.events(place, 100).len(), events, "each attempt makes it no worse");
        assert_eq!(told_of(&world, place), [false]);

        // Where there is room it is tried at once, and nothing has got there yet.
        assert!(next(&world).is_none(), "it is too early");
        discard(&world, place, &siem, Some(vec![letters(&world, place, &siem)[0].uuid]));
        conclude(&world, next(&world).unwrap(), &failure());
        let standing = status(&world, place, &siem);
        assert_eq!((standing.held_up, standing.dead_letters), (false, 1_000));
        assert_eq!(told_of(&world, place), [false, true]);
        fail(&world, 4);
        assert_eq!(told_of(&world, place), [false, true, false]);

        world.pass(HOUR);
        conclude(&world, next(&world).unwrap(), &Sent::Done);
        assert_eq!(told_of(&world, place), [false, true, false, true]);
        assert!(!status(&world, place, &siem).held_up);
        while let Some(sent) = next(&world) {
            conclude(&world, sent, &Sent::Done);
        }
        let successes = world.events(place, 100).into_iter().filter(|event| {
            event.action == Action::EventDelivery && event.outcome == Outcome::Success
        });
        assert_eq!(successes.count(), 2, "one tells that it goes on and that something gets there");
        world.assert_sound();
    }
}

#[test]
fn what_is_no_webhook_has_no_dead_letters_that_hold_it_up() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", syslog())).unwrap();
    fill(&world, acme.into());
    tell(&world, acme, "ada");
    fail(&world, 5);
    assert!(!status(&world, acme, &siem).held_up && told_of(&world, acme.into()).is_empty());
}

#[test]
fn another_receiver_is_held_up_by_no_dead_letters_until_it_does_not_take_anything_either() {
    let (world, acme) = ready();
    let place = acme.into();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    fill(&world, place);
    fail(&world, 3);
    assert_eq!((told_of(&world, place), status(&world, place, &siem).held_up), (vec![false], true));
    edit(&world, place, &siem, |fields| fields.name = "another name".into());
    assert!(status(&world, place, &siem).held_up, "it is the same receiver");
    edit(&world, place, &siem, |fields| fields.way = elsewhere());
    let standing = status(&world, place, &siem);
    assert_eq!((standing.held_up, standing.dead_letters), (false, 1_000));
    assert_eq!(told_of(&world, place), [false, true]);
    fail(&world, 2);
    assert!(!status(&world, place, &siem).held_up);
    fail(&world, 1);
    assert!(status(&world, place, &siem).held_up);
    assert_eq!(told_of(&world, place), [false, true, false]);
    world.assert_sound();
}

#[test]
fn another_receiver_of_all_events_begins_anew_with_those_of_each_organization() {
    let (world, [acme, other], siem) = reached();
    fill(&world, Place::Provider);
    tell(&world, acme, "ada");
    tell(&world, other, "eve");
    for _ in 0..3 {
        attempt(&world, |_| failure());
    }
    assert_eq!(told_of(&world, Place::Provider), [false]);
    edit(&world, Place::Provider, &siem, |fields| fields.way = elsewhere());
    assert!(!status(&world, Place::Provider, &siem).held_up);
    assert_eq!(told_of(&world, Place::Provider), [false, true], "one event for all of them");
    world.assert_sound();
}

#[test]
fn a_dead_letter_that_gets_there_has_what_the_full_list_held_up_tried_at_once() {
    let (world, [acme, other], siem) = reached();
    tell(&world, acme, "ada");
    for _ in 0..3 {
        attempt(&world, |_| failure());
    }
    let letter = letters(&world, Place::Provider, &siem)[0].uuid;
    fill_with(&world, Place::Provider, 999);
    tell(&world, other, "eve");
    for _ in 0..3 {
        attempt(&world, |_| failure());
    }
    assert!(status(&world, Place::Provider, &siem).held_up);
    let wanted = redeliver(&world, Place::Provider, &siem, Some(vec![letter]));
    assert_eq!(wanted.unwrap(), 1);
    let places = || due(&world).iter().map(|turn| turn.key.place).collect::<Vec<_>>();
    assert_eq!(places(), [Place::from(acme)], "it is too early for the other");
    serve(&world, &Sent::Done);
    assert!(places().contains(&Place::from(other)), "there is room for it");
    serve(&world, &Sent::Done);
    assert!(!status(&world, Place::Provider, &siem).held_up);
    world.assert_sound();
}
