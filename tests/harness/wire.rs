//! RADIUS datagrams written and checked by hand, for what radclient does not send or show.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

use super::PATIENCE;

/// The code of an Access-Request.
pub(crate) const ACCESS_REQUEST: u8 = 1;
/// The code of an Access-Accept.
pub(crate) const ACCEPT: u8 = 2;
/// The code of an Access-Reject.
pub(crate) const REJECT: u8 = 3;
/// The code of an Access-Challenge.
pub(crate) const CHALLENGE: u8 = 11;
/// The code of a Status-Server.
pub(crate) const STATUS: u8 = 12;
/// The type of a Message-Authenticator.
pub(crate) const AUTHENTICATOR: u8 = 80;
/// The type of a Proxy-State.
pub(crate) const PROXY_STATE: u8 = 33;

/// An attribute's type and value.
pub(crate) type Attribute = (u8, Vec<u8>);

/// A request under construction.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) code: u8,
    pub(crate) identifier: u8,
    pub(crate) authenticator: [u8; 16],
    pub(crate) secret: Vec<u8>,
    pub(crate) attributes: Vec<Attribute>,
}

/// A socket from which gear asks.
#[derive(Debug)]
pub(crate) struct Wire(UdpSocket);

/// A reply whose authenticators were found right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: u8,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) octets: Vec<u8>,
}

impl Request {
    /// A request with a Request Authenticator that no other has.
    pub(crate) fn new(code: u8, secret: &str) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let authenticator =
            md5_of(&[&serial.to_be_bytes(), &std::process::id().to_be_bytes(), secret.as_bytes()]);
        let identifier = serial.to_le_bytes()[0];
        let secret = secret.as_bytes().to_vec();
        Self { code, identifier, authenticator, secret, attributes: Vec::new() }
    }

    /// An Access-Request with a password and a Message-Authenticator.
    pub(crate) fn login(secret: &str, user: &str, password: &str) -> Self {
        let bare = Self::new(ACCESS_REQUEST, secret).with(1, user.as_bytes());
        bare.password(password.as_bytes()).authentic()
    }

    /// A Status-Server.
    pub(crate) fn status(secret: &str) -> Self {
        Self::new(STATUS, secret).authentic()
    }

    /// Adds an attribute.
    pub(crate) fn with(mut self, kind: u8, value: &[u8]) -> Self {
        self.attributes.push((kind, value.to_vec()));
        self
    }

    /// Leaves attributes out.
    pub(crate) fn without(mut self, kind: u8) -> Self {
        self.attributes.retain(|(other, _)| *other != kind);
        self
    }

    /// Adds a Message-Authenticator, which is filled in when the request is encoded.
    pub(crate) fn authentic(self) -> Self {
        self.with(AUTHENTICATOR, &[0; 16])
    }

    /// Adds a User-Password, hidden as RFC 2865, section 5.2 says.
    pub(crate) fn password(self, password: &[u8]) -> Self {
        let mut padded = password.to_vec();
        padded.resize(password.len().max(1).next_multiple_of(16), 0);
        let (mut hidden, mut previous) = (Vec::new(), self.authenticator);
        for block in padded.chunks(16) {
            let pad = md5_of(&[&self.secret, &previous]);
            previous = std::array::from_fn(|at| block[at] ^ pad[at]);
            hidden.extend(previous);
        }
        self.with(2, &hidden)
    }

    /// The datagram.
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

    /// Reads a reply to this request: both authenticators must be right, the
    /// Message-Authenticator must come first.
    pub(crate) fn check(&self, octets: Vec<u8>) -> Answer {
        assert_eq!(octets[1], self.identifier, "the reply is to another request");
        assert_eq!(usize::from(u16::from_be_bytes([octets[2], octets[3]])), octets.len());
        let mut asked = octets.clone();
        asked[4..20].copy_from_slice(&self.authenticator);
        assert_eq!(octets[4..20], md5_of(&[&asked, &self.secret]), "Response Authenticator");
        let mut attributes = attributes_of(&octets);
        let (kind, mac) = attributes.remove(0);
        assert_eq!(kind, AUTHENTICATOR, "Message-Authenticator is not the first attribute");
        asked[22..38].fill(0);
        assert_eq!(mac, hmac_of(&self.secret, &asked), "Message-Authenticator");
        Answer { code: octets[0], attributes, octets }
    }
}

impl Wire {
    /// Gear on 127.0.0.1.
    pub(crate) fn to(server: &str) -> Self {
        Self::from(Ipv4Addr::LOCALHOST, server)
    }

    /// Gear on another address of the loopback network.
    pub(crate) fn from(source: Ipv4Addr, server: &str) -> Self {
        Self::between(source.into(), server.parse().unwrap())
    }

    /// Gear on an address of this machine.
    pub(crate) fn between(source: IpAddr, server: SocketAddr) -> Self {
        let socket = UdpSocket::bind((source, 0)).unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// Sends a datagram.
    pub(crate) fn send(&self, octets: &[u8]) {
        self.0.send(octets).unwrap();
    }

    /// Waits for a datagram.
    pub(crate) fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 8192];
        let length = self.0.recv(&mut buffer).expect("no reply came");
        buffer[..length].to_vec()
    }

    /// Sends a request and waits for the reply to it.
    pub(crate) fn ask(&self, request: &Request) -> Answer {
        self.send(&request.encode());
        request.check(self.receive())
    }

    /// Takes a datagram that is there already.
    pub(crate) fn take(&self) -> Option<Vec<u8>> {
        self.0.set_nonblocking(true).unwrap();
        let mut buffer = [0; 8192];
        let taken = match self.0.recv(&mut buffer) {
            Ok(length) => Some(buffer[..length].to_vec()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                None
            }
        };
        self.0.set_nonblocking(false).unwrap();
        taken
    }

    /// Whether nothing comes back for a datagram: it is followed by requests on another socket
    /// whose answers take as long as any, and by then a reply would be here.
    pub(crate) fn meets_silence(&self, octets: &[u8], honest: &Self, secret: &str) -> bool {
        self.send(octets);
        for _ in 0..2 {
            let name = format!("nobody-{}", Request::new(0, secret).identifier);
            let answer = honest.ask(&Request::login(secret, &name, "guess"));
            assert_eq!(answer.code, REJECT);
        }
        self.take().is_none()
    }
}

impl Answer {
    /// The values of an attribute, in order.
    pub(crate) fn values(&self, kind: u8) -> Vec<&[u8]> {
        let same = |(other, _): &&Attribute| *other == kind;
        self.attributes.iter().filter(same).map(|(_, value)| value.as_slice()).collect()
    }
}

/// Fills in the first Message-Authenticator of a packet, if there is one where one can be found.
pub(crate) fn sign(octets: &mut [u8], secret: &[u8]) {
    let mut at = 20;
    while at + 18 <= octets.len() {
        let length = usize::from(octets[at + 1]);
        if octets[at] == AUTHENTICATOR && length == 18 {
            octets[at + 2..at + 18].fill(0);
            let mac = hmac_of(secret, octets);
            octets[at + 2..at + 18].copy_from_slice(&mac);
            return;
        }
        at += length.max(2);
    }
}

/// Makes the authenticator of an Accounting-Request right (RFC 2866, section 3).
pub(crate) fn sign_report(octets: &mut [u8], secret: &[u8]) {
    octets[4..20].fill(0);
    let authenticator = md5_of(&[&*octets, secret]);
    octets[4..20].copy_from_slice(&authenticator);
}

fn attributes_of(packet: &[u8]) -> Vec<Attribute> {
    let (mut attributes, mut rest) = (Vec::new(), &packet[20..]);
    while let [kind, length, ..] = rest {
        let length = usize::from(*length);
        attributes.push((*kind, rest[2..length].to_vec()));
        rest = &rest[length..];
    }
    attributes
}

fn hmac_of(secret: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(secret).unwrap();
    mac.update(octets);
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn md5_of(pieces: &[&[u8]]) -> [u8; 16] {
    let mut md5 = Md5::new();
    pieces.iter().for_each(|piece| md5.update(piece));
    md5.finalize().into()
}
