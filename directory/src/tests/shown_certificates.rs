//! Certificates that an organization's own authorities issued, as searches show them.

use x509_parser::prelude::{FromDer, X509Certificate};

use super::authority::{built_in, built_in_called, issue, revoke};
use super::search::account;
use super::world::{DAY, World};
use crate::access::{Actor, ManageConfiguration, ManageIdentities, Search};
use crate::collections::{CertificateKey, CertificateWish, Issued};
use crate::id::{CertificateAuthorityId, DeviceId, OrganizationId, UserId};
use crate::issuing::NewKey;
use crate::records::{DeviceFields, Visibility};
use crate::search::{Ended, EntryId, Filter, Kinds, NameValue, Since, Visit};

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
fn a_certificate_is_found_by_its_number_and_whoever_issued_it_as_long_as_it_counts() {
    let world = World::new();
    let acme = world.organization("acme");
    let reader = account(&world, acme, "reader", Visibility::Everything);
    let (ada, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
    let till = device(&world, acme, "till");
    built_in(&world, acme);
    let (hers, lost) = (issue(&world, acme, ada).unwrap(), issue(&world, acme, ada).unwrap());
    built_in_called(&world, acme, "other");
    let his = issue(&world, acme, bob).unwrap();
    let its = equip(&world, acme, till);
    let issuers = {
        let reading = world.directory.read(world.by(reader)).unwrap();
        reading.authorize::<Search>(acme).unwrap().issuers().unwrap()
    };
    let called = |name: &str| {
        let is_it = |part: &Vec<NameValue>| {
            part.iter().any(|value| value.kind == "2.5.4.3" && value.text == name)
        };
        let found = issuers.iter().find(|(_, issuer)| issuer.last().is_some_and(is_it));
        found.unwrap().0
    };
    assert_eq!((called("own"), called("other")), (hers.record.authority, his.record.authority));
    let found = |serial, by| {
        let all = shown(&world, (reader, acme), Filter::issued(serial, by));
        all.into_iter().map(|(entry, _)| entry).collect::<Vec<EntryId>>()
    };
    let number = |issued: &Issued| u128::from_be_bytes(issued.record.serial);
    let (own, other) = (called("own"), called("other"));
    assert_eq!(found(number(&hers), vec![own]), [EntryId::User(ada)]);
    assert_eq!(found(number(&lost), vec![other, own]), [EntryId::User(ada)]);
    assert_eq!(found(number(&his), vec![other]), [EntryId::User(bob)]);
    assert!(found(number(&his), vec![own]).is_empty(), "it is another authority's");
    assert!(found(number(&his) ^ 1, vec![other]).is_empty());
    assert!(found(number(&his), Vec::new()).is_empty());
    let (_, read) = X509Certificate::from_der(&its).unwrap();
    let serial = read.raw_serial().try_into().unwrap();
    assert_eq!(found(u128::from_be_bytes(serial), vec![other]), [EntryId::Device(till)]);
    revoke(&world, acme, ada, &lost);
    assert!(found(number(&lost), vec![own]).is_empty());
    assert_eq!(found(number(&hers), vec![own]), [EntryId::User(ada)]);
    delete_authority(&world, acme, own);
    assert!(found(number(&hers), vec![own]).is_empty());
}

#[test]
fn a_whole_certificate_finds_whose_it_is_as_long_as_it_counts() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let reader = account(&world, acme, "reader", Visibility::Everything);
    let (ada, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
    let till = device(&world, acme, "till");
    built_in(&world, acme);
    built_in(&world, beta);
    let (hers, lost) = (issue(&world, acme, ada).unwrap(), issue(&world, acme, ada).unwrap());
    let his = issue(&world, acme, bob).unwrap();
    let its = equip(&world, acme, till);
    let foreign = issue(&world, beta, world.user(beta, "eve")).unwrap();
    let found = |filter: Filter| {
        let all = shown(&world, (reader, acme), filter);
        all.into_iter().map(|(entry, _)| entry).collect::<Vec<EntryId>>()
    };
    let having = |octets: &[u8]| found(Filter::this_certificate(octets));
    revoke(&world, acme, ada, &lost);
    assert_eq!(having(&hers.record.certificate), [EntryId::User(ada)]);
    assert_eq!(having(&his.record.certificate), [EntryId::User(bob)]);
    assert_eq!(having(&its), [EntryId::Device(till)]);
    assert!(having(&lost.record.certificate).is_empty());
    assert!(having(&foreign.record.certificate).is_empty());
    let not = Filter::Not(Box::new(Filter::this_certificate(&hers.record.certificate)));
    let others = found(not);
    assert!(!others.contains(&EntryId::User(ada)) && others.contains(&EntryId::User(bob)));
    let (_, short) = hers.record.certificate.split_last().unwrap();
    let mut long = hers.record.certificate.clone();
    long.push(0);
    for none in [short.to_vec(), long, vec![0x30, 0x82], b"x".to_vec(), Vec::new()] {
        assert_eq!(Filter::this_certificate(&none), Filter::Undefined, "{none:02x?}");
    }
    world.pass(11 * DAY);
    assert!(having(&hers.record.certificate).is_empty(), "it is over");
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
