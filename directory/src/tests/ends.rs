//! Certificates, and lists of revoked ones, that end: told in time, and once.

use rcgen::{CertificateParams, KeyPair};
use storage::Reading;
use uuid::Uuid;

use super::authority::built_in;
use super::gear_certificates::{issuer, trust};
use super::world::{Counted, DAY, World, master, options};
use crate::access::{ManageConfiguration, ManageIdentities, RecoverAccounts};
use crate::collections::{CertificateKey, CertificateWish, NewAuthority};
use crate::directory::{Directory, EndsFound, OpenOptions};
use crate::error::Error;
use crate::events::{Action, EventActor, Outcome, SubjectKind};
use crate::id::{CertificateAuthorityId, OrganizationId, Place, RecordId, UserId};
use crate::issuing::NewKey;
use crate::records::{
    BuiltIn, CertificateAuthority, IssuedCertificate, RevocationNote, RevocationReason,
};
use crate::time::Time;

const HOUR: u64 = DAY / 24;
const BEFORE: [u64; 3] = [30 * DAY, 7 * DAY, DAY];

fn look(world: &World) -> usize {
    world.directory.tell_ends(world.now(), &BEFORE, None).unwrap().told
}

/// What was told of ends, the newest first: of what, and what of it.
fn told(world: &World, place: impl Into<Place>) -> Vec<(SubjectKind, String)> {
    let events = world.events(place.into(), 1_000);
    let ends = events.into_iter().filter(|event| event.action == Action::CertificateEnds);
    let said = ends.map(|event| {
        assert_eq!(event.actor, EventActor::Daemon);
        let Outcome::Failure(reason) = event.outcome else { panic!("it is no success") };
        (event.subject.unwrap().kind, reason)
    });
    said.collect()
}

fn issue(world: &World, place: OrganizationId, user: UserId, days: u16) -> IssuedCertificate {
    let key = CertificateKey::Made(NewKey::generate(world.directory.tools()).unwrap());
    let wish = CertificateWish { key, days: Some(days), lists: None, in_file: false };
    let issued = world.change(move |change| {
        change.authorize::<ManageIdentities>(place)?.user_certificates().issue(user, wish)
    });
    issued.unwrap().record
}

fn issue_for_network(world: &World, place: OrganizationId, days: u16) {
    let key = NewKey::generate(world.directory.tools()).unwrap();
    let names = Some(vec!["radius.acme.example".to_owned()]);
    let issued = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(place)?;
        grant.issue_server_certificate(None, names, days, &key)
    });
    issued.unwrap();
}

/// Has an authority's list be known that was made now, and counts so long.
fn list(world: &World, place: OrganizationId, authority: CertificateAuthorityId, life: u64) {
    let (made, next) = (world.now(), Some(world.now().plus(life)));
    let done = world.directory.inner.store.write(move |change| {
        let (partition, number) = (place.partition(), authority.record());
        let mut record: CertificateAuthority = change.get(partition, number)?.unwrap();
        record.revocations = Some(RevocationNote { made, next, count: 0 });
        change.put(partition, number, &record)?;
        Ok::<_, Error>(())
    });
    done.unwrap();
}

#[test]
fn an_issued_certificate_is_told_of_at_each_time_before_its_end_and_once_behind_it() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    built_in(&world, acme);
    built_in(&world, beta);
    let ada = world.user(acme, "ada");
    issue(&world, acme, ada, 60);
    assert_eq!(look(&world), 0, "the first look only notes when it was");
    world.pass(30 * DAY - HOUR);
    assert_eq!(look(&world), 0);
    world.pass(HOUR);
    assert_eq!(look(&world), 0, "it is 30 days, and not less");
    let said = [
        (HOUR, "the certificate ends in 30 days"),
        (23 * DAY, "the certificate ends in 7 days"),
        (6 * DAY, "the certificate ends in 21 hours"),
        (DAY, "the certificate has ended"),
    ];
    for (time, sentence) in said {
        world.pass(time);
        assert_eq!((look(&world), look(&world)), (1, 0), "{sentence}");
        assert_eq!(told(&world, acme)[0], (SubjectKind::Certificate, sentence.to_owned()));
        world.pass(HOUR);
        assert_eq!(look(&world), 0, "{sentence}");
    }
    world.pass(30 * DAY);
    assert_eq!((look(&world), told(&world, acme).len(), told(&world, beta).len()), (0, 4, 0));
    let event = world.events(acme.into(), 1).remove(0);
    assert_eq!(event.differences[0].field, "not_after");
    assert_eq!(event.differences[0].after.as_deref(), Some("\"2024-01-13T22:13:20.000Z\""));
    world.assert_sound();
}

#[test]
fn what_was_told_is_kept_and_what_was_missed_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let opened = || {
        let options = OpenOptions { authentication: options(), ..OpenOptions::default() };
        Directory::open(folder.path(), master(), Counted::new(), &options).unwrap()
    };
    let world = World::over(opened());
    let acme = world.organization("acme");
    built_in(&world, acme);
    let ada = world.user(acme, "ada");
    issue(&world, acme, ada, 60);
    assert_eq!(look(&world), 0);
    let world = world.reopened(opened);
    world.pass(54 * DAY);
    assert_eq!(look(&world), 1);
    let missed = (SubjectKind::Certificate, "the certificate ends in 6 days".to_owned());
    assert_eq!(told(&world, acme), [missed]);
    let world = world.reopened(opened);
    world.pass(2 * HOUR);
    assert_eq!((look(&world), told(&world, acme).len()), (0, 1));
}

#[test]
fn what_is_renewed_or_counts_no_more_is_not_told_of() {
    let world = World::new();
    let acme = world.organization("acme");
    built_in(&world, acme);
    let ada = world.user(acme, "ada");
    let uuid = issue(&world, acme, ada, 60).uuid;
    issue_for_network(&world, acme, 90);
    assert_eq!(look(&world), 0);
    let revoked = world.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(acme)?;
        grant.revoke_user_certificate(ada, uuid, RevocationReason::Superseded)
    });
    revoked.unwrap();
    world.pass(60 * DAY + HOUR);
    assert_eq!(look(&world), 1, "the network's, and not the one that was revoked");
    let shown = |sentence: &str| {
        let what = "the certificate that the network shows";
        (SubjectKind::Organization, format!("{what} {sentence}"))
    };
    assert_eq!(told(&world, acme), [shown("ends in 30 days")]);
    issue_for_network(&world, acme, 90);
    world.pass(40 * DAY);
    assert_eq!(look(&world), 0, "the former one has ended, and is not shown any more");
    world.pass(20 * DAY + HOUR);
    assert_eq!(look(&world), 1);
    assert_eq!(told(&world, acme)[0], shown("ends in 30 days"));
}

#[test]
fn authorities_and_their_lists_are_told_of_too() {
    let world = World::new();
    let acme = world.organization("acme");
    let key = NewKey::generate(world.directory.tools()).unwrap();
    let made = world.change(move |change| {
        let built_in = BuiltIn { certificate_days: 10 };
        let new = NewAuthority { name: "own".into(), days: 40, built_in, key };
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.certificate_authorities().create_built_in(new)
    });
    made.unwrap();
    let theirs = trust(&world, acme, &issuer("theirs"));
    assert_eq!(look(&world), 0);
    // There is another one each week.
    list(&world, acme, theirs, 7 * DAY + DAY / 2);
    let a_day_before = "the authority's list of revoked certificates ends in 23 hours";
    let steps = [
        (6 * DAY + DAY / 2 + HOUR, Some(a_day_before)),
        (DAY, Some("the authority's list of revoked certificates has ended")),
        (25 * DAY, None),
        (DAY, Some("the authority's certificate ends in 7 days")),
    ];
    for (time, expected) in steps {
        world.pass(time);
        assert_eq!(look(&world), usize::from(expected.is_some()), "{expected:?}");
        if let Some(sentence) = expected {
            let expected = (SubjectKind::CertificateAuthority, sentence.to_owned());
            assert_eq!(told(&world, acme)[0], expected);
        }
    }
}

#[test]
fn many_that_end_are_told_of_in_steps() {
    let world = World::new();
    let acme = world.organization("acme");
    built_in(&world, acme);
    let ada = world.user(acme, "ada");
    let record = issue(&world, acme, ada, 60);
    assert_eq!(look(&world), 0);
    let done = world.directory.inner.store.write(move |change| {
        for number in 0..250_u32 {
            let end = record.not_after.plus(u64::from(number));
            let certificate = number.to_be_bytes().to_vec();
            let uuid = Uuid::from_u128(number.into());
            let another = IssuedCertificate { uuid, certificate, not_after: end, ..record.clone() };
            let id = change.allocate(acme.partition())?;
            change.put(acme.partition(), id, &another)?;
        }
        Ok::<_, Error>(())
    });
    done.unwrap();
    world.pass(30 * DAY + HOUR);
    assert_eq!(look(&world), 251);
    world.pass(HOUR);
    assert_eq!((look(&world), told(&world, acme).len()), (0, 251));
    world.assert_sound();
}

#[test]
fn the_provider_is_told_of_what_the_daemon_shows() {
    let world = World::new();
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2023, 1, 1);
    params.not_after = rcgen::date_time_ymd(2024, 1, 15);
    let own = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    let end = Time(1_705_276_800_000);
    assert_eq!(crate::certificate_end(&own), Some(end));
    let look = || world.directory.tell_ends(world.now(), &BEFORE, Some(&own)).unwrap();
    assert_eq!(look(), EndsFound::default());
    world.pass(end.0 - world.now().0 - 7 * DAY + HOUR);
    let sentence = "the daemon's own certificate, [tls] certificate, ends in 7 days";
    assert_eq!(look(), EndsFound { told: 1, shown: Some(sentence.into()) });
    assert_eq!(look(), EndsFound::default());
    let event = world.events(Place::Provider, 1).remove(0);
    assert_eq!((event.action, event.subject), (Action::CertificateEnds, None));
    assert_eq!(event.outcome, Outcome::Failure(sentence.into()));
}
