//! LDAP messages: what is sent, what is read, and a client that asks whether a server is there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::ber;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// OID of the simple paged results control (RFC 2696).
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// An open connection that is waited for.
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
    /// The encoded filter, such as [`equality`].
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

/// The filter `(attribute=value)`.
pub(crate) fn equality(attribute: &str, value: &str) -> Vec<u8> {
    ber::group(0xa3, &[ber::text(attribute), ber::text(value)])
}

/// The filter `(&…)` of two.
pub(crate) fn both(first: Vec<u8>, second: Vec<u8>) -> Vec<u8> {
    ber::group(0xa0, &[first, second])
}

/// The filter `(attribute=value*)`.
pub(crate) fn initial(attribute: &str, value: &str) -> Vec<u8> {
    substring(attribute, ber::element(0x80, value.as_bytes()))
}

/// The filter `(attribute=*value*)`.
pub(crate) fn contained(attribute: &str, value: &str) -> Vec<u8> {
    substring(attribute, ber::element(0x81, value.as_bytes()))
}

fn substring(attribute: &str, part: Vec<u8>) -> Vec<u8> {
    ber::group(0xa4, &[ber::text(attribute), ber::group(0x30, &[part])])
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

    /// Asks for what must succeed; how many entries came.
    ///
    /// # Errors
    /// When the connection breaks or the result is not success.
    pub(crate) fn ask(&mut self, operation: &[u8]) -> Result<usize> {
        self.stream.write_all(&message(operation))?;
        self.collect()
    }

    /// How many entries come before the end of the operation.
    fn collect(&mut self) -> Result<usize> {
        let mut entries = 0;
        loop {
            let (tag, content, _) = operation(self.receive()?)?;
            match tag {
                0x64 => entries += 1,
                0x61 | 0x65 => return expect_success(content).map(|()| entries),
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
    /// The operation of a search message.
    pub(crate) fn encode(&self) -> Vec<u8> {
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

/// The message of an operation that is the only one under way.
pub(crate) fn message(operation: &[u8]) -> Vec<u8> {
    numbered(2, operation)
}

/// The message of an operation under a message ID.
pub(crate) fn numbered(id: u32, operation: &[u8]) -> Vec<u8> {
    ber::group(0x30, &[ber::integer(id), operation.to_vec()])
}

/// The operation that abandons what was asked under a message ID (RFC 4511 4.11).
pub(crate) fn abandon(id: u32) -> Vec<u8> {
    let mut operation = ber::integer(id);
    // The INTEGER's own tag gives way to the operation's.
    if let Some(tag) = operation.first_mut() {
        *tag = 0x50;
    }
    operation
}

/// The operation of a simple bind.
pub(crate) fn bind(dn: &str, password: &str) -> Vec<u8> {
    let credentials = ber::element(0x80, password.as_bytes());
    ber::group(0x60, &[ber::integer(3), ber::text(dn), credentials])
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
        .and_then(|mut connection| connection.ask(&search.encode()))
        .is_ok_and(|entries| entries == 1)
}

/// The controls of a search that ask for a page of `size`, after the one that gave `cookie`.
pub(crate) fn page_control(size: u32, cookie: &[u8]) -> Vec<u8> {
    let value = [ber::integer(size), ber::element(0x04, cookie)];
    let value = ber::element(0x04, &ber::group(0x30, &value));
    ber::element(0xa0, &ber::group(0x30, &[ber::text(PAGED_RESULTS), value]))
}

/// Tag and content of the operation in a message, and the controls behind it.
///
/// # Errors
/// When it is no LDAP message.
pub(crate) fn operation(message: &[u8]) -> Result<(u8, &[u8], &[u8])> {
    let (_, _id, rest) = ber::split(message).context("message without an id")?;
    ber::split(rest).context("message without an operation")
}

/// Refuses every result code but success (0).
///
/// # Errors
/// Then, with the server's words.
pub(crate) fn expect_success(result: &[u8]) -> Result<()> {
    let (_, code, rest) = ber::split(result).context("result without a code")?;
    if code != [0] {
        let text = (ber::split(rest).and_then(|(_, _dn, rest)| ber::split(rest)))
            .map(|(_, text, _)| String::from_utf8_lossy(text));
        bail!("result {code:?} {}", text.unwrap_or_default());
    }
    Ok(())
}

/// The cookie in the controls of a page.
pub(crate) fn cookie(controls: &[u8]) -> Option<&[u8]> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_abandoned_is_named_by_its_message_id() {
        assert_eq!(abandon(5), [0x50, 1, 5]);
        assert_eq!(abandon(500), [0x50, 2, 1, 244]);
        assert_eq!(numbered(6, &abandon(5)), [0x30, 6, 0x02, 1, 6, 0x50, 1, 5]);
    }
}
