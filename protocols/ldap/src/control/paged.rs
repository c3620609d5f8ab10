//! Paged results (RFC 2696).
//!
//! Cookies are unforgeable, and worth something only on the connection, for the identity and for
//! the search that they were given to.

use bytes::BytesMut;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::ber::{self, INTEGER, Malformed, OCTET_STRING, Reader, SEQUENCE};
use crate::response::ControlWriter;

/// What a client asks (RFC 2696 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paged<'a> {
    pub(crate) size: u32,
    pub(crate) cookie: &'a [u8],
}

impl<'a> Paged<'a> {
    /// Reads the control's value.
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new(value);
        let mut reader = Reader::new(outer.expect(SEQUENCE)?);
        let size = reader.number(INTEGER)?;
        let cookie = reader.octets()?;
        if outer.is_empty() { Ok(Self { size, cookie }) } else { Err(Malformed) }
    }
}

/// Writes the control beside the end of a search.
pub(crate) fn answer(beside: &mut ControlWriter<'_>, cookie: &[u8]) {
    beside.put(super::PAGED_RESULTS, |output: &mut BytesMut| {
        let value = ber::open(output, SEQUENCE);
        // The number of entries in the whole result is not known.
        ber::put(output, INTEGER, &[0]);
        ber::put(output, OCTET_STRING, cookie);
        ber::close(output, value);
    });
}

const TAG: usize = 32;
const SEEN: usize = 8;

/// What a cookie is bound to.
pub(crate) struct Binding<'a> {
    /// Secret of the connection.
    pub(crate) key: &'a [u8; 32],
    /// How many Binds the connection has seen.
    pub(crate) generation: u64,
    /// The request's octets.
    pub(crate) search: &'a [u8],
    /// The order that its entries come in, as the sort control has it; empty without one.
    pub(crate) order: &'a [u8],
}

/// What a cookie says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position<'a> {
    /// Entries given so far.
    pub(crate) seen: u64,
    /// Where the search goes on.
    pub(crate) cursor: &'a [u8],
}

impl Binding<'_> {
    /// Makes a cookie: tag, count, cursor.
    pub(crate) fn seal(&self, position: Position<'_>) -> Vec<u8> {
        let mut cookie = Vec::with_capacity(TAG + SEEN + position.cursor.len());
        cookie.extend_from_slice(&self.tag(position));
        cookie.extend_from_slice(&position.seen.to_be_bytes());
        cookie.extend_from_slice(position.cursor);
        cookie
    }

    /// Reads a cookie back; `None` when this binding did not make it.
    pub(crate) fn open<'c>(&self, cookie: &'c [u8]) -> Option<Position<'c>> {
        let (tag, rest) = cookie.split_first_chunk::<TAG>()?;
        let (seen, cursor) = rest.split_first_chunk::<SEEN>()?;
        let position = Position { seen: u64::from_be_bytes(*seen), cursor };
        bool::from(self.tag(position).ct_eq(tag)).then_some(position)
    }

    fn tag(&self, position: Position<'_>) -> [u8; TAG] {
        // A shorter key counts as padded with zeros to the hash's block (RFC 2104 section 2).
        let mut block = [0; 64];
        if let Some(start) = block.first_chunk_mut() {
            *start = *self.key;
        }
        let mut mac = Hmac::<Sha256>::new(&block.into());
        if !self.order.is_empty() {
            // No generation has this number, so that nothing else begins like an order.
            mac.update(&u64::MAX.to_be_bytes());
            mac.update(&(self.order.len() as u64).to_be_bytes());
            mac.update(self.order);
        }
        mac.update(&self.generation.to_be_bytes());
        mac.update(&(self.search.len() as u64).to_be_bytes());
        mac.update(self.search);
        mac.update(&position.seen.to_be_bytes());
        mac.update(position.cursor);
        mac.finalize().into_bytes().into()
    }
}
