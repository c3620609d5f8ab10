//! Certificates that an organization's own authorities issued, as searches show them.

use super::authority::{built_in, built_in_called, issue, revoke};
use super::search::account;
use super::world::{DAY, World};
use crate::access::{Actor, ManageConfiguration, ManageIdentities, Search};
use crate::collections::{CertificateKey, CertificateWish};
use crate::id::{CertificateAuthorityId, DeviceId, OrganizationId, UserId};
use crate::issuing::NewKey;
use crate::records::{DeviceFields, Visibility};
use crate::search::{Ended, EntryId, Filter, Kinds, Since, Visit};

/// What is found, each with the certificates that it shows.
type Shown = Vec<(EntryId, Vec<Vec<u8>>)>;

fn shown(world: &World, (caller, place): (Actor, OrganizationId), filter: Filter) -> Shown {
    let reading = world.directory.read(world.by(caller)).unwrap();
    let memo = world.directory.memo();
    let grant = reading.authorize_search(place, &memo).unwrap();
    let mut searching = grant.search(Kinds::ALL, filter, None, usize::MAX).unwrap();
    let mut all = Shown::new();
    let ended = grant.advance(&mut searching, &mut |found| {
        let mut certificates = Vec::new();
        found.certificates(&mut |certificate| certificates.push(certificate.to_vec()))?;
        all.push((found.entry().id(), certificates));
        Ok(Visit::Taken)
    });
    assert_eq!(ended.unwrap(), Ended::Complete);
    all
}

fn device(world: &World, place: OrganizationId, name: &str) -> DeviceId {
    let fields = DeviceFields { name: name.into(), ..DeviceFields::default() };
    let made = world.change(move |change| {
        change.authorize::<ManageIdentities>(place)?.devices().create(fields)
    });
    made.unwrap().0
}

/// Issues a certificate to a device.
fn equip(world: &World, place: OrganizationId, device: DeviceId) -> Vec<u8> {
    let key = CertificateKey::Made(NewKey::generate(world.directory.tools()).unwrap());
    let wish = CertificateWish { key, days: None, lists: None, in_file: false };
    let issued = world.change(move |change| {
        change.authorize::<ManageIdentities>(place)?.device_certificates().issue(device, wish)
    });
    issued.unwrap().record.certificate
}

fn delete_authority(world: &World, place: OrganizationId, authority: CertificateAuthorityId) {
    let deleted = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(place)?;
        grant.certificate_authorities().delete(authority, None)
    });
    deleted.unwrap();
}

#[test]
fn who_has_certificates_that_count_is_found_by_them_and_shows_these_alone() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let reader = account(&world, acme, "reader", Visibility::Everything);
    let having = || shown(&world, (reader, acme), Filter::HasCertificate);
    let [ada, bob, cyd] = ["ada", "bob", "cyd"].map(|login| world.user(acme, login));
    let till = device(&world, acme, "till");
    built_in(&world, acme);
    built_in(&world, beta);
    issue(&world, beta, world.user(beta, "eve")).unwrap();
    assert!(having().is_empty());
    let own = |user: UserId| issue(&world, acme, user).unwrap();
    let (first, lost, second) = (own(ada), own(ada), own(ada));
    let (his, hers) = (own(bob), own(cyd));
    let its = equip(&world, acme, till);
    revoke(&world, acme, ada, &lost);
    revoke(&world, acme, cyd, &hers);
    let [first, second, his] = [first, second, his].map(|issued| issued.record.certificate);
    let expected = vec![
        (EntryId::User(ada), vec![first, second]),
        (EntryId::User(bob), vec![his]),
        (EntryId::Device(till), vec![its]),
    ];
    assert_eq!(having(), expected);
    let all = shown(&world, (reader, acme), Filter::always());
    let some = |(_, certificates): &&(EntryId, Vec<Vec<u8>>)| !certificates.is_empty();
    assert_eq!(all.iter().filter(some).cloned().collect::<Shown>(), expected);
    let others = shown(&world, (reader, acme), Filter::Not(Box::new(Filter::HasCertificate)));
    assert_eq!(others.len(), all.len() - expected.len());
    assert!(others.contains(&(EntryId::User(cyd), Vec::new())));
    world.pass(11 * DAY);
    assert!(having().is_empty(), "all of them are over");
}

#[test]
fn what_counts_no_more_without_its_authority_is_not_shown() {
    let world = World::new();
    let acme = world.organization("acme");
    let reader = account(&world, acme, "reader", Visibility::Everything);
    let ada = world.user(acme, "ada");
    built_in(&world, acme);
    let authority = issue(&world, acme, ada).unwrap().record.authority;
    assert_eq!(shown(&world, (reader, acme), Filter::HasCertificate).len(), 1);
    delete_authority(&world, acme, authority);
    assert!(shown(&world, (reader, acme), Filter::HasCertificate).is_empty());
}

#[test]
fn copies_are_told_of_whom_certificates_are_issued_to_and_taken_from() {
    let world = World::new();
    let acme = world.organization("acme");
    let reader = account(&world, acme, "reader", Visibility::Everything);
    let (ada, till) = (world.user(acme, "ada"), device(&world, acme, "till"));
    built_in(&world, acme);
    let now = || {
        let reading = world.directory.read(world.by(reader)).unwrap();
        reading.authorize::<Search>(acme).unwrap().sequence()
    };
    let since = |sequence| {
        let reading = world.directory.read(world.by(reader)).unwrap();
        reading.authorize::<Search>(acme).unwrap().since(sequence).unwrap()
    };
    let touched = |sequence| {
        let Since::Entries(touched) = since(sequence) else { panic!("everything changed") };
        touched.entries.iter().collect::<Vec<EntryId>>()
    };
    let before = now();
    let issued = issue(&world, acme, ada).unwrap();
    assert_eq!(touched(before), [EntryId::User(ada)]);
    let before = now();
    revoke(&world, acme, ada, &issued);
    assert_eq!(touched(before), [EntryId::User(ada)]);
    let before = now();
    equip(&world, acme, till);
    assert_eq!(touched(before), [EntryId::Device(till)]);
    let before = now();
    built_in_called(&world, acme, "other");
    assert!(touched(before).is_empty(), "a new authority has issued nothing");
    delete_authority(&world, acme, issued.record.authority);
    assert!(matches!(since(before), Since::Everything(_)));
}
