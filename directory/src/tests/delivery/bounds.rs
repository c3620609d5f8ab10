//! What destinations may be, what a trial does, and what goes with them.

use std::time::Duration;

use storage::Reading;

use super::super::world::{DAY, refusal};
use super::{
    bounded, bury, conclude, due, failure, fields, looking, make, ready, status, told, webhook,
};
use crate::access::ManageDelivery;
use crate::delivery::{
    DeliveryBounds, DeliveryNetworks, DeliveryStatus, DeliveryTurn, Next, Route, Sent,
};
use crate::events::{Action, Outcome};
use crate::id::RecordId;
use crate::records::{DeadLetter, DeliveryProgress, DeliveryWay, kinds};
use crate::time::Time;

#[test]
fn what_is_deleted_leaves_nothing() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    bury(&world, acme, "ada");
    let own = siem.uuid;
    let deleted = world.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(acme.into())?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(own)?;
        destinations.delete(id, None)?;
        Ok(id)
    });
    let id = deleted.unwrap();
    let (snapshot, partition) = (world.directory.inner.store.read().unwrap(), acme.partition());
    assert!(snapshot.scan::<DeadLetter>(partition, None).next().is_none());
    assert!(snapshot.get::<DeliveryProgress>(partition, id.record()).unwrap().is_none());
    for kind in [kinds::WEBHOOK_SECRET, kinds::PREVIOUS_WEBHOOK_SECRET, kinds::DELIVERY_KEY] {
        assert!(snapshot.secret(partition, kind, id.record()).unwrap().is_none());
    }
    assert!(due(&world).is_empty());
}

#[test]
fn what_the_operator_does_not_let_be_is_refused() {
    let world = bounded(DeliveryBounds::default());
    let acme = world.organization("acme");
    let refused = |way: DeliveryWay| refusal(make(&world, acme, fields("siem", way)));
    assert_eq!(refused(DeliveryWay::Files), "the operator names no folder for files");
    let clear = DeliveryWay::Syslog {
        host: "siem.example".into(),
        port: 514,
        in_clear: true,
        server_name: None,
        authorities: None,
    };
    assert_eq!(refused(clear.clone()), "the operator lets no events go in clear");
    for host in ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"] {
        let url = format!("https://{host}/");
        let said = refused(DeliveryWay::Webhook { url, authorities: None });
        assert!(said.contains("lets no events go"), "{host}: {said}");
    }
    let pem = Some("no certificate".to_owned());
    let said = refused(DeliveryWay::Webhook { url: "https://a.example".into(), authorities: pem });
    assert!(said.starts_with("must be certificates in PEM"), "{said}");
    let private = vec!["10.0.0.0/8".parse().unwrap()];
    let networks = DeliveryNetworks { private };
    let open = bounded(DeliveryBounds {
        networks,
        in_clear: true,
        files: true,
        ..DeliveryBounds::default()
    });
    let acme = open.organization("acme");
    let url = "https://10.0.0.1/".to_owned();
    make(&open, acme, fields("a", DeliveryWay::Webhook { url, authorities: None })).unwrap();
    make(&open, acme, fields("b", clear)).unwrap();
    make(&open, acme, fields("c", DeliveryWay::Files)).unwrap();
    let second = make(&open, acme, fields("d", DeliveryWay::Files));
    assert_eq!(refusal(second), "there is a destination that writes files already");
    for number in 0..5 {
        make(&open, acme, fields(&number.to_string(), webhook())).unwrap();
    }
    let ninth = make(&open, acme, fields("ninth", webhook()));
    assert_eq!(refusal(ninth), "there are at most 8 destinations of events");
}

#[test]
fn so_many_go_to_one_address_as_the_operator_lets_and_half_of_them_where_none_arrived() {
    let world = bounded(DeliveryBounds { at_address: 2, ..DeliveryBounds::default() });
    for slug in ["one", "two", "three"] {
        let organization = world.organization(slug);
        make(&world, organization, fields("siem", webhook())).unwrap();
    }
    let send = |turn: DeliveryTurn, sent: &Sent| {
        let next = world.directory.next_delivery(&turn, world.now()).unwrap();
        let Next::Send(delivery) = next else { panic!("nothing is sent to {:?}", turn.key) };
        conclude(&world, (turn, *delivery), sent);
    };
    let turns = due(&world);
    assert_eq!(turns.len(), 2);
    assert!(world.directory.deliveries_wait());
    assert!(turns.iter().all(DeliveryTurn::is_awaited));
    for turn in turns {
        send(turn, &failure());
    }
    let mut turns = due(&world);
    let third = turns.pop().unwrap();
    assert!(turns.is_empty() && !third.is_awaited() && !world.directory.deliveries_wait());
    send(third, &failure());
    world.pass(10_000);
    let mut turns = due(&world);
    let first = turns.pop().unwrap();
    assert!(turns.is_empty() && !world.directory.deliveries_wait());
    let key = first.key;
    send(first, &Sent::Done);
    let keys: Vec<_> = due(&world).iter().map(|turn| turn.key).collect();
    assert!(keys.len() == 2 && keys.contains(&key), "{keys:?}");
}

#[test]
fn a_trial_is_no_event_and_changes_nothing_of_what_waits() {
    let (world, acme) = ready();
    let siem = make(&world, acme, fields("siem", webhook())).unwrap();
    let before = status(&world, acme, &siem);
    let context = world.by(world.top);
    let reading = world.directory.read(context).unwrap();
    let grant = reading.authorize_at::<ManageDelivery>(acme.into()).unwrap();
    let (delivery, by) = (grant.try_destination(siem.uuid).unwrap(), grant.trier().unwrap());
    assert_eq!(told(&delivery), ["destination_tested"]);
    assert!(delivery.events[0].json.contains("\"test\":true"));
    let Route::Webhook { headers, .. } = &delivery.route else { panic!("no webhook") };
    assert!(headers[0].1.ends_with("/test"), "{headers:?}");
    let trial = delivery.trial();
    world.directory.tell_trial(&context, &trial, by, &failure());
    let event = &world.events(acme.into(), 1)[0];
    assert_eq!(event.action, Action::DestinationTested);
    assert_eq!(event.outcome, Outcome::Failure("the receiver answered 503".into()));
    let after = status(&world, acme, &siem);
    assert_eq!(after, DeliveryStatus { waiting: 2, looked_at: 2, ..before });
}

#[test]
fn files_are_kept_as_long_as_the_events_of_whom_they_are() {
    let (world, acme) = ready();
    let uuid = looking(&world, acme, |grant| grant.own_organization().unwrap().uuid);
    let days = |count: u64| Duration::from_secs(count * 86_400);
    let from = |owner, kept| world.directory.events_kept_from(owner, world.now(), kept).unwrap();
    let midnight = world.now().0 - world.now().0 % DAY;
    assert_eq!(from(Some(uuid), days(2)), Some(Time(midnight - 2 * DAY)));
    assert_eq!(from(None, days(1)), Some(Time(midnight - DAY)));
    assert_eq!(from(Some(uuid::Uuid::nil()), days(1)), None);
}
