//! A peer of EAP written by hand, for what no supplicant does.

use std::io::Write as _;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore};

use super::office::{Client, Office};
use super::wire::{ACCESS_REQUEST, Answer, CHALLENGE, Request, Wire};

/// The type of an EAP-Message.
const EAP_MESSAGE: u8 = 79;
/// The type of a State.
const STATE: u8 = 24;
/// EAP's type of an identity.
pub(crate) const IDENTITY: u8 = 1;
/// EAP's type of a refusal of what was offered.
pub(crate) const NAK: u8 = 3;
/// EAP's type of EAP-TLS.
pub(crate) const TLS: u8 = 13;
/// EAP's type of EAP-TTLS.
pub(crate) const TTLS: u8 = 21;

/// The peer and its gear.
pub(crate) struct Supplicant {
    wire: Wire,
    secret: String,
    /// What the last challenge brought.
    pub(crate) state: Vec<u8>,
    identifier: u8,
}

/// How a conversation with a tunnel ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) answer: Answer,
    pub(crate) resumed: bool,
}

impl Request {
    /// An Access-Request with a packet of EAP.
    pub(crate) fn eap(secret: &str, packet: &[u8], state: &[u8]) -> Self {
        let mut request = Self::new(ACCESS_REQUEST, secret).with(1, b"anonymous");
        for piece in packet.chunks(253) {
            request = request.with(EAP_MESSAGE, piece);
        }
        if !state.is_empty() {
            request = request.with(STATE, state);
        }
        request.authentic()
    }
}

impl Answer {
    /// The packet of EAP in it.
    pub(crate) fn packet(&self) -> Vec<u8> {
        self.values(EAP_MESSAGE).concat()
    }

    /// The State in it; empty where there is none.
    pub(crate) fn state(&self) -> Vec<u8> {
        self.values(STATE).concat()
    }
}

/// A response of EAP.
pub(crate) fn response(identifier: u8, kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 5).unwrap().to_be_bytes();
    [&[2, identifier, length[0], length[1], kind], data].concat()
}

/// An AVP of Diameter, which must be understood.
pub(crate) fn avp(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len() + 8).unwrap();
    let mut octets = vec![0, 0, 0, kind, 0x40, 0, 0, length];
    octets.extend(value);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

impl Office {
    /// A peer behind gear of this organization, which has said nothing yet.
    pub(crate) fn supplicant(&self, gear: &Client) -> Supplicant {
        Supplicant::behind(self.wire(), gear)
    }

    /// What the peers' side of a tunnel is made with; it remembers sessions.
    pub(crate) fn tunnel(
        &self,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> Arc<ClientConfig> {
        tunnel(&self.demo.ca_file, version)
    }
}

/// The same, for who shows what the authorities in a file vouch for.
pub(crate) fn tunnel(
    ca_file: &str,
    version: &'static rustls::SupportedProtocolVersion,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_protocol_versions(&[version]);
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

impl Supplicant {
    /// A peer behind gear that asks from a socket, which has said nothing yet.
    pub(crate) fn behind(wire: Wire, gear: &Client) -> Self {
        Self { wire, secret: gear.secret.clone(), state: Vec::new(), identifier: 0 }
    }

    /// Sends a packet of EAP as it is.
    pub(crate) fn send(&mut self, packet: &[u8]) -> Answer {
        let answer = self.wire.ask(&Request::eap(&self.secret, packet, &self.state));
        if answer.code == CHALLENGE {
            self.state = answer.state();
            self.identifier = answer.packet()[1];
        }
        answer
    }

    /// Sends a response to the last request.
    pub(crate) fn respond(&mut self, kind: u8, data: &[u8]) -> Answer {
        let packet = response(self.identifier, kind, data);
        self.send(&packet)
    }

    /// Says a name, and has a method offered.
    pub(crate) fn begin(&mut self, method: u8) {
        let mut answer = self.respond(IDENTITY, b"anonymous");
        if answer.packet().get(4) != Some(&method) {
            answer = self.respond(NAK, &[method]);
        }
        assert_eq!(answer.packet()[4..], [method, 0x20], "{answer:?}");
    }

    /// Makes a tunnel, says these things inside one after another, and goes on until it is over.
    pub(crate) fn tunnel(mut self, method: u8, tls: &Arc<ClientConfig>, said: &[&[u8]]) -> Ended {
        self.begin(method);
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut tls = ClientConnection::new(Arc::clone(tls), name).unwrap();
        let mut said = said.iter();
        for _round in 0..20 {
            if !tls.is_handshaking()
                && !tls.wants_write()
                && let Some(octets) = said.next()
            {
                tls.writer().write_all(octets).unwrap();
            }
            match self.exchange(method, &mut tls) {
                Ok(heard) => {
                    let mut heard = heard.as_slice();
                    while !heard.is_empty() {
                        tls.read_tls(&mut heard).unwrap();
                        // What the server refuses by an alert it refuses outside as well.
                        let _alert = tls.process_new_packets();
                    }
                }
                Err(answer) => {
                    let resumed = tls.handshake_kind() == Some(HandshakeKind::Resumed);
                    return Ended { answer, resumed };
                }
            }
        }
        panic!("it does not end");
    }

    /// Sends what TLS has to say, and collects the pieces of what comes back; the answer where it
    /// is over.
    fn exchange(&mut self, method: u8, tls: &mut ClientConnection) -> Result<Vec<u8>, Answer> {
        let mut data = vec![0];
        while tls.wants_write() {
            tls.write_tls(&mut data).unwrap();
        }
        let mut heard = Vec::new();
        loop {
            let answer = self.respond(method, &data);
            if answer.code != CHALLENGE {
                return Err(answer);
            }
            let packet = answer.packet();
            let flags = packet[5];
            heard.extend(&packet[if flags & 0x80 == 0 { 6 } else { 10 }..]);
            if flags & 0x40 == 0 {
                return Ok(heard);
            }
            data = vec![0];
        }
    }
}
