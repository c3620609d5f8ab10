//! An organization's own certificate authority, and how others' certificates name their holders.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, OtherNameValue, SanType,
};
use sha2::{Digest, Sha256};
use storage::Reading;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::world::{HERE, RIGHT, World};
use crate::access::{ManageConfiguration, ManageIdentities, RecoverAccounts, View};
use crate::authentication::{Channel, Door, Outcome, Presented};
use crate::collections::{CertificateKey, CertificateWish, Issued, NewAuthority};
use crate::error::Error;
use crate::events::Outcome as EventOutcome;
use crate::id::{DeviceId, OrganizationId, RecordId, UserId};
use crate::issuing::{NewKey, RequestedKey};
use crate::network::{Circumstances, NetworkMethod};
use crate::records::{
    BuiltIn, CertificateAuthority, CertificateAuthorityFields, CertificateHolder, CertificateMark,
    CertificateTotals, Consequence, DeviceFields, GearOrders, IssuedCertificate, Organization,
    RadiusClientFields, RevocationReason, THE_ONLY_ONE, kinds,
};
use crate::time::Time;

const DAY: u64 = 24 * 60 * 60 * 1_000;

pub(super) fn built_in(world: &World, place: OrganizationId) -> CertificateAuthority {
    built_in_called(world, place, "own")
}

pub(super) fn built_in_called(
    world: &World,
    place: OrganizationId,
    name: &'static str,
) -> CertificateAuthority {
    let key = NewKey::generate(world.directory.tools()).unwrap();
    let made = world.change(move |change| {
        let built_in = BuiltIn { certificate_days: 10 };
        let new = NewAuthority { name: name.into(), days: 400, built_in, key };
        change
            .authorize::<ManageConfiguration>(place)?
            .certificate_authorities()
            .create_built_in(new)
    });
    made.unwrap().1
}

pub(super) fn issue(world: &World, place: OrganizationId, user: UserId) -> Result<Issued, Error> {
    let key = CertificateKey::Made(NewKey::generate(world.directory.tools()).unwrap());
    world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(place)?;
        grant
            .user_certificates()
            .issue(user, CertificateWish { key, days: None, lists: None, in_file: false })
    })
}

pub(super) fn revoke(world: &World, place: OrganizationId, user: UserId, issued: &Issued) {
    let uuid = issued.record.uuid;
    let revoked = world.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(place)?;
        grant.revoke_user_certificate(user, uuid, RevocationReason::Superseded)
    });
    revoked.unwrap();
}

fn home(world: &World, place: OrganizationId) -> Organization {
    let reading = world.directory.read(world.top()).unwrap();
    reading.authorize::<View>(place).unwrap().own_organization().unwrap()
}

/// Why a certificate lets nobody in over LDAP; nothing where it does.
fn refusal(world: &World, place: OrganizationId, certificate: &[u8]) -> Option<String> {
    let presented = Presented {
        organization: Some(place),
        claimed: None,
        chain: vec![certificate.to_vec()],
        door: Door::Ldap(Channel::Encrypted),
        source: HERE,
        now: world.now(),
    };
    let outcome = world.directory.authenticate_certificate(presented).unwrap();
    if matches!(outcome, Outcome::Accept { .. }) {
        return None;
    }
    match &world.events(place.into(), 1)[0].outcome {
        EventOutcome::Success => panic!("it was let in"),
        EventOutcome::Failure(reason) => Some(reason.clone()),
    }
}

#[test]
fn a_certificate_that_is_not_noted_proves_nobody_even_by_the_authoritys_own_key() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let authority = built_in(&world, acme);
    let issued = issue(&world, acme, ada).unwrap();
    assert_eq!(refusal(&world, acme, &issued.record.certificate), None);
    let key = {
        let snapshot = world.directory.inner.store.read().unwrap();
        let number = RecordId::record(issued.record.authority);
        let key = snapshot.secret(acme.partition(), kinds::AUTHORITY_KEY, number).unwrap();
        KeyPair::try_from(key.unwrap().expose()).unwrap()
    };
    let der = authority.fields.certificate.into();
    let issuer = rcgen::Issuer::from_ca_cert_der(&der, key).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "ada");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let forged = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
    let unknown = "no authority of the organization vouches for the certificate";
    assert_eq!(refusal(&world, acme, forged.der()).as_deref(), Some(unknown));
}

#[test]
fn certificates_end_and_are_forgotten_and_an_owner_cannot_have_them_without_end() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    built_in(&world, acme);
    let first = issue(&world, acme, ada).unwrap();
    revoke(&world, acme, ada, &first);
    for _ in 1..64 {
        let issued = issue(&world, acme, ada).unwrap();
        revoke(&world, acme, ada, &issued);
    }
    assert!(matches!(issue(&world, acme, ada), Err(Error::Forbidden(_))));
    let bob = world.user(acme, "bob");
    let his = issue(&world, acme, bob).unwrap();
    world.pass(11 * DAY);
    let over = "the certificate is not valid at this time";
    assert_eq!(refusal(&world, acme, &his.record.certificate).as_deref(), Some(over));
    world.pass(31 * DAY);
    issue(&world, acme, bob).unwrap();
    issue(&world, acme, ada).unwrap();
    let kept = {
        let snapshot = world.directory.inner.store.read().unwrap();
        snapshot.scan::<IssuedCertificate>(acme.partition(), None).count()
    };
    assert_eq!(kept, 2);
    world.assert_sound();
}

#[test]
fn a_list_is_kept_while_nothing_changes_and_signed_anew_each_day() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let authority = built_in(&world, acme);
    let home = home(&world, acme).uuid;
    let list = |now: Time| {
        world.directory.revocation_list(home, authority.uuid, now).unwrap().unwrap().der.clone()
    };
    let (now, first) = (world.now(), list(world.now()));
    assert_eq!(list(now.plus(1)), first);
    assert_ne!(list(now.plus(DAY)), first);
    let issued = issue(&world, acme, ada).unwrap();
    let before = list(now);
    revoke(&world, acme, ada, &issued);
    let after = list(now);
    assert!(!holds(&before, &issued.record.serial) && holds(&after, &issued.record.serial));
    assert!(world.directory.revocation_list(authority.uuid, home, now).unwrap().is_none());
}

#[test]
fn a_list_is_signed_for_what_was_revoked_alone_and_not_at_every_speed() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let authority = built_in(&world, acme);
    let home = home(&world, acme).uuid;
    let list = || {
        let found = world.directory.revocation_list(home, authority.uuid, world.now());
        found.unwrap().unwrap()
    };
    let first = list();
    // Everything else that is changed leaves it.
    world.user(acme, "bob");
    world.pass(1);
    assert_eq!(list().tag, first.tag);
    let mut signed = 1;
    let mut before = first;
    while signed < 64 {
        let issued = issue(&world, acme, ada).unwrap();
        revoke(&world, acme, ada, &issued);
        let now = list();
        if now.tag == before.tag {
            break;
        }
        assert!(holds(&now.der, &issued.record.serial));
        (before, signed) = (now, signed + 1);
    }
    assert_eq!(signed, 16, "so many at once");
    world.pass(5_000);
    assert_ne!(list().tag, before.tag);
}

#[test]
fn many_who_ask_at_once_get_one_signature() {
    let world = World::new();
    let acme = world.organization("acme");
    let authority = built_in(&world, acme);
    let (home, now) = (home(&world, acme).uuid, world.now());
    let directory = &world.directory;
    let tags: Vec<String> = std::thread::scope(|scope| {
        let ask = || directory.revocation_list(home, authority.uuid, now).unwrap().unwrap();
        let asking: Vec<_> = (0..16).map(|_| scope.spawn(move || ask().tag.clone())).collect();
        asking.into_iter().map(|it| it.join().unwrap()).collect()
    });
    // Each signature has chance in it.
    assert!(tags.iter().all(|tag| *tag == tags[0]), "{tags:?}");
}

#[test]
fn an_organization_has_only_so_many_certificates() {
    let world = World::certifying(3);
    let acme = world.organization("acme");
    let [ada, bob] = ["ada", "bob"].map(|login| world.user(acme, login));
    built_in(&world, acme);
    for owner in [ada, ada, bob] {
        issue(&world, acme, owner).unwrap();
    }
    let refused = issue(&world, acme, bob).err().unwrap();
    assert!(matches!(refused, Error::Forbidden(why) if why.contains("the operator allows")));
    // A store of an earlier version has no number of them: they are counted when it is opened.
    let partition = acme.partition();
    let store = &world.directory.inner.store;
    let forgotten = store.write(move |change| {
        change.delete::<CertificateTotals>(partition, THE_ONLY_ONE).map_err(Error::from)
    });
    assert!(forgotten.unwrap());
    world.prepare_anew();
    assert!(issue(&world, acme, bob).is_err());
    world.pass(42 * DAY);
    for owner in [ada, ada, bob] {
        issue(&world, acme, owner).unwrap();
    }
    assert!(issue(&world, acme, bob).is_err());
    world.assert_sound();
}

#[test]
fn a_file_for_a_device_needs_a_key_that_is_made_here() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    built_in(&world, acme);
    let own = issue(&world, acme, ada).unwrap();
    let brought = RequestedKey::of_certificate(&own.record.certificate).unwrap();
    let wish = |key, in_file| CertificateWish { key, days: None, lists: None, in_file };
    let brought = wish(CertificateKey::Brought(brought), false);
    let issued = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.user_certificates().issue(ada, brought)
    });
    let former = issued.unwrap().record.uuid;
    let renew = |in_file| {
        let key = CertificateKey::Made(NewKey::generate(world.directory.tools()).unwrap());
        let wish = wish(key, in_file);
        world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.user_certificates().renew(ada, former, wish, false)
        })
    };
    assert!(matches!(renew(true), Err(Error::Invalid(invalid)) if invalid.pointer == "/wifi"));
    assert!(renew(false).unwrap().key.is_none());
}

#[test]
fn a_certificate_names_the_list_where_it_can_be_found_from_outside() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let authority = built_in(&world, acme);
    let key = CertificateKey::Made(NewKey::generate(world.directory.tools()).unwrap());
    let lists = Some("http://admin.example/v1/revocation-lists/".to_owned());
    let issued = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant
            .user_certificates()
            .issue(ada, CertificateWish { key, days: None, lists, in_file: false })
    });
    let certificate = issued.unwrap().record.certificate;
    let (home, own) = (home(&world, acme).uuid.simple(), authority.uuid.simple());
    let url = format!("http://admin.example/v1/revocation-lists/{home}{own}.crl");
    assert!(holds(&certificate, url.as_bytes()));
    assert!(!holds(&issue(&world, acme, ada).unwrap().record.certificate, b"http"));
}

fn holds(list: &[u8], serial: &[u8]) -> bool {
    list.windows(serial.len()).any(|window| window == serial)
}

/// Another's authority, trusted by that rule.
fn trust(
    world: &World,
    place: OrganizationId,
    holder: CertificateHolder,
) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let certificate = issuer.der().to_vec();
    let name = format!("{holder:?}");
    let made = world.change(move |change| {
        let fields = CertificateAuthorityFields { name, certificate, holder, ..Default::default() };
        change.authorize::<ManageConfiguration>(place)?.certificate_authorities().create(fields)
    });
    made.unwrap();
    issuer
}

fn certificate(
    issuer: &CertifiedIssuer<'static, KeyPair>,
    common_name: &str,
    names: Vec<SanType>,
) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.subject_alt_names = names;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().to_vec()
}

#[test]
fn an_accept_names_all_authorities_that_may_have_revoked_the_certificate() {
    let world = World::new();
    let acme = world.organization("acme");
    world.user(acme, "ada");
    // Both have the same name, as one does that was made anew.
    trust(&world, acme, CertificateHolder::UserByMail);
    let issuer = trust(&world, acme, CertificateHolder::UserByCommonName);
    let certificate = certificate(&issuer, "ada", Vec::new());
    let client = world.change(move |change| {
        let orders =
            GearOrders { certificate_revoked: Consequence::Disconnect, ..GearOrders::default() };
        let sources = vec!["192.0.2.0/24".parse().unwrap()];
        let name = "wifi".into();
        let fields = RadiusClientFields { name, sources, orders, ..RadiusClientFields::default() };
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
    });
    let by = Circumstances::of(NetworkMethod::EapTls);
    let outcome = world.directory.authenticate_certificate(Presented {
        organization: Some(acme),
        claimed: None,
        chain: vec![certificate.clone()],
        door: Door::Radius(client.unwrap(), by),
        source: HERE,
        now: world.now(),
    });
    let Ok(Outcome::Accept { reply: Some(reply), .. }) = outcome else { panic!("not let in") };
    let snapshot = world.directory.inner.store.read().unwrap();
    let all = snapshot.scan::<CertificateAuthority>(acme.partition(), None);
    let all = all.map(|found| RecordId::from_record(found.unwrap().0).unwrap());
    let (_, read) = X509Certificate::from_der(&certificate).unwrap();
    let expected = CertificateMark::Named(all.collect(), read.raw_serial().to_vec().into());
    assert_eq!(reply.certificate.as_ref(), Some(&expected));
}

#[test]
fn a_principal_name_is_a_login_in_ones_own_domain_and_a_mail_address_elsewhere() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let issuer = trust(&world, acme, CertificateHolder::UserByPrincipalName);
    world
        .change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().update(ada, None, |user| {
                user.fields.mail = vec!["ada@mail.example".into()];
                Ok(())
            })
        })
        .unwrap();
    let domain = home(&world, acme).fields.base.domain().unwrap();
    let principal = |text: &str| {
        let number = vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
        let name = SanType::OtherName((number, OtherNameValue::Utf8String(text.to_owned())));
        refusal(&world, acme, &certificate(&issuer, "x", vec![name]))
    };
    assert_eq!(principal(&format!("Ada@{}", domain.to_uppercase())), None);
    assert_eq!(principal("ada@mail.example"), None);
    for other in ["ada@elsewhere.example", "ada", "@", &format!("bob@{domain}")] {
        assert!(principal(other).is_some(), "{other}");
    }
    // A mail address of another kind of name is no principal name.
    let mail = SanType::Rfc822Name(format!("ada@{domain}").try_into().unwrap());
    assert!(refusal(&world, acme, &certificate(&issuer, "ada", vec![mail])).is_some());
}

#[test]
fn a_device_is_named_by_its_common_name_or_by_a_dns_name_and_has_no_account() {
    let world = World::new();
    let acme = world.organization("acme");
    let device = |name: &str| -> DeviceId {
        let name = name.to_owned();
        let made = world.change(move |change| {
            let fields = DeviceFields { name, ..DeviceFields::default() };
            change.authorize::<ManageIdentities>(acme)?.devices().create(fields)
        });
        made.unwrap().0
    };
    device("laptop-7");
    let (by_name, by_dns) = (
        trust(&world, acme, CertificateHolder::DeviceByCommonName),
        trust(&world, acme, CertificateHolder::DeviceByDnsName),
    );
    let dns = |name: &str| vec![SanType::DnsName(name.try_into().unwrap())];
    let found = "a device has no account in the directory";
    for named in [
        certificate(&by_name, "Laptop-7", Vec::new()),
        certificate(&by_dns, "x", dns("laptop-7")),
        certificate(&by_dns, "x", dns("laptop-7.acme.example")),
    ] {
        assert_eq!(refusal(&world, acme, &named).as_deref(), Some(found));
    }
    for nobodys in [
        certificate(&by_name, "laptop-8", dns("laptop-7")),
        certificate(&by_dns, "laptop-7", dns("acme.laptop-7")),
    ] {
        let reason = refusal(&world, acme, &nobodys).unwrap();
        assert!(reason.contains("names no account"), "{reason}");
    }
    assert!(matches!(world.bind(acme, "laptop-7", RIGHT), Outcome::Reject));
}

#[test]
fn keys_are_drawn_of_the_directorys_own_randomness() {
    let world = World::new();
    let digest = || {
        let key = NewKey::generate(world.directory.tools()).unwrap();
        assert!(key.pem().ends_with("-----END PRIVATE KEY-----\n"));
        Sha256::digest(key.pkcs8())
    };
    assert_ne!(digest(), digest());
}
