//! An LDAP connection octet by octet.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::ber::{self, boolean, constructed, element, number, octets, sequence};
use super::{PATIENCE, description::Description};

/// The OID of StartTLS.
pub(crate) const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// The OID of Cancel.
pub(crate) const CANCEL: &str = "1.3.6.1.1.8";
/// The OID of "Who am I?".
pub(crate) const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";
/// The OID of the Notice of Disconnection.
pub(crate) const NOTICE: &str = "1.3.6.1.4.1.1466.20036";

/// A connection.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: Stream,
    input: Vec<u8>,
    /// The controls of the message received last.
    controls: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The message id.
    pub(crate) id: i64,
    /// The tag of the operation, such as 0x61 for a BindResponse.
    pub(crate) operation: u8,
    /// The content of the operation.
    pub(crate) content: Vec<u8>,
}

impl Raw {
    /// Connects in clear.
    pub(crate) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: Stream::Clear(stream), input: Vec::new(), controls: None }
    }

    /// Connects to a demonstration in clear.
    pub(crate) fn to(description: &Description) -> Self {
        Self::connect(&description.ldap)
    }

    /// Connects and binds.
    pub(crate) fn bound(address: &str, dn: &str, password: &str) -> Self {
        let mut raw = Self::connect(address);
        raw.send(&bind(1, dn, password));
        assert_eq!(raw.receive().unwrap().code(), 0);
        raw
    }

    /// Sends octets.
    pub(crate) fn send(&mut self, octets: &[u8]) {
        self.try_send(octets).unwrap();
    }

    /// Sends octets to a server that may have closed the connection.
    pub(crate) fn try_send(&mut self, octets: &[u8]) -> std::io::Result<()> {
        match &mut self.stream {
            Stream::Clear(stream) => stream.write_all(octets),
            Stream::Tls(stream) => stream.write_all(octets).and_then(|()| stream.flush()),
        }
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&self) {
        let stream = match &self.stream {
            Stream::Clear(stream) => stream,
            Stream::Tls(stream) => stream.get_ref(),
        };
        stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The next message; none when the server has closed the connection.
    pub(crate) fn receive(&mut self) -> Option<Message> {
        loop {
            if let Some((tag, content, rest)) = ber::split(&self.input) {
                assert_eq!(tag, 0x30, "no LDAPMessage");
                let (message, controls) = Message::parse(content);
                self.controls = controls;
                self.input = rest.to_vec();
                return Some(message);
            }
            if !self.fill() {
                assert!(self.input.is_empty(), "closed in the middle of a message");
                return None;
            }
        }
    }

    /// The next message with its controls; none when the server has closed the connection.
    pub(crate) fn receive_with_controls(&mut self) -> Option<(Message, Option<Vec<u8>>)> {
        let message = self.receive()?;
        Some((message, self.controls.take()))
    }

    /// All messages until the server closes the connection.
    pub(crate) fn receive_to_end(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.receive()).collect()
    }

    /// Waits until the server closes the connection; whether it said anything in LDAP before.
    pub(crate) fn ends_with_an_answer(&mut self) -> bool {
        while self.fill() {}
        // A TLS alert is no answer.
        self.input.first() == Some(&0x30)
    }

    /// The messages up to the one that ends the request with this id, that one included.
    pub(crate) fn receive_all_of(&mut self, id: i64) -> Vec<Message> {
        let mut all = Vec::new();
        loop {
            let message = self.receive().expect("the server closed the connection");
            let last = message.id == id && !matches!(message.operation, 0x64 | 0x73 | 0x79);
            all.push(message);
            if last {
                return all;
            }
        }
    }

    /// Like [`receive_all_of`](Self::receive_all_of), with the controls of the last message.
    pub(crate) fn receive_all_of_with_controls(
        &mut self,
        id: i64,
    ) -> (Vec<Message>, Option<Vec<u8>>) {
        let messages = self.receive_all_of(id);
        (messages, self.controls.take())
    }

    /// The first octet that comes; none when the server has closed the connection.
    pub(crate) fn first_octet(&mut self) -> Option<u8> {
        while self.input.is_empty() && self.fill() {}
        self.input.first().copied()
    }

    /// Sends as much as the server takes without reading what it answers.
    pub(crate) fn send_what_fits(&mut self, octets: &[u8]) {
        let Stream::Clear(stream) = &mut self.stream else { panic!("in clear only") };
        stream.set_nonblocking(true).unwrap();
        // It stops when every buffer on the way is full.
        drop(stream.write_all(octets));
        stream.set_nonblocking(false).unwrap();
    }

    /// Does the handshake of TLS, after StartTLS or at once.
    pub(crate) fn secure(self, ca_file: &str) -> std::io::Result<Self> {
        self.secure_with(client(ca_file))
    }

    /// Does the handshake of TLS as this client.
    pub(crate) fn secure_with(self, mut tls: ClientConnection) -> std::io::Result<Self> {
        let Stream::Clear(mut stream) = self.stream else { panic!("it is secure already") };
        while tls.is_handshaking() {
            tls.complete_io(&mut stream)?;
        }
        let stream = Stream::Tls(Box::new(StreamOwned::new(tls, stream)));
        Ok(Self { stream, input: self.input, controls: None })
    }

    fn fill(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        let read = match &mut self.stream {
            Stream::Clear(stream) => stream.read(&mut buffer),
            Stream::Tls(stream) => stream.read(&mut buffer),
        };
        match read {
            Ok(length) => {
                self.input.extend(&buffer[..length]);
                length > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("waiting for an answer: {error}"),
        }
    }
}

impl Message {
    fn parse(content: &[u8]) -> (Self, Option<Vec<u8>>) {
        let (_, id, rest) = ber::split(content).unwrap();
        let (operation, content, rest) = ber::split(rest).unwrap();
        let message = Self { id: ber::read_number(id), operation, content: content.to_vec() };
        let controls = ber::split(rest).filter(|(tag, _, _)| *tag == 0xa0);
        (message, controls.map(|(_, controls, _)| controls.to_vec()))
    }

    /// The result code of a response.
    pub(crate) fn code(&self) -> i64 {
        let (tag, code, _) = ber::split(&self.content).unwrap();
        assert_eq!(tag, 0x0a, "{self:?} has no result code");
        ber::read_number(code)
    }

    /// The matched DN and the diagnostic message of a response.
    pub(crate) fn words(&self) -> (String, String) {
        let (_, _, rest) = ber::split(&self.content).unwrap();
        let (_, matched, rest) = ber::split(rest).unwrap();
        let (_, text, _) = ber::split(rest).unwrap();
        (String::from_utf8(matched.to_vec()).unwrap(), String::from_utf8(text.to_vec()).unwrap())
    }

    /// Whether it is a Notice of Disconnection.
    pub(crate) fn is_notice(&self) -> bool {
        let name = NOTICE.as_bytes();
        self.id == 0
            && self.operation == 0x78
            && self.content.windows(name.len()).any(|window| window == name)
    }
}

/// A message with an operation.
pub(crate) fn message(id: i64, operation: Vec<u8>) -> Vec<u8> {
    sequence([number(2, id), operation])
}

/// A message with an operation and a control.
pub(crate) fn with_control(id: i64, operation: Vec<u8>, oid: &str, critical: bool) -> Vec<u8> {
    let control = sequence([octets(oid), boolean(critical)]);
    sequence([number(2, id), operation, constructed(0xa0, [control])])
}

/// A simple Bind.
pub(crate) fn bind(id: i64, dn: &str, password: &str) -> Vec<u8> {
    message(id, constructed(0x60, [number(2, 3), octets(dn), element(0x80, password.as_bytes())]))
}

/// A SASL Bind.
pub(crate) fn sasl_bind(id: i64, mechanism: &str, response: Option<&[u8]>) -> Vec<u8> {
    let response = response.map(|response| element(4, response)).unwrap_or_default();
    let credentials = constructed(0xa3, [octets(mechanism), response]);
    message(id, constructed(0x60, [number(2, 3), octets(""), credentials]))
}

/// A search for everything at an attribute or two; `filter` is an encoded filter.
pub(crate) fn search_operation(base: &str, scope: i64, filter: Vec<u8>) -> Vec<u8> {
    search_for("1.1", base, scope, filter)
}

/// The same, and these attributes of each entry are wanted.
pub(crate) fn search_for(wanted: &str, base: &str, scope: i64, filter: Vec<u8>) -> Vec<u8> {
    constructed(
        0x63,
        [
            octets(base),
            number(0x0a, scope),
            number(0x0a, 0),
            number(2, 0),
            number(2, 0),
            boolean(false),
            filter,
            sequence([octets(wanted)]),
        ],
    )
}

/// A search, as a message.
pub(crate) fn search(id: i64, base: &str, scope: i64, filter: Vec<u8>) -> Vec<u8> {
    message(id, search_operation(base, scope, filter))
}

/// The filter `(attribute=*)`.
pub(crate) fn present(attribute: &str) -> Vec<u8> {
    element(0x87, attribute.as_bytes())
}

/// The filter `(attribute=value)`.
pub(crate) fn equal(attribute: &str, value: &str) -> Vec<u8> {
    constructed(0xa3, [octets(attribute), octets(value)])
}

/// An extended operation without a value.
pub(crate) fn extended(id: i64, oid: &str) -> Vec<u8> {
    message(id, constructed(0x77, [element(0x80, oid.as_bytes())]))
}

/// An Unbind.
pub(crate) fn unbind(id: i64) -> Vec<u8> {
    message(id, element(0x42, &[]))
}

/// A Cancel (RFC 3909).
pub(crate) fn cancel(id: i64, which: i64) -> Vec<u8> {
    let value = sequence([number(2, which)]);
    let operation = [element(0x80, CANCEL.as_bytes()), element(0x81, &value)];
    message(id, constructed(0x77, operation))
}

/// An Abandon.
pub(crate) fn abandon(id: i64, which: i64) -> Vec<u8> {
    message(id, number(0x50, which))
}

fn client(ca_file: &str) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    ClientConnection::new(Arc::new(config), ServerName::try_from("127.0.0.1").unwrap()).unwrap()
}
