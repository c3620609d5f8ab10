//! What the provider's log shows of organizations to whom.

use uuid::Uuid;

use super::world::{DAY, World};
use crate::access::{Context, Role, View};
use crate::events::{CountBy, EventQuery, EventStart, SubjectKind};
use crate::id::{OrganizationId, Place};
use crate::records::{AdminScope, EventFilter};
use crate::time::Time;

fn uuid(world: &World, organization: OrganizationId) -> Uuid {
    let reading = world.directory.read(world.top()).unwrap();
    reading.authorize::<View>(organization).unwrap().own_organization().unwrap().uuid
}

/// The organizations about which somebody finds events, in the order in which they first come; the same
/// by counts and by an export, and whether that is a chain.
fn found(world: &World, by: Context) -> (Vec<Uuid>, bool) {
    world.directory.inner.store.events().flush().unwrap();
    let reading = world.directory.read(Context { now: world.now(), ..by }).unwrap();
    let grant = reading.authorize_provider::<View>().unwrap();
    let subject_kind = Some(SubjectKind::Organization);
    let filter = EventFilter { subject_kind, ..EventFilter::default() };
    let about = EventQuery { filter, ..EventQuery::default() };
    let mut listed = Vec::new();
    for query in [&about, &EventQuery::default()] {
        let page = grant.find_events(query, EventStart::OLDEST, 100).unwrap();
        let subjects = page.events.into_iter().filter_map(|it| it.event.subject);
        let organizations = subjects.filter(|it| it.kind == SubjectKind::Organization);
        for id in organizations.map(|it| it.id) {
            if !listed.contains(&id) {
                listed.push(id);
            }
        }
    }
    let counts = grant.count_events(&about, &|_| Time(0), CountBy::Subject).unwrap().counts;
    let mut counted: Vec<_> = counts.into_iter().filter_map(|(_, key, _)| key).collect();
    let mut names: Vec<_> = listed.iter().map(Uuid::to_string).collect();
    counted.sort_unstable();
    names.sort_unstable();
    assert_eq!(counted, names);
    let (all, end) = (EventQuery::default(), grant.export_end().unwrap());
    for query in [&about, &all] {
        let lines = grant.export_events(query, (0, end)).unwrap().lines;
        let subjects = lines.iter().filter_map(|line| line.members.get("subject")?.as_object());
        let organizations = subjects.filter(|it| it["kind"] == "organization");
        let mut exported: Vec<_> =
            organizations.map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        exported.sort_unstable();
        exported.dedup();
        assert_eq!(exported, names);
    }
    let is_whole = grant.export_events(&all, (0, end)).unwrap().is_whole;
    assert_eq!(grant.shows_all_events().unwrap(), is_whole);
    (listed, is_whole)
}

#[test]
fn nobody_finds_organizations_outside_of_the_scope() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (one, other) = (uuid(&world, acme), uuid(&world, beta));
    let admin = |scope| world.admin(Place::Provider, Role::ReadOnly, scope);
    let all = admin(AdminScope::All);
    let of_one = admin(AdminScope::Organizations(vec![acme]));
    let of_other = admin(AdminScope::Organizations(vec![beta]));
    let of_none = admin(AdminScope::None);
    assert_eq!(found(&world, all), (vec![one, other], true));
    assert_eq!(found(&world, of_one), (vec![one], false));
    assert_eq!(found(&world, of_none), (vec![], false));
    world.change(move |change| change.authorize(beta)?.own()?.set_suspended(None, true)).unwrap();
    world.change(move |change| change.authorize(beta)?.own()?.delete(None, "BETA")).unwrap();
    assert_eq!(found(&world, of_one), (vec![one], false));
    assert_eq!(found(&world, of_other), (vec![other], false), "it is theirs until it is destroyed");
    world.pass(31 * DAY);
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 1);
    assert_eq!(found(&world, all), (vec![one, other], true));
    assert_eq!(found(&world, of_other), (vec![], false), "it is in nobody's list any more");
}
