//! Devices that are not as they should be: out of date, or not heard of any more.

use super::*;
use crate::id::RecordId;
use crate::records::{Compliance, Verdict};
use crate::time::Time;

#[test]
fn a_device_that_falls_silent_is_told_once_and_again_when_it_comes_back() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    built_in(&world, acme);
    let names = ["one", "two", "three"];
    let contexts: Vec<Context> = names
        .map(|name| {
            let device = device(&world, acme, name, &[]);
            identify(&world, acme, &certificate(&world, acme, device)).unwrap().context
        })
        .into();
    let say = |number: usize| report(&world, contexts[number], acme, NewReport::default());
    let told = || {
        let events = world.events(acme.into(), 100);
        let changed = events.into_iter().filter(|it| it.action == Action::ComplianceChanged);
        let told = changed.map(|event| {
            let value = |text: &Option<String>| text.clone().unwrap_or_default();
            let compliance = event.differences.iter().find(|it| it.field == "compliance").unwrap();
            let is_daemon = event.actor == EventActor::Daemon;
            (is_daemon, value(&compliance.before), value(&compliance.after))
        });
        told.collect::<Vec<_>>()
    };
    let look = || world.directory.tell_silent_devices(world.now()).unwrap();
    (0..2).for_each(say);
    world.pass(1_000);
    say(2);
    assert_eq!((told().len(), look()), (3, 0));
    world.pass(WEEK - 1_000);
    assert_eq!(look(), 0, "a week is not too old");
    world.pass(1);
    assert_eq!((look(), look()), (2, 0), "each is told once");
    let gone = (true, "\"compliant\"".to_owned(), "\"stale\"".to_owned());
    assert_eq!(told()[..2], [gone.clone(), gone]);
    assert!(world.events(beta.into(), 100).iter().all(|it| it.action != Action::ComplianceChanged));

    say(0);
    assert_eq!(told()[0], (false, "\"stale\"".to_owned(), "\"compliant\"".to_owned()));
    say(0);
    assert_eq!(told().len(), 6, "the same again is no event");
    world.pass(1_000);
    assert_eq!((look(), look()), (1, 0), "the third one");
    world.pass(WEEK);
    assert_eq!((look(), told().len()), (1, 8), "the first one again");
    world.assert_sound();
}

#[test]
fn many_devices_that_fall_silent_are_told_in_steps() {
    let world = World::new();
    let acme = world.organization("acme");
    built_in(&world, acme);
    let device = device(&world, acme, "one", &[]);
    let context = identify(&world, acme, &certificate(&world, acme, device)).unwrap().context;
    report(&world, context, acme, NewReport::default());
    // Others as they would be kept; whose device is gone is told of nobody.
    let store = &world.directory.inner.store;
    let kept = storage::Reading::get::<Compliance>(
        &store.read().unwrap(),
        acme.partition(),
        device.record(),
    );
    let kept = kept.unwrap().unwrap();
    let put = store.write(move |change| {
        for number in 0..450_u64 {
            let mut other = kept.clone();
            other.last.at = Time(kept.last.at.0 + number / 150);
            other.last.verdict = Verdict::Unknown;
            change.put(acme.partition(), 1_000_000 + number, &other)?;
        }
        Ok::<_, Error>(())
    });
    put.unwrap();
    // So many at each of three moments that a step ends behind each.
    world.pass(WEEK + 10);
    assert_eq!(world.directory.tell_silent_devices(world.now()).unwrap(), 451);
    assert_eq!(world.directory.tell_silent_devices(world.now()).unwrap(), 0);
}

#[test]
fn a_clock_that_was_far_ahead_once_keeps_nobody_from_being_missed_later() {
    let world = World::new();
    let acme = world.organization("acme");
    built_in(&world, acme);
    let device = device(&world, acme, "one", &[]);
    let context = identify(&world, acme, &certificate(&world, acme, device)).unwrap().context;
    report(&world, context, acme, NewReport::default());
    let ahead = world.now().plus(100 * WEEK);
    assert_eq!(world.directory.tell_silent_devices(ahead).unwrap(), 1);
    let look = || world.directory.tell_silent_devices(world.now()).unwrap();
    assert_eq!(look(), 0, "the clock is right again");
    world.pass(WEEK + 1);
    assert_eq!((look(), look()), (1, 0));
}

#[test]
fn a_system_that_is_too_old_is_so_whatever_the_device_says() {
    let world = World::new();
    let acme = world.organization("acme");
    built_in(&world, acme);
    let laptops = group(&world, acme, "laptops");
    let laptop = device(&world, acme, "laptop-7", &[laptops]);
    let deadline = Some(world.now().plus(DAY));
    let minimum = MinimumVersion { os: OperatingSystem::Macos, version: "15.1".into() };
    let os_updates = Some(OsUpdates { minimum_versions: vec![minimum], deadline });
    let settings = SecuritySettings { os_updates, ..SecuritySettings::default() };
    policy(&world, acme, ("laptops", 1), &[laptops], settings);
    let context = identify(&world, acme, &certificate(&world, acme, laptop)).unwrap().context;
    let say = |version: &str| {
        let states =
            SettingStates { os_updates: SettingState::Compliant, ..SettingStates::default() };
        report(
            &world,
            context,
            acme,
            NewReport {
                document: Some(effective(&world, acme, laptop).tag().unwrap()),
                os: Some(OperatingSystem::Macos),
                os_version: Some(version.into()),
                states,
            },
        );
        let reading = world.directory.read(world.top()).unwrap();
        let grant = reading.authorize::<View>(acme).unwrap();
        let (state, known) = grant.compliance(laptop).unwrap();
        (state, known.unwrap().last.states.os_updates)
    };
    let (good, bad) = (
        (ComplianceState::Compliant, SettingState::Compliant),
        (ComplianceState::NotCompliant, SettingState::NotCompliant),
    );
    assert_eq!(say("15.0"), good, "there is time until tomorrow");
    world.pass(DAY);
    assert_eq!(say("15.0"), bad);
    assert_eq!(say("15.1.1"), good);
    assert_eq!(say("a beta"), good, "nobody can compare that");
}
