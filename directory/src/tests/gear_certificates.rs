//! Whose gear a connection is of, by its certificate.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType,
};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use storage::Reading as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::world::{World, refusal};
use crate::access::ManageConfiguration;
use crate::error::Error;
use crate::id::{CertificateAuthorityId, OrganizationId, RadiusClientId, RecordId as _};
use crate::records::{
    CertificateAuthority, CertificateAuthorityFields, CertificateFingerprint, CertificateHolder,
    GearCertificates, RadiusClientFields, RevocationCheck, RevocationNote, RevokedCertificates,
};
use crate::time::Time;

/// In 2030.
const NOW: Time = Time(1_900_000_000_000);

/// Has an authority's list say that it revoked a certificate.
fn revoke(
    world: &World,
    place: OrganizationId,
    authority: CertificateAuthorityId,
    chain: &[Vec<u8>],
) {
    let (_, certificate) = X509Certificate::from_der(&chain[0]).unwrap();
    let serial = ByteBuf::from(certificate.raw_serial());
    let done = world.directory.inner.store.write(move |change| {
        let (partition, number) = (place.partition(), authority.record());
        let mut record: CertificateAuthority = change.get(partition, number)?.unwrap();
        record.revocations = Some(RevocationNote { made: NOW, next: None, count: 1 });
        change.put(partition, number, &record)?;
        let revoked = RevokedCertificates { authority, serials: vec![serial] };
        change.put(partition, number, &revoked)?;
        Ok::<_, Error>(())
    });
    done.unwrap();
}

#[test]
fn gear_whose_certificate_stands_on_a_list_is_not_served() {
    let world = World::new();
    let (acme, other) = (world.organization("acme"), world.organization("other"));
    let issuer = issuer("Gear CA");
    let authority = trust(&world, acme, &issuer);
    trust(&world, other, &issuer);
    let chain = issue(&issuer, &["gw.acme.example"], 2035);
    client(&world, acme, "by name", names(&["gw.acme.example"])).unwrap();
    let theirs = issue(&issuer, &["x.example"], 2035);
    client(&world, other, "by fingerprint", prints(&theirs)).unwrap();
    let objection = |chain: &[Vec<u8>]| {
        let gear = world.directory.gear().unwrap().certified(chain, NOW).ok().unwrap();
        world.directory.objection_to_gear(&gear, &mut None, NOW).unwrap()
    };
    assert_eq!([objection(&chain), objection(&theirs)], [None, None]);
    revoke(&world, acme, authority, &chain);
    assert_eq!(objection(&chain), Some("the certificate was revoked"));
    // What one organization knows of is nothing to another.
    revoke(&world, acme, authority, &theirs);
    assert_eq!([objection(&chain), objection(&theirs)], [None, None]);
}

#[test]
fn gear_known_by_a_name_needs_a_list_where_its_authority_requires_one() {
    let world = World::new();
    let acme = world.organization("acme");
    let issuer = issuer("Gear CA");
    let authority = trust(&world, acme, &issuer);
    let named = issue(&issuer, &["gw.acme.example"], 2035);
    let printed = issue(&issuer, &["x.example"], 2035);
    client(&world, acme, "by name", names(&["gw.acme.example"])).unwrap();
    client(&world, acme, "by fingerprint", prints(&printed)).unwrap();
    let objections = || {
        [&named, &printed].map(|chain| {
            let gear = world.directory.gear().unwrap().certified(chain, NOW).ok().unwrap();
            world.directory.objection_to_gear(&gear, &mut None, NOW).unwrap()
        })
    };
    assert_eq!(objections(), [None, None]);
    require(&world, acme, authority);
    let none = "a list of revoked certificates is required, and there is none of the \
                certificate's issuer";
    assert_eq!(objections(), [Some(none), None]);
    revoke(&world, acme, authority, &printed);
    assert_eq!(objections(), [None, Some("the certificate was revoked")]);
}

/// Has nothing count for which an authority vouches and of which there is no list.
pub(super) fn require(world: &World, place: OrganizationId, authority: CertificateAuthorityId) {
    let changed = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(place)?;
        grant.certificate_authorities().update(authority, None, |authority| {
            authority.fields.revocation = RevocationCheck::Required;
            Ok(())
        })
    });
    changed.unwrap();
}

pub(super) type Issuer = CertifiedIssuer<'static, KeyPair>;

pub(super) fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A chain of one certificate with these DNS names.
fn issue(issuer: &Issuer, names: &[&str], last_year: i32) -> Vec<Vec<u8>> {
    let mut params = CertificateParams::default();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let dns = |name: &&str| SanType::DnsName((*name).try_into().unwrap());
    params.subject_alt_names = names.iter().map(dns).collect();
    params.not_after = rcgen::date_time_ymd(last_year, 12, 31);
    let made = params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap();
    vec![made.der().to_vec()]
}

fn prints(chain: &[Vec<u8>]) -> GearCertificates {
    let fingerprint = CertificateFingerprint(Sha256::digest(&chain[0]).into());
    GearCertificates { fingerprints: vec![fingerprint], names: Vec::new() }
}

fn names(names: &[&str]) -> GearCertificates {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    GearCertificates { fingerprints: Vec::new(), names }
}

fn client(
    world: &World,
    organization: OrganizationId,
    name: &str,
    certificates: GearCertificates,
) -> Result<RadiusClientId, Error> {
    let fields =
        RadiusClientFields { name: name.into(), certificates, ..RadiusClientFields::default() };
    let secret = format!("the secret of {name}");
    world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.radius_clients().create(fields, &secret).map(|(id, _)| id)
    })
}

pub(super) fn trust(
    world: &World,
    place: OrganizationId,
    issuer: &Issuer,
) -> CertificateAuthorityId {
    let certificate = issuer.as_ref().der().to_vec();
    let fields = CertificateAuthorityFields {
        name: CertificateFingerprint(Sha256::digest(&certificate).into()).to_string(),
        certificate,
        holder: CertificateHolder::UserByMail,
        ..Default::default()
    };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(place)?;
        grant.certificate_authorities().create(fields).map(|(id, _)| id)
    });
    made.unwrap()
}

type Found = Result<(OrganizationId, RadiusClientId), &'static str>;

fn found(world: &World, chain: &[Vec<u8>]) -> Found {
    let gear = world.directory.gear().unwrap();
    gear.certified(chain, NOW).map(|known| (known.organization, known.client))
}

#[test]
fn a_fingerprint_is_enough_and_means_one_client() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let chain = issue(&issuer("whoever"), &[], 2035);
    assert!(found(&world, &chain).is_err());
    let switch = client(&world, acme, "switch", prints(&chain)).unwrap();
    client(&world, beta, "other", prints(&issue(&issuer("whoever"), &[], 2035))).unwrap();
    assert_eq!(found(&world, &chain), Ok((acme, switch)));
    let expired = issue(&issuer("whoever"), &[], 2025);
    client(&world, acme, "old", prints(&expired)).unwrap();
    assert!(found(&world, &expired).unwrap_err().contains("not valid"));
    for nonsense in [Vec::new(), vec![Vec::new()], vec![b"no certificate".to_vec()]] {
        assert!(found(&world, &nonsense).is_err());
    }
}

#[test]
fn a_name_counts_where_an_authority_of_its_own_organization_vouches() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let (ours, theirs) = (issuer("ours"), issuer("theirs"));
    let gateway = client(&world, acme, "gateway", names(&["gw.acme.example"])).unwrap();
    let chain = issue(&ours, &["GW.acme.example", "further.example"], 2035);
    assert!(found(&world, &chain).is_err(), "nobody vouches");
    trust(&world, beta, &ours);
    assert!(found(&world, &chain).is_err(), "another organization trusts");
    trust(&world, beta, &theirs);
    trust(&world, acme, &ours);
    assert_eq!(found(&world, &chain), Ok((acme, gateway)));
    let forged = issue(&theirs, &["gw.acme.example"], 2035);
    assert!(found(&world, &forged).is_err(), "another organization's authority");
    client(&world, acme, "second", names(&["further.example"])).unwrap();
    assert!(found(&world, &chain).unwrap_err().contains("more than one"));
}

#[test]
fn nobody_claims_what_another_has_whosever_it_is() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let chain = issue(&issuer("whoever"), &[], 2035);
    client(&world, acme, "switch", prints(&chain)).unwrap();
    client(&world, acme, "gateway", names(&["gw.acme.example"])).unwrap();
    for (place, told) in [(beta, "not to be had"), (acme, "has one of them")] {
        for certificates in [prints(&chain), names(&["x.example", "gw.acme.example"])] {
            let refused = refusal(client(&world, place, "thief", certificates));
            assert!(refused.contains(told) && (place == acme || !refused.contains("switch")));
        }
    }
    let beta_switch = client(&world, beta, "switch", names(&["gw.beta.example"])).unwrap();
    let claimed = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(beta)?;
        grant.radius_clients().update(beta_switch, None, |client| {
            client.fields.certificates.names.push("gw.acme.example".to_owned());
            Ok(())
        })
    });
    assert!(refusal(claimed).contains("not to be had"));
}

#[test]
fn a_certificate_that_is_taken_away_counts_no_more_on_connections_that_are_open() {
    let world = World::new();
    let acme = world.organization("acme");
    let ours = issuer("ours");
    let authority = trust(&world, acme, &ours);
    let chains = [issue(&ours, &[], 2035), issue(&ours, &["gw.acme.example"], 2035)];
    let switch = client(&world, acme, "switch", prints(&chains[0])).unwrap();
    client(&world, acme, "gateway", names(&["gw.acme.example"])).unwrap();
    let gear = || world.directory.gear().unwrap();
    let known = chains.each_ref().map(|chain| gear().certified(chain, NOW).ok().unwrap());
    assert!(known.iter().all(|known| gear().certifies(known, NOW)));
    let late = Time(2_100_000_000_000);
    assert!(!known.iter().any(|known| gear().certifies(known, late)), "expired meanwhile");
    let deleted = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().update(switch, None, |client| {
            client.fields.certificates = names(&["switch.example"]);
            Ok(())
        })?;
        grant.certificate_authorities().delete(authority, None)
    });
    deleted.unwrap();
    assert!(!known.iter().any(|known| gear().certifies(known, NOW)));
}

#[test]
fn what_no_certificate_has_is_refused() {
    let world = World::new();
    let acme = world.organization("acme");
    for wrong in ["*.acme.example", "Gw.example", "", ".", "a..b", "-a.b", "a b", "ä.example"] {
        assert!(
            refusal(client(&world, acme, "x", names(&[wrong]))).contains("DNS name"),
            "{wrong}"
        );
    }
    let twice = refusal(client(&world, acme, "x", names(&["a.example", "a.example"])));
    assert!(twice.contains("twice"));
    assert!(refusal(client(&world, acme, "x", GearCertificates::default())).contains("network"));
}
