//! Events get to their destination although the process dies on the way, and after a backup was put
//! back; a receiver that fails is asked again ever later, and few organizations at a time use one
//! address.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::ahead::served;
use crate::harness::demo::Demo;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver::{Receiver, comes};
use crate::harness::server::{Server, Site};

/// How often the process is killed.
const ROUNDS: usize = 3;
/// Groups that are made meanwhile, each time.
const GROUPS: usize = 40;

/// The numbers of events, in the order in which they stand.
fn numbers(lines: &str) -> Vec<u64> {
    let number = |line| serde_json::from_str::<Value>(line).unwrap()["sequence"].as_u64().unwrap();
    lines.lines().map(number).collect()
}

/// What is in the files of an organization.
fn files(demo: &Demo, organization: &str) -> String {
    let folder = demo.folder().join("demo/delivered").join(organization);
    let entries = std::fs::read_dir(&folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
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
    // Files know what they have, so nothing is in them twice.
    assert!(comes(|| files(&demo, &acme) == exported()), "{}", files(&demo, &acme));
    let standing = api.get(&format!("{place}/event-destinations/{id}/delivery")).json();
    assert_eq!((&standing["gaps"], &standing["dead_letters"]), (&json!(0), &json!(0)));
    demo.daemon().stop();
    super::crash::is_sound(&demo);
}

/// Copies what is in a folder into another.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}

/// Makes groups of which events tell.
fn happen(demo: &Demo, what: &str) {
    let top = demo.admin_api.tokens.administrator_with_billing.clone();
    let (api, acme) = (demo.https(Some(&top)), &demo.acme().id);
    for number in 0..5 {
        let group = json!({"name": format!("{what} {number}")});
        let made = api.send("POST", &format!("/v1/organizations/{acme}/groups"), Some(&group));
        assert_eq!(made.status, 201, "{made:?}");
    }
}

#[test]
fn what_is_new_gets_everywhere_after_a_backup_was_put_back_although_its_numbers_are_old() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().id.clone();
    let place = format!("/v1/organizations/{acme}");
    let top = demo.admin_api.tokens.administrator_with_billing.clone();
    let receiver = Receiver::start();
    let archive = json!({"name": "archive", "kind": "files"});
    for mut fields in [receiver.destination("siem"), archive] {
        fields["begins_with"] = json!("oldest");
        let api = demo.https(Some(&top));
        let made = api.send("POST", &format!("{place}/event-destinations"), Some(&fields));
        assert_eq!(made.status, 201, "{made:?}");
        if let Some(secret) = made.json()["secret"].as_str() {
            receiver.believes(&[secret]);
        }
    }
    let has = |demo: &Demo, what: &str| {
        let both = || receiver.taken().contains(what) && files(demo, &acme).contains(what);
        assert!(comes(both), "{what}: {}\n{}", receiver.taken(), files(demo, &acme));
    };
    happen(&demo, "kept");
    has(&demo, "kept 4");
    demo.daemon().stop();
    let (data, backup) = (demo.folder().join("demo"), tempfile::tempdir().unwrap());
    copy(&data, backup.path());
    std::fs::remove_dir_all(backup.path().join("delivered")).unwrap();
    demo.start_again();
    happen(&demo, "lost");
    has(&demo, "lost 4");
    demo.daemon().stop();
    // All goes back but what was delivered.
    for entry in std::fs::read_dir(&data).unwrap().map(Result::unwrap) {
        match entry.file_name() == "delivered" {
            true => {}
            false if entry.path().is_dir() => std::fs::remove_dir_all(entry.path()).unwrap(),
            false => std::fs::remove_file(entry.path()).unwrap(),
        }
    }
    copy(backup.path(), &data);
    demo.start_again();
    happen(&demo, "new");
    has(&demo, "new 4");
    let exported = demo.https(Some(&top)).get(&format!("{place}/events/export")).body;
    assert!(!exported.contains("lost"), "nothing was put back");
    let is_whole = |taken: &str| {
        let taken: BTreeSet<&str> = taken.lines().collect();
        exported.lines().all(|line| taken.contains(line))
    };
    assert!(comes(|| is_whole(&receiver.taken())), "{}", receiver.taken());
    assert!(comes(|| is_whole(&files(&demo, &acme))), "{}", files(&demo, &acme));
    let kept = files(&demo, &acme);
    assert!(kept.contains("lost 4"), "what was delivered stays");
    let lines: BTreeSet<&str> = kept.lines().collect();
    assert_eq!(lines.len(), kept.lines().count(), "nothing is in files twice");
    demo.daemon().stop();
    super::crash::is_sound(&demo);
}

#[test]
fn a_receiver_that_fails_is_asked_again_after_pauses_that_double() {
    let Some(mut office) = Office::alone() else { return };
    office.stop();
    let settings =
        ["networks = [\"127.0.0.0/8\"]", "interval = \"50ms\"", "first_pause = \"400ms\""];
    let (_site, mut server) = served(&mut office, ("event_delivery", &settings), Duration::ZERO);
    let receiver = Receiver::start();
    receiver.does("fail 4");
    let made = office.make("event-destinations", &receiver.destination("siem"));
    receiver.believes(&[made["secret"].as_str().unwrap()]);
    office.group("something", &[], &[]);
    assert!(comes(|| receiver.taken().contains("something")), "{}", receiver.taken());
    assert_eq!(receiver.answered(503), 4);
    let came = receiver.came();
    // Half of each pause is left to chance. It begins once the receiver has answered, which it does
    // after it has noted when it was asked: so a slow machine makes what passes longer alone. The
    // clocks of both may differ by a little.
    for (attempt, least) in [200, 400, 800, 1_600].into_iter().enumerate() {
        let passed = came[attempt + 1] - came[attempt];
        assert!(passed + 20 >= least, "{passed} ms are less than {least} ms: {came:?}");
    }
    server.daemon.stop();
}

/// Serves what an office has with two places at an address, and patience beyond that of a test.
fn narrow(office: &mut Office) -> (Site, Server) {
    office.stop();
    let settings = [
        "networks = [\"127.0.0.0/8\"]",
        "at_once_per_address = 2",
        "patience = \"5m\"",
        "interval = \"50ms\"",
        "first_pause = \"50ms\"",
        "longest_pause = \"1s\"",
        "attempts = 1000",
    ];
    served(office, ("event_delivery", &settings), Duration::ZERO)
}

/// Makes an organization in which a group was made that is called as it is; tells its path.
fn organization(office: &Office, slug: &str) -> String {
    let fields = json!({"slug": slug, "name": slug, "base": format!("dc={slug},dc=example")});
    let made = office.top.send("POST", "/v1/organizations", Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let place = format!("/v1/organizations/{}", id_of(&made.json()));
    let group = json!({"name": format!("group of {slug}")});
    let made = office.top.send("POST", &format!("{place}/groups"), Some(&group));
    assert_eq!(made.status, 201, "{made:?}");
    place
}

/// Makes a destination of all events of an organization.
fn takes_all(office: &Office, place: &str, mut fields: Value) -> Value {
    fields["begins_with"] = json!("oldest");
    let made = office.top.send("POST", &format!("{place}/event-destinations"), Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

#[test]
fn few_organizations_at_a_time_are_connected_to_one_address_and_all_get_to_others() {
    let Some(mut office) = Office::alone() else { return };
    let (_site, mut server) = narrow(&mut office);
    let (silent, open) = (Receiver::start(), Receiver::start());
    silent.does("only what never comes");
    let (mut secrets, mut groups) = (Vec::new(), Vec::new());
    for number in 1..=4 {
        let slug = format!("narrow-{number}");
        let place = organization(&office, &slug);
        takes_all(&office, &place, silent.destination("silent"));
        let made = takes_all(&office, &place, open.destination("open"));
        secrets.push(made["secret"].as_str().unwrap().to_owned());
        groups.push(format!("\"group of {slug}\""));
    }
    open.believes(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    let is_whole = || groups.iter().all(|group| open.taken().contains(group));
    assert!(comes(is_whole), "{}", open.taken());
    // Whoever had its turn at one receiver waited for the other before.
    assert!(comes(|| silent.came().len() >= 2), "nobody is connected");
    assert_eq!(silent.came().len(), 2);
    server.daemon.stop();
}

#[test]
fn organizations_that_get_no_answer_hold_up_no_others_events_at_the_same_address() {
    let Some(mut office) = Office::alone() else { return };
    let (_site, mut server) = narrow(&mut office);
    let receiver = Receiver::start();
    receiver.does("500");
    for number in 1..=4 {
        let place = organization(&office, &format!("silent-{number}"));
        let made = takes_all(&office, &place, receiver.destination("siem"));
        let standing = format!("{place}/event-destinations/{}/delivery", id_of(&made));
        assert!(comes(|| office.top.get(&standing).json()["attempts"] != 0), "{standing}");
    }
    let mut fields = receiver.destination("wanted");
    fields["paused"] = json!(true);
    let made = office.make("event-destinations", &fields);
    receiver.believes(&[made["secret"].as_str().unwrap()]);
    // Whatever the others send has no answer from here on, and each of them is tried again within a
    // second: less than what follows takes.
    receiver.does("only wanted");
    let place = format!("event-destinations/{}", id_of(&made));
    office.act("PATCH", &place, Some(&json!({"paused": false})));
    for number in 1..=30 {
        office.make("groups", &json!({"name": format!("wanted {number}")}));
        let event = format!("\"wanted {number}\"");
        assert!(comes(|| receiver.taken().contains(&event)), "{event}: {}", receiver.taken());
    }
    server.daemon.stop();
}
