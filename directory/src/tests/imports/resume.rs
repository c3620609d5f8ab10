//! Imports that failed, and go on.

use super::rights::{asked_by, edit_key, key};
use super::*;

fn has_rows(world: &World, acme: OrganizationId, id: ImportId) -> bool {
    let chunks = crate::imports::Chunks { partition: acme.partition(), import: record(id) };
    let snapshot = world.directory.inner.store.read().unwrap();
    (0..3).any(|chunk| chunks.has_rows(&snapshot, chunk).unwrap())
}

/// An import of nine users whose key ends when so many steps of it are done.
fn failed(world: &World, acme: OrganizationId, steps: usize, dry_run: bool) -> ImportId {
    let by = key(world);
    let id = asked_by(world, by, acme, dry_run);
    for _ in 0..steps {
        assert!(world.directory.advance_imports(world.now(), &|| true).unwrap());
    }
    edit_key(world, by, |_| false);
    world.work();
    assert!(matches!(world.state(acme, id).state, ImportState::Failed(_)));
    id
}

#[test]
fn an_import_whose_key_ended_goes_on_where_it_was_for_whoever_says_so() {
    let world = World::new();
    let acme = world.organization("acme");
    // The check, and the first chunk of three.
    let id = failed(&world, acme, 2, false);
    assert_eq!(world.state(acme, id).done.create, 3);
    let first = world.found(acme, "u0").unwrap();
    world.act(acme, move |imports| imports.apply(id, None, false)).unwrap();
    assert_eq!(world.state(acme, id).state, ImportState::Applying);
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.state, done.done.create, done.done.error), (ImportState::Done, 9, 0));
    assert_eq!((done.applied, done.joined), (9, 9), "nothing is done twice");
    assert_eq!(world.found(acme, "u0").unwrap(), first);
    assert!(world.found(acme, "u8").is_some() && !has_rows(&world, acme, id));
    let over = world.act(acme, move |imports| imports.apply(id, None, false));
    assert!(refusal(over).contains("that was checked, or that failed"));
    world.assert_sound();
}

#[test]
fn one_that_failed_before_anything_was_applied_is_checked_anew() {
    let world = World::new();
    let acme = world.organization("acme");
    let id = failed(&world, acme, 0, false);
    world.act(acme, move |imports| imports.apply(id, None, false)).unwrap();
    assert_eq!(world.state(acme, id).state, ImportState::Checking);
    world.work();
    let done = world.state(acme, id);
    assert_eq!((done.state, done.checked, done.done.create), (ImportState::Done, 9, 9));
    world.assert_sound();
}

#[test]
fn rows_of_a_failed_import_are_erased_with_it_or_after_a_week() {
    let world = World::new();
    let acme = world.organization("acme");
    let (id, other) = (failed(&world, acme, 2, false), failed(&world, acme, 0, false));
    assert!(has_rows(&world, acme, id) && has_rows(&world, acme, other));
    let deleted =
        world.act(acme, move |imports| imports.delete(other, None).and_then(|()| imports.read(id)));
    deleted.unwrap();
    assert!(!has_rows(&world, acme, other));
    world.pass(8 * DAY);
    world.work();
    assert!(!has_rows(&world, acme, id));
    let ended = world.state(acme, id);
    assert!(matches!(ended.state, ImportState::Failed(_)) && ended.done.create == 3, "{ended:?}");
    let gone = world.act(acme, move |imports| imports.apply(id, None, false));
    assert!(refusal(gone).contains("not kept any more"));
    world.assert_sound();
}
