//! Events on their way to destinations.

mod bounds;
mod course;
mod figures;
mod held;
mod reach;

use std::time::Duration;

use super::world::{World, options, refusal};
use crate::access::{Grant, ManageDelivery, View};
use crate::collections::{BeginsWith, Browse};
use crate::delivery::{Delivery, DeliveryBounds, DeliveryStatus, DeliveryTurn, Next, Route, Sent};
use crate::directory::OpenOptions;
use crate::error::Error;
use crate::events::{Action, ActorKind, Event, EventActor, Outcome};
use crate::id::{OrganizationId, Place};
use crate::records::{
    DeadLetter, DeliveryWay, EventDestination, EventDestinationFields, EventFilter, Reach,
};

const SECRET: &str = "a secret of more than thirty letters";

fn world() -> World {
    bounded(DeliveryBounds { attempts: 3, files: true, ..DeliveryBounds::default() })
}

fn bounded(delivery: DeliveryBounds) -> World {
    World::of(OpenOptions { authentication: options(), delivery, ..OpenOptions::default() })
}

fn webhook() -> DeliveryWay {
    DeliveryWay::Webhook { url: "https://siem.example/in".into(), authorities: None }
}

fn syslog() -> DeliveryWay {
    DeliveryWay::Syslog {
        host: "siem.example".into(),
        port: 6514,
        in_clear: false,
        server_name: None,
        authorities: None,
    }
}

fn fields(name: &str, way: DeliveryWay) -> EventDestinationFields {
    EventDestinationFields { name: name.into(), paused: false, filter: EventFilter::default(), way }
}

fn make(
    world: &World,
    place: impl Into<Place>,
    fields: EventDestinationFields,
) -> Result<EventDestination, Error> {
    let place = place.into();
    world.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let made =
            grant.event_destinations().create(fields, SECRET, (BeginsWith::Next, Reach::Own))?;
        Ok(made.1)
    })
}

/// Tells of a login.
fn tell(world: &World, place: impl Into<Place>, login: &str) {
    let event = Event {
        access: None,
        request: None,
        search: None,
        at: world.now(),
        actor: EventActor::User { id: None, login: login.into() },
        source: None,
        action: Action::LdapBind,
        subject: None,
        outcome: Outcome::Success,
        differences: Vec::new(),
    };
    world.directory.note_event(place.into(), &event);
}

fn flush(world: &World) {
    world.directory.inner.store.events().flush().unwrap();
}

/// The destinations that have something to do, once all that was told is on the disk.
fn due(world: &World) -> Vec<DeliveryTurn> {
    flush(world);
    world.directory.due_destinations(world.now(), 100).unwrap()
}

/// What is to be sent next, of the only destination that has something to do.
fn next(world: &World) -> Option<(DeliveryTurn, Delivery)> {
    let mut turns = due(world);
    let turn = turns.pop()?;
    assert!(turns.is_empty(), "there are several");
    loop {
        match world.directory.next_delivery(&turn, world.now()).unwrap() {
            Next::Send(delivery) => return Some((turn, *delivery)),
            Next::Again => {}
            Next::Rest => return None,
        }
    }
}

fn conclude(world: &World, (turn, delivery): (DeliveryTurn, Delivery), sent: &Sent) {
    world.directory.conclude_delivery(&turn, delivery, sent, world.now()).unwrap();
}

/// Who did what is to be sent: the login, or else the action.
fn told(delivery: &Delivery) -> Vec<String> {
    let name = |json: &str| {
        let event: serde_json::Value = serde_json::from_str(json).unwrap();
        match event["actor"]["kind"].as_str().unwrap() {
            "user" => event["actor"]["name"].as_str().unwrap().to_owned(),
            _ => event["action"].as_str().unwrap().to_owned(),
        }
    };
    delivery.events.iter().map(|event| name(&event.json)).collect()
}

fn looking<T>(
    world: &World,
    place: impl Into<Place>,
    look: impl FnOnce(&Grant<'_, &storage::Snapshot, View>) -> T,
) -> T {
    let reading = world.directory.read(world.by(world.top)).unwrap();
    look(&reading.authorize_at::<View>(place.into()).unwrap())
}

fn status(world: &World, place: impl Into<Place>, of: &EventDestination) -> DeliveryStatus {
    flush(world);
    looking(world, place, |grant| grant.delivery_status(of.uuid).unwrap())
}

fn letters(world: &World, place: impl Into<Place>, of: &EventDestination) -> Vec<DeadLetter> {
    looking(world, place, |grant| {
        let (letters, _) = grant.dead_letters_of(of.uuid).unwrap().batch(None, 100).unwrap();
        letters.into_iter().map(|(_, letter)| letter).collect()
    })
}

/// Has dead letters of a destination sent again: all of them, or those that are named.
fn redeliver(
    world: &World,
    place: impl Into<Place>,
    of: &EventDestination,
    named: Option<Vec<uuid::Uuid>>,
) -> Result<usize, Error> {
    let (place, of) = (place.into(), of.uuid);
    world.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        grant.dead_letters(of)?.redeliver(named.as_deref())
    })
}

fn ready() -> (World, OrganizationId) {
    let world = world();
    let acme = world.organization("acme");
    world.directory.follow_destinations(Box::new(|| {}));
    flush(&world);
    (world, acme)
}

fn failure() -> Sent {
    Sent::failed("the receiver answered 503")
}

#[test]
fn what_happens_is_delivered_once_and_in_order_from_the_making_on() {
    let (world, acme) = ready();
    tell(&world, acme, "before");
    flush(&world);
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    tell(&world, acme, "ada");
    tell(&world, acme, "bob");
    assert_eq!(status(&world, acme, &siem).waiting, 3);
    let (turn, delivery) = next(&world).unwrap();
    assert_eq!(told(&delivery), ["created", "ada", "bob"]);
    assert!(due(&world).is_empty(), "somebody serves it");
    let last = delivery.events.last().unwrap().sequence.unwrap();
    conclude(&world, (turn, delivery), &Sent::Done);
    assert!(next(&world).is_none());
    assert!(due(&world).is_empty(), "all was looked at");
    tell(&world, acme, "carl");
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["carl"]);
    let standing = status(&world, acme, &siem);
    assert_eq!(standing.delivered, Some((last, world.now())));
    assert_eq!((standing.waiting, standing.attempts), (1, 0));
    conclude(&world, sent, &Sent::Done);
    assert_eq!(status(&world, acme, &siem).waiting, 0);
    world.assert_sound();
}

#[test]
fn each_place_has_its_own_destinations_and_no_other_ones_events() {
    let (world, acme) = ready();
    let other = world.organization("other");
    flush(&world);
    make(&world, acme, fields("siem", webhook())).unwrap();
    make(&world, Place::Provider, fields("siem", syslog())).unwrap();
    tell(&world, other, "eve");
    tell(&world, acme, "ada");
    tell(&world, Place::Provider, "root");
    let mut seen = Vec::new();
    for turn in due(&world) {
        let Next::Send(delivery) = world.directory.next_delivery(&turn, world.now()).unwrap()
        else {
            panic!("nothing is sent to {:?}", turn.key)
        };
        seen.push((turn.key.place, told(&delivery)));
    }
    seen.sort();
    let made = |name: &str| vec!["created".to_owned(), name.to_owned()];
    assert_eq!(seen, [(Place::Provider, made("root")), (acme.into(), made("ada"))]);
}

#[test]
fn a_filter_leaves_out_what_it_does_not_name_and_what_waits_is_not_read_again() {
    let (world, acme) = ready();
    let filter = EventFilter { actor: Some("ADA".into()), ..EventFilter::default() };
    let siem = make(&world, acme, EventDestinationFields { filter, ..fields("siem", syslog()) });
    for _ in 0..300 {
        tell(&world, acme, "bob");
    }
    assert!(next(&world).is_none());
    tell(&world, acme, "ada");
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["ada"]);
    conclude(&world, sent, &Sent::Done);
    assert_eq!(status(&world, acme, &siem.unwrap()).waiting, 0);
}

#[test]
fn a_filter_lets_through_what_an_actor_of_a_kind_did() {
    let (world, acme) = ready();
    let filter = EventFilter { actor_kind: Some(ActorKind::Operator), ..EventFilter::default() };
    make(&world, acme, EventDestinationFields { filter, ..fields("siem", syslog()) }).unwrap();
    tell(&world, acme, "ada");
    assert!(next(&world).is_none());
    let event = Event::of_daemon(world.now(), (Action::LdapBind, None), Outcome::Success);
    world.directory.note_event(acme.into(), &Event { actor: EventActor::Operator, ..event });
    flush(&world);
    assert_eq!(next(&world).unwrap().1.events.len(), 1);
}

#[test]
fn much_goes_in_parts_that_follow_each_other() {
    let (world, acme) = ready();
    make(&world, acme, fields("siem", syslog())).unwrap();
    for number in 0..1_200 {
        tell(&world, acme, &number.to_string());
    }
    let (mut all, mut parts) = (Vec::new(), 0);
    while let Some(sent) = next(&world) {
        assert!(sent.1.events.len() <= 500);
        all.extend(told(&sent.1));
        conclude(&world, sent, &Sent::Done);
        parts += 1;
    }
    let expected = (0..1_200).map(|number| number.to_string());
    assert!(all.into_iter().skip(1).eq(expected) && parts == 3);
}

#[test]
fn what_fails_is_tried_again_after_pauses_and_then_put_aside() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    for (attempt, pause) in [(1, 1_000), (2, 2_000)] {
        let sent = next(&world).unwrap();
        assert_eq!(told(&sent.1), ["created"]);
        conclude(&world, sent, &failure());
        let standing = status(&world, acme, &siem);
        assert_eq!(standing.attempts, attempt);
        let retry = standing.retry.unwrap().0 - world.now().0;
        assert!((pause / 2..=pause).contains(&retry), "{retry}");
        assert_eq!(standing.error.unwrap().0, "the receiver answered 503");
        assert!(due(&world).is_empty(), "it is too early");
        world.pass(pause);
    }
    assert!(letters(&world, acme, &siem).is_empty());
    conclude(&world, next(&world).unwrap(), &failure());
    let dead = letters(&world, acme, &siem);
    assert_eq!((dead.len(), dead[0].events, dead[0].attempts), (1, 1, 3));
    let standing = status(&world, acme, &siem);
    assert_eq!((standing.attempts, standing.dead_letters, standing.retry), (0, 1, None));
    let event = &world.events(acme.into(), 1)[0];
    assert_eq!(event.action, Action::EventDelivery);
    let reason = "nothing got there in 3 attempts: the receiver answered 503".to_owned();
    assert_eq!(event.outcome, Outcome::Failure(reason));
    // What comes behind it has its turn, and that something gets there again is told once.
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["event_delivery"]);
    conclude(&world, sent, &Sent::Done);
    assert_eq!(world.events(acme.into(), 1)[0].outcome, Outcome::Success);
    conclude(&world, next(&world).unwrap(), &Sent::Done);
    assert!(next(&world).is_none());
    world.assert_sound();
}

#[test]
fn a_receiver_that_says_when_is_asked_then_but_not_too_late() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    for (wait, expected) in [(20_000, 20_000), (u64::MAX, 3_600_000)] {
        let sent = next(&world).unwrap();
        conclude(&world, sent, &Sent::Failed { reason: "busy".into(), wait: Some(wait) });
        let retry = status(&world, acme, &siem).retry.unwrap();
        assert_eq!(retry.0 - world.now().0, expected);
        world.pass(expected);
    }
}

#[test]
fn what_is_no_webhook_is_tried_for_ever() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", syslog())).unwrap();
    for _ in 0..10 {
        conclude(&world, next(&world).unwrap(), &failure());
        world.pass(3_600_000);
    }
    let standing = status(&world, acme, &siem);
    assert_eq!((standing.attempts, standing.dead_letters), (10, 0));
    let told_of = world.events(acme.into(), 10);
    let told_of = told_of.iter().filter(|event| event.action == Action::EventDelivery);
    assert_eq!(told_of.count(), 1);
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1)[0], "created");
}

/// Lets what comes next become a dead letter, of an event of this login.
fn bury(world: &World, acme: OrganizationId, login: &str) {
    tell(world, acme, login);
    for _ in 0..3 {
        conclude(world, next(world).unwrap(), &failure());
        world.pass(10_000);
    }
}

#[test]
fn dead_letters_are_sent_again_or_discarded() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    bury(&world, acme, "ada");
    tell(&world, acme, "bob");
    let own = siem.uuid;
    let again = |named| redeliver(&world, acme, &siem, named);
    let unknown = again(Some(vec![uuid::Uuid::nil()]));
    assert_eq!(refusal(unknown), "there is no such dead letter of this destination");
    let id = letters(&world, acme, &siem)[0].uuid;
    assert_eq!(again(Some(vec![id, id])).unwrap(), 1);
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["created", "ada"]);
    conclude(&world, sent, &failure());
    let dead = letters(&world, acme, &siem);
    assert_eq!((dead[0].attempts, dead[0].wanted), (4, false));
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["event_delivery", "bob", "dead_letters_redelivered"]);
    conclude(&world, sent, &Sent::Done);
    assert_eq!(again(None).unwrap(), 1);
    let sent = next(&world).unwrap();
    assert_eq!(told(&sent.1), ["created", "ada"]);
    conclude(&world, sent, &Sent::Done);
    assert!(letters(&world, acme, &siem).is_empty());
    conclude(&world, next(&world).unwrap(), &Sent::Done);
    bury(&world, acme, "eve");
    let discarded = world.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(acme.into())?;
        grant.dead_letters(own)?.discard(None)
    });
    assert_eq!((discarded.unwrap(), letters(&world, acme, &siem).len()), (1, 0));
    world.assert_sound();
}

#[test]
fn a_webhook_is_signed_with_each_secret_that_counts() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    let signatures = |delivery: &Delivery| {
        let Route::Webhook { headers, body, .. } = &delivery.route else { panic!("no webhook") };
        assert_eq!(body.lines().count(), delivery.events.len());
        let (_, signature) =
            headers.iter().find(|(name, _)| *name == "Tenantry-Signature").unwrap();
        let mut parts = signature.split(',');
        assert_eq!(parts.next().unwrap(), format!("t={}", world.now().seconds()));
        parts.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let (turn, delivery) = next(&world).unwrap();
    let before = signatures(&delivery);
    assert!(before.len() == 1 && before[0].starts_with("v1=") && before[0].len() == 67);
    drop(turn);
    let rotate = |keep: u64| {
        let own = siem.uuid;
        let rotated = world.change(move |change| {
            let mut grant = change.authorize_at::<ManageDelivery>(acme.into())?;
            let mut destinations = grant.event_destinations();
            let id = destinations.id_of(own)?;
            let secret = format!("another secret, for {keep} seconds or more");
            destinations.rotate_secret(id, &secret, Duration::from_secs(keep))
        });
        rotated.unwrap();
    };
    rotate(3_600);
    assert_eq!(signatures(&next(&world).unwrap().1).len(), 2);
    world.pass(3_600_001);
    assert_eq!(signatures(&next(&world).unwrap().1).len(), 1);
    rotate(0);
    assert_eq!(signatures(&next(&world).unwrap().1).len(), 1);
    world.assert_sound();
}

#[test]
fn a_destination_that_is_paused_or_whose_organization_is_deleted_takes_nothing() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    let pause = |paused: bool| {
        let own = siem.uuid;
        let done = world.change(move |change| {
            let mut grant = change.authorize_at::<ManageDelivery>(acme.into())?;
            let mut destinations = grant.event_destinations();
            let id = destinations.id_of(own)?;
            destinations.update(id, None, |destination| {
                destination.fields.paused = paused;
                Ok(())
            })
        });
        done.unwrap();
    };
    pause(true);
    assert!(due(&world).is_empty());
    pause(false);
    assert_eq!(due(&world).len(), 1);
    world.change(move |change| change.authorize(acme)?.own()?.set_suspended(None, true)).unwrap();
    assert_eq!(due(&world).len(), 1, "what happens in a suspended one is of interest");
    world.change(move |change| change.authorize(acme)?.own()?.delete(None, "ACME")).unwrap();
    assert!(due(&world).is_empty());
}
