//! The TLS server inside a method, and the keys that come of it.

use std::io::{self, Read, Write as _};
use std::sync::Arc;

use rustls::{HandshakeKind, ProtocolVersion, ServerConfig, ServerConnection};
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::avp::CHALLENGE;
use crate::method::Method;

/// The most octets that a peer may say inside at once.
const LONGEST: u64 = 8 << 10;
/// Where a hello has its random: behind the headers of the record and the message, and a version.
const RANDOM: std::ops::Range<usize> = 11..43;

/// What the two sides share after a method: only whoever ran it has it.
///
/// Has no `Debug`.
pub struct Keys {
    master: Zeroizing<[u8; 64]>,
    session: Vec<u8>,
}

impl Keys {
    /// What the network gear receives with, MS-MPPE-Recv-Key: the first half of the master key
    /// ([RFC 5216, section 2.3](https://www.rfc-editor.org/rfc/rfc5216#section-2.3)).
    #[must_use]
    pub fn receive(&self) -> &[u8] {
        self.master.get(..32).unwrap_or_default()
    }

    /// What the network gear sends with, MS-MPPE-Send-Key: the second half.
    #[must_use]
    pub fn send(&self) -> &[u8] {
        self.master.get(32..).unwrap_or_default()
    }

    /// The name of the keys, which is no secret
    /// ([RFC 5247, section 1.4](https://www.rfc-editor.org/rfc/rfc5247#section-1.4)).
    #[must_use]
    pub fn session(&self) -> &[u8] {
        &self.session
    }
}

/// What has no octets for who reads, and has not ended either.
struct Nothing;

impl Read for Nothing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// A TLS server whose octets travel in EAP.
pub(crate) struct Tunnel {
    tls: Box<ServerConnection>,
    randoms: Vec<u8>,
}

impl Tunnel {
    pub(crate) fn new(config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        let mut tls = Box::new(ServerConnection::new(config)?);
        // A peer is not read from faster than it is answered.
        tls.set_buffer_limit(Some(64 << 10));
        Ok(Self { tls, randoms: Vec::new() })
    }

    /// Takes a message of the peer. After a failure there may be output: an alert.
    pub(crate) fn feed(&mut self, mut octets: &[u8]) -> Result<(), rustls::Error> {
        if self.randoms.is_empty() {
            self.randoms.extend(octets.get(RANDOM).unwrap_or_default());
        }
        while !octets.is_empty() {
            let broken = |_| rustls::Error::General("the octets cannot be taken".to_owned());
            if self.tls.read_tls(&mut octets).map_err(broken)? == 0 {
                return Err(rustls::Error::General("octets after the end".to_owned()));
            }
            self.tls.process_new_packets()?;
        }
        // Before it reads, TLS gives back the room of what was heard: a peer may say no more.
        let _blocked = self.tls.read_tls(&mut Nothing);
        Ok(())
    }

    /// What goes to the peer.
    pub(crate) fn output(&mut self) -> Vec<u8> {
        let mut octets = Vec::new();
        while self.tls.wants_write() {
            if self.tls.write_tls(&mut octets).is_err() {
                break;
            }
        }
        if self.randoms.len() == RANDOM.len() {
            self.randoms.extend(octets.get(RANDOM).unwrap_or_default());
        }
        octets
    }

    pub(crate) fn is_established(&self) -> bool {
        !self.tls.is_handshaking()
    }

    /// Whether a session that was established before goes on.
    pub(crate) fn is_resumed(&self) -> bool {
        self.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    pub(crate) fn is_1_3(&self) -> bool {
        self.tls.protocol_version() == Some(ProtocolVersion::TLSv1_3)
    }

    pub(crate) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        let certificates = self.tls.peer_certificates().unwrap_or_default();
        certificates.iter().map(|one| one.clone().into_owned()).collect()
    }

    /// What the peer said inside; wiped when it was heard.
    pub(crate) fn read(&mut self) -> Zeroizing<Vec<u8>> {
        let mut octets = Zeroizing::new(Vec::with_capacity(512));
        // It ends with what there is: more may come.
        let _blocked = self.tls.reader().take(LONGEST).read_to_end(&mut octets);
        octets
    }

    /// Says something to the peer inside.
    pub(crate) fn write(&mut self, octets: &[u8]) {
        // Into memory; what would not fit is missed by the peer.
        let _written = self.tls.writer().write_all(octets);
    }

    /// The keys of a method ([RFC 5216, section 2.3], [RFC 5281, section 8], [RFC 9190, section
    /// 2.3], [RFC 9427, section 2.1]).
    ///
    /// [RFC 5216, section 2.3]: https://www.rfc-editor.org/rfc/rfc5216#section-2.3
    /// [RFC 5281, section 8]: https://www.rfc-editor.org/rfc/rfc5281#section-8
    /// [RFC 9190, section 2.3]: https://www.rfc-editor.org/rfc/rfc9190#section-2.3
    /// [RFC 9427, section 2.1]: https://www.rfc-editor.org/rfc/rfc9427#section-2.1
    pub(crate) fn keys(&self, method: Method) -> Result<Keys, rustls::Error> {
        let number = method.kind().0;
        let context = [number];
        // In TLS 1.3 another length would be another key: the second half must be asked for.
        let mut both = Zeroizing::new([0; 128]);
        let mut session = vec![number];
        if self.is_1_3() {
            let label = b"EXPORTER_EAP_TLS_Key_Material";
            self.tls.export_keying_material(both.as_mut_slice(), label, Some(&context))?;
            let label = b"EXPORTER_EAP_TLS_Method-Id";
            session.extend(self.tls.export_keying_material([0; 64], label, Some(&context))?);
        } else {
            let label: &[u8] = match method {
                Method::Tls | Method::Peap => b"client EAP encryption",
                Method::Ttls => b"ttls keying material",
            };
            self.tls.export_keying_material(both.as_mut_slice(), label, None)?;
            session.extend(&self.randoms);
        }
        let mut master = Zeroizing::new([0; 64]);
        for (octet, exported) in master.iter_mut().zip(both.iter()) {
            *octet = *exported;
        }
        Ok(Keys { master, session })
    }

    /// The challenge that CHAP and MS-CHAPv2 inside must have answered, with the identifier
    /// ([RFC 5281, section 11.1](https://www.rfc-editor.org/rfc/rfc5281#section-11.1)).
    pub(crate) fn challenge(&self) -> Result<[u8; CHALLENGE], rustls::Error> {
        self.tls.export_keying_material([0; CHALLENGE], b"ttls challenge", None)
    }
}
