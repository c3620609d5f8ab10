//! Looking for events, counting and exporting them.

mod actors;
mod among;

use std::net::IpAddr;

use super::world::{World, refusal};
use crate::access::{Context, Grant, ManageAuthentication, ManageIdentities, RequestId, View};
use crate::directory::OpenOptions;
use crate::error::Error;
use crate::events::{
    Action, CountBy, Difference, Event, EventActor, EventQuery, EventStart, EventsBeyond, Outcome,
    Subject, SubjectKind, retention_revision,
};
use crate::id::{OrganizationId, Place};
use crate::records::{EventFilter, EventKeeping, THE_ONLY_ONE};
use crate::time::Time;
use crate::tools::{OrganizationGrace, RetentionFloor};

const HOUR: u64 = 3_600_000;

/// Tells of something.
fn tell(world: &World, organization: OrganizationId, action: Action, login: &str, at: u64) {
    let wrong = login.starts_with("bob");
    let reason = "the password is wrong".to_owned();
    let event = Event {
        access: None,
        request: None,
        search: None,
        at: Time(at),
        actor: EventActor::User { id: None, login: login.into() },
        source: Some(IpAddr::from([192, 0, 2, u8::try_from(at % 4).unwrap()])),
        action,
        subject: wrong.then(|| Subject {
            kind: SubjectKind::Device,
            id: uuid::Uuid::from_u128(5),
            name: "Printer".into(),
        }),
        outcome: if wrong { Outcome::Failure(reason) } else { Outcome::Success },
        differences: Vec::new(),
    };
    world.directory.note_event(organization.into(), &event);
}

/// Does something with the grant of somebody who may look.
fn looking<T>(
    world: &World,
    place: impl Into<Place>,
    look: impl FnOnce(&Grant<'_, &storage::Snapshot, View>) -> T,
) -> T {
    world.directory.inner.store.events().flush().unwrap();
    let reading = world.directory.read(world.by(world.top)).unwrap();
    look(&reading.authorize_at::<View>(place.into()).unwrap())
}

/// All that a filter lets through.
fn of(filter: EventFilter) -> EventQuery {
    EventQuery { filter, ..EventQuery::default() }
}

/// The logins of whom a query finds.
fn found(world: &World, organization: OrganizationId, query: &EventQuery) -> Vec<String> {
    let start = EventStart::NEWEST;
    let page = looking(world, organization, |grant| grant.find_events(query, start, 100).unwrap());
    assert_eq!(page.next, None);
    let actors = page.events.into_iter().map(|numbered| numbered.event.actor);
    let login = |actor| match actor {
        EventActor::User { login, .. } => Some(login),
        EventActor::Nobody
        | EventActor::Daemon
        | EventActor::Operator
        | EventActor::Admin { .. }
        | EventActor::ServiceAccount { .. }
        | EventActor::Device { .. } => None,
    };
    actors.filter_map(login).collect()
}

#[test]
fn events_are_found_by_what_they_say() {
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    for (number, login) in (1..).zip(["Ada", "bob", "carl", "bob2", "ada"]) {
        tell(&world, acme, Action::LdapBind, login, number * HOUR + number);
    }
    tell(&world, acme, Action::RadiusAccess, "dora", 9 * HOUR);
    tell(&world, other, Action::LdapBind, "ada", 9 * HOUR);
    let find = |filter: EventFilter| found(&world, acme, &of(filter));
    let all = EventFilter::default;
    assert_eq!(find(EventFilter { actor: Some("ADA".into()), ..all() }), ["ada", "Ada"]);
    assert_eq!(find(EventFilter { success: Some(false), ..all() }), ["bob2", "bob"]);
    assert_eq!(find(EventFilter { actions: vec![Action::RadiusAccess], ..all() }), ["dora"]);
    let device = EventFilter { subject_kind: Some(SubjectKind::Device), ..all() };
    assert_eq!(find(device), ["bob2", "bob"]);
    assert_eq!(find(EventFilter { subject: Some("printer".into()), ..all() }).len(), 2);
    let id = uuid::Uuid::from_u128(5).to_string();
    assert_eq!(find(EventFilter { subject: Some(id), ..all() }).len(), 2);
    assert_eq!(
        find(EventFilter { source: Some("192.0.2.3/32".parse().unwrap()), ..all() }),
        ["carl"]
    );
    let near = EventFilter { source: Some("192.0.2.2/31".parse().unwrap()), ..all() };
    assert_eq!(find(near), ["carl", "bob"]);
    assert_eq!(find(EventFilter { text: Some("IS WRONG".into()), ..all() }), ["bob2", "bob"]);
    let (from, until) = (Some(Time(2 * HOUR)), Some(Time(4 * HOUR)));
    let times = EventQuery { from, until, ..EventQuery::default() };
    assert_eq!(found(&world, acme, &times), ["carl", "bob"]);
    assert!(find(EventFilter { text: Some("nothing like that".into()), ..all() }).is_empty());
}

#[test]
fn a_change_is_found_by_its_request_and_by_what_its_client_calls_that() {
    let world = World::new();
    let acme = world.organization("acme");
    let made = |slug: &str, request: Option<RequestId>| {
        let context = Context { request, ..world.top() };
        let retention = Some(u64::try_from(slug.len()).unwrap() * 24 * HOUR);
        let done = world.directory.change(context, move |it| {
            it.authorize::<ManageAuthentication>(acme)?.set_event_retention(None, retention)
        });
        done.unwrap();
    };
    let (one, other) = (RequestId::new([1; 8]), RequestId::new([2; 8]).given("ticket-7").unwrap());
    made("a", Some(one));
    made("bb", Some(other));
    made("ccc", None);
    let asked = |id: &str| {
        let query = EventQuery { request: Some(id.into()), ..EventQuery::default() };
        let start = EventStart::NEWEST;
        let page = looking(&world, acme, |grant| grant.find_events(&query, start, 100).unwrap());
        let request = |it: crate::events::Numbered| it.event.request.unwrap().id;
        page.events.into_iter().map(request).collect::<Vec<_>>()
    };
    assert_eq!(asked("0101010101010101"), ["0101010101010101"]);
    assert_eq!(asked("ticket-7"), ["0202020202020202"]);
    assert_eq!(asked("0202020202020202"), ["0202020202020202"]);
    assert!(asked("ticket").is_empty() && asked("TICKET-7").is_empty());
}

#[test]
fn a_page_shows_what_is_on_the_disk_and_waits_for_changes_alone() {
    let world = World::with_slow_events();
    let acme = world.organization("acme");
    let shown = || {
        let reading = world.directory.read(world.by(world.top)).unwrap();
        let grant = reading.authorize::<View>(acme).unwrap();
        let page = grant.find_events(&EventQuery::default(), EventStart::NEWEST, 100).unwrap();
        page.events.into_iter().map(|it| (it.sequence, it.event.action)).collect::<Vec<_>>()
    };
    let before = shown();
    tell(&world, acme, Action::LdapBind, "ada", 1);
    assert_eq!(shown(), before, "a loss of power could give its number to another");
    world
        .change(move |it| {
            it.authorize::<ManageAuthentication>(acme)?
                .set_event_retention(None, Some(9 * 24 * HOUR))
        })
        .unwrap();
    let after = shown();
    let actions: Vec<Action> = after.iter().map(|(_, action)| *action).collect();
    assert_eq!(actions[..2], [Action::Changed, Action::LdapBind]);
    assert!(after.ends_with(&before));
}

#[test]
fn pages_of_a_query_follow_each_other() {
    let world = World::new();
    let acme = world.organization("acme");
    for number in 0..60 {
        let login = if number % 3 == 0 { "ada" } else { "bob" };
        tell(&world, acme, Action::LdapBind, login, number);
    }
    let query = of(EventFilter { actor: Some("ada".into()), ..EventFilter::default() });
    let pages = |first: EventStart, behind: fn(u64) -> EventStart| {
        let (mut seen, mut start) = (Vec::new(), Some(first));
        while let Some(from) = start {
            let page = looking(&world, acme, |grant| grant.find_events(&query, from, 7).unwrap());
            assert!(page.events.len() <= 7);
            seen.extend(page.events.into_iter().map(|numbered| numbered.event.at.0));
            start = page.next.map(behind);
        }
        seen
    };
    let mut expected: Vec<u64> = (0..60).filter(|number| number % 3 == 0).collect();
    assert_eq!(pages(EventStart::OLDEST, EventStart::After), expected);
    expected.reverse();
    assert_eq!(pages(EventStart::NEWEST, EventStart::Before), expected);
}

#[test]
fn events_are_counted_by_interval() {
    let world = World::new();
    let acme = world.organization("acme");
    for (login, at) in [("ada", 1), ("bob", 2), ("ada", HOUR + 1), ("ada", HOUR + 2)] {
        tell(&world, acme, Action::LdapBind, login, at);
    }
    let query = of(EventFilter { actions: vec![Action::LdapBind], ..EventFilter::default() });
    let hour = |at: Time| Time(at.0 - at.0 % HOUR);
    let counted =
        |by| looking(&world, acme, |grant| grant.count_events(&query, &hour, by).unwrap());
    let counts = counted(CountBy::Actor);
    let name = |name: &str| Some(name.to_owned());
    let expected =
        [(Time(0), name("ada"), 1), (Time(0), name("bob"), 1), (Time(HOUR), name("ada"), 2)];
    assert_eq!((counts.counts.as_slice(), counts.complete), (expected.as_slice(), true));
    assert_eq!(counts.since, Some(Time(1)));
    let counts = counted(CountBy::Nothing).counts;
    assert_eq!(counts, [(Time(0), None, 2), (Time(HOUR), None, 2)]);
    assert_eq!(counted(CountBy::Success).counts[0], (Time(0), name("false"), 1));
}

#[test]
fn an_export_is_a_chain_that_ends_where_the_directory_says() {
    let world = World::new();
    let acme = world.organization("acme");
    (0..2_500).for_each(|number| tell(&world, acme, Action::LdapBind, "ada", number));
    let all = EventQuery::default();
    let range = range(&world, acme, &all);
    let chain = looking(&world, acme, |grant| grant.event_chain().unwrap());
    tell(&world, acme, Action::LdapBind, "late", 9_999);
    let lines = exported(&world, acme, &all, range);
    assert!(lines.len() > 2_500, "what the organization was made with is told too");
    let mut previous = serde_json::json!("0".repeat(64));
    let id =
        world.directory.read(world.by(world.top)).unwrap().organizations_to_view(9).unwrap()[0].1;
    for line in &lines {
        assert_eq!(line.members["previous"], previous);
        assert_eq!(line.members["organization"], serde_json::json!(id));
        previous = line.members["hash"].clone();
    }
    assert_eq!(previous, chain.head);
    assert_eq!(chain.oldest.unwrap().1, "0".repeat(64));
    assert!(!lines.iter().any(|line| line.json().contains("late")), "it came later");
}

/// What an export is to look at.
fn range(world: &World, organization: OrganizationId, query: &EventQuery) -> (u64, u64) {
    looking(world, organization, |grant| {
        grant.export_range(query, grant.export_end().unwrap()).unwrap()
    })
}

/// Exports part by part.
fn exported(
    world: &World,
    organization: OrganizationId,
    query: &EventQuery,
    (mut after, until): (u64, u64),
) -> Vec<crate::events::EventLine> {
    let mut lines = Vec::new();
    loop {
        let part = looking(world, organization, |grant| {
            grant.export_events(query, (after, until)).unwrap()
        });
        lines.extend(part.lines);
        match part.next {
            Some(next) => after = next,
            None => return lines,
        }
    }
}

#[test]
fn an_export_of_a_time_is_a_chain_though_events_come_out_of_turn() {
    let world = World::new();
    let acme = world.organization("acme");
    // Gear tells late of what was before.
    for at in [10, 50, 20, 60, 15, 70, 40, 90] {
        tell(&world, acme, Action::RadiusAccess, "ada", at * HOUR);
    }
    let times = EventQuery {
        from: Some(Time(40 * HOUR)),
        until: Some(Time(80 * HOUR)),
        ..EventQuery::default()
    };
    let lines = exported(&world, acme, &times, range(&world, acme, &times));
    assert_eq!(lines.len(), 6, "from 50 to 40");
    for pair in lines.windows(2) {
        assert_eq!(pair[1].members["previous"], pair[0].members["hash"]);
    }
    let never = EventQuery { from: Some(Time(u64::MAX)), ..EventQuery::default() };
    assert!(exported(&world, acme, &never, range(&world, acme, &never)).is_empty());
    let filter = EventFilter { success: Some(false), ..EventFilter::default() };
    let failed = EventQuery { filter, ..times };
    let lines = exported(&world, acme, &failed, range(&world, acme, &failed));
    assert!(lines.is_empty(), "another filter leaves lines out");
}

#[test]
fn an_export_reads_no_more_octets_at_once_than_it_may() {
    let world = World::new();
    let acme = world.organization("acme");
    let long = "x".repeat(60_000);
    (0..20).for_each(|number| tell(&world, acme, Action::LdapBind, &long, number));
    let all = EventQuery::default();
    let range = range(&world, acme, &all);
    let part = looking(&world, acme, |grant| grant.export_events(&all, range).unwrap());
    assert!(part.next.is_some() && part.lines.len() < 10, "{}", part.lines.len());
    assert!(exported(&world, acme, &all, range).len() > 20);
}

#[test]
fn counting_what_holds_a_text_looks_at_few() {
    let world = World::new();
    let acme = world.organization("acme");
    (0..16_000).for_each(|number| tell(&world, acme, Action::LdapBind, "ada", number));
    let text = of(EventFilter { text: Some("ada".into()), ..EventFilter::default() });
    let counted = |query: &EventQuery| {
        let counts = looking(&world, acme, |grant| {
            grant.count_events(query, &|_| Time(0), CountBy::Nothing).unwrap()
        });
        (counts.counts[0].2, counts.complete)
    };
    assert_eq!(counted(&text), (15_000, false));
    let all = of(EventFilter { actor: Some("ada".into()), ..EventFilter::default() });
    assert_eq!(counted(&all), (16_000, true));
}

#[test]
fn an_organization_keeps_its_events_no_shorter_than_the_operator_says() {
    const DAY: u64 = 24 * HOUR;
    let event_retention = RetentionFloor(30 * DAY);
    let world = World::of(OpenOptions { event_retention, ..OpenOptions::default() });
    let acme = world.organization("acme");
    let keep = |revision: Option<u64>, retention: u64| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageAuthentication>(acme)?;
            grant.set_event_retention(revision, Some(retention))
        })
    };
    let refused = refusal(keep(None, 30 * DAY - 1));
    assert_eq!(refused, "must be 30 days to ten years: the operator has events kept for no less");
    keep(None, 40 * DAY).unwrap();
    let stored = world.directory.inner.store.write(move |change| {
        let day = EventKeeping { retention: Some(DAY) };
        change.put(acme.partition(), THE_ONLY_ONE, &day)?;
        Ok::<_, Error>(())
    });
    stored.unwrap();
    let kept = || looking(&world, acme, |grant| grant.event_retention().unwrap());
    assert_eq!(kept(), Some(30 * DAY));
    let own = looking(&world, acme, |grant| grant.own_organization().unwrap().uuid);
    let (now, year) = (Time(400 * DAY), std::time::Duration::from_secs(365 * 24 * 3_600));
    let from = world.directory.events_kept_from(Some(own), now, year).unwrap();
    assert_eq!(from, Some(Time(370 * DAY)));
    keep(Some(retention_revision(kept())), 50 * DAY).unwrap();
    assert_eq!(kept(), Some(50 * DAY));
}

#[test]
fn an_organization_keeps_its_events_as_long_as_it_says() {
    const DAY: u64 = 24 * HOUR;
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    let keep = |days: u64| {
        world.directory.change(world.by(world.top), move |change| {
            let mut grant = change.authorize::<ManageAuthentication>(acme)?;
            grant.set_event_retention(None, Some(days * DAY))
        })
    };
    assert!(keep(0).is_err() && keep(4_000).is_err());
    keep(10).unwrap();
    assert_eq!(looking(&world, acme, |grant| grant.event_retention().unwrap()), Some(10 * DAY));
    assert_eq!(world.events(acme.into(), 1)[0].action, Action::Changed);
    let start = world.now().0;
    for day in 0..40 {
        for organization in [acme, other] {
            tell(&world, organization, Action::LdapBind, "ada", start + day * DAY);
        }
    }
    let now = Time(start + 40 * DAY);
    looking(&world, acme, |grant| grant.event_chain().unwrap());
    let month = std::time::Duration::from_secs(30 * 24 * 3_600);
    world.seal_events();
    assert!(world.directory.forget_events(now, month).unwrap() > 0);
    let all = EventQuery::default();
    assert_eq!(found(&world, acme, &all).len(), 10);
    assert_eq!(found(&world, other, &all).len(), 30);
    let chain = looking(&world, acme, |grant| grant.event_chain().unwrap());
    assert_ne!(chain.oldest.unwrap().1, "0".repeat(64));
    world.assert_sound();
}

#[test]
fn an_organization_keeps_the_newest_of_its_events_where_there_are_too_many() {
    const DAY: u64 = 24 * HOUR;
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    let start = world.now().0;
    for day in 0..10 {
        let begun = start + day * DAY;
        (0..50).for_each(|n| tell(&world, acme, Action::RadiusAccess, "bob", begun + n));
    }
    // Each day begins another part of the log.
    tell(&world, other, Action::LdapBind, "ada", start + 9 * DAY + 50);
    let binds = |organization| found(&world, organization, &EventQuery::default()).len();
    looking(&world, acme, |grant| grant.event_chain().unwrap());
    let whole = exported(&world, acme, &EventQuery::default(), (0, u64::MAX));
    world.seal_events();
    assert!(world.directory.bound_events(1 << 30).unwrap().is_empty());
    let until = Time(start + 7 * DAY + 49);
    let gone = EventsBeyond { organization: Some("acme".into()), until };
    assert_eq!(world.directory.bound_events(1).unwrap(), [gone]);
    assert!(world.directory.bound_events(1).unwrap().is_empty());
    assert_eq!((binds(acme), binds(other)), (100, 1), "the last that was sealed stays");
    let left = exported(&world, acme, &EventQuery::default(), (0, u64::MAX));
    let hashes = |all: &[crate::events::EventLine]| {
        all.iter().map(|line| line.members["hash"].clone()).collect::<Vec<_>>()
    };
    assert!(hashes(&whole).ends_with(&hashes(&left)));
    let chain = looking(&world, acme, |grant| grant.event_chain().unwrap());
    let (oldest, previous) = chain.oldest.unwrap();
    assert_eq!(left[0].members["sequence"], oldest);
    assert_eq!(left[0].members["previous"], previous.as_str());
    let by_day = |at: Time| Time(at.0 - (at.0 - start) % DAY);
    let counts = looking(&world, acme, |grant| {
        grant.count_events(&EventQuery::default(), &by_day, CountBy::Nothing).unwrap()
    });
    assert_eq!(counts.counts, [8, 9].map(|day| (Time(start + day * DAY), None, 50)));
    assert!(counts.complete);
    world.assert_sound();
}

#[test]
fn nothing_is_left_of_the_events_of_an_organization_that_was_destroyed() {
    const DAY: u64 = 24 * HOUR;
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    let start = world.now().0;
    for day in 0..3 {
        for organization in [acme, other] {
            tell(&world, organization, Action::LdapBind, "ada", start + day * DAY);
        }
    }
    let years = std::time::Duration::from_secs(10 * 365 * 24 * 3_600);
    let deleted = world.directory.change(world.by(world.top), move |change| {
        let mut grant = change.authorize::<crate::access::ManageOrganizations>(acme)?;
        grant.own()?.delete(None, "ACME")
    });
    deleted.unwrap();
    world.pass(OrganizationGrace::default().0);
    let of_acme = || {
        let log = world.directory.inner.store.events();
        log.flush().unwrap();
        log.newest(acme.partition(), None, 100).unwrap().len()
    };
    let forget = || world.directory.forget_events(world.now(), years).unwrap();
    // The day of today ends with the first event of the next one.
    let seal = |days: u64| {
        tell(&world, other, Action::LdapBind, "ada", world.now().0 + days * DAY);
        tell(&world, other, Action::LdapBind, "ada", world.now().0 + (days + 1) * DAY);
        world.seal_events();
    };
    seal(0);
    forget();
    assert!(of_acme() > 3, "they are there as long as it can be restored");
    world.pass(1);
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 1);
    seal(2);
    assert!(forget() > 0);
    assert_eq!(of_acme(), 0);
    let of_other = found(&world, other, &EventQuery::default()).len();
    assert_eq!(of_other, 7, "what others have stays");
    let told = world.events(Place::Provider, 50);
    let gone = |event: &&Event| {
        let kind = event.subject.as_ref().map(|subject| subject.kind);
        event.action == Action::Deleted && kind == Some(SubjectKind::Organization)
    };
    let mut gone = told.iter().filter(gone);
    let destroyed = gone.next().expect("the provider knows that there was one");
    let deleted = gone.next().expect("the provider knows who deleted it");
    assert_eq!(destroyed.actor, EventActor::Daemon);
    assert!(matches!(deleted.actor, EventActor::Admin { .. }), "{deleted:?}");
    for event in [destroyed, deleted] {
        assert!(!format!("{event:?}").contains("acme"), "not all who read that may know of it");
    }
    world.assert_sound();
}

#[test]
fn a_change_of_very_much_is_told_in_an_event_of_a_bounded_size() {
    let world = World::new();
    let acme = world.organization("acme");
    let told = world.change(move |change| {
        let field = |number: u32| {
            let after = Some(format!("\"{}\"", "x".repeat(1_000)));
            Difference { field: format!("field {number}"), before: None, after }
        };
        let subject = (SubjectKind::Group, uuid::Uuid::from_u128(5), "staff");
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.site_mut().tell(Action::Changed, subject, (0..500).map(field).collect())
    });
    told.unwrap();
    let event = world.events(acme.into(), 1).remove(0);
    assert!(event.encode().len() < 52 << 10, "{} octets", event.encode().len());
    let last = event.differences.last().unwrap();
    let said = format!("\"({} left out)\"]", 501 - event.differences.len());
    assert!(last.field == "left_out" && last.after.as_ref().unwrap().ends_with(&said), "{last:?}");
}
