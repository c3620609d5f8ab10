//! Another master key, by whoever owns the machine.

use storage::{MasterKey, OpenError};

use super::code::client;
use super::world::{Counted, World, master, options};
use crate::access::ManageConfiguration;
use crate::directory::{Directory, OpenOptions};
use crate::events::{Action, EventActor};
use crate::id::Place;

#[test]
fn secrets_of_before_and_after_a_rotation_open_with_the_new_master_key_and_not_with_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let opened = |key: MasterKey| {
        let options = OpenOptions { authentication: options(), ..OpenOptions::default() };
        Directory::open(folder.path(), key, Counted::new(), &options)
    };
    let new = || MasterKey::from_bytes([8; 32]);
    let world = World::over(opened(master()).unwrap());
    let acme = world.organization("acme");
    let gate = client(&world, acme, "gate", |_| {});
    world.directory.rotate_master_key(world.now(), new()).unwrap();
    let beta = world.organization("beta");
    let door = client(&world, beta, "door", |_| {});
    let world = world.reopened(|| opened(new()).unwrap());
    for (organization, id, name) in [(acme, gate, "gate"), (beta, door, "door")] {
        let revealed = world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(organization)?;
            grant.radius_clients().reveal_secret(id)
        });
        assert_eq!(revealed.unwrap().expose(), format!("0123456789abcdef{name}").as_bytes());
    }
    world.assert_sound();
    let events = world.events(Place::Provider, 50);
    let told = events.iter().filter(|event| event.actor == EventActor::Operator);
    let told: Vec<_> = told.map(|event| (event.action, event.at)).collect();
    assert_eq!(told, [(Action::SecretRotated, world.now())]);
    drop(world);
    assert!(matches!(opened(master()), Err(OpenError::WrongMasterKey)));
}
