//! Client certificates, and who can be kept out by strangers' ones.

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, SanType};
use sha2::{Digest, Sha256};

use super::gear_certificates::{Issuer, issuer, trust};
use super::world::{HERE, RIGHT, World, options};
use crate::access::ManageIdentities;
use crate::authentication::{Channel, Door, Options, Outcome, Presented, ThrottlePolicy};
use crate::events::Outcome as EventOutcome;
use crate::id::OrganizationId;

fn certificate() -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    CertificateParams::default().self_signed(&key).unwrap().der().to_vec()
}

fn show(world: &World, organization: OrganizationId, certificate: &[u8]) -> bool {
    let presented = Presented {
        organization: Some(organization),
        claimed: None,
        chain: vec![certificate.to_vec()],
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
