//! Looking for events by what it was that did something, and counting by who did it.

use serde_json::json;
use uuid::Uuid;

use super::{exported, looking, of, range};
use crate::events::{
    Action, ActorKind, CountBy, Event, EventActor, EventQuery, EventStart, Outcome,
};
use crate::id::OrganizationId;
use crate::records::EventFilter;
use crate::tests::world::{DAY, World};
use crate::time::Time;

/// One of each kind. Some are called as others are that have no name.
fn actors() -> [EventActor; 7] {
    [
        EventActor::Nobody,
        EventActor::Daemon,
        EventActor::Operator,
        EventActor::Admin { id: Uuid::from_u128(1), login: "operator".into() },
        EventActor::User { id: None, login: "nobody".into() },
        EventActor::ServiceAccount { id: None, name: "daemon".into() },
        EventActor::Device { id: Some(Uuid::from_u128(2)), name: "printer".into() },
    ]
}

/// Tells that each of them did the same.
fn tell_of_all(world: &World, organization: OrganizationId, at: u64) {
    for actor in actors() {
        let bind = Event::of_daemon(Time(at), (Action::LdapBind, None), Outcome::Success);
        world.directory.note_event(organization.into(), &Event { actor, ..bind });
    }
}

/// What such an actor did of that, or any where no kind is named.
fn binds(actor_kind: Option<ActorKind>) -> EventQuery {
    let actions = vec![Action::LdapBind];
    of(EventFilter { actions, actor_kind, ..EventFilter::default() })
}

#[test]
fn events_are_found_by_what_it_was_that_did_something() {
    let world = World::new();
    let acme = world.organization("acme");
    let start = world.now().0;
    // The parts of the first days are sealed.
    (0..3).for_each(|day| tell_of_all(&world, acme, start + day * DAY));
    world.seal_events();
    let found = |query: &EventQuery| {
        let start = EventStart::NEWEST;
        let page = looking(&world, acme, |grant| grant.find_events(query, start, 100).unwrap());
        assert_eq!(page.next, None);
        page.events.iter().map(|it| it.event.actor.kind()).collect::<Vec<_>>()
    };
    assert_eq!(found(&binds(None)).len(), 21);
    for kind in actors().map(|actor| actor.kind()) {
        assert_eq!(found(&binds(Some(kind))), [kind; 3]);
    }
    let called = |actor_kind| {
        let actor = Some("operator".into());
        of(EventFilter { actor, actor_kind, ..EventFilter::default() })
    };
    assert_eq!(found(&called(None)).len(), 6, "and the admin of that name");
    assert_eq!(found(&called(Some(ActorKind::Operator))), [ActorKind::Operator; 3]);
    assert_eq!(found(&called(Some(ActorKind::Admin))), [ActorKind::Admin; 3]);
    assert!(found(&called(Some(ActorKind::Device))).is_empty());
    // The kind alone is a filter that leaves lines out, too.
    let actor_kind = Some(ActorKind::Daemon);
    let daemon = of(EventFilter { actor_kind, ..EventFilter::default() });
    assert!(!daemon.is_everything());
    let lines = exported(&world, acme, &daemon, range(&world, acme, &daemon));
    let actors: Vec<_> = lines.iter().map(|line| line.members["actor"].clone()).collect();
    assert_eq!(
        actors,
        [json!({"kind": "daemon"}), json!({"kind": "daemon"}), json!({"kind": "daemon"})]
    );
}

#[test]
fn who_has_no_name_is_counted_by_what_it_is() {
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    [acme, other].into_iter().for_each(|organization| tell_of_all(&world, organization, 1));
    let counted = |actor_kind| {
        let (query, by) = (binds(actor_kind), CountBy::Actor);
        let of_one =
            looking(&world, acme, |grant| grant.count_events(&query, &|_| Time(0), by).unwrap());
        let reading = world.directory.read(world.by(world.top)).unwrap();
        let all = reading.organizations_to_view(9).unwrap();
        let of_both = reading.count_events_among(&all, &query, &|_| Time(0), by).unwrap();
        let twice: Vec<_> =
            of_one.counts.iter().map(|(at, key, count)| (*at, key.clone(), 2 * count)).collect();
        assert_eq!(of_both.counts, twice);
        let keys = of_one.counts.into_iter().map(|(_, key, count)| (key.unwrap(), count));
        keys.collect::<Vec<_>>()
    };
    let named = |name: &str, count: u64| (name.to_owned(), count);
    let both = ["daemon", "nobody", "operator"].map(|name| named(name, 2));
    let expected = [both.as_slice(), &[named("printer", 1)]].concat();
    assert_eq!(counted(None), expected);
    for (kind, key) in [
        (ActorKind::Daemon, "daemon"),
        (ActorKind::Nobody, "nobody"),
        (ActorKind::Operator, "operator"),
        (ActorKind::User, "nobody"),
    ] {
        assert_eq!(counted(Some(kind)), [named(key, 1)]);
    }
    let reading = world.directory.read(world.by(world.top)).unwrap();
    let all = reading.organizations_to_view(9).unwrap();
    let operator = binds(Some(ActorKind::Operator));
    let page = reading.find_events_among(&all, &operator, EventStart::OLDEST, 9).unwrap();
    let kinds = page.events.iter().map(|(_, it)| it.event.actor.kind());
    assert_eq!(kinds.collect::<Vec<_>>(), [ActorKind::Operator; 2]);
}
