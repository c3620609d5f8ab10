//! How many imports are kept, and which one makes room.

use super::*;
use crate::imports::IMPORTS;

fn begun(world: &World, acme: OrganizationId) -> Result<ImportId, Error> {
    world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        Ok(grant.imports().create(asked())?.0)
    })
}

fn kept(world: &World, acme: OrganizationId) -> Vec<ImportId> {
    let reading = world.directory.read(world.top()).unwrap();
    let all = reading.authorize::<View>(acme).unwrap().imports().all().unwrap();
    all.into_iter().map(|(id, _)| id).collect()
}

#[test]
fn the_oldest_import_that_is_over_makes_room_and_none_that_is_not() {
    let world = World::new();
    let acme = world.organization("acme");
    let mut ids: Vec<ImportId> = (0..IMPORTS).map(|_| begun(&world, acme).unwrap()).collect();
    let refused = refusal(begun(&world, acme));
    assert!(refused.contains("none of which is over"), "{refused}");
    for place in [9, 4] {
        let id = ids[place];
        world.act(acme, move |imports| imports.cancel(id, None)).unwrap();
    }
    for gone in [4, 8] {
        ids.push(begun(&world, acme).unwrap());
        ids.remove(gone);
        assert_eq!(kept(&world, acme), ids, "it goes that is the oldest of those that are over");
    }
    assert!(begun(&world, acme).is_err());
    world.assert_sound();
}

#[test]
fn one_that_failed_and_may_go_on_makes_room_last() {
    let world = World::new();
    let acme = world.organization("acme");
    let mut ids: Vec<ImportId> = (0..IMPORTS).map(|_| begun(&world, acme).unwrap()).collect();
    let (failed, cancelled) = (ids[0], ids[1]);
    let ended = world.act(acme, move |imports| {
        imports.end(failed, ImportState::Failed("of a test".into()))?;
        imports.cancel(cancelled, None)
    });
    ended.unwrap();
    for gone in [1, 0] {
        ids.push(begun(&world, acme).unwrap());
        ids.remove(gone);
        assert_eq!(kept(&world, acme), ids);
    }
    world.assert_sound();
}
