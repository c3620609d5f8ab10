//! HTTPS on one kept connection, for hundreds of requests and for those that curl does not send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use super::PATIENCE;
use super::curl::{Api, Response};
use super::description::Description;

/// Somebody who asks the admin API over and over; they ask one thing at a time.
#[derive(Debug)]
pub(crate) struct Https {
    address: String,
    ca_file: String,
    token: Option<String>,
    kept: Mutex<Option<Connection>>,
}

/// A connection with TLS.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    input: Vec<u8>,
}

impl Description {
    /// Somebody with this token, or with none.
    pub(crate) fn https(&self, token: Option<&str>) -> Https {
        Https::at(&self.admin_api.url, &self.ca_file, token)
    }
}

impl Https {
    /// Somebody with this token, or with none, at an address.
    pub(crate) fn at(url: &str, ca_file: &str, token: Option<&str>) -> Self {
        Self {
            address: url.trim_start_matches("https://").to_owned(),
            ca_file: ca_file.to_owned(),
            token: token.map(ToOwned::to_owned),
            kept: Mutex::new(None),
        }
    }

    /// The same address for somebody else.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self::at(&self.address, &self.ca_file, Some(token))
    }

    /// The same somebody with curl.
    pub(crate) fn curl(&self) -> Api {
        let nobody = Api::at(&format!("https://{}", self.address), &self.ca_file);
        match &self.token {
            Some(token) => nobody.key(token),
            None => nobody,
        }
    }

    /// The token of somebody who has one.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// Reads a resource.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.send("GET", path, None)
    }

    /// Sends a request, with JSON or without a body.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        self.send_with(method, path, &[], body)
    }

    /// Sends a request with headers of the test's own.
    pub(crate) fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: Option<&Value>,
    ) -> Response {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if let Some(token) = &self.token {
            request.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        for header in headers {
            request.push_str(&format!("{header}\r\n"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if !body.is_empty() {
            let length = body.len();
            request.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {length}\r\n"
            ));
        }
        let request = format!("{request}\r\n{body}");
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut connection = kept.take().unwrap_or_else(|| self.connect());
        let answered = connection.exchange(request.as_bytes()).or_else(|| {
            // The server may have closed a connection that was kept for long.
            connection = self.connect();
            connection.exchange(request.as_bytes())
        });
        let response = answered.unwrap_or_else(|| panic!("no answer to {method} {path}"));
        if response.header("connection") != Some("close") {
            *kept = Some(connection);
        }
        response
    }

    /// A connection of its own.
    pub(crate) fn connect(&self) -> Connection {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&self.ca_file).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Connection { stream: StreamOwned::new(tls, stream), input: Vec::new() }
    }
}

impl Connection {
    /// Sends octets; false when the server has gone.
    pub(crate) fn send(&mut self, octets: &[u8]) -> bool {
        self.stream.write_all(octets).and_then(|()| self.stream.flush()).is_ok()
    }

    /// The next answer; none when the server closes the connection instead.
    pub(crate) fn receive(&mut self) -> Option<Response> {
        let head = loop {
            if let Some(end) = self.input.windows(4).position(|window| window == b"\r\n\r\n") {
                let head: Vec<u8> = self.input.drain(..end + 4).collect();
                break String::from_utf8(head).unwrap().trim_end().to_owned();
            }
            self.fill()?;
        };
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Response { status, head, body: String::new() };
        let body = if response.header("transfer-encoding") == Some("chunked") {
            self.chunks()?
        } else {
            let length = response.header("content-length").map_or(0, |text| text.parse().unwrap());
            self.take(length)?
        };
        response.body = String::from_utf8_lossy(&body).into_owned();
        Some(response)
    }

    /// Whether the server says that it sends nothing more; it may also just be gone.
    pub(crate) fn is_closed(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0))
    }

    /// A body whose length was not known (RFC 9112 section 7.1).
    fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                match self.input.windows(2).position(|window| window == b"\r\n") {
                    Some(end) => break end,
                    None => self.fill()?,
                }
            };
            let line = String::from_utf8(self.take(end + 2)?).unwrap();
            let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
            let chunk = self.take(length + 2)?;
            body.extend(&chunk[..length]);
            if length == 0 {
                return Some(body);
            }
        }
    }

    /// So many octets.
    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.input.len() < length {
            self.fill()?;
        }
        Some(self.input.drain(..length).collect())
    }

    fn exchange(&mut self, request: &[u8]) -> Option<Response> {
        self.send(request).then_some(())?;
        self.receive()
    }

    fn fill(&mut self) -> Option<()> {
        let mut buffer = [0; 16 << 10];
        let read = self.stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        self.input.extend(&buffer[..read]);
        Some(())
    }
}
