//! What was done, and where it goes.

use serde_json::{Value, json};

use super::{Row, Walk, put, row};
use crate::harness::authority::Authority;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver::{Receiver, comes};

pub(super) const ROWS: &[Row] = &[
    row("group create", "--name staff").shows(&[("/name", "staff")]),
    row("events chain", "").shows(&[("/head", "*")]),
    row("events", "--subject staff --action created")
        .shows(&[("#", "1"), ("/0/subject/kind", "group")]),
    row("events", "--actor-kind admin --max 1").shows(&[("#", "1"), ("/0/actor/kind", "admin")]),
    row("events counts-among", "--organizations {slug} --actor-kind nobody").shows(&[("#", "0")]),
    row("events", "--provider --max 1").shows(&[("#", "1")]),
    row("events", "--sort sequence --max 1").shows(&[
        ("#", "1"),
        ("/0/action", "created"),
        ("/0/subject/kind", "organization"),
    ]),
    row("events counts", "--by action").shows(&[("/0", "*")]),
    row("events counts", "--provider --by action").shows(&[("/0", "*")]),
    row("events chain", "--provider").shows(&[("/head", "*")]),
    row("events among", "--organizations {slug} --subject staff")
        .shows(&[("/0/subject/name", "staff")]),
    row("events counts-among", "--organizations {slug} --subject staff --by subject").shows(&[
        ("#", "1"),
        ("/0/key", "staff"),
        ("/0/count", "1"),
    ]),
    row("events retention", "").shows(&[("/retention", "-")]),
    row("events set-retention", "--retention 365d")
        .then("events retention")
        .shows(&[("/retention", "31536000000")]),
    row("events sampling", "").shows(&[("/one_in", "0")]),
    row("events set-sampling", "--one-in 10 --values=true")
        .then("events sampling")
        .shows(&[("/one_in", "10"), ("/values", "true")]),
    row("events export", "--to {dir}/events.jsonl")
        .then("events verify {dir}/events.jsonl")
        .says("events are as they were written"),
    row("events export", "--format csv").says("staff"),
    row("events export-among", "--organizations {slug} --format csv").says("staff"),
    row("events verify", "{dir}/events.jsonl").says("They begin with the first of the chain."),
];

/// The same for the provider's and for an organization's own; nothing is sent to them, and what was sent
/// to `dead` was not taken.
pub(super) const DESTINATIONS: &[Row] = &[
    row(
        "event-destination create",
        "{at} --name siem --kind webhook --paused=true --webhook-url https://receiver.invalid/",
    )
    .shows(&[("/name", "siem"), ("/secret", "*")]),
    row(
        "event-destination create",
        "{at} --name log --kind syslog --paused=true --syslog-host receiver.invalid \
         --filter-actor-kind operator",
    )
    .shows(&[
        ("/kind", "syslog"),
        ("/paused", "true"),
        ("/filter/actor_kind", "operator"),
        ("/filter/actor", "-"),
    ]),
    row("event-destination list", "{at}").shows(&[("#", "3"), ("/0/client_certificate", "-")]),
    row("event-destination update", "{at} siem --webhook-url https://other.invalid/")
        .then("event-destination show {at} siem")
        .shows(&[("/webhook/url", "https://other.invalid/"), ("/paused", "true")]),
    row("event-destination show", "{at} log").shows(&[("/syslog/host", "receiver.invalid")]),
    row("event-destination rotate-secret", "{at} siem").shows(&[("/secret", "*")]),
    row("event-destination set-certificate", "{at} log --certificate @{dir}/client.pem")
        .hears("{key}")
        .then("event-destination show {at} log")
        .shows(&[("/client_certificate", "*")]),
    row("event-destination remove-certificate", "{at} log")
        .then("event-destination show {at} log")
        .shows(&[("/client_certificate", "-")]),
    row("event-destination delivery", "{at} siem").shows(&[("/dead_letters", "0")]),
    row("event-destination test", "{at} siem")
        .ends(7)
        .shows(&[("/delivered", "false"), ("/reason", "*")]),
    row("event-destination dead-letters", "{at} dead").shows(&[("/0/redelivering", "false")]),
    row("event-destination redeliver", "{at} dead")
        .then("event-destination dead-letters {at} dead")
        .shows(&[("/0/redelivering", "true")]),
    row("event-destination discard", "{at} dead")
        .then("event-destination dead-letters {at} dead")
        .shows(&[("#", "0")]),
    row("event-destination delete", "{at} dead").gone("event-destination show {at} dead"),
    row("event-destination delete", "{at} siem").gone("event-destination show {at} siem"),
    row("event-destination delete", "{at} log").gone("event-destination show {at} log"),
];

#[test]
fn words_about_events_do_what_they_say() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    Walk::of(&office).knows("dir", folder.path().to_str().unwrap()).goes(ROWS);
}

#[test]
fn words_about_event_destinations_do_what_they_say() {
    // Those of the provider are told by their names and how many there are.
    let Some(office) = Office::alone() else { return };
    let folder = tempfile::tempdir().unwrap();
    let sender = Authority::new("senders").client();
    put(&folder, "client.pem", sender["certificate"].as_str().unwrap());
    let receiver = Receiver::start();
    receiver.does("302");
    let own = format!("--org={}", office.slug);
    let places = ["/v1/event-destinations".to_owned(), office.path("event-destinations")];
    for (at, place) in ["--provider", own.as_str()].into_iter().zip(places) {
        die(&office, &place, receiver.destination("dead"));
        let walk = Walk::of(&office).knows("at", at);
        let walk = walk.knows("dir", folder.path().to_str().unwrap());
        walk.knows("key", sender["private_key"].as_str().unwrap()).goes(DESTINATIONS);
    }
}

/// Makes a destination that takes nothing, and is paused once it has a dead letter.
fn die(office: &Office, place: &str, mut fields: Value) {
    fields["begins_with"] = json!("oldest");
    let made = office.top.send("POST", place, Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let destination = format!("{place}/{}", id_of(&made.json()));
    let letters = format!("{destination}/dead-letters");
    let are_some = || office.top.get(&letters).json()["items"][0].is_object();
    assert!(comes(are_some), "there are no dead letters: {:?}", office.top.get(&letters));
    let paused = office.top.send("PATCH", &destination, Some(&json!({"paused": true})));
    assert_eq!(paused.status, 200, "{paused:?}");
}
