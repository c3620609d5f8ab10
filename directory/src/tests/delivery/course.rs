//! What the course of events at a destination is when letters come back, when events were forgotten,
//! and when the log was put back.

use std::time::Duration;

use storage::Reading;

use super::super::world::{DAY, World};
use super::{
    bury, conclude, due, failure, fields, flush, letters, make, next, ready, redeliver, status,
    syslog, tell, told, webhook,
};
use crate::delivery::Sent;
use crate::error::Error;
use crate::events::{Action, Outcome};
use crate::id::OrganizationId;
use crate::records::{
    DeliveryMark, DeliveryProgress, EventDestination, EventDestinationFields, EventFilter,
};

#[test]
fn dead_letters_and_what_is_new_take_turns_whatever_the_receiver_does() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    for login in ["ada", "bob", "carl"] {
        bury(&world, acme, login);
    }
    assert_eq!(redeliver(&world, acme, &siem, None).unwrap(), 3);
    tell(&world, acme, "dan");
    let new = ["dead_letters_redelivered", "dan"];
    for expected in [&["created", "ada"], &new, &["event_delivery", "bob"], &new] {
        let sent = next(&world).unwrap();
        assert_eq!(told(&sent.1), *expected);
        conclude(&world, sent, &failure());
        world.pass(10_000);
    }
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["carl"]);
    conclude(&world, sent, &Sent::Done);
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), new);
    conclude(&world, sent, &Sent::Done);
    assert_eq!(letters(&world, acme, &siem).len(), 2);
    world.assert_sound();
}

#[test]
fn letters_follow_each_other_where_nothing_is_new() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    for login in ["ada", "bob", "carl", "dan"] {
        bury(&world, acme, login);
    }
    assert_eq!(redeliver(&world, acme, &siem, None).unwrap(), 4);
    let mut all = Vec::new();
    while let Some(sent) = next(&world) {
        all.push(told(&sent.1).join(" "));
        conclude(&world, sent, &Sent::Done);
    }
    // Of what is new the second tells that something gets there again.
    let (first, second) = ("dead_letters_redelivered", "event_delivery");
    assert_eq!(all, ["created ada", first, "event_delivery bob", second, "carl", "dan"]);
    assert!(letters(&world, acme, &siem).is_empty());
}

#[test]
fn what_was_forgotten_before_it_was_delivered_is_told() {
    for by_size in [false, true] {
        let (world, acme) = ready();
        let filter = EventFilter { actor: Some("ada".into()), ..EventFilter::default() };
        let siem =
            make(&world, acme, EventDestinationFields { filter, ..fields("siem", syslog()) });
        let siem = siem.unwrap();
        tell(&world, acme, "ada");
        conclude(&world, next(&world).unwrap(), &failure());
        flush(&world);
        // A segment covers a day at most, and what is written to stays.
        world.pass(3 * DAY);
        tell(&world, acme, "later");
        flush(&world);
        world.pass(3 * DAY);
        tell(&world, acme, "ada");
        flush(&world);
        world.seal_events();
        let forgotten = match by_size {
            false => world.directory.forget_events(world.now(), Duration::from_secs(86_400)),
            true => world.directory.bound_events(1).map(|beyond| beyond.len()),
        };
        assert!(forgotten.unwrap() > 0);
        let (_turn, delivery) = next(&world).unwrap();
        assert_eq!(told(&delivery)[0], "ada");
        let standing = status(&world, acme, &siem);
        assert_eq!(standing.gaps, 1);
        flush(&world);
        let event = &world.events(acme.into(), 1)[0];
        let Outcome::Failure(reason) = &event.outcome else { panic!("{event:?}") };
        assert!(reason.contains("were forgotten"), "{reason}");
        assert_eq!(event.action, Action::EventDelivery);
    }
}

#[test]
fn a_gap_is_told_to_the_destination_itself_whatever_its_filter() {
    let (world, acme) = ready();
    let filter = EventFilter { actions: vec![Action::SignIn], ..EventFilter::default() };
    let siem = make(&world, acme, EventDestinationFields { filter, ..fields("siem", webhook()) });
    let siem = siem.unwrap();
    tell(&world, acme, "ada");
    assert!(next(&world).is_none());
    for login in ["forgotten", "left"] {
        world.pass(3 * DAY);
        tell(&world, acme, login);
        flush(&world);
    }
    world.seal_events();
    let forgotten = world.directory.forget_events(world.now(), Duration::from_secs(86_400));
    assert!(forgotten.unwrap() > 0);
    let (_turn, delivery) = next(&world).unwrap_or_else(|| next(&world).unwrap());
    assert_eq!(told(&delivery), ["event_delivery"]);
    assert!(delivery.events[0].json.contains("were forgotten"));
    assert_eq!(status(&world, acme, &siem).gaps, 1);
}

/// Lets the only destination of an organization be at another place in the log.
fn set_mark(world: &World, acme: OrganizationId, mark: DeliveryMark) {
    let (partition, store) = (acme.partition(), &world.directory.inner.store);
    let number = store.read().unwrap().scan::<EventDestination>(partition, None).next();
    let (number, _) = number.unwrap().unwrap();
    let done = store.write(move |change| {
        let mut progress = change.get::<DeliveryProgress>(partition, number)?.unwrap();
        progress.mark = mark;
        change.put(partition, number, &progress)?;
        Ok::<_, Error>(())
    });
    done.unwrap();
}

#[test]
fn what_is_new_in_a_log_that_was_put_back_is_delivered_and_told_as_such() {
    // The log is not where the destination is yet, or it is and has something else there.
    for beyond in [1_000, 0] {
        let (world, acme) = ready();
        let siem = make(&world, acme, fields("siem", webhook())).unwrap();
        tell(&world, acme, "before");
        let sent = next(&world).unwrap();
        let last = sent.1.events.last().unwrap().sequence.unwrap();
        world.pass(1_000);
        conclude(&world, sent, &Sent::Done);
        let mark = DeliveryMark { sequence: last + beyond, hash: Some([9; 32]) };
        set_mark(&world, acme, mark);
        world.pass(1_000);
        tell(&world, acme, "ada");
        let sent = next(&world).unwrap();
        assert_eq!(told(&sent.1)[0], "ada", "{beyond}");
        conclude(&world, sent, &Sent::Done);
        assert_eq!(status(&world, acme, &siem).gaps, 0);
        let told_of = world.events(acme.into(), 10);
        let is_told = |outcome: &Outcome| match outcome {
            Outcome::Failure(reason) => reason.contains("put back from a backup"),
            Outcome::Success => false,
        };
        let told_of: Vec<_> = told_of.iter().filter(|event| is_told(&event.outcome)).collect();
        assert_eq!(told_of.len(), 1, "{beyond}");
        assert_eq!(told_of[0].action, Action::EventDelivery);
        tell(&world, acme, "bob");
        assert_eq!(told(&next(&world).unwrap().1).last().unwrap(), "bob");
    }
}

/// A destination that cannot be read.
#[derive(serde::Serialize, serde::Deserialize)]
struct Spoilt;

impl storage::Record for Spoilt {
    const KIND: storage::Kind = <EventDestination as storage::Record>::KIND;
    const VERSION: u8 = <EventDestination as storage::Record>::VERSION;

    fn index(&self, _: &mut storage::Entries) {}
}

#[test]
fn destinations_that_cannot_be_read_keep_no_others_from_being_served() {
    let (world, acme) = ready();
    make(&world, acme, fields("siem", webhook())).unwrap();
    let other = world.organization("other").partition();
    let spoilt = world.directory.inner.store.write(move |change| {
        let number = change.allocate(other)?;
        change.put(other, number, &Spoilt)?;
        Ok::<_, Error>(())
    });
    spoilt.unwrap();
    tell(&world, acme, "ada");
    let turns = due(&world);
    assert_eq!(turns.len(), 1);
    // It is told as soon as there is nothing else.
    assert!(world.directory.due_destinations(world.now(), 100).is_err());
}
