//! A machine that has no memory for a hash.

use std::process::Command;

use super::world::{World, user};
use crate::access::Identity;
use crate::authentication::{Outcome, Who};
use crate::collections::NewPassword;
use crate::events::Outcome as EventOutcome;
use crate::records::Settings;

/// What the process may have, in octets: enough for everything but the hash.
const LIMIT: &str = "201326592";
/// Needs 256 MiB; it was never computed.
const LARGE: &str = "$argon2id$v=19$m=262144,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA\
                     $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn is_short_of_memory() -> bool {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max address space")).unwrap();
    line.contains(LIMIT)
}

/// The test starts itself again where memory is short: the limit is the whole process's.
#[test]
fn no_memory_for_a_hash_says_nothing_of_the_password_and_counts_for_nothing() {
    if is_short_of_memory() {
        return without_memory();
    }
    let this = std::fs::read_link("/proc/self/exe").unwrap();
    let name =
        "tests::memory::no_memory_for_a_hash_says_nothing_of_the_password_and_counts_for_nothing";
    let output = Command::new("prlimit")
        .arg(format!("--as={LIMIT}"))
        .arg(this)
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .expect("prlimit is part of util-linux");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}{output:?}");
}

fn without_memory() {
    let world = World::new();
    let mut settings = Settings::default();
    settings.lockout.threshold = 2;
    let acme = world.organization_with("acme", settings);
    let (fields, password) = (user("ada"), NewPassword::imported(LARGE.into()).unwrap());
    let made = world.change(move |change| {
        change.authorize(acme)?.users().create(fields, Some(password)).map(|(id, _)| id)
    });
    let ada = made.unwrap();
    for guess in 0..20 {
        let text = format!("one of many {guess}");
        let request = world.request(acme, Who::User("ada".into()), &text);
        assert!(matches!(world.attempt(request), Outcome::Unhashed(_)), "{guess}");
    }
    let event = world.events(acme.into(), 1).remove(0);
    let EventOutcome::Failure(reason) = event.outcome else { panic!("a success was told") };
    assert_eq!(reason, "there was no memory to look at the password; try again");
    // Whoever was counted would have been locked out or slowed down by now.
    assert!(world.credential(acme, Identity::User(ada)).lock.is_none());
}
