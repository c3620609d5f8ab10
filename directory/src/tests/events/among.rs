//! Events of several organizations at once.

use super::{HOUR, exported, looking, of, tell};
use crate::access::Role;
use crate::events::{Action, COUNTS, CountBy, EventCounts, EventLine, EventQuery, EventStart};
use crate::id::{OrganizationId, Place};
use crate::records::{AdminScope, EventFilter};
use crate::tests::world::World;
use crate::time::Time;

#[test]
fn events_of_several_organizations_come_in_one_row() {
    let world = World::new();
    let names = ["acme", "globex", "initech"];
    let organizations = names.map(|name| world.organization(name));
    for number in 0..90_u64 {
        let organization = organizations[usize::try_from(number * 7 % 3).unwrap()];
        tell(&world, organization, Action::LdapBind, "ada", number);
    }
    let query = of(EventFilter { actor: Some("ada".into()), ..EventFilter::default() });
    let reading = world.directory.read(world.by(world.top)).unwrap();
    world.directory.inner.store.events().flush().unwrap();
    let all = reading.organizations_to_view(100).unwrap();
    assert_eq!(all.iter().map(|(id, _)| *id).collect::<Vec<_>>(), organizations);
    let pages = |limit, first: EventStart, behind: fn(u64) -> EventStart| {
        let (mut seen, mut start) = (Vec::new(), Some(first));
        while let Some(from) = start {
            let page = reading.find_events_among(&all, &query, from, limit).unwrap();
            assert!(page.events.len() <= limit);
            seen.extend(page.events.iter().map(|(id, event)| (*id, event.event.at.0)));
            start = page.next.map(behind);
        }
        seen
    };
    let told = |number: u64| (all[usize::try_from(number * 7 % 3).unwrap()].1, number);
    let mut expected: Vec<_> = (0..90).map(told).collect();
    // On a page of one or two there is no room for each of them.
    for limit in [1, 2, 8, 200] {
        let seen = pages(limit, EventStart::OLDEST, EventStart::After);
        assert_eq!(seen, expected, "{limit}");
    }
    expected.reverse();
    for limit in [1, 2, 8, 200] {
        let seen = pages(limit, EventStart::NEWEST, EventStart::Before);
        assert_eq!(seen, expected, "{limit}");
    }
    let two = reading.find_events_among(&all[..2], &query, EventStart::NEWEST, 100).unwrap();
    assert_eq!(two.events.len(), 60);
    let stranger = world.admin(Place::Provider, Role::Administrator, AdminScope::None);
    let reading = world.directory.read(world.by(stranger.actor)).unwrap();
    assert!(reading.organizations_to_view(100).unwrap().is_empty());
    assert!(reading.find_events_among(&all, &query, EventStart::NEWEST, 8).is_err());
    assert!(reading.count_events_among(&all, &query, &|at| at, CountBy::Nothing).is_err());
    assert!(reading.export_end_among(&all).is_err());
}

/// Counts the events of all organizations by the hour.
fn counted_among(world: &World, query: &EventQuery, by: CountBy) -> EventCounts {
    let reading = world.directory.read(world.by(world.top)).unwrap();
    world.directory.inner.store.events().flush().unwrap();
    let all = reading.organizations_to_view(100).unwrap();
    let hour = |at: Time| Time(at.0 - at.0 % HOUR);
    reading.count_events_among(&all, query, &hour, by).unwrap()
}

#[test]
fn events_of_several_organizations_are_counted_together() {
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    for (organization, login, at) in
        [(acme, "ada", 1), (other, "ada", 2), (other, "bob", 3), (acme, "ada", HOUR + 1)]
    {
        tell(&world, organization, Action::LdapBind, login, at);
    }
    let query = of(EventFilter { actions: vec![Action::LdapBind], ..EventFilter::default() });
    let counted = |by| counted_among(&world, &query, by);
    let together = counted(CountBy::Nothing);
    assert_eq!(together.counts, [(Time(0), None, 3), (Time(HOUR), None, 1)]);
    assert_eq!((together.complete, together.since), (true, Some(Time(1))));
    let name = |name: &str| Some(name.to_owned());
    let by_actor = [(Time(0), name("ada"), 2), (Time(0), name("bob"), 1)];
    assert_eq!(counted(CountBy::Actor).counts[..2], by_actor);
    let reading = world.directory.read(world.by(world.top)).unwrap();
    let ids = reading.organizations_to_view(9).unwrap();
    let id = |number: usize| Some(ids[number].1.to_string());
    let mut by_organization = counted(CountBy::Organization).counts;
    by_organization.sort_by_key(|(at, whose, _)| (*at, *whose != id(0)));
    let expected = [(Time(0), id(0), 1), (Time(0), id(1), 2), (Time(HOUR), id(0), 1)];
    assert_eq!(by_organization, expected);
    let none = reading.count_events_among(&[], &query, &|at| at, CountBy::Nothing).unwrap();
    assert!(none.counts.is_empty() && none.complete);
}

#[test]
fn of_too_many_events_of_several_organizations_the_newest_are_counted() {
    let world = World::new();
    let organizations = ["acme", "other"].map(|name| world.organization(name));
    for number in 0..20_000_u64 {
        let organization = organizations[usize::try_from(number % 2).unwrap()];
        tell(&world, organization, Action::LdapBind, &format!("ada{number}"), number);
    }
    let binds = EventFilter { actions: vec![Action::LdapBind], ..EventFilter::default() };
    let all = counted_among(&world, &of(binds.clone()), CountBy::Nothing);
    assert_eq!((all.counts[0].2, all.complete), (20_000, true));
    // Each is another's, and there is no room for so many counts.
    let by_actor = counted_among(&world, &of(binds.clone()), CountBy::Actor);
    assert!(!by_actor.complete && by_actor.counts.len() <= COUNTS, "{}", by_actor.counts.len());
    assert!(by_actor.counts.len() > COUNTS / 4, "{}", by_actor.counts.len());
    // Newer ones that are not wanted take nothing of that room.
    let old = EventQuery { until: Some(Time(10_500)), ..of(binds.clone()) };
    let old = counted_among(&world, &old, CountBy::Actor);
    assert!(!old.complete && old.counts.len() > COUNTS / 4, "{}", old.counts.len());
    let sum: u64 = old.counts.iter().map(|(_, _, count)| count).sum();
    assert_eq!(sum, 10_500 - old.since.unwrap().0, "the newest of the old ones");
    // What a text is looked for in is looked through, which takes longer.
    let text = of(EventFilter { text: Some("ada".into()), ..binds });
    let text = counted_among(&world, &text, CountBy::Nothing);
    assert!(!text.complete && text.counts[0].2 > 7_500, "{:?}", text.counts);
    for counted in [by_actor, text] {
        let since = counted.since.unwrap().0;
        let sum: u64 = counted.counts.iter().map(|(_, _, count)| count).sum();
        assert_eq!(sum, 20_000 - since, "of both, all from then on");
    }
}

#[test]
fn an_export_of_several_organizations_ends_where_it_was_when_it_was_asked_for() {
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    tell(&world, acme, Action::LdapBind, "ada", 1);
    tell(&world, other, Action::LdapBind, "bob", 2);
    let reading = world.directory.read(world.by(world.top)).unwrap();
    let all = reading.organizations_to_view(9).unwrap();
    let end = reading.export_end_among(&all).unwrap();
    tell(&world, acme, Action::LdapBind, "late", 3);
    let query = of(EventFilter { actions: vec![Action::LdapBind], ..EventFilter::default() });
    let logins = |organization: OrganizationId| {
        let range = looking(&world, organization, |grant| grant.export_range(&query, end).unwrap());
        let lines = exported(&world, organization, &query, range).into_iter();
        let name = |line: EventLine| line.members["actor"]["name"].to_string();
        lines.map(name).collect::<Vec<_>>()
    };
    assert_eq!((logins(acme), logins(other)), (vec!["\"ada\"".into()], vec!["\"bob\"".into()]));
    assert_eq!(reading.export_end_among(&[]).unwrap(), 0);
}
