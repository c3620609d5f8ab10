//! A client of the tests' own, on the other codec where that one is right.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use radius::{Attribute, AttributeType};
use radius_codec::core::avp::AVP;
use radius_codec::core::packet::Packet;

pub(crate) const SECRET: &[u8] = b"a shared secret, long enough";

/// A request under construction.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) code: u8,
    pub(crate) identifier: u8,
    pub(crate) authenticator: [u8; 16],
    pub(crate) secret: Vec<u8>,
    pub(crate) attributes: Vec<(u8, Vec<u8>)>,
}

impl Request {
    pub(crate) fn new(code: u8) -> Self {
        Self {
            code,
            identifier: 7,
            authenticator: *b"request authent.",
            secret: SECRET.to_vec(),
            attributes: Vec::new(),
        }
    }

    /// An Access-Request of ada with her password and a Message-Authenticator.
    pub(crate) fn pap() -> Self {
        Self::new(1).user(b"ada").password(b"correct horse").authentic()
    }

    pub(crate) fn with(mut self, kind: u8, value: &[u8]) -> Self {
        self.attributes.push((kind, value.to_vec()));
        self
    }

    pub(crate) fn without(mut self, kind: AttributeType) -> Self {
        self.attributes.retain(|(other, _)| *other != kind.0);
        self
    }

    pub(crate) fn user(self, name: &[u8]) -> Self {
        self.with(1, name)
    }

    /// Hides a password of 0 to 128 octets, written out after RFC 2865, section 5.2.
    pub(crate) fn password(self, password: &[u8]) -> Self {
        let mut padded = password.to_vec();
        padded.resize(password.len().max(1).next_multiple_of(16), 0);
        let mut hidden = Vec::new();
        let mut previous = self.authenticator;
        for block in padded.chunks(16) {
            let pad = md5_of(&[&self.secret, &previous]);
            previous = std::array::from_fn(|at| block[at] ^ pad[at]);
            hidden.extend(previous);
        }
        self.with(2, &hidden)
    }

    pub(crate) fn chap(self, identifier: u8, password: &[u8], challenge: Option<&[u8]>) -> Self {
        let used = challenge.unwrap_or(&self.authenticator);
        let mut value = vec![identifier];
        value.extend(md5_of(&[&[identifier], password, used]));
        let request = self.with(3, &value);
        match challenge {
            Some(challenge) => request.with(60, challenge),
            None => request,
        }
    }

    /// Adds a Message-Authenticator, which is filled in when the request is encoded.
    pub(crate) fn authentic(self) -> Self {
        self.with(80, &[0; 16])
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut octets = vec![self.code, self.identifier, 0, 0];
        octets.extend(self.authenticator);
        for (kind, value) in &self.attributes {
            octets.extend([*kind, u8::try_from(value.len() + 2).unwrap()]);
            octets.extend(value);
        }
        let length = u16::try_from(octets.len()).unwrap();
        octets[2..4].copy_from_slice(&length.to_be_bytes());
        sign(&mut octets, &self.secret);
        octets
    }

    /// Checks both authenticators of a reply to this request and returns its attributes.
    pub(crate) fn check(&self, reply: &[u8], code: u8) -> Vec<(u8, Vec<u8>)> {
        assert_eq!(reply[0], code, "the reply's code");
        assert_eq!(reply[1], self.identifier);
        assert_eq!(usize::from(u16::from_be_bytes([reply[2], reply[3]])), reply.len());
        let request = self.encode();
        assert!(Packet::is_authentic_response(reply, &request, &self.secret));
        let attributes = attributes_of(reply);
        assert_eq!(attributes[0].0, 80, "Message-Authenticator comes first");
        let mut expected = reply.to_vec();
        expected[4..20].copy_from_slice(&self.authenticator);
        expected[22..38].fill(0);
        assert_eq!(attributes[0].1, hmac_of(&self.secret, &expected));
        attributes
    }
}

/// Fills in the first Message-Authenticator of well-formed octets, if there is one.
pub(crate) fn sign(octets: &mut [u8], secret: &[u8]) {
    let mut at = 20;
    while at + 18 <= octets.len() {
        let length = usize::from(octets[at + 1]);
        if octets[at] == 80 && length == 18 {
            octets[at + 2..at + 18].fill(0);
            let mac = hmac_of(secret, octets);
            octets[at + 2..at + 18].copy_from_slice(&mac);
            return;
        }
        at += length.max(2);
    }
}

/// The attributes of a packet, read by hand.
pub(crate) fn attributes_of(packet: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut attributes = Vec::new();
    let mut rest = &packet[20..];
    while let [kind, length, ..] = rest {
        let length = usize::from(*length);
        attributes.push((*kind, rest[2..length].to_vec()));
        rest = &rest[length..];
    }
    attributes
}

pub(crate) fn own((kind, value): &(u8, Vec<u8>)) -> Attribute<'_> {
    Attribute { kind: AttributeType(*kind), value }
}

pub(crate) fn hmac_of(secret: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(secret).unwrap();
    mac.update(octets);
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn md5_of(pieces: &[&[u8]]) -> [u8; 16] {
    use md5::Digest;
    let mut md5 = Md5::new();
    pieces.iter().for_each(|piece| md5.update(piece));
    md5.finalize().into()
}

/// What the other codec makes of a password.
pub(crate) fn hidden_by_codec(password: &[u8], secret: &[u8], authenticator: &[u8]) -> Vec<u8> {
    AVP::from_user_password(2, password, secret, authenticator).unwrap().encode_bytes()
}
