//! Between a peer whose gear speaks RADIUS over UDP and a daemon with which it speaks RADIUS/1.1
//! (RFC 9765): no gear that Debian has does.

use std::net::{Ipv4Addr, UdpSocket};

use super::eapol::{Peer, Verdict};
use super::radsec::RadSec;
use super::wire::{AUTHENTICATOR, md5_of, sign};

/// Between the peer's gear and the translator.
const SECRET: &str = "between the gear and its translator";
/// The type of a Vendor-Specific.
const VENDOR_SPECIFIC: u8 = 26;
/// Microsoft's number, and the octets that a key has.
const MICROSOFT: [u8; 4] = [0, 0, 1, 55];
const KEY: usize = 32;

impl RadSec {
    /// Lets a peer ask by this connection, on which RADIUS/1.1 was agreed.
    pub(crate) fn asked_by(&mut self, peer: &Peer) -> Verdict {
        let gear = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = gear.local_addr().unwrap();
        let peer = peer.clone().at(&address.to_string(), SECRET);
        std::thread::scope(|scope| {
            let translator = scope.spawn(|| translate(&gear, self));
            let verdict = peer.ask();
            // Nothing in it is the end.
            UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().send_to(&[], address).unwrap();
            translator.join().unwrap();
            verdict
        })
    }
}

fn translate(gear: &UdpSocket, connection: &mut RadSec) {
    let mut buffer = [0; 8_192];
    for token in 0_u32.. {
        let (length, from) = gear.recv_from(&mut buffer).unwrap();
        if length == 0 {
            return;
        }
        let asked = &buffer[..length];
        connection.send(&newer(asked, token));
        let answered = connection.receive().expect("the connection ended");
        assert_eq!(answered[4..8], token.to_be_bytes(), "the answer to another request");
        gear.send_to(&older(&answered, asked), from).unwrap();
    }
}

/// A request with a token in place of what is proven by a secret.
fn newer(asked: &[u8], token: u32) -> Vec<u8> {
    let mut octets = vec![asked[0], 0, 0, 0];
    octets.extend(token.to_be_bytes());
    octets.extend([0; 12]);
    for (kind, value) in attributes(asked) {
        if kind != AUTHENTICATOR {
            push(&mut octets, kind, value);
        }
    }
    measured(octets)
}

/// An answer as it goes over UDP: proven and with hidden keys.
fn older(answered: &[u8], asked: &[u8]) -> Vec<u8> {
    let authenticator = &asked[4..20];
    let mut octets = vec![answered[0], asked[1], 0, 0];
    octets.extend(authenticator);
    push(&mut octets, AUTHENTICATOR, &[0; 16]);
    for (kind, value) in attributes(answered) {
        match value.strip_prefix(&MICROSOFT) {
            Some([inner @ (16 | 17), _, key @ ..]) if kind == VENDOR_SPECIFIC => {
                assert_eq!(key.len(), KEY, "section 5.1.4: the key as it is");
                let hidden = hidden(*inner, key, authenticator);
                let length = u8::try_from(hidden.len() + 2).unwrap();
                let value = [&MICROSOFT[..], &[*inner, length], &hidden].concat();
                push(&mut octets, VENDOR_SPECIFIC, &value);
            }
            Some(_) | None => push(&mut octets, kind, value),
        }
    }
    let mut octets = measured(octets);
    sign(&mut octets, SECRET.as_bytes());
    let proof = md5_of(&[&octets, SECRET.as_bytes()]);
    octets[4..20].copy_from_slice(&proof);
    octets
}

/// A key as RFC 2548, section 2.4.2 hides it.
fn hidden(kind: u8, key: &[u8], authenticator: &[u8]) -> Vec<u8> {
    let salt = [0x80, kind];
    let mut plain = vec![u8::try_from(key.len()).unwrap()];
    plain.extend(key);
    plain.resize(plain.len().next_multiple_of(16), 0);
    let (mut hidden, mut before) = (salt.to_vec(), [authenticator, &salt].concat());
    for block in plain.chunks(16) {
        let pad = md5_of(&[SECRET.as_bytes(), &before]);
        before = block.iter().zip(pad).map(|(octet, pad)| octet ^ pad).collect();
        hidden.extend(&before);
    }
    hidden
}

fn push(octets: &mut Vec<u8>, kind: u8, value: &[u8]) {
    octets.extend([kind, u8::try_from(value.len() + 2).unwrap()]);
    octets.extend(value);
}

/// With its length where that stands.
fn measured(mut octets: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
    octets[2..4].copy_from_slice(&length);
    octets
}

fn attributes(packet: &[u8]) -> Vec<(u8, &[u8])> {
    let (mut attributes, mut rest) = (Vec::new(), &packet[20..]);
    while let [kind, length, ..] = rest {
        let (attribute, after) = rest.split_at(usize::from(*length));
        attributes.push((*kind, &attribute[2..]));
        rest = after;
    }
    attributes
}
