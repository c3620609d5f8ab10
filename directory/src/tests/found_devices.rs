//! Devices, as searches find them, and what of them is told to copies.

use super::search::{account, found, group};
use super::world::World;
use crate::access::{Actor, Identity, ManageIdentities, Search};
use crate::collections::{Member, MembershipChange};
use crate::id::{DeviceId, OrganizationId};
use crate::network::MacAddress;
use crate::records::{DeviceFields, Visibility};
use crate::search::{Attribute, EntryId, Filter, Kinds, Since, Touched};

/// A device with an address and a serial number of this end.
fn fields(name: &str, end: u8) -> DeviceFields {
    let address = format!("00:10:a4:23:19:{end:02x}");
    DeviceFields {
        name: name.into(),
        addresses: vec![MacAddress::read(address.as_bytes()).unwrap()],
        serial: Some(format!("C02-{end}")),
        ..DeviceFields::default()
    }
}

fn device(world: &World, place: OrganizationId, fields: DeviceFields) -> DeviceId {
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(place)?;
        grant.devices().create(fields).map(|(id, _)| id)
    });
    made.unwrap()
}

#[test]
fn devices_are_found_by_what_is_known_of_them_and_by_an_index_where_there_is_one() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let ada = world.user(acme, "ada");
    let laptop =
        DeviceFields { owner: Some(ada), model: Some("MacBook".into()), ..fields("PC", 1) };
    let laptop = EntryId::Device(device(&world, acme, laptop));
    let till = EntryId::Device(device(&world, acme, fields("till", 2)));
    let odd = DeviceFields { serial: Some("C02_3".into()), ..fields("odd", 3) };
    device(&world, acme, odd);
    device(&world, beta, fields("pc", 1));
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    let address = |text| Filter::equal(Attribute::HardwareAddress, text);
    let maker = Filter::pieces(Attribute::HardwareAddress, Some("00:10:A4"), &[":19"], Some("02"));
    for (filter, expected, indexed) in [
        (Filter::equal(Attribute::Name, "pc"), vec![laptop], true),
        (Filter::equal(Attribute::Serial, "c02-2"), vec![till], true),
        (Filter::equal(Attribute::Serial, "C02_3"), vec![], true),
        (Filter::present(Attribute::Serial), vec![laptop, till], true),
        (address("00:10:A4:23:19:01"), vec![laptop], true),
        (address("00-10-a4-23-19-01"), vec![], true),
        (maker, vec![till], true),
        (Filter::refers(Attribute::Owner, EntryId::User(ada)), vec![laptop], true),
        (Filter::refers(Attribute::Owner, laptop), vec![], true),
        (Filter::present(Attribute::Owner), vec![laptop], true),
        (Filter::equal(Attribute::About, "macbook"), vec![laptop], false),
    ] {
        assert_eq!(found(&world, wiki, acme, filter.clone()), expected, "{filter:?}");
        let reading = world.directory.read(wiki).unwrap();
        let grant = reading.authorize::<Search>(acme).unwrap();
        let searching = grant.search(Kinds::DEVICES, filter.clone(), None, 100).unwrap();
        assert_eq!(searching.scans(), !indexed, "{filter:?}");
    }
}

#[test]
fn who_was_deleted_has_no_device_any_more() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let own = device(&world, acme, DeviceFields { owner: Some(ada), ..fields("pc", 1) });
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    let owned = || found(&world, wiki, acme, Filter::present(Attribute::Owner));
    assert_eq!(owned(), [EntryId::Device(own)]);
    let gone = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().delete(ada, None)
    });
    gone.unwrap();
    assert_eq!(owned(), []);
    let reference = Filter::refers(Attribute::Owner, EntryId::User(ada));
    assert_eq!(found(&world, wiki, acme, reference), []);
}

#[test]
fn who_sees_chosen_groups_sees_the_devices_in_them_and_users_see_none() {
    let world = World::new();
    let acme = world.organization("acme");
    let (ada, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
    let nested = group(&world, acme, "nested", vec![Member::User(ada)]);
    let chosen = group(&world, acme, "chosen", vec![Member::Group(nested)]);
    let secret = group(&world, acme, "secret", vec![Member::User(bob)]);
    let within = |name, end, group, owner| {
        let fields = DeviceFields { groups: vec![group], owner: Some(owner), ..fields(name, end) };
        EntryId::Device(device(&world, acme, fields))
    };
    let (one, two) = (within("one", 1, nested, ada), within("two", 2, chosen, bob));
    let other = within("three", 3, secret, ada);
    device(&world, acme, fields("four", 4));
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Groups(vec![chosen])));
    let devices = Filter::Kind(Kinds::DEVICES);
    assert_eq!(found(&world, wiki, acme, devices.clone()), [one, two]);
    assert_eq!(found(&world, wiki, acme, Filter::equal(Attribute::Serial, "C02-3")), []);
    assert_eq!(
        found(&world, wiki, acme, Filter::present(Attribute::Owner)),
        [one],
        "Bob is unseen"
    );
    let reading = world.directory.read(wiki).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    assert!(grant.show(two, &mut |_| Ok(())).unwrap());
    assert!(!grant.show(other, &mut |_| Ok(())).unwrap());
    world.set(acme, |settings| settings.users_see_people = true);
    let as_ada = world.by(world.actor(acme, Identity::User(ada)));
    assert_eq!(found(&world, as_ada, acme, devices), []);
}

/// The commit that a caller reads now.
fn now(world: &World, acme: OrganizationId, caller: Actor) -> u64 {
    let reading = world.directory.read(world.by(caller)).unwrap();
    reading.authorize::<Search>(acme).unwrap().sequence()
}

/// What may look different to a caller since a commit.
fn since(world: &World, acme: OrganizationId, caller: Actor, commit: u64) -> Touched {
    let reading = world.directory.read(world.by(caller)).unwrap();
    match reading.authorize::<Search>(acme).unwrap().since(commit).unwrap() {
        Since::Entries(touched) => touched,
        other @ (Since::Everything(_) | Since::Unknown) => panic!("{other:?}"),
    }
}

#[test]
fn a_device_may_look_different_with_its_record_its_owner_and_the_groups_that_are_seen() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let nested = group(&world, acme, "nested", vec![]);
    let chosen = group(&world, acme, "chosen", vec![]);
    let own = DeviceFields { owner: Some(ada), groups: vec![nested], ..fields("pc", 1) };
    let pc = device(&world, acme, own);
    let till = device(&world, acme, fields("till", 2));
    let wide = account(&world, acme, "wide", Visibility::Everything);
    let narrow = account(&world, acme, "narrow", Visibility::Groups(vec![chosen]));
    let start = now(&world, acme, wide);
    let moved = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.devices().update(till, None, |till| {
            till.fields.description = Some("second floor".into());
            Ok(())
        })
    });
    moved.unwrap();
    let touched = since(&world, acme, wide, start);
    assert_eq!(touched.entries.iter().collect::<Vec<_>>(), [EntryId::Device(till)]);
    let start = now(&world, acme, wide);
    let renamed = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().update(ada, None, |ada| {
            ada.fields.login = "augusta".into();
            Ok(())
        })
    });
    renamed.unwrap();
    let touched = since(&world, acme, wide, start);
    assert!(touched.entries.contains(EntryId::Device(pc)), "it names its owner");
    assert!(!touched.entries.contains(EntryId::Device(till)));
    let start = now(&world, acme, narrow);
    let nest = MembershipChange { add: vec![Member::Group(nested)], remove: Vec::new() };
    let nested = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.groups().change_members(chosen, None, &nest).map(drop)
    });
    nested.unwrap();
    assert!(since(&world, acme, narrow, start).entries.contains(EntryId::Device(pc)));
    let start = now(&world, acme, wide);
    let gone = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.devices().delete(till, None)?;
        grant.users().delete(ada, None)
    });
    gone.unwrap();
    let touched = since(&world, acme, wide, start);
    assert!(touched.gone.contains_key(&EntryId::Device(till)));
    assert!(touched.entries.contains(EntryId::Device(pc)), "nobody owns it any more");
}
