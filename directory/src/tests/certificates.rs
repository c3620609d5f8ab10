//! Client certificates, and who can be kept out by strangers' ones.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType,
};
use sha2::{Digest, Sha256};
use storage::Reading;

use super::gear_certificates::{Issuer, issuer, require, trust};
use super::world::{DAY, HERE, RIGHT, World, options};
use crate::access::{ManageConfiguration, ManageIdentities};
use crate::authentication::{Channel, Door, Options, Outcome, Presented, ThrottlePolicy};
use crate::error::Error;
use crate::events::Outcome as EventOutcome;
use crate::id::{CertificateAuthorityId, OrganizationId, RecordId, UserId};
use crate::records::{CertificateAuthority, ExpiredList, RevocationNote};

fn certificate() -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    CertificateParams::default().self_signed(&key).unwrap().der().to_vec()
}

fn show(world: &World, organization: OrganizationId, certificate: &[u8]) -> bool {
    show_chain(world, organization, &[certificate.to_vec()])
}

fn show_chain(world: &World, organization: OrganizationId, chain: &[Vec<u8>]) -> bool {
    let presented = Presented {
        organization: Some(organization),
        claimed: None,
        chain: chain.to_vec(),
        door: Door::Ldap(Channel::Encrypted),
        source: HERE,
        now: world.now(),
    };
    let outcome = world.directory.authenticate_certificate(presented).unwrap();
    matches!(outcome, Outcome::Accept { .. })
}

fn reason(world: &World, organization: OrganizationId) -> String {
    match &world.events(organization.into(), 1)[0].outcome {
        EventOutcome::Success => "success".into(),
        EventOutcome::Failure(reason) => reason.clone(),
    }
}

#[test]
fn strangers_certificates_keep_out_neither_who_was_let_in_before_nor_passwords() {
    let throttle = ThrottlePolicy { source_failures: 3, ..ThrottlePolicy::default() };
    let world = World::with(&Options { throttle, ..options() });
    let acme = world.organization("acme");
    let (ada, own) = (world.user(acme, "ada"), certificate());
    let list = vec![Sha256::digest(&own).into()];
    let registered = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().set_certificates(ada, list)
    });
    registered.unwrap();
    assert!(show(&world, acme, &own));
    for _ in 0..3 {
        assert!(!show(&world, acme, &certificate()));
        assert_eq!(
            reason(&world, acme),
            "no authority of the organization vouches for the certificate"
        );
    }
    assert!(!show(&world, acme, &certificate()));
    assert_eq!(reason(&world, acme), "too many failures; slowed down");
    assert!(show(&world, acme, &own));
    assert!(matches!(world.bind(acme, "ada", RIGHT), Outcome::Accept { .. }));
}

/// What an authority makes for whoever has a mail address.
fn issued(issuer: &Issuer, mail: &str) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = vec![SanType::Rfc822Name(mail.try_into().unwrap())];
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().to_vec()
}

#[test]
fn strangers_certificates_keep_out_neither_a_renewed_one_nor_one_that_is_registered() {
    let throttle = ThrottlePolicy { source_failures: 3, ..ThrottlePolicy::default() };
    let world = World::with(&Options { throttle, ..options() });
    let acme = world.organization("acme");
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|login| world.user(acme, login));
    let registered = certificate();
    let list = vec![Sha256::digest(&registered).into()];
    let changed = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().set_certificates(bob, list)?;
        for (user, mail) in [(ada, "ada@acme.example"), (eve, "eve@acme.example")] {
            grant.users().update(user, None, |user| {
                user.fields.mail = vec![mail.into()];
                Ok(())
            })?;
        }
        Ok(())
    });
    changed.unwrap();
    let (ours, theirs) = (issuer("ours"), issuer("theirs"));
    trust(&world, acme, &ours);
    assert!(show(&world, acme, &issued(&ours, "ada@acme.example")));
    for _ in 0..3 {
        assert!(!show(&world, acme, &certificate()));
    }
    let renewed = issued(&ours, "ada@acme.example");
    assert!(show(&world, acme, &renewed) && show(&world, acme, &renewed));
    assert!(show(&world, acme, &registered), "bob comes for the first time");
    // What a stranger writes into a certificate proves nothing.
    assert!(!show(&world, acme, &issued(&theirs, "ada@acme.example")));
    assert_eq!(
        reason(&world, acme),
        "no authority of the organization vouches for the certificate"
    );
    assert!(!show(&world, acme, &issued(&ours, "eve@acme.example")));
    assert_eq!(reason(&world, acme), "too many failures; slowed down");
}

#[test]
fn a_certificate_that_was_changed_or_cut_lets_nobody_in_and_does_no_harm() {
    let throttle = ThrottlePolicy { source_failures: 0, ..ThrottlePolicy::default() };
    let world = World::with(&Options { throttle, ..options() });
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let changed = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().update(ada, None, |user| {
            user.fields.mail = vec!["ada@acme.example".into()];
            Ok(())
        })
    });
    changed.unwrap();
    let ours = issuer("ours");
    trust(&world, acme, &ours);
    let right = issued(&ours, "ada@acme.example");
    assert!(show(&world, acme, &right));
    for at in 0..right.len() {
        assert!(!show(&world, acme, &right[..at]), "of {at} octets");
        for octet in [0, 0x30, 0xff].into_iter().filter(|octet| *octet != right[at]) {
            let mut changed = right.clone();
            changed[at] = octet;
            assert!(!show(&world, acme, &changed), "{octet} at {at}");
        }
    }
    assert!(show(&world, acme, &right));
}

/// A user with a mail address.
fn with_mail(world: &World, place: OrganizationId, login: &str, mail: &'static str) -> UserId {
    let user = world.user(place, login);
    let changed = world.change(move |change| {
        change.authorize::<ManageIdentities>(place)?.users().update(user, None, |user| {
            user.fields.mail = vec![mail.into()];
            Ok(())
        })
    });
    changed.unwrap();
    user
}

/// Has an authority's list be known that revokes nothing, and counts for a day.
fn list(world: &World, place: OrganizationId, authority: CertificateAuthorityId) {
    let (made, next) = (world.now(), Some(world.now().plus(DAY)));
    let done = world.directory.inner.store.write(move |change| {
        let (partition, number) = (place.partition(), authority.record());
        let mut record: CertificateAuthority = change.get(partition, number)?.unwrap();
        record.revocations = Some(RevocationNote { made, next, count: 0 });
        change.put(partition, number, &record)?;
        Ok::<_, Error>(())
    });
    done.unwrap();
}

fn below(above: &Issuer, name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), above).unwrap()
}

const OLD_LIST: &str = "the authority's list of revoked certificates has ended";
const NO_LIST: &str =
    "a list of revoked certificates is required, and there is none of the certificate's issuer";

/// Whom lists of revoked certificates are required of, and a way to show certificates there.
struct Strict {
    world: World,
    acme: OrganizationId,
    ada: UserId,
}

impl Strict {
    fn new() -> Self {
        let throttle = ThrottlePolicy { source_failures: 0, ..ThrottlePolicy::default() };
        let world = World::with(&Options { throttle, ..options() });
        let acme = world.organization("acme");
        let ada = with_mail(&world, acme, "ada", "ada@acme.example");
        Self { world, acme, ada }
    }

    /// Why a chain lets nobody in; nothing where it does.
    fn refusal(&self, chain: &[Vec<u8>]) -> Option<String> {
        let is_let_in = show_chain(&self.world, self.acme, chain);
        (!is_let_in).then(|| reason(&self.world, self.acme))
    }
}

#[test]
fn where_lists_are_required_each_issuer_must_have_one() {
    let strict = Strict::new();
    let (world, acme) = (&strict.world, strict.acme);
    let ours = issuer("ours");
    let between = below(&ours, "between");
    let near = [issued(&ours, "ada@acme.example")];
    let authorities = [&between, &ours].map(|one| one.as_ref().der().to_vec());
    let far = [vec![issued(&between, "ada@acme.example")], authorities.to_vec()].concat();
    let refusals = || [&near[..], &far[..]].map(|chain| strict.refusal(chain));
    let [none, no_list] = [None, Some(NO_LIST.to_owned())];
    let id = trust(world, acme, &ours);
    assert_eq!(refusals(), [none.clone(), none.clone()]);
    require(world, acme, id);
    assert_eq!(refusals(), [no_list.clone(), no_list.clone()]);
    let namesake = trust(world, acme, &issuer("ours"));
    list(world, acme, namesake);
    assert_eq!(refusals(), [no_list.clone(), no_list.clone()], "it is another's of that name");
    list(world, acme, id);
    assert_eq!(refusals(), [none.clone(), no_list.clone()], "nothing is known of what is between");
    // Whoever is between is trusted, and has a list, for itself.
    let id = trust(world, acme, &between);
    require(world, acme, id);
    assert_eq!(refusals(), [none.clone(), no_list]);
    list(world, acme, id);
    assert_eq!(refusals(), [none.clone(), none]);
}

#[test]
fn where_lists_are_required_one_that_has_ended_is_none_whatever_is_tolerated() {
    let strict = Strict::new();
    let (world, acme, ada) = (&strict.world, strict.acme, strict.ada);
    let ours = issuer("ours");
    let chain = [issued(&ours, "ada@acme.example")];
    let id = trust(world, acme, &ours);
    let tolerated = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        grant.certificate_authorities().update(id, None, |authority| {
            authority.fields.expired_list = ExpiredList::Tolerated;
            Ok(())
        })
    });
    tolerated.unwrap();
    list(world, acme, id);
    world.pass(2 * DAY);
    assert_eq!(strict.refusal(&chain), None);
    require(world, acme, id);
    assert_eq!(strict.refusal(&chain).as_deref(), Some(OLD_LIST));
    list(world, acme, id);
    assert_eq!(strict.refusal(&chain), None);
    world.pass(2 * DAY);
    assert_eq!(strict.refusal(&chain).as_deref(), Some(OLD_LIST));
    // What an admin has looked at takes no authority.
    let fingerprints = vec![Sha256::digest(&chain[0]).into()];
    let registered = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().set_certificates(ada, fingerprints)
    });
    registered.unwrap();
    assert_eq!(strict.refusal(&chain), None);
}
