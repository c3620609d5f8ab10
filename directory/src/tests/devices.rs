//! What is demanded of devices, by which policies, and what they report.

mod silent;

use super::world::{DAY, HERE, World};
use crate::access::{
    Context, ManageConfiguration, ManageIdentities, OwnDevice, Refusal, RequestId, View,
};
use crate::authentication::{IdentifiedDevice, ShownByDevice};
use crate::collections::{
    Browse, CertificateKey, CertificateWish, ComplianceCounts, ComplianceState, DeviceQuery,
    EffectiveSettings, Issued, Member, MembershipChange, NewAuthority, NewReport, Sought,
};
use crate::error::Error;
use crate::events::{Action, EventActor, Outcome};
use crate::id::{DeviceId, GroupId, OrganizationId, SecurityPolicyId};
use crate::issuing::NewKey;
use crate::records::{
    BuiltIn, DeviceFields, DiskEncryption, GroupFields, MinimumVersion, OperatingSystem, OsUpdates,
    RevocationReason, ScreenLock, SecurityPolicy, SecurityPolicyFields, SecurityPolicyVersion,
    SecuritySettings, SettingState, SettingStates,
};

const WEEK: u64 = 7 * DAY;
/// By which devices ask.
const REQUEST: RequestId = RequestId::new([7; 8]);

fn group(world: &World, place: OrganizationId, name: &str) -> GroupId {
    let fields = GroupFields { name: name.into(), ..<_>::default() };
    let made = world
        .change(move |change| change.authorize::<ManageIdentities>(place)?.groups().create(fields));
    made.unwrap().0
}

fn device(world: &World, place: OrganizationId, name: &str, groups: &[GroupId]) -> DeviceId {
    let groups = groups.to_vec();
    make(world, place, DeviceFields { name: name.into(), groups, ..<_>::default() }).unwrap()
}

fn make(world: &World, place: OrganizationId, fields: DeviceFields) -> Result<DeviceId, Error> {
    world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(place)?;
        grant.devices().create(fields).map(|(id, _)| id)
    })
}

fn lock(delay: u32) -> SecuritySettings {
    let screen_lock = Some(ScreenLock { required: true, delay });
    SecuritySettings { screen_lock, ..SecuritySettings::default() }
}

fn disk(required: bool) -> SecuritySettings {
    let disk_encryption = Some(DiskEncryption { required });
    SecuritySettings { disk_encryption, ..SecuritySettings::default() }
}

fn policy(
    world: &World,
    place: OrganizationId,
    (name, precedence): (&str, u32),
    groups: &[GroupId],
    settings: SecuritySettings,
) -> SecurityPolicyId {
    let (name, groups) = (name.to_owned(), groups.to_vec());
    let fields = SecurityPolicyFields { name, description: None, precedence, groups, settings };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(place)?;
        grant.security_policies().create(fields, Some("first".into()))
    });
    made.unwrap().0
}

fn edit(
    world: &World,
    place: OrganizationId,
    id: SecurityPolicyId,
    edit: impl FnOnce(&mut SecurityPolicyFields) + Send + 'static,
) -> Result<SecurityPolicy, Error> {
    world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(place)?;
        grant.security_policies().update(id, None, Some("why not".into()), |policy| {
            edit(&mut policy.fields);
            Ok(())
        })
    })
}

fn versions(
    world: &World,
    place: OrganizationId,
    id: SecurityPolicyId,
) -> Vec<SecurityPolicyVersion> {
    let reading = world.directory.read(world.top()).unwrap();
    let policies = reading.authorize::<View>(place).unwrap().security_policies();
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = policies.versions(id, before, 3).unwrap();
        all.extend(page.versions);
        before = page.next;
        if before.is_none() {
            return all;
        }
    }
}

fn effective(world: &World, place: OrganizationId, device: DeviceId) -> EffectiveSettings {
    let reading = world.directory.read(world.top()).unwrap();
    reading.authorize::<View>(place).unwrap().effective_settings(device).unwrap()
}

#[test]
fn each_change_of_settings_is_a_version_that_stays_and_can_be_taken_up_again() {
    let world = World::new();
    let acme = world.organization("acme");
    let staff = group(&world, acme, "staff");
    let id = policy(&world, acme, ("laptops", 1), &[staff], lock(300));
    world.pass(5);
    edit(&world, acme, id, |fields| fields.settings = lock(60)).unwrap();
    let renamed = edit(&world, acme, id, |fields| fields.name = "all laptops".into()).unwrap();
    assert_eq!(renamed.version, 2, "of a name there are no versions");
    let told = versions(&world, acme, id);
    let numbers: Vec<u32> = told.iter().map(|version| version.number).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!((&told[1].settings, told[1].comment.as_deref()), (&lock(300), Some("first")));
    assert!(told[0].author.starts_with("admin") && told[0].at > told[1].at);

    let (first, second) = (told[1].uuid, told[0].uuid);
    let restore = move |world: &World, version| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.security_policies().restore(id, None, version, None)
        })
    };
    assert!(matches!(restore(&world, second), Err(Error::Forbidden(_))));
    let restored = restore(&world, first).unwrap();
    assert_eq!((restored.version, &restored.fields.settings), (3, &lock(300)));
    assert_eq!(versions(&world, acme, id)[0].restored, Some(1));
    assert_eq!(versions(&world, acme, id)[2], told[1], "what was said stays as it was said");

    let other = policy(&world, acme, ("phones", 1), &[], lock(30));
    let foreign = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.security_policies().restore(other, None, first, None)
    });
    assert!(matches!(foreign, Err(Error::Missing)), "a version is one of its own policy");
    let gone = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.groups().delete(staff, None)
    });
    assert!(matches!(gone, Err(Error::InUse(_))));
    let deleted = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.security_policies().delete(id, None)?;
        grant.groups().delete(staff, None)
    });
    deleted.unwrap();
    world.assert_sound();
}

#[test]
fn the_oldest_versions_give_way_and_numbers_go_on() {
    let world = World::new();
    let acme = world.organization("acme");
    let id = policy(&world, acme, ("laptops", 1), &[], lock(1));
    for delay in 2..=503 {
        edit(&world, acme, id, move |fields| fields.settings = lock(delay)).unwrap();
    }
    let told = versions(&world, acme, id);
    assert_eq!((told.len(), told[0].number, told[499].number), (500, 503, 4));
    world.assert_sound();
}

#[test]
fn of_each_setting_the_policy_of_the_lowest_precedence_counts_that_says_anything_of_it() {
    let world = World::new();
    let acme = world.organization("acme");
    let [all, laptops, other] = ["all", "laptops", "other"].map(|name| group(&world, acme, name));
    let nested = world.change(move |change| {
        let add = vec![Member::Group(laptops)];
        let members = MembershipChange { add, remove: Vec::new() };
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.groups().change_members(all, None, &members)
    });
    nested.unwrap();
    let laptop = device(&world, acme, "laptop-7", &[laptops]);
    assert_eq!(effective(&world, acme, laptop).settings(), SecuritySettings::default());

    let both = SecuritySettings { disk_encryption: disk(false).disk_encryption, ..lock(900) };
    policy(&world, acme, ("base", 9), &[all], both);
    policy(&world, acme, ("strict as well", 5), &[all], lock(60));
    let strict = policy(&world, acme, ("Strict", 5), &[laptops], lock(300));
    policy(&world, acme, ("others", 1), &[other], disk(true));
    let found = effective(&world, acme, laptop);
    let names: Vec<&str> = found.policies.iter().map(|source| &*source.name).collect();
    assert_eq!(names, ["Strict", "strict as well", "base"], "of equal ones the first name");
    let lock_said = found.screen_lock.unwrap();
    assert_eq!((lock_said.value.delay, lock_said.source.group), (300, laptops));
    let disk_said = found.disk_encryption.unwrap();
    assert_eq!((&*disk_said.source.name, disk_said.source.version), ("base", 1));
    assert_eq!(disk_said.source.group, all, "by way of the nested group");
    assert!(!disk_said.value.required && found.os_updates.is_none());

    let tag = effective(&world, acme, laptop).tag().unwrap();
    edit(&world, acme, strict, |fields| fields.name = "rigid".into()).unwrap();
    assert_eq!(effective(&world, acme, laptop).tag().unwrap(), tag, "no setting is another");
    edit(&world, acme, strict, |fields| fields.precedence = 6).unwrap();
    assert_eq!(effective(&world, acme, laptop).screen_lock.unwrap().value.delay, 60);
    assert_ne!(effective(&world, acme, laptop).tag().unwrap(), tag);
}

/// An authority of the organization's own.
fn built_in(world: &World, place: OrganizationId) {
    let key = NewKey::generate(world.directory.tools()).unwrap();
    let made = world.change(move |change| {
        let built_in = BuiltIn { certificate_days: 10 };
        let new = NewAuthority { name: "own".into(), days: 400, built_in, key };
        let mut grant = change.authorize::<ManageConfiguration>(place)?;
        grant.certificate_authorities().create_built_in(new)
    });
    made.unwrap();
}

fn certificate(world: &World, place: OrganizationId, device: DeviceId) -> Issued {
    let key = CertificateKey::Made(NewKey::generate(world.directory.tools()).unwrap());
    let wish = CertificateWish { key, days: None, lists: None, in_file: false };
    let issued = world.change(move |change| {
        change.authorize::<ManageIdentities>(place)?.device_certificates().issue(device, wish)
    });
    issued.unwrap()
}

fn identify(
    world: &World,
    place: OrganizationId,
    issued: &Issued,
) -> Result<IdentifiedDevice, Error> {
    let reading = world.directory.read(world.top()).unwrap();
    let own = reading.authorize::<View>(place).unwrap().own_organization().unwrap();
    let (organization, chain) = (own.uuid, [issued.record.certificate.to_vec()]);
    let (now, request) = (world.now(), Some(REQUEST));
    let shown = ShownByDevice { organization, chain: &chain, source: HERE, now, request };
    world.directory.identify_device(&shown)
}

fn refused(done: &Result<IdentifiedDevice, Error>) -> bool {
    matches!(done, Err(Error::Refused(Refusal::Unauthenticated)))
}

#[test]
fn a_device_is_proven_by_its_certificate_until_it_is_revoked_and_in_its_organization_alone() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    built_in(&world, acme);
    let laptop = device(&world, acme, "laptop-7", &[]);
    let issued = certificate(&world, acme, laptop);
    let known = identify(&world, acme, &issued).unwrap();
    assert_eq!((known.organization, known.device), (acme, laptop));
    assert_eq!(known.context.request, Some(REQUEST));
    assert!(refused(&identify(&world, beta, &issued)), "there it is nobody's");
    let own = |place| {
        let reading = world.directory.read(known.context).unwrap();
        reading.authorize::<OwnDevice>(place)?.own_settings().map(|(device, _)| device.fields.name)
    };
    assert_eq!(own(acme).unwrap(), "laptop-7");
    assert!(matches!(own(beta), Err(Error::Refused(Refusal::Hidden))));
    let reading = world.directory.read(known.context).unwrap();
    assert!(reading.authorize::<View>(acme).is_err(), "a device is no admin");
    drop(reading);

    let suspend = |suspended| {
        let done = world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.devices().update(laptop, None, |device| {
                device.fields.suspended = suspended;
                Ok(())
            })
        });
        done.unwrap();
    };
    suspend(true);
    assert!(refused(&identify(&world, acme, &issued)));
    assert!(matches!(own(acme), Err(Error::Refused(Refusal::Unauthenticated))));
    let event = &world.events(acme.into(), 1)[0];
    assert_eq!(event.action, Action::DeviceRefused);
    assert_eq!(event.request.as_ref().unwrap().id, REQUEST.text());
    assert!(matches!(&event.actor, EventActor::Device { name, .. } if name == "laptop-7"));
    assert!(matches!(&event.outcome, Outcome::Failure(why) if why.contains("suspended")));
    suspend(false);
    world.pass(DAY);
    let again = identify(&world, acme, &issued).unwrap();
    let uuid = issued.record.uuid;
    let revoked = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.device_certificates().revoke(laptop, uuid, RevocationReason::KeyCompromise)
    });
    revoked.unwrap();
    let reading = world.directory.read(again.context).unwrap();
    let late = reading.authorize::<OwnDevice>(acme).err().unwrap();
    assert!(matches!(late, Error::Refused(Refusal::Unauthenticated)), "who was in is out");
    assert!(refused(&identify(&world, acme, &issued)));
}

#[test]
fn who_makes_up_certificates_behind_an_address_keeps_no_device_out_there() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    for place in [acme, beta] {
        built_in(&world, place);
    }
    let issued = certificate(&world, acme, device(&world, acme, "laptop-7", &[]));
    let stranger = device(&world, beta, "stranger", &[]);
    let told = || {
        let events = world.events(acme.into(), 10_000);
        events.iter().filter(|event| event.action == Action::DeviceRefused).count()
    };
    let uuid = |world: &World| {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(acme).unwrap().own_organization().unwrap().uuid
    };
    let organization = uuid(&world);
    let noise = |number: usize| {
        let chain = [vec![0x30, u8::try_from(number % 250).unwrap(), 7]];
        let (now, request) = (world.now(), None);
        let shown = ShownByDevice { organization, chain: &chain, source: HERE, now, request };
        assert!(world.directory.identify_device(&shown).is_err());
    };
    (0..2_000).for_each(noise);
    let before = told();
    assert!((1..2_000).contains(&before), "{before}");
    let other = certificate(&world, beta, stranger);
    assert!(refused(&identify(&world, acme, &other)));
    assert_eq!(told(), before, "the source has no failures left, and writes no events");
    assert!(identify(&world, acme, &issued).is_ok());
}

fn report(world: &World, context: Context, place: OrganizationId, new: NewReport) {
    let context = Context { now: world.now(), ..context };
    let done = world
        .directory
        .change(context, move |change| change.authorize::<OwnDevice>(place)?.report(new));
    done.unwrap();
}

fn counts(world: &World, place: OrganizationId) -> ComplianceCounts {
    let reading = world.directory.read(world.top()).unwrap();
    reading.authorize::<View>(place).unwrap().compliance_counts().unwrap()
}

fn found(world: &World, place: OrganizationId, query: &DeviceQuery) -> Vec<String> {
    let reading = world.directory.read(world.top()).unwrap();
    let grant = reading.authorize::<View>(place).unwrap();
    let devices = grant.devices_where(query.clone());
    let (mut records, is_more) = devices.batch(None, 10).unwrap();
    assert!(!is_more);
    records.retain(|(id, record)| devices.admits(*id, record).unwrap());
    records.into_iter().map(|(_, record)| record.fields.name).collect()
}

#[test]
fn reports_are_judged_by_what_is_demanded_then_kept_so_many_and_grow_stale() {
    let world = World::new();
    let acme = world.organization("acme");
    built_in(&world, acme);
    let laptops = group(&world, acme, "laptops");
    let laptop = device(&world, acme, "laptop-7", &[laptops]);
    device(&world, acme, "silent", &[]);
    policy(&world, acme, ("laptops", 1), &[laptops], lock(300));
    let context = identify(&world, acme, &certificate(&world, acme, laptop)).unwrap().context;
    let document = || Some(effective(&world, acme, laptop).tag().unwrap());
    let states = |screen_lock| SettingStates { screen_lock, ..SettingStates::default() };
    let state = || {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(acme).unwrap().compliance(laptop).unwrap()
    };
    let told = || {
        let events = world.events(acme.into(), 100);
        events.iter().filter(|event| event.action == Action::ComplianceChanged).count()
    };
    assert_eq!(state().0, ComplianceState::Unreported);
    let say = |document, screen_lock| {
        report(
            &world,
            context,
            acme,
            NewReport { document, states: states(screen_lock), ..NewReport::default() },
        );
        state().0
    };
    use SettingState::{Compliant, NotCompliant, Unknown};
    assert_eq!(say(document(), Compliant), ComplianceState::Compliant);
    assert_eq!(say(document(), Compliant), ComplianceState::Compliant);
    assert_eq!(told(), 1, "the same again is no event");
    assert_eq!(say(None, Compliant), ComplianceState::Unknown, "of another document");
    assert_eq!(say(document(), Unknown), ComplianceState::Unknown);
    assert_eq!(say(None, NotCompliant), ComplianceState::NotCompliant);
    assert_eq!(told(), 3);
    let expected = ComplianceCounts { not_compliant: 1, unreported: 1, ..Default::default() };
    assert_eq!(counts(&world, acme), expected);
    let standing = |compliance| {
        found(&world, acme, &DeviceQuery { compliance: Some(compliance), ..Default::default() })
    };
    assert_eq!(standing(ComplianceState::NotCompliant), ["laptop-7"]);
    assert_eq!(standing(ComplianceState::Unreported), ["silent"]);

    world.pass(WEEK);
    assert_eq!(state().0, ComplianceState::NotCompliant, "a week is not too old");
    world.pass(1);
    assert_eq!(state().0, ComplianceState::Stale);
    assert_eq!(standing(ComplianceState::Stale), ["laptop-7"]);
    assert_eq!(
        counts(&world, acme),
        ComplianceCounts { stale: 1, unreported: 1, ..Default::default() }
    );
    for _ in 0..30 {
        say(document(), Compliant);
    }
    let known = state().1.unwrap();
    assert_eq!(known.earlier.len(), 20);
    assert!(known.last.source == Some(HERE) && known.last.at == world.now());
    let deleted = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.devices().delete(laptop, None)
    });
    deleted.unwrap();
    assert_eq!(counts(&world, acme), ComplianceCounts { unreported: 1, ..Default::default() });
    world.assert_sound();
}

#[test]
fn devices_are_found_by_what_is_known_of_them_and_a_serial_number_is_one_devices() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let laptops = group(&world, acme, "laptops");
    let fields = DeviceFields {
        name: "laptop-7".into(),
        serial: Some("C02 xk1".into()),
        os: Some(OperatingSystem::Macos),
        owner: Some(ada),
        groups: vec![laptops],
        ..DeviceFields::default()
    };
    make(&world, acme, fields.clone()).unwrap();
    device(&world, acme, "printer", &[]);
    let twin = DeviceFields { name: "twin".into(), serial: Some("c02 XK1".into()), ..fields };
    let taken = make(&world, acme, twin);
    assert!(matches!(taken, Err(Error::Taken { pointer }) if pointer == "/serial"));
    let all = DeviceQuery::default;
    for (query, expected) in [
        (all(), &["laptop-7", "printer"][..]),
        (DeviceQuery { serial: Some("C02 XK1".into()), ..all() }, &["laptop-7"]),
        (DeviceQuery { serial: Some("C02".into()), ..all() }, &[]),
        (DeviceQuery { owner: Some(ada), ..all() }, &["laptop-7"]),
        (DeviceQuery { group: Some(laptops), ..all() }, &["laptop-7"]),
        (DeviceQuery { os: Some(OperatingSystem::Macos), ..all() }, &["laptop-7"]),
        (DeviceQuery { os: Some(OperatingSystem::Linux), ..all() }, &[]),
        (DeviceQuery { suspended: Some(false), ..all() }, &["laptop-7", "printer"]),
    ] {
        assert_eq!(found(&world, acme, &query), expected, "{query:?}");
    }
    let reading = world.directory.read(world.top()).unwrap();
    let grant = reading.authorize::<View>(acme).unwrap();
    let devices = grant.devices_where(all());
    let (first, is_more) = devices.batch(None, 1).unwrap();
    assert!(is_more && first[0].1.fields.name == "laptop-7");
    let (next, is_more) = devices.batch(Some(first[0].0), 1).unwrap();
    assert!(!is_more && next[0].1.fields.name == "printer");
    assert_eq!(devices.called("PRINTER").unwrap()[0].0, next[0].0);
    let of_ada = grant.devices_where(DeviceQuery { owner: Some(ada), ..all() });
    assert!(!of_ada.admits(next[0].0, &next[0].1).unwrap());
    let serial = Sought { member: "serial", value: "c02 x", is_whole: false };
    assert_eq!(devices.candidates(serial, 10).unwrap(), Some(vec![first[0].0]));
}
