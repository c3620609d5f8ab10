//! An HTTPS client for JSON on one kept connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustls::pki_types::{CertificateDer, IpAddr, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whom to trust, where to connect, and as whom.
#[derive(Clone)]
pub(crate) struct Api {
    tls: Arc<ClientConfig>,
    address: SocketAddr,
    token: String,
}

/// One kept connection.
pub(crate) struct Connection<'a> {
    api: &'a Api,
    stream: StreamOwned<ClientConnection, TcpStream>,
    input: Vec<u8>,
}

impl Api {
    /// Trusts the certificates in `ca_file`; signs in by `token`.
    ///
    /// # Errors
    /// When the file holds no certificate.
    pub(crate) fn new(address: SocketAddr, ca_file: &Path, token: &str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca_file)? {
            roots.add(certificate?)?;
        }
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { tls: Arc::new(tls), address, token: token.to_owned() })
    }

    /// The same at another address.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) fn open(&self) -> Result<Connection<'_>> {
        let name = ServerName::IpAddress(IpAddr::from(self.address.ip()));
        let tls = ClientConnection::new(Arc::clone(&self.tls), name)?;
        let socket = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Connection { api: self, stream: StreamOwned::new(tls, socket), input: Vec::new() })
    }
}

impl Connection<'_> {
    /// Asks, and returns the JSON of the answer (null when it has no body).
    ///
    /// # Errors
    /// When the connection breaks or the status is not a success.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let Api { address, token, .. } = self.api;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes())?;
        self.stream.flush()?;
        let (status, answer) = self.receive()?;
        ensure!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&answer).with_context(|| format!("{method} {path}: {answer}"))
    }

    fn receive(&mut self) -> Result<(u16, String)> {
        let head = loop {
            if let Some(end) = self.input.windows(4).position(|w| w == b"\r\n\r\n") {
                break self.take(end + 4);
            }
            self.fill()?;
        };
        let head = String::from_utf8(head)?.to_lowercase();
        let status = head.split_whitespace().nth(1).context("no status")?.parse()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length.map_or(Ok(0), |length| length.trim().parse())?;
        while self.input.len() < length {
            self.fill()?;
        }
        Ok((status, String::from_utf8(self.take(length))?))
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        self.input.drain(..length).collect()
    }

    fn fill(&mut self) -> Result<()> {
        let mut buffer = [0; 8192];
        let count = self.stream.read(&mut buffer)?;
        ensure!(count > 0, "the server hung up");
        self.input.extend(buffer.iter().take(count));
        Ok(())
    }
}
