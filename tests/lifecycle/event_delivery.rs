//! Events get to their destination although the process dies on the way, and after a backup was put
//! back; a receiver that fails is asked again ever later.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::ahead::served;
use crate::harness::demo::Demo;
use crate::harness::office::{Office, id_of};
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
