//! Events get to their destination although the process dies on the way.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::demo::Demo;
use crate::harness::office::id_of;
use crate::harness::receiver::{Receiver, comes};

/// How often the process is killed.
const ROUNDS: usize = 3;
/// Groups that are made meanwhile, each time.
const GROUPS: usize = 40;

/// The numbers of events, in the order in which they stand.
fn numbers(lines: &str) -> Vec<u64> {
    let number = |line| serde_json::from_str::<Value>(line).unwrap()["sequence"].as_u64().unwrap();
    lines.lines().map(number).collect()
}

#[test]
fn nothing_is_lost_and_nothing_overtakes_when_the_process_is_killed_on_the_way() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().id.clone();
    let place = format!("/v1/organizations/{acme}");
    let top = demo.admin_api.tokens.administrator_with_billing.clone();
    let receiver = Receiver::start();
    let mut fields = receiver.destination("siem");
    fields["begins_with"] = json!("oldest");
    let made =
        demo.https(Some(&top)).send("POST", &format!("{place}/event-destinations"), Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let (id, made) = (id_of(&made.json()), made.json());
    receiver.believes(&[made["secret"].as_str().unwrap()]);
    let archive = json!({"name": "archive", "kind": "files", "begins_with": "oldest"});
    let archived =
        demo.https(Some(&top)).send("POST", &format!("{place}/event-destinations"), Some(&archive));
    assert_eq!(archived.status, 201, "{archived:?}");
    for round in 0..ROUNDS {
        let api = demo.https(Some(&top));
        for number in 0..GROUPS {
            let group = json!({"name": format!("group {round} {number}")});
            assert_eq!(api.send("POST", &format!("{place}/groups"), Some(&group)).status, 201);
        }
        demo.daemon().kill_at_once();
        demo.start_again();
    }
    let api = demo.https(Some(&top));
    let exported = || api.get(&format!("{place}/events/export")).body;
    let is_whole = || {
        let all: BTreeSet<u64> = numbers(&exported()).into_iter().collect();
        let taken: BTreeSet<u64> = numbers(&receiver.taken()).into_iter().collect();
        taken == all
    };
    assert!(comes(is_whole), "some are lost: {}", receiver.taken());
    // What comes for the first time comes in order.
    let mut newest = 0;
    let mut fresh = numbers(&receiver.taken());
    fresh.retain(|number| {
        let is_fresh = *number > newest;
        newest = newest.max(*number);
        is_fresh
    });
    assert_eq!(fresh, numbers(&exported()));
    let folder = demo.folder().join("demo/delivered").join(&acme);
    let files = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let texts = files.into_iter().map(|file| std::fs::read_to_string(file).unwrap());
        texts.collect::<String>()
    };
    // Files know what they have, so nothing is in them twice.
    assert!(comes(|| files() == exported()), "{}", files());
    let standing = api.get(&format!("{place}/event-destinations/{id}/delivery")).json();
    assert_eq!((&standing["gaps"], &standing["dead_letters"]), (&json!(0), &json!(0)));
    demo.daemon().stop();
    super::crash::is_sound(&demo);
}
