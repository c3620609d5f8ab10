//! Searches that fail: each is told, but in a storm.

use std::net::{IpAddr, Ipv4Addr};

use super::world::World;
use crate::directory::OpenOptions;
use crate::events::Outcome;
use crate::id::{OrganizationId, Place};
use crate::tools::FailuresTold;

const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const MINUTE: u64 = 60_000;

fn world(most: u32) -> World {
    let failed_searches = FailuresTold(most);
    World::of(OpenOptions { failed_searches, ..OpenOptions::default() })
}

/// How many of so many failures are told one by one.
fn told(world: &World, whose: Option<OrganizationId>, source: IpAddr, many: usize) -> usize {
    let is_told = |_: &usize| world.directory.is_failure_told(whose, source, world.now());
    (0..many).filter(is_told).count()
}

#[test]
fn of_a_storm_the_rest_is_counted_and_nobody_else_is_hidden() {
    let world = world(100);
    let [acme, globex] = ["acme", "globex"].map(|slug| world.organization(slug));
    assert_eq!(told(&world, Some(acme), ONE, 1_000), 50);
    assert_eq!(told(&world, Some(acme), ANOTHER, 1_000), 50);
    assert_eq!(told(&world, Some(globex), ONE, 40), 40);
    world.pass(MINUTE);
    world.directory.tell_untold_failures(world.now());
    let event = world.events(Place::from(acme), 1).remove(0);
    let Outcome::Failure(words) = &event.outcome else { panic!("{event:?}") };
    assert!(words.ends_with(": 1900"), "{words}");
    let last = world.events(Place::from(globex), 1).remove(0);
    assert!(!matches!(last.outcome, Outcome::Failure(_)), "nothing was left out: {last:?}");
    assert_eq!(told(&world, Some(acme), ONE, 1_000), 50, "a minute is over");
}

#[test]
fn strangers_have_a_small_allowance_of_their_own() {
    let world = world(6_000);
    assert_eq!(told(&world, None, ONE, 1_000), 30);
    assert_eq!(told(&world, None, ANOTHER, 1_000), 30);
    world.pass(MINUTE);
    world.directory.tell_untold_failures(world.now());
    let event = world.events(Place::Provider, 1).remove(0);
    let Outcome::Failure(words) = &event.outcome else { panic!("{event:?}") };
    assert!(words.ends_with(": 1940"), "{words}");
}
