//! What browsers and authenticators say of a passkey. The tests of the crate call it with what is in the
//! corpus.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::authenticator::{AuthenticatorData, CREDENTIAL, within_attestation};
use super::cbor::Reader;
use super::client::ClientData;
use crate::records::PasskeyKey;

/// The first octet says what the rest is: by 0 an attestation object, by 1 what an authenticator says
/// beside a signature, by 2 a public key, by 3 what a browser says. Tells whether it is read.
///
/// # Panics
/// When more is found than was said, or what is cut off or goes on is read.
pub(crate) fn run(octets: &[u8]) -> bool {
    let Some((kind, said)) = octets.split_first() else { return false };
    match kind % 4 {
        0 => attestation(said),
        1 => authenticator(said),
        2 => key(said),
        _ => client(said),
    }
}

fn attestation(octets: &[u8]) -> bool {
    let (mut reader, mut items) = (Reader::new(octets), 0);
    while !reader.is_done() && reader.skip().is_some() {
        items += 1;
    }
    assert!(items <= octets.len(), "{items} items");
    let Some(said) = within_attestation(octets) else { return false };
    assert!(said.len() < octets.len());
    assert!(within_attestation(&octets[..octets.len() - 1]).is_none());
    assert!(within_attestation(&[octets, &[0]].concat()).is_none());
    authenticator(said)
}

fn authenticator(octets: &[u8]) -> bool {
    let Some(data) = AuthenticatorData::read(octets) else { return false };
    assert_eq!(data.party[..], octets[..32]);
    assert_eq!(data.counter.to_be_bytes(), octets[33..37]);
    let flags = octets[32];
    assert_eq!(data.is_verified(), flags & 5 == 5);
    assert_eq!(data.is_portable(), flags & 8 != 0);
    assert_eq!(data.made.is_some(), flags & 0x40 != 0);
    if let Some(made) = &data.made {
        let length = made.credential.len();
        assert!((1..=CREDENTIAL).contains(&length), "a name of {length} octets");
        assert_eq!(made.model.as_bytes()[..], octets[37..53]);
        assert_eq!(*made.credential, octets[55..55 + length]);
        look_at(&made.key);
    }
    assert!(AuthenticatorData::read(&octets[..octets.len() - 1]).is_none());
    assert!(AuthenticatorData::read(&[octets, &[0]].concat()).is_none());
    true
}

fn key(octets: &[u8]) -> bool {
    let Some(key) = PasskeyKey::read(&mut Reader::new(octets)) else { return false };
    look_at(&key);
    true
}

/// As it would be written by us, it is the same key; and what is empty is signed by nobody.
fn look_at(key: &PasskeyKey) {
    let again = written(key);
    let mut reader = Reader::new(&again);
    assert_eq!(PasskeyKey::read(&mut reader).as_ref(), Some(key));
    assert!(reader.is_done());
    assert!(!key.signed(&again, &[]));
}

fn written(key: &PasskeyKey) -> Vec<u8> {
    match key {
        PasskeyKey::P256(point) => {
            assert_eq!((point.len(), point[0]), (65, 4));
            let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
            [&head[..], &point[1..33], &[0x22, 0x58, 32][..], &point[33..]].concat()
        }
        PasskeyKey::Ed25519(point) => {
            assert_eq!(point.len(), 32);
            [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], &point[..]].concat()
        }
        PasskeyKey::Rsa(modulus) => {
            assert!((256..=1_024).contains(&modulus.len()), "{} octets", modulus.len());
            let [high, low] = u16::try_from(modulus.len()).unwrap().to_be_bytes();
            let head = [0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, high, low];
            [&head[..], &modulus[..], &[0x21, 0x43, 1, 0, 1][..]].concat()
        }
    }
}

fn client(octets: &[u8]) -> bool {
    let Some(said) = ClientData::read(octets) else { return false };
    // Said with nothing else and no spaces, it is the same.
    let challenge = URL_SAFE_NO_PAD.encode(said.challenge);
    let again = json!({"type": said.kind, "challenge": challenge, "origin": said.origin});
    let again = ClientData::read(again.to_string().as_bytes()).unwrap();
    let parts = |it: ClientData| (it.kind, it.challenge, it.origin);
    assert_eq!((again.is_framed, parts(again)), (false, parts(said)));
    true
}
