//! What was done, and where it goes.

use super::{Row, Walk, put, row};
use crate::harness::authority::Authority;
use crate::harness::office::Office;

pub(super) const ROWS: &[Row] = &[
    row("group create", "--name staff").shows(&[("/name", "staff")]),
    row("events chain", "").shows(&[("/head", "*")]),
    row("events", "--subject staff --action created")
        .shows(&[("#", "1"), ("/0/subject/kind", "group")]),
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
    row("events set-retention", "--retention 31536000000")
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

/// The same for the provider's and for an organization's own; nothing is sent to them.
pub(super) const DESTINATIONS: &[Row] = &[
    row(
        "event-destination create",
        "{at} --name siem --kind webhook --paused=true --webhook-url https://receiver.invalid/",
    )
    .shows(&[("/name", "siem"), ("/secret", "*")]),
    row(
        "event-destination create",
        "{at} --name log --kind syslog --paused=true --syslog-host receiver.invalid",
    )
    .shows(&[("/kind", "syslog"), ("/paused", "true")]),
    row("event-destination list", "{at}").shows(&[("#", "2"), ("/0/client_certificate", "-")]),
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
    row("event-destination test", "{at} siem").shows(&[("/delivered", "false"), ("/reason", "*")]),
    row("event-destination dead-letters", "{at} siem").shows(&[("#", "0")]),
    row("event-destination redeliver", "{at} siem").shows(&[("/dead_letters", "0")]),
    row("event-destination discard", "{at} siem").shows(&[("/dead_letters", "0")]),
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
    let own = format!("--org={}", office.slug);
    for at in ["--provider", own.as_str()] {
        let walk = Walk::of(&office).knows("at", at);
        let walk = walk.knows("dir", folder.path().to_str().unwrap());
        walk.knows("key", sender["private_key"].as_str().unwrap()).goes(DESTINATIONS);
    }
}
