//! Sessions of devices that were let in for themselves.

use super::changes::{CHANGES, Network, said, vlan};
use super::*;
use crate::authentication::{Begun, Door, Outcome as Answer};
use crate::events::EventActor;
use crate::id::DeviceId;
use crate::network::{Circumstances, MacAddress, NetworkMethod};
use crate::records::{DeviceFields, Granted, Guest, Session};

const PRINTER: &str = "00-10-A4-23-19-C0";

/// A network that lets devices in by their addresses.
fn network(orders: GearOrders) -> Network {
    let network = Network::new(orders);
    network.office.edit(network.gear, |fields| fields.mac_authentication = true);
    network
}

fn device(office: &Office, name: &str, address: &str, groups: Vec<GroupId>) -> DeviceId {
    let (acme, address) = (office.acme, MacAddress::read(address.as_bytes()).unwrap());
    let (name, addresses) = (name.to_owned(), vec![address]);
    let fields = DeviceFields { name, addresses, groups, ..DeviceFields::default() };
    let made = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.devices().create(fields).map(|(id, _)| id)
    });
    made.unwrap()
}

fn update(
    office: &Office,
    device: DeviceId,
    edit: impl FnOnce(&mut DeviceFields) + Send + 'static,
) {
    let acme = office.acme;
    let updated = office.world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.devices().update(device, None, |device| {
            edit(&mut device.fields);
            Ok(())
        })
    });
    updated.unwrap();
    office.world.pass(1_000);
}

/// What an accept of a device tells of itself.
fn accept(network: &Network, address: &str) -> Option<(Granted, Carried)> {
    let (office, address) = (&network.office, MacAddress::read(address.as_bytes()).unwrap());
    let by = Circumstances { calling: Some(address), ..Circumstances::of(NetworkMethod::Mac) };
    let (door, seen) = (Door::Radius(network.gear, by), (HERE, office.world.now()));
    let begun = office.world.directory.authenticate_device(office.acme, address, door, seen);
    let Begun::Done(Answer::Accept { reply, .. }) = begun.unwrap() else {
        panic!("{address} is not let in");
    };
    let (of, granted, carried) = reply.unwrap().granted.clone()?;
    assert_eq!(of, office.acme);
    Some((granted, carried))
}

/// Lets a device in, whose session begins.
fn enter(network: &Network, name: &str, address: &str, groups: Vec<GroupId>) -> DeviceId {
    let id = device(&network.office, name, address, groups);
    let told = accept(network, address);
    assert_eq!(told.as_ref().map(|(granted, _)| granted.guest), Some(Guest::Device(id)));
    network.begin(name, told);
    id
}

fn sessions(office: &Office) -> Vec<Session> {
    office.world.directory.settle_reports().unwrap();
    let snapshot = office.world.directory.inner.store.read().unwrap();
    let all = snapshot.scan::<Session>(office.acme.partition(), None);
    all.map(|found| found.unwrap().1).collect()
}

#[test]
fn what_happens_to_a_device_ends_the_sessions_of_that_device_alone() {
    let network = network(EVERYTHING);
    let (office, staff) = (&network.office, network.staff);
    let printer = enter(&network, "printer", PRINTER, vec![staff]);
    let phone = enter(&network, "phone", "00-10-A4-23-19-C1", vec![staff]);
    let door = enter(&network, "door", "00-10-A4-23-19-C2", vec![staff]);
    assert_eq!(office.ends(), []);
    update(office, printer, |fields| fields.suspended = true);
    assert_eq!(office.ends(), [told("printer", Trigger::Suspended)]);
    update(office, phone, |fields| fields.groups.clear());
    assert_eq!(office.ends(), [told("phone", Trigger::LeftGroup)]);
    let acme = office.acme;
    let deleted = office.world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.devices().delete(door, None)
    });
    deleted.unwrap();
    assert_eq!(office.ends(), [told("door", Trigger::Deleted)]);
    update(office, phone, |fields| fields.description = Some("on the desk".into()));
    assert_eq!((office.ends(), office.notes()), (vec![], 0));
    office.world.assert_sound();
}

#[test]
fn a_device_that_is_let_in_again_before_it_is_looked_at_goes_on() {
    let network = network(EVERYTHING);
    let (office, staff) = (&network.office, network.staff);
    let printer = enter(&network, "printer", PRINTER, vec![staff]);
    update(office, printer, |fields| fields.suspended = true);
    update(office, printer, |fields| fields.suspended = false);
    update(office, printer, |fields| fields.groups.clear());
    update(office, printer, move |fields| fields.groups = vec![staff]);
    assert_eq!(office.ends(), []);
}

#[test]
fn a_device_leaves_a_group_with_the_group_that_is_nested_in_it() {
    let network = network(EVERYTHING);
    let office = &network.office;
    let inner = office.group("inner", vec![]);
    network.put_in(network.staff, Member::Group(inner));
    enter(&network, "printer", PRINTER, vec![inner]);
    office.take_out(network.staff, Member::Group(inner));
    assert_eq!(office.ends(), [told("printer", Trigger::LeftGroup)]);
}

#[test]
fn a_device_goes_on_with_what_the_rules_say_of_its_groups() {
    let network = network(CHANGES);
    let (office, staff) = (&network.office, network.staff);
    let printer = enter(&network, "printer", PRINTER, vec![]);
    let order = |expected: &str| {
        let order = network.only();
        assert_eq!(said(&order), vlan("printer", expected));
        assert!(network.conclude(order, &OrderOutcome::Done).is_none());
        office.world.pass(1_000);
    };
    update(office, printer, move |fields| fields.groups = vec![staff]);
    order("20");
    assert_eq!(network.told("because").as_deref(), Some("the device came into a group"));
    update(office, printer, |fields| fields.groups.clear());
    order("90");
    update(office, printer, |fields| fields.suspended = true);
    order("ends");
    assert_eq!(network.told("because").as_deref(), Some("the device was suspended"));
    office.world.assert_sound();
}

#[test]
fn an_edit_of_the_policy_is_asked_about_devices_too() {
    let network = network(GearOrders { policy_changed: Consequence::Change, ..CHANGES });
    enter(&network, "printer", PRINTER, vec![]);
    network.office.edit(network.gear, |fields| fields.reply_profile = None);
    assert_eq!(said(&network.only()), vlan("printer", "ends"));
}

#[test]
fn gear_that_says_nothing_again_names_a_device_by_its_address() {
    let office = Office::new();
    let gear = office.client("switch", |_| {});
    let printer = device(&office, "printer", PRINTER, vec![]);
    begin(&office.world, (office.acme, gear), "one", "0010.A423.19C0");
    begin(&office.world, (office.acme, gear), "two", "0010.A423.19C1");
    office.world.pass(1_000);
    let all = sessions(&office);
    let named: Vec<_> = all.iter().map(|it| (&*it.name, it.device, it.user)).collect();
    assert_eq!(named, [("one", Some(printer), None), ("two", None, None)]);
    let events = office.world.events(office.acme.into(), 10);
    let begun = events.iter().filter(|event| event.action == Action::NetworkSessionStarted);
    let actors: Vec<_> = begun.map(|event| &event.actor).collect();
    let device = EventActor::Device { id: None, name: "0010.A423.19C0".into() };
    let user = EventActor::User { id: None, login: "0010.A423.19C1".into() };
    assert!(actors.contains(&&device) && actors.contains(&&user), "{actors:?}");
    update(&office, printer, |fields| fields.suspended = true);
    assert_eq!(office.ends(), [told("0010.A423.19C0", Trigger::Suspended)]);
    office.world.assert_sound();
}

#[test]
fn what_the_accept_said_counts_before_the_address() {
    let network = network(EVERYTHING);
    let office = &network.office;
    let of = (office.acme, network.gear);
    let printer = device(office, "printer", PRINTER, vec![]);
    begin(&office.world, of, "one", PRINTER);
    assert_eq!(sessions(office)[0].device, Some(printer));
    office.world.pass(1_000);
    let (granted, _) = network.accept("ada").unwrap();
    let report = a_report(&office.world, of, "one", (PRINTER, Stage::Continues, HERE));
    let report = SessionReport { granted: Some(granted), ..report };
    assert_eq!(office.world.directory.take_reports(&[report]).unwrap(), [true]);
    let all = sessions(office);
    assert_eq!((all.len(), all[0].device, all[0].user), (1, None, Some(office.ada)));
    // It is found by the device no more.
    office.world.assert_sound();
    update(office, printer, |fields| fields.suspended = true);
    assert_eq!(office.ends(), []);
}
