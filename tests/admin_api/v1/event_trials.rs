//! `…/event-destinations/{event_destination}/test`: what it sends among events is no event.

use serde_json::json;

use super::event_destinations::{VERIFIER, assert_whole, destination, happen};
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::receiver::{Receiver, comes};
use crate::harness::tenantry::Tenantry;

#[test]
fn who_verifies_what_a_receiver_took_is_told_of_trials_and_that_the_events_are_whole() {
    let (office, receiver) = (Office::new(), Receiver::start());
    let (id, secret) = destination(&office, receiver.destination("siem"));
    receiver.believes(&[&secret]);
    let tries = || office.act("POST", &format!("event-destinations/{id}/test"), Some(&json!({})));
    let verified = || python(VERIFIER, [receiver.file().to_str().unwrap()]);
    let tenantry = Tenantry::with_key(&office.demo, &office.demo.admin_api.tokens.read_only);
    let ours = || tenantry.run(&format!("events verify {}", receiver.file().display()));
    happen(&office, "before", 2);
    assert!(comes(|| receiver.taken().contains("before 1")), "{}", receiver.taken());
    for _ in 0..2 {
        assert_eq!(tries()["delivered"], true);
    }
    happen(&office, "after", 2);
    let is_trial = |line: &&str| line.contains("\"test\":true");
    let events = || {
        let taken = receiver.taken();
        let lines = taken.lines().filter(|line| !is_trial(line));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_whole(&office, events);
    let said = verified();
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.starts_with("left out 2 that are no events"), "{said:?}");
    assert!(said.stdout.contains("whole, "), "{said:?}");
    let said = ours();
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.starts_with("2 lines are left out: trials"), "{said:?}");
    assert!(said.stdout.contains("events are as they were written"), "{said:?}");

    let taken = receiver.taken();
    let write = |lines: Vec<&str>| {
        std::fs::write(receiver.file(), lines.join("\n") + "\n").unwrap();
        (verified(), ours())
    };
    let (alone, ours) = write(taken.lines().filter(is_trial).collect());
    assert_eq!(alone.code, 1, "{alone:?}");
    assert!(alone.stderr.contains("there are no events"), "{alone:?}");
    assert_eq!(ours.code, 1, "{ours:?}");
    assert!(ours.stderr.contains("there is no event in it"), "{ours:?}");
    // A line that was an event once is missed all the same.
    let (dropped, test) = (taken.lines().nth(1).unwrap(), taken.lines().find(is_trial).unwrap());
    let (hidden, ours) =
        write(taken.lines().map(|it| if it == dropped { test } else { it }).collect());
    assert_eq!(hidden.code, 1, "{hidden:?}");
    assert!(hidden.stderr.contains("an event before it is missing"), "{hidden:?}");
    assert_eq!(ours.code, 1, "{ours:?}");
    assert!(ours.stderr.contains("something was taken away"), "{ours:?}");
}
