//! Imports of which a disk takes nothing for a while.

use super::super::crash::{Disk, open};
use super::*;

#[test]
fn an_import_says_that_it_waits_for_the_disk_until_it_goes_on() {
    let disk = Disk::default();
    let world = World::over(open(&disk).unwrap());
    let acme = world.organization("acme");
    let id = world.import(acme, asked(), vec![person(2, "ada", |_| {})]);
    let is_stalled = || {
        let tools = &world.directory.inner.tools;
        tools.stalled().has(acme.partition(), record(id))
    };
    assert!(!is_stalled());
    disk.lose_power_in(1);
    let failed = world.directory.advance_imports(world.now(), &|| true);
    assert!(matches!(failed, Err(Error::Store(_))), "{failed:?}");
    assert!(is_stalled());

    disk.come_back();
    world.user(acme, "bob");
    let reading = world.directory.read(world.top()).unwrap();
    assert!(reading.authorize::<View>(acme).unwrap().imports().is_stalled(id));
    drop(reading);
    world.work();
    assert!(!is_stalled());
    assert_eq!(world.state(acme, id).state, ImportState::Done);
    assert!(world.found(acme, "ada").is_some());
    world.assert_sound();
}
