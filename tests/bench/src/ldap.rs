//! An LDAP client that asks one thing at a time and checks what it gets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::ber;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// OID of the simple paged results control (RFC 2696).
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    start: usize,
    end: usize,
}

/// A search to send.
pub(crate) struct Search<'a> {
    /// Where it starts.
    pub(crate) base: &'a str,
    /// The encoded filter: [`equality`] or [`present`].
    pub(crate) filter: Vec<u8>,
    /// What to return.
    pub(crate) attributes: &'a [&'a str],
    /// How far it goes.
    pub(crate) scope: Scope,
}

/// How far a search goes, as RFC 4511 4.5.1.2 numbers it.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// The base entry alone.
    Base = 0,
    /// The entries directly below it.
    OneLevel = 1,
    /// The base and everything below it.
    Subtree = 2,
}

/// What a search returned.
#[derive(Default)]
pub(crate) struct Found {
    /// How many entries.
    pub(crate) entries: usize,
    /// Size of the whole answer in octets.
    pub(crate) octets: usize,
    /// DN of the last entry.
    pub(crate) last_dn: Vec<u8>,
    /// Where the next page continues; empty at the end.
    cookie: Vec<u8>,
}

/// The filter `(attribute=value)`.
pub(crate) fn equality(attribute: &str, value: &str) -> Vec<u8> {
    ber::group(0xa3, &[ber::text(attribute), ber::text(value)])
}

/// The filter `(attribute=*)`.
pub(crate) fn present(attribute: &str) -> Vec<u8> {
    ber::element(0x87, attribute.as_bytes())
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&server, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, input: vec![0; 16 * 1024], start: 0, end: 0 })
    }

    /// Binds with name and password.
    ///
    /// # Errors
    /// When the connection breaks or the answer is anything but success.
    pub(crate) fn bind(&mut self, dn: &str, password: &str) -> Result<usize> {
        let credentials = ber::element(0x80, password.as_bytes());
        let request = ber::group(0x60, &[ber::integer(3), ber::text(dn), credentials]);
        self.send(&[request])?;
        let message = self.receive()?;
        let (tag, content, _) = operation(message)?;
        ensure!(tag == 0x61, "tag {tag:#x} in place of a bind response");
        expect_success(content)?;
        Ok(message.len())
    }

    /// Says good-bye and closes.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(crate) fn unbind(mut self) -> Result<()> {
        self.send(&[ber::element(0x42, &[])])
    }

    /// Searches.
    ///
    /// # Errors
    /// When the connection breaks or the search does not end in success.
    pub(crate) fn search(&mut self, search: &Search<'_>) -> Result<Found> {
        self.send(&[search.encode()])?;
        self.collect()
    }

    /// Searches page by page until the last one.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub(crate) fn search_paged(&mut self, search: &Search<'_>, page: u32) -> Result<Found> {
        let request = search.encode();
        let mut total = Found::default();
        loop {
            let value = [ber::integer(page), ber::element(0x04, &total.cookie)];
            let value = ber::element(0x04, &ber::group(0x30, &value));
            let control = ber::group(0x30, &[ber::text(PAGED_RESULTS), value]);
            self.send(&[request.clone(), ber::element(0xa0, &control)])?;
            let found = self.collect()?;
            total.entries += found.entries;
            total.octets += found.octets;
            total.cookie = found.cookie;
            if total.cookie.is_empty() {
                return Ok(total);
            }
        }
    }

    fn send(&mut self, parts: &[Vec<u8>]) -> Result<()> {
        let content = [ber::integer(2), parts.concat()].concat();
        Ok(self.stream.write_all(&ber::element(0x30, &content))?)
    }

    fn collect(&mut self) -> Result<Found> {
        let mut found = Found::default();
        loop {
            let message = self.receive()?;
            let (tag, content, rest) = operation(message)?;
            found.octets += message.len();
            match tag {
                0x64 => {
                    let (_, dn, _) = ber::split(content).context("entry without a name")?;
                    found.entries += 1;
                    found.last_dn.clear();
                    found.last_dn.extend(dn);
                }
                0x65 => {
                    expect_success(content)?;
                    found.cookie = cookie(rest).unwrap_or_default().to_vec();
                    return Ok(found);
                }
                other => bail!("tag {other:#x} in a search result"),
            }
        }
    }

    /// The content of the next message.
    fn receive(&mut self) -> Result<&[u8]> {
        let (from, to) = loop {
            let pending = self.input.get(self.start..self.end).unwrap_or_default();
            if let Some((_, content, rest)) = ber::split(pending) {
                let to = self.end - rest.len();
                break (to - content.len(), to);
            }
            self.fill()?;
        };
        self.start = to;
        self.input.get(from..to).context("message out of bounds")
    }

    fn fill(&mut self) -> Result<()> {
        self.input.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.input.len() {
            self.input.resize(self.end * 2, 0);
        }
        let free = self.input.get_mut(self.end..).unwrap_or_default();
        let count = self.stream.read(free)?;
        ensure!(count > 0, "the server hung up");
        self.end += count;
        Ok(())
    }
}

impl Search<'_> {
    fn encode(&self) -> Vec<u8> {
        let attributes: Vec<_> = self.attributes.iter().map(|name| ber::text(name)).collect();
        let parts = [
            ber::text(self.base),
            ber::element(0x0a, &[self.scope as u8]),
            ber::element(0x0a, &[0]),
            ber::integer(0),
            ber::integer(0),
            ber::element(0x01, &[0]),
            self.filter.clone(),
            ber::group(0x30, &attributes),
        ];
        ber::group(0x63, &parts)
    }
}

/// Asks for the root DSE; whether it was answered.
pub(crate) fn answers(server: SocketAddr) -> bool {
    let search = Search {
        base: "",
        filter: present("objectClass"),
        attributes: &["supportedLDAPVersion"],
        scope: Scope::Base,
    };
    Connection::open(server)
        .and_then(|mut connection| connection.search(&search))
        .is_ok_and(|found| found.entries == 1)
}

/// Tag and content of the operation in a message, and the controls behind it.
fn operation(message: &[u8]) -> Result<(u8, &[u8], &[u8])> {
    let (_, _id, rest) = ber::split(message).context("message without an id")?;
    ber::split(rest).context("message without an operation")
}

/// Refuses every result code but success (0).
fn expect_success(result: &[u8]) -> Result<()> {
    let (_, code, rest) = ber::split(result).context("result without a code")?;
    if code != [0] {
        let text = (ber::split(rest).and_then(|(_, _dn, rest)| ber::split(rest)))
            .map(|(_, text, _)| String::from_utf8_lossy(text));
        bail!("result {code:?} {}", text.unwrap_or_default());
    }
    Ok(())
}

/// The cookie in the controls of a page.
fn cookie(controls: &[u8]) -> Option<&[u8]> {
    let (_, list, _) = ber::split(controls)?;
    let (_, control, _) = ber::split(list)?;
    let (_, _oid, rest) = ber::split(control)?;
    let (_, value, _) = match ber::split(rest)? {
        (0x01, _criticality, rest) => ber::split(rest)?,
        value => value,
    };
    let (_, pair, _) = ber::split(value)?;
    let (_, _estimate, rest) = ber::split(pair)?;
    let (_, cookie, _) = ber::split(rest)?;
    Some(cookie)
}
