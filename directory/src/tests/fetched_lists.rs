//! Lists of revoked certificates that are fetched: when, and what counts of what comes.

use rcgen::{
    CertificateRevocationListParams, KeyIdMethod, RevokedCertParams, SerialNumber, date_time_ymd,
};
use storage::Reading;

use super::authority::built_in;
use super::gear_certificates::{Issuer, issuer, trust};
use super::world::{DAY, World};
use crate::access::ManageConfiguration;
use crate::directory::ListToFetch;
use crate::error::Error;
use crate::events::{Action, EventActor, Outcome};
use crate::id::{CertificateAuthorityId, OrganizationId, RecordId};
use crate::records::{CertificateAuthority, FetchedList, RevocationNote};

const HOUR: u64 = DAY / 24;
const URL: &str = "http://pki.example/ca.crl";

/// A list with one certificate that was made on a day of November 2023, and is followed by another on
/// the 24th. The world begins in the evening of the 14th.
fn list(issuer: &Issuer, made: u8) -> Vec<u8> {
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from_slice(&[7]),
        revocation_time: date_time_ymd(2023, 11, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2023, 11, made),
        next_update: date_time_ymd(2023, 11, 24),
        crl_number: SerialNumber::from_slice(&[made]),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().der().to_vec()
}

fn fetch_from(
    world: &World,
    place: OrganizationId,
    id: CertificateAuthorityId,
    url: Option<&str>,
) -> Result<CertificateAuthority, Error> {
    let url = url.map(ToOwned::to_owned);
    world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(place)?;
        grant.certificate_authorities().update(id, None, |authority| {
            authority.fields.revocation_url = url;
            Ok(())
        })
    })
}

fn due(world: &World) -> Vec<ListToFetch> {
    world.directory.lists_to_fetch(world.now(), 10).unwrap()
}

/// Hands in what came of the only list that is due.
fn fetched(world: &World, got: Result<Vec<u8>, &str>) -> Result<(), String> {
    let mut due = due(world);
    assert_eq!(due.len(), 1);
    let got = got.map_err(ToOwned::to_owned);
    world.directory.list_fetched(due.remove(0), got, world.now()).unwrap()
}

fn known(
    world: &World,
    place: OrganizationId,
    id: CertificateAuthorityId,
) -> Option<RevocationNote> {
    let snapshot = world.directory.inner.store.read().unwrap();
    let found = snapshot.get::<CertificateAuthority>(place.partition(), id.record()).unwrap();
    found.unwrap().revocations
}

/// What was told of lists that were fetched or not, the newest first.
fn told(world: &World, place: OrganizationId) -> Vec<Outcome> {
    let events = world.events(place.into(), 100);
    let of_lists = events.into_iter().filter(|event| event.action == Action::ListFetched);
    of_lists.map(|event| event.outcome).collect()
}

#[test]
fn a_list_is_fetched_when_it_is_due_and_counts() {
    let world = World::new();
    let (acme, ours) = (world.organization("acme"), issuer("ours"));
    let id = trust(&world, acme, &ours);
    assert!(due(&world).is_empty());
    fetch_from(&world, acme, id, Some(URL)).unwrap();
    assert_eq!(due(&world)[0].address.authority, "pki.example");
    assert_eq!(fetched(&world, Err("it broke off")), Err("it broke off".to_owned()));
    assert!(due(&world).is_empty(), "it is tried again an hour later");
    world.pass(HOUR);
    assert!(fetched(&world, Err("it broke off again")).is_err());
    assert_eq!(told(&world, acme), [Outcome::Failure("it broke off".into())], "told once");
    world.pass(HOUR);
    assert_eq!(known(&world, acme, id), None);
    assert_eq!(fetched(&world, Ok(list(&ours, 13))), Ok(()));
    assert_eq!(known(&world, acme, id).unwrap().count, 1);
    assert_eq!((told(&world, acme).len(), &told(&world, acme)[0]), (2, &Outcome::Success));
    let events = world.events(acme.into(), 2);
    let changed = events.iter().find(|event| event.action == Action::Changed).unwrap();
    assert_eq!(changed.actor, EventActor::Daemon);
    assert_eq!(changed.differences[0].field, "revoked_certificates");
    world.pass(DAY - 1);
    assert!(due(&world).is_empty());
    world.pass(1);
    let before = world.events(acme.into(), 100).len();
    assert_eq!(fetched(&world, Ok(list(&ours, 13))), Ok(()));
    assert_eq!(world.events(acme.into(), 100).len(), before, "the same again is no event");
    world.assert_sound();
}

#[test]
fn what_is_no_list_of_the_authority_for_this_time_does_not_count() {
    let world = World::new();
    let (acme, ours) = (world.organization("acme"), issuer("ours"));
    let id = trust(&world, acme, &ours);
    fetch_from(&world, acme, id, Some(URL)).unwrap();
    assert_eq!(fetched(&world, Ok(list(&ours, 13))), Ok(()));
    let before = known(&world, acme, id);
    for (got, why) in [
        (list(&ours, 12), "the list that was fetched is older than the one that counts"),
        (list(&issuer("theirs"), 14), "what was fetched is another authority's"),
        (list(&issuer("ours"), 14), "what was fetched is not signed by the authority"),
        (b"<html>".to_vec(), "what was fetched must be a list of revoked certificates"),
        (vec![0x30; 600 << 10], "what was fetched is too large"),
        (Vec::new(), "what was fetched must be a list of revoked certificates"),
    ] {
        world.pass(DAY);
        let refused = fetched(&world, Ok(got)).unwrap_err();
        assert!(refused.starts_with(why), "{refused}");
    }
    assert_eq!((known(&world, acme, id), told(&world, acme).len()), (before, 1));
    world.pass(5 * DAY);
    let ended = "the list that was fetched has ended".to_owned();
    assert_eq!(fetched(&world, Ok(list(&ours, 14))), Err(ended));
}

#[test]
fn what_was_asked_for_before_the_authority_was_changed_does_not_count() {
    let world = World::new();
    let (acme, ours) = (world.organization("acme"), issuer("ours"));
    let id = trust(&world, acme, &ours);
    fetch_from(&world, acme, id, Some(URL)).unwrap();
    let asked = due(&world).remove(0);
    fetch_from(&world, acme, id, Some("http://other.example/")).unwrap();
    let done = world.directory.list_fetched(asked, Ok(list(&ours, 13)), world.now());
    assert_eq!((done.unwrap(), known(&world, acme, id)), (Ok(()), None));
    assert!(fetched(&world, Err("it broke off")).is_err());
    assert!(due(&world).is_empty());
    // Another address is asked at once, and none not at all.
    fetch_from(&world, acme, id, Some(URL)).unwrap();
    assert_eq!(due(&world).len(), 1);
    fetch_from(&world, acme, id, None).unwrap();
    assert!(due(&world).is_empty());
    fetch_from(&world, acme, id, Some(URL)).unwrap();
    assert!(fetched(&world, Err("it broke off")).is_err());
    let deleted = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.certificate_authorities().delete(id, None)
    });
    deleted.unwrap();
    let left = world.directory.inner.store.read().unwrap();
    assert_eq!(left.get::<FetchedList>(acme.partition(), id.record()).unwrap(), None);
    world.assert_sound();
}

#[test]
fn one_list_of_an_organization_is_fetched_at_a_time() {
    let world = World::new();
    let acme = world.organization("acme");
    for name in ["one", "two"] {
        let id = trust(&world, acme, &issuer(name));
        fetch_from(&world, acme, id, Some(&format!("http://{name}.example/"))).unwrap();
    }
    let mut first = due(&world);
    assert_eq!(first.len(), 1);
    assert!(due(&world).is_empty(), "the other one waits");
    let asked = first.remove(0);
    let host = asked.address.host.clone();
    let done = world.directory.list_fetched(asked, Err("it broke off".into()), world.now());
    assert!(done.unwrap().is_err());
    let second = due(&world);
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].address.host, host);
    // What was begun and dropped is due again.
    drop(second);
    assert_eq!(due(&world).len(), 1);
}

#[test]
fn a_few_lists_are_fetched_from_one_address_at_a_time_and_others_meanwhile() {
    let world = World::new();
    let fetches = |slug: &str, url: &str| {
        let place = world.organization(slug);
        let id = trust(&world, place, &issuer("ours"));
        fetch_from(&world, place, id, Some(url)).unwrap();
    };
    for number in 0..5 {
        // Letters' case makes no other host of it.
        let host = if number % 2 == 0 { "pki.example" } else { "PKI.example" };
        fetches(&format!("at-{number}"), &format!("http://{host}/{number}.crl"));
    }
    let held = due(&world);
    assert_eq!(held.len(), 4);
    assert!(due(&world).is_empty(), "the address has enough");
    fetches("elsewhere", "http://pki.example:8080/");
    assert_eq!(due(&world)[0].address.authority, "pki.example:8080");
    drop(held);
    assert_eq!(due(&world).len(), 5);
}

#[test]
fn an_address_is_one_of_another_authority_and_in_clear() {
    let world = World::new();
    let acme = world.organization("acme");
    let id = trust(&world, acme, &issuer("theirs"));
    for wrong in ["", "pki.example", "https://pki.example/ca.crl", "ldap://pki.example/"] {
        let refused = fetch_from(&world, acme, id, Some(wrong));
        assert!(matches!(refused, Err(Error::Invalid(_))), "{wrong}");
    }
    let uuid = built_in(&world, acme).uuid;
    let own = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.certificate_authorities().id_of(uuid)
    });
    let refused = fetch_from(&world, acme, own.unwrap(), Some(URL));
    assert!(matches!(refused, Err(Error::Invalid(_))));
}
