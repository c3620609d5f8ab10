//! The directory on a disk that loses power, at every single operation.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use redb::StorageBackend;
use storage::{EventOptions, OpenError, Options, Store};

use super::world::{Counted, World, fields, master, new_organization, options, user};
use crate::access::{ManageConfiguration, ManageIdentities, ManageOrganizations, Role, View};
use crate::collections::{Member, MembershipChange};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, UserId};
use crate::records::{AdminScope, GroupFields, RadiusClientFields, Settings};

#[test]
fn after_a_power_loss_at_any_operation_what_was_acknowledged_is_there_and_fits_together() {
    let mut operation = 0;
    loop {
        operation += 1;
        let disk = Disk::default();
        let world = World::over(open(&disk).unwrap());
        disk.lose_power_in(operation);
        let acknowledged = work(&world);
        drop(world);
        let finished = disk.has_power();
        let directory = open(&disk.after_the_power_loss()).unwrap();
        let report = directory.check().unwrap();
        assert!(report.problems.is_empty(), "operation {operation}: {:?}", report.problems);
        verify(&directory, &acknowledged, operation);
        if finished {
            assert_eq!(acknowledged.names.len(), USERS);
            break;
        }
    }
    assert!(operation > 50, "the workload has {operation} operations only");
}

/// How many users the workload makes.
const USERS: usize = 4;

/// What was acknowledged before the power went.
#[derive(Default)]
struct Acknowledged {
    organization: Option<OrganizationId>,
    names: Vec<String>,
    gear: bool,
}

/// Makes an organization, users in a group, and a RADIUS client, until the power goes.
fn work(world: &World) -> Acknowledged {
    let mut acknowledged = Acknowledged::default();
    let _power_went = work_on(world, &mut acknowledged);
    acknowledged
}

fn work_on(world: &World, acknowledged: &mut Acknowledged) -> Result<(), Error> {
    let new = new_organization("acme", "dc=acme", Settings::default());
    let acme = world.change(move |change| {
        let mut grant = change.authorize_provider::<ManageOrganizations>()?;
        grant.organizations().create(new).map(|(id, _)| id)
    })?;
    acknowledged.organization = Some(acme);
    for number in 0..USERS {
        let name = format!("user{number}");
        world.change({
            let name = name.clone();
            move |change| {
                let mut grant = change.authorize::<ManageIdentities>(acme)?;
                let (user, _) = grant.users().create(user(&name), None)?;
                let group = GroupFields { name: format!("of {name}"), ..GroupFields::default() };
                let (group, _) = grant.groups().create(group)?;
                let add = vec![Member::User(user)];
                let members = MembershipChange { add, remove: Vec::new() };
                grant.groups().change_members(group, None, &members)
            }
        })?;
        acknowledged.names.push(name);
    }
    world.change(move |change| {
        let fields = RadiusClientFields {
            name: "switch".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            ..RadiusClientFields::default()
        };
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef")
    })?;
    acknowledged.gear = true;
    Ok(())
}

fn verify(directory: &Directory, acknowledged: &Acknowledged, operation: u64) {
    let world = World::over(directory.clone());
    let Some(acme) = acknowledged.organization else { return };
    let reading = directory.read(world.top()).unwrap();
    let grant = reading.authorize::<View>(acme).unwrap();
    for name in &acknowledged.names {
        let user: Option<UserId> = grant.users().named(name).unwrap();
        let groups = grant.users().groups(user.unwrap()).unwrap();
        assert_eq!(groups.len(), 1, "operation {operation}: {name}");
    }
    let made = grant.users().list(None, 100).unwrap().records.len();
    let told = world.events(acme.into(), 100).len();
    assert!(made <= acknowledged.names.len() + 1, "operation {operation}");
    // One of the organization, and three of each user with a group.
    assert!(told > 3 * made, "operation {operation}: {told} events of {made} users");
    assert!(directory.gear().unwrap().clients().count() >= usize::from(acknowledged.gear));
    world.admin(acme.into(), Role::ReadOnly, AdminScope::None);
    let again = world.change(move |change| {
        let fields = fields("after", Role::ReadOnly, AdminScope::None);
        let mut grant = change.authorize::<crate::access::ManageAdmins>(acme)?;
        grant.admins().create(fields, crate::collections::NewPassword::imported(HASH.into())?)
    });
    assert!(again.is_ok());
}

const HASH: &str = "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0";

pub(super) fn open(disk: &Disk) -> Result<Directory, OpenError> {
    let entropy = Counted::new();
    // The event log is not on this disk: what it takes from the outbox is gone with the power.
    let events = EventOptions { delay: Duration::from_secs(3_600), ..EventOptions::default() };
    let of_store = Options { events, ..Options::default() };
    let store = Store::open_backend(disk.clone(), master(), entropy.clone(), of_store)?;
    let options = crate::OpenOptions { authentication: options(), ..Default::default() };
    Directory::over(store, entropy, &options)
}

/// A disk that keeps after a power loss what was synced, and every other of the writes since.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
    /// Operations until the power goes; `None` for never.
    left: Option<u64>,
    dead: bool,
}

impl Disk {
    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    pub(super) fn lose_power_in(&self, operations: u64) {
        self.platter().left = Some(operations);
    }

    /// The disk works again, with all that was written to it.
    pub(super) fn come_back(&self) {
        let mut platter = self.platter();
        (platter.dead, platter.left) = (false, None);
    }

    fn has_power(&self) -> bool {
        !self.platter().dead
    }

    fn after_the_power_loss(&self) -> Self {
        let platter = self.platter();
        let mut kept = platter.durable.clone();
        for (offset, data) in platter.unsynced.iter().step_by(2) {
            write(&mut kept, *offset, data);
        }
        let fresh = Platter { seen: kept.clone(), durable: kept, ..Platter::default() };
        Self(Arc::new(Mutex::new(fresh)))
    }

    /// Counts an operation that changes something.
    fn operate(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let mut platter = self.alive()?;
        platter.left = platter.left.map(|left| left.saturating_sub(1));
        platter.dead = platter.left == Some(0);
        if platter.dead { Err(io::Error::other("no power")) } else { Ok(platter) }
    }

    fn alive(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let platter = self.platter();
        if platter.dead { Err(io::Error::other("no power")) } else { Ok(platter) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.alive()?.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.alive()?;
        let start = usize::try_from(offset).unwrap();
        let data = platter.seen.get(start..start + out.len());
        out.copy_from_slice(data.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let length = usize::try_from(len).unwrap();
        let mut platter = self.operate()?;
        platter.seen.resize(length, 0);
        // A length is kept: what was written behind the old one may be there.
        platter.durable.resize(length, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.operate()?;
        platter.durable = platter.seen.clone();
        platter.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        let mut platter = self.operate()?;
        write(&mut platter.seen, offset, data);
        platter.unsynced.push((offset, data.to_vec()));
        Ok(())
    }
}

fn write(file: &mut Vec<u8>, offset: usize, data: &[u8]) {
    if file.len() < offset + data.len() {
        file.resize(offset + data.len(), 0);
    }
    file[offset..offset + data.len()].copy_from_slice(data);
}
