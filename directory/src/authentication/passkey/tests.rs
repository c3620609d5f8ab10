//! What others have computed (`vectors.txt`).

use storage::Id;

use super::*;
use crate::id::AdminNumber;
use crate::tests::corpus::replayed;

/// A registration and an authentication, as the appendix has them.
struct Vector {
    name: &'static str,
    registration: (Challenge, NewCredential),
    authentication: (Challenge, Assertion),
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("vectors.txt");
    let blocks = text.split("\n\n").skip(1);
    blocks
        .map(|block| {
            let lines: Vec<&str> = block.trim().lines().collect();
            let [name, values @ ..] = &lines[..] else { panic!("nothing in a block") };
            let values: Vec<Vec<u8>> = values.iter().map(|it| octets(it)).collect();
            let [first, client, attestation, second, data, said, signature] = &values[..] else {
                panic!("{name} has not seven values")
            };
            let made =
                NewCredential { client_data: client.clone(), attestation: attestation.clone() };
            let used = Assertion {
                credential: Vec::new(),
                client_data: said.clone(),
                authenticator_data: data.clone(),
                signature: signature.clone(),
                user: Vec::new(),
            };
            let challenge = |octets: &[u8]| octets.try_into().unwrap();
            let registration = (challenge(first), made);
            Vector { name, registration, authentication: (challenge(second), used) }
        })
        .collect()
}

fn octets(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap()).collect()
}

fn passkeys() -> Passkeys {
    Passkeys::new(Some(RelyingParty::new("example.org", &[]).unwrap()))
}

fn somebody(number: Id) -> (AdminId, Uuid) {
    let number = AdminNumber::from_record(number).unwrap();
    (AdminId { home: Place::Provider, number }, Uuid::from_u128(1))
}

/// The passkey of a vector, past the question whether its owner was verified.
fn passkey(vector: &Vector) -> Option<Passkey> {
    let octets = within_attestation(&vector.registration.1.attestation).unwrap();
    let data = AuthenticatorData::read(octets)?;
    assert_eq!(data.party, passkeys().party().unwrap().hash());
    let (is_portable, made) = (data.is_portable(), data.made?);
    Some(Passkey {
        uuid: Uuid::nil(),
        admin: somebody(1).0.number,
        name: vector.name.into(),
        created: Time(0),
        used: None,
        credential: ByteBuf::from(made.credential),
        key: made.key,
        counter: data.counter,
        is_portable,
        model: made.model,
        suspended: false,
    })
}

#[test]
fn registrations_of_others_are_judged_as_they_are_meant() {
    let judged: Vec<(&str, Result<usize, Objection>)> = vectors()
        .iter()
        .map(|Vector { name, registration: (challenge, made), .. }| {
            let passkeys = passkeys();
            passkeys.begin(somebody(1), *challenge, Time(0));
            let done = passkeys.registered(somebody(1), made, Time(1));
            (*name, done.map(|registered| registered.credential.len()))
        })
        .collect();
    let wanted = [
        ("es256", Err(Objection::Unverified)),
        ("self-attested", Ok(32)),
        ("framed", Err(Objection::Framed)),
        ("framed-by-another", Err(Objection::Framed)),
        ("long-name", Err(Objection::Unverified)),
        ("rs256", Ok(32)),
        ("ed25519", Err(Objection::Unverified)),
        ("es384", Err(Objection::Authenticator)),
    ];
    assert_eq!(judged, wanted);
}

#[test]
fn signatures_of_others_are_right_and_with_a_changed_bit_wrong() {
    let party = RelyingParty::new("example.org", &[]).unwrap();
    let judge = |passkey: &Passkey, answer: &Assertion| {
        let said = ClientData::read(&answer.client_data).unwrap();
        party.check(&said, answer, passkey)
    };
    let mut judged = Vec::new();
    for vector in vectors() {
        let Some(passkey) = passkey(&vector) else { continue };
        let (challenge, answer) = &vector.authentication;
        let said = ClientData::read(&answer.client_data).unwrap();
        assert_eq!((said.challenge, said.kind.as_str()), (*challenge, "webauthn.get"));
        judged.push((vector.name, judge(&passkey, answer)));
        for change in [
            |answer: &mut Assertion| answer.signature[9] ^= 1,
            |answer: &mut Assertion| answer.authenticator_data[32] ^= 4,
            |answer: &mut Assertion| answer.client_data.push(b' '),
        ] {
            let mut changed = answer.clone();
            change(&mut changed);
            assert_eq!(judge(&passkey, &changed), Err(Objection::Signature), "{}", vector.name);
        }
    }
    let wanted = [
        ("es256", Err(Objection::Unverified)),
        ("self-attested", Err(Objection::Unverified)),
        ("framed", Err(Objection::Framed)),
        ("framed-by-another", Err(Objection::Framed)),
        ("long-name", Ok(0)),
        ("rs256", Err(Objection::Unverified)),
        ("ed25519", Err(Objection::Unverified)),
    ];
    assert_eq!(judged, wanted);
}

#[test]
fn an_answer_counts_once_and_for_whom_was_asked_alone() {
    let vectors = vectors();
    let (challenge, made) = &vectors[1].registration;
    let passkeys = passkeys();
    let answer = |who| passkeys.registered(who, made, Time(1)).map(drop);
    assert_eq!(answer(somebody(1)), Err(Objection::Unasked));
    passkeys.begin(somebody(1), *challenge, Time(0));
    assert_eq!(answer(somebody(2)), Err(Objection::Unasked));
    assert_eq!(answer(somebody(1)), Err(Objection::Unasked), "it was used up");
    passkeys.begin(somebody(1), *challenge, Time(0));
    assert_eq!(answer((somebody(1).0, Uuid::from_u128(2))), Err(Objection::Unasked));
    passkeys.begin(somebody(1), *challenge, Time(0));
    assert_eq!(answer(somebody(1)), Ok(()));
    assert_eq!(answer(somebody(1)), Err(Objection::Unasked), "twice");
    let (_, used) = &vectors[4].authentication;
    let said = ClientData::read(&used.client_data).unwrap();
    passkeys.begin(somebody(1), said.challenge, Time(0));
    let other_kind = NewCredential { client_data: used.client_data.clone(), ..made.clone() };
    let judged = passkeys.registered(somebody(1), &other_kind, Time(1)).map(drop);
    assert_eq!(judged, Err(Objection::Kind));
}

#[test]
fn pages_and_domains_that_are_not_ours_are_named() {
    let vectors = vectors();
    let (challenge, made) = &vectors[1].registration;
    let judge = |domain: &str, origins: &[String]| {
        let passkeys = Passkeys::new(Some(RelyingParty::new(domain, origins).unwrap()));
        passkeys.begin(somebody(1), *challenge, Time(0));
        passkeys.registered(somebody(1), made, Time(1)).map(drop)
    };
    let elsewhere = Objection::Origin("https://example.org".into());
    assert_eq!(judge("example.org", &["https://a.example.org".into()]), Err(elsewhere));
    assert_eq!(judge("org", &["https://example.org".into()]), Err(Objection::Party));
    assert_eq!(judge("example.org", &["https://example.org".into()]), Ok(()));
}

#[test]
fn what_is_cut_off_or_goes_on_is_not_read() {
    for vector in vectors() {
        let attestation = &vector.registration.1.attestation;
        for length in 0..attestation.len() {
            assert!(within_attestation(&attestation[..length]).is_none(), "{length}");
        }
        assert!(within_attestation(&[&attestation[..], &[0]].concat()).is_none());
        let whole = within_attestation(attestation).unwrap();
        for length in 0..whole.len() {
            assert!(AuthenticatorData::read(&whole[..length]).is_none(), "{length}");
        }
        assert!(AuthenticatorData::read(&[whole, &[0]].concat()).is_none());
        let client = &vector.registration.1.client_data;
        for length in 0..client.len() {
            assert!(ClientData::read(&client[..length]).is_none());
        }
    }
    let array = br#"["webauthn.get","AA","https://example.org",false,null]"#;
    assert!(ClientData::read(array).is_none());
}

#[test]
fn a_counter_goes_up_or_is_not_kept() {
    assert!(goes_on(0, 0) && goes_on(0, 1) && goes_on(1, 2) && goes_on(1, u32::MAX));
    assert!(!goes_on(1, 1) && !goes_on(2, 1) && !goes_on(1, 0) && !goes_on(u32::MAX, 0));
}

#[test]
fn a_handle_says_where_the_admin_belongs_and_nothing_else_is_one() {
    let uuid = Uuid::from_u128(7);
    let acme = Place::Organization(OrganizationId::from_record(300).unwrap());
    for place in [Place::Provider, acme] {
        assert_eq!(read_handle(&user_handle(place, uuid)), Some((place, uuid)));
    }
    assert_eq!(read_handle(&[0; 19]), None);
    assert_eq!(read_handle(&[0; 21]), None);
    assert_eq!(read_handle(&[]), None);
}

#[test]
fn answers_survive_the_corpus() {
    let read = replayed("passkeys", fuzzed::run);
    let (all, count) = (read.len(), read.iter().filter(|it| **it).count());
    assert!(all > 40 && (20..all - 10).contains(&count), "{count} of {all}");
}
