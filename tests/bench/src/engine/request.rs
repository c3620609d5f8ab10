//! Requests that are encoded before anything is measured, and what their answers must be.

use anyhow::{Context, Result, bail, ensure};

use crate::ber;
use crate::ldap::{self, cookie, expect_success, operation};

/// Message IDs are above this, so that they always take two octets.
const LOWEST_ID: u16 = 0x0100;
/// The highest of two octets that is positive.
const HIGHEST_ID: u16 = 0x7fff;
/// OID of the StartTLS operation (RFC 4511 4.14).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// A request without its message ID.
pub(crate) struct Request {
    octets: Vec<u8>,
    id_at: usize,
    expect: Expect,
}

/// What the answer to a request must be.
enum Expect {
    /// One response of this tag, with success.
    Success(u8),
    /// So many entries, the named one among them.
    Entries { count: usize, name: Option<String> },
    /// So many entries on all pages together; the search to repeat.
    Pages { count: usize, size: u32, search: Vec<u8> },
    /// The request itself.
    Echo,
    /// A response that ends the operation, whatever it says.
    Anything,
}

/// A request under way: what has come of it so far.
#[derive(Default)]
pub(crate) struct Progress {
    entries: usize,
    octets: usize,
    named: bool,
}

/// What a message meant for the request that it answers.
pub(crate) enum Step {
    /// More is to come.
    More,
    /// It was the last: the size of all.
    Done(usize),
    /// The next page is to be asked for with this.
    Again(Request),
}

impl Request {
    fn new(operation: &[u8], expect: Expect) -> Self {
        let [high, low] = LOWEST_ID.to_be_bytes();
        let content = [&[0x02, 2, high, low], operation].concat();
        let octets = ber::element(0x30, &content);
        let id_at = octets.len() - content.len() + 2;
        Self { octets, id_at, expect }
    }

    /// A bind that must succeed.
    pub(crate) fn bind(dn: &str, password: &str) -> Self {
        Self::new(&ldap::bind(dn, password), Expect::Success(0x61))
    }

    /// StartTLS, which must be granted.
    pub(crate) fn start_tls() -> Self {
        let extended = ber::group(0x77, &[ber::element(0x80, START_TLS.as_bytes())]);
        Self::new(&extended, Expect::Success(0x78))
    }

    /// The farewell, which has no answer.
    pub(crate) fn unbind() -> Self {
        Self::new(&ber::element(0x42, &[]), Expect::Echo)
    }

    /// An encoded search that must find so many entries, `name` among them.
    pub(crate) fn search(search: &[u8], count: usize, name: Option<String>) -> Self {
        Self::new(search, Expect::Entries { count, name })
    }

    /// An encoded search in pages of `size` that must find so many entries.
    pub(crate) fn pages(search: Vec<u8>, size: u32, count: usize) -> Self {
        Self::page(search, size, count, &[])
    }

    fn page(search: Vec<u8>, size: u32, count: usize, cookie: &[u8]) -> Self {
        let operation = [search.as_slice(), &ldap::page_control(size, cookie)].concat();
        Self::new(&operation, Expect::Pages { count, size, search })
    }

    /// The same request to a server that only echoes.
    pub(crate) fn echoed(&self) -> Self {
        Self { octets: self.octets.clone(), id_at: self.id_at, expect: Expect::Echo }
    }

    /// The same request, whatever comes of it.
    pub(crate) fn unjudged(self) -> Self {
        Self { expect: Expect::Anything, ..self }
    }

    /// Appends the request under `id`.
    pub(crate) fn put(&self, id: u16, output: &mut Vec<u8>) {
        let at = output.len() + self.id_at;
        output.extend_from_slice(&self.octets);
        if let Some(place) = output.get_mut(at..at + 2) {
            place.copy_from_slice(&id.to_be_bytes());
        }
    }

    /// Judges the content of a message that answers this request.
    ///
    /// # Errors
    /// When the answer is not right.
    pub(crate) fn judge(&self, message: &[u8], progress: &mut Progress) -> Result<Step> {
        progress.octets += message.len();
        let (tag, content, rest) = operation(message)?;
        match &self.expect {
            Expect::Echo => Ok(Step::Done(progress.octets)),
            Expect::Anything if tag == 0x64 => Ok(Step::More),
            Expect::Anything => Ok(Step::Done(progress.octets)),
            Expect::Success(wanted) => {
                ensure!(tag == *wanted, "tag {tag:#x} in place of {wanted:#x}");
                expect_success(content)?;
                Ok(Step::Done(progress.octets))
            }
            Expect::Entries { count, name } => {
                let Some(()) = progress.entry(tag, content, name.as_deref())? else {
                    return Ok(Step::More);
                };
                progress.expect(*count)?;
                ensure!(name.is_none() || progress.named, "{name:?} is not among the entries");
                Ok(Step::Done(progress.octets))
            }
            Expect::Pages { count, size, search } => {
                let Some(()) = progress.entry(tag, content, None)? else {
                    return Ok(Step::More);
                };
                match cookie(rest).unwrap_or_default() {
                    [] => progress.expect(*count).map(|()| Step::Done(progress.octets)),
                    more => Ok(Step::Again(Self::page(search.clone(), *size, *count, more))),
                }
            }
        }
    }
}

impl Progress {
    /// Counts an entry; something when it is the end of the search.
    fn entry(&mut self, tag: u8, content: &[u8], wanted: Option<&str>) -> Result<Option<()>> {
        match tag {
            0x64 => {
                self.entries += 1;
                if let Some(wanted) = wanted {
                    let (_, dn, _) = ber::split(content).context("entry without a name")?;
                    self.named |= wanted.as_bytes().eq_ignore_ascii_case(dn);
                }
                Ok(None)
            }
            0x65 => expect_success(content).map(Some),
            other => bail!("tag {other:#x} in a search result"),
        }
    }

    fn expect(&self, count: usize) -> Result<()> {
        ensure!(self.entries == count, "{} entries for {count}", self.entries);
        Ok(())
    }
}

/// The message ID that follows.
pub(crate) fn next_id(id: u16) -> u16 {
    if (LOWEST_ID..HIGHEST_ID).contains(&id) { id + 1 } else { LOWEST_ID }
}

/// The ID of a message.
///
/// # Errors
/// When it has none.
pub(crate) fn id_of(message: &[u8]) -> Result<u16> {
    let (_, id, _) = ber::split(message).context("message without an id")?;
    let id = ber::number(id).context("a long message id")?;
    u16::try_from(id).context("an unknown message id")
}
