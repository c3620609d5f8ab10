//! RADIUS inside TLS octet by octet, for what no relay sends or shows.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};

use super::PATIENCE;
use super::authority::Issued;
use super::wire::{Answer, Request};

/// The secret of all packets inside TLS.
pub(crate) const RADSEC: &str = "radsec";

/// A connection.
#[derive(Debug)]
pub(crate) struct RadSec {
    stream: StreamOwned<ClientConnection, TcpStream>,
    input: Vec<u8>,
}

impl RadSec {
    /// Connects with a certificate or without, and asks for these protocols. Whether the daemon
    /// takes the certificate shows when something is read.
    pub(crate) fn connect(
        place: (&str, &str),
        issued: Option<&Issued>,
        protocols: &[&str],
    ) -> std::io::Result<Self> {
        let config = Self::config(place.1, issued, protocols, rustls::ALL_VERSIONS);
        Self::connect_as(place.0, &Arc::new(config))
    }

    /// What a client has who trusts these authorities.
    pub(crate) fn config(
        ca_file: &str,
        issued: Option<&Issued>,
        protocols: &[&str],
        versions: &[&'static SupportedProtocolVersion],
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca_file).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        let builder = ClientConfig::builder_with_protocol_versions(versions);
        let builder = builder.with_root_certificates(roots);
        let mut config = match issued {
            Some(issued) => {
                let chain = CertificateDer::pem_file_iter(&issued.certificate).unwrap();
                let key = PrivateKeyDer::from_pem_file(&issued.key).unwrap();
                builder.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    /// Connects as a client that may have been here before.
    pub(crate) fn connect_as(address: &str, config: &Arc<ClientConfig>) -> std::io::Result<Self> {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut tls = ClientConnection::new(Arc::clone(config), name).unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        Ok(Self { stream: StreamOwned::new(tls, socket), input: Vec::new() })
    }

    /// Whether the handshake went on with an earlier session.
    pub(crate) fn is_resumed(&self) -> bool {
        self.stream.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// What was agreed on.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        self.stream.conn.alpn_protocol()
    }

    /// Sends octets; the connection may be closed already.
    pub(crate) fn send(&mut self, octets: &[u8]) {
        drop(self.stream.write_all(octets).and_then(|()| self.stream.flush()));
    }

    /// Waits for a packet; none when the connection ends before.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(length) = self.input.get(2..4) {
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                if self.input.len() >= length {
                    let rest = self.input.split_off(length);
                    return Some(std::mem::replace(&mut self.input, rest));
                }
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(length) => self.input.extend(&buffer[..length]),
                Err(error) => {
                    let waited =
                        matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                    assert!(!waited, "neither a packet nor the end came");
                    return None;
                }
            }
        }
    }

    /// Waits for what comes in one record of TLS, where no packet has begun.
    pub(crate) fn receive_record(&mut self) -> Vec<u8> {
        assert!(self.input.is_empty(), "a packet has begun");
        let octets = self.stream.fill_buf().unwrap().to_vec();
        self.stream.consume(octets.len());
        assert!(!octets.is_empty(), "the connection ended");
        octets
    }

    /// Sends a request and waits for the answer to it.
    pub(crate) fn ask(&mut self, request: &Request) -> Answer {
        self.send(&request.encode());
        request.check(self.receive().expect("the connection ended"))
    }

    /// Whether the daemon has ended the connection, or ends it once a request comes.
    pub(crate) fn is_refused(&mut self) -> bool {
        self.send(&Request::status(RADSEC).encode());
        self.receive().is_none()
    }
}
