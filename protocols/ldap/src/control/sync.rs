//! Content synchronization (RFC 4533).

use bytes::{Bytes, BytesMut};

use crate::ber::{self, BOOLEAN, ENUMERATED, Malformed, OCTET_STRING, Reader, SEQUENCE, SET};
use crate::response::{self, ControlWriter};
use crate::{Attributes, EntryWriter, Stop};

/// What a client that keeps a copy asks for (RFC 4533 section 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRequest {
    /// Changes are wanted as they happen, after those that happened so far.
    pub persist: bool,
    /// How far the copy is up to date: what the directory said before. `None` for a new copy.
    pub cookie: Option<Bytes>,
    /// What is to come when the cookie is of no use.
    pub reload: Reload,
    /// The search, with base, filter and attributes, as octets that tell it from others.
    pub search: Bytes,
}

/// What is to come when the cookie is of no use: what `reloadHint` says (RFC 4533 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Everything anew.
    Everything,
    /// [`ResultCode::SyncRefreshRequired`](crate::ResultCode::SyncRefreshRequired), and the client
    /// begins anew by itself.
    Refusal,
}

/// What became of an entry (RFC 4533 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SyncState {
    /// The copy did not have it, or is not known to have it.
    Add = 1,
    /// The copy has it as it was.
    Modify = 2,
}

/// What is said between entries (RFC 4533 section 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncInfo<'a> {
    /// The copy is up to date as far as this cookie says.
    NewCookie(&'a [u8]),
    /// All changes so far are told and what is gone was named; changes to come follow.
    RefreshDelete(&'a [u8]),
    /// All changes so far are told and what was not mentioned is gone; changes to come follow.
    RefreshPresent(&'a [u8]),
    /// These entries are gone.
    Gone(&'a [[u8; 16]]),
    /// These entries are there, unchanged.
    Present(&'a [[u8; 16]]),
}

/// How far a copy is up to date (RFC 4533 section 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncDone {
    /// What the client says next time.
    pub cookie: Vec<u8>,
    /// What is gone was named; otherwise, what was not mentioned is gone.
    pub deletes: bool,
}

impl SyncRequest {
    /// Reads the control's value. The search is still to be filled in.
    ///
    /// A server may follow `reloadHint` or not (RFC 4533 section 3.6). Who writes that it is false
    /// expects the code. Who writes none (python-ldap, `ldapsearch`) says the same by the letter, but has no
    /// answer to the code: everything comes, as entries that may have changed and as what is not there any
    /// more, which leaves a copy whole that is one already.
    pub(crate) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new(value);
        let mut reader = Reader::new(outer.expect(SEQUENCE)?);
        let persist = match reader.number(ENUMERATED)? {
            1 => false,
            3 => true,
            _ => return Err(Malformed),
        };
        let cookie = reader.optional(OCTET_STRING)?.filter(|cookie| !cookie.is_empty());
        let cookie = cookie.map(Bytes::copy_from_slice);
        let reload = match reader.optional(BOOLEAN)?.map(ber::boolean).transpose()? {
            Some(false) => Reload::Refusal,
            Some(true) | None => Reload::Everything,
        };
        let whole = reader.is_empty() && outer.is_empty();
        let search = Bytes::new();
        if whole { Ok(Self { persist, cookie, reload, search }) } else { Err(Malformed) }
    }
}

impl SyncDone {
    /// Writes the control.
    pub(crate) fn put(&self, beside: &mut ControlWriter<'_>) {
        beside.put(super::SYNC_DONE, |output| {
            let value = ber::open(output, SEQUENCE);
            ber::put(output, OCTET_STRING, &self.cookie);
            put_true(output, self.deletes);
            ber::close(output, value);
        });
    }
}

/// Writes a boolean that is false by default.
fn put_true(output: &mut BytesMut, value: bool) {
    if value {
        ber::put(output, BOOLEAN, &[0xff]);
    }
}

impl EntryWriter<'_> {
    /// Writes an entry as [`entry`](Self::entry) does, and says what became of it.
    ///
    /// # Errors
    /// The reason why nothing was written, and `fill` not called.
    pub fn changed(
        &mut self,
        dn: &str,
        (state, uuid): (SyncState, [u8; 16]),
        fill: impl FnOnce(&mut Attributes<'_>),
    ) -> Result<(), Stop> {
        self.entry_with(dn, fill, |beside| {
            beside.put(super::SYNC_STATE, |output| {
                let value = ber::open(output, SEQUENCE);
                ber::put(output, ENUMERATED, &[state as u8]);
                ber::put(output, OCTET_STRING, &uuid);
                ber::close(output, value);
            });
        })
    }

    /// Says something between entries, unless enough output is waiting. The client's size limit is for
    /// entries before the end of the refresh alone (RFC 4533 section 3.5.3).
    ///
    /// # Errors
    /// [`Stop::Output`] when nothing was written.
    pub fn inform(&mut self, info: SyncInfo<'_>) -> Result<(), Stop> {
        if self.output.len() >= self.mark {
            return Err(Stop::Output);
        }
        if matches!(info, SyncInfo::RefreshDelete(_) | SyncInfo::RefreshPresent(_)) {
            self.search.size_limit = 0;
        }
        response::intermediate(self.output, self.id, super::SYNC_INFO, |output| info.put(output));
        Ok(())
    }

    /// Keeps what is to be said of the copy when the search ends well.
    pub fn synchronized(&mut self, done: SyncDone) {
        self.search.tail().sync = Some(done);
    }
}

impl SyncInfo<'_> {
    fn put(self, output: &mut BytesMut) {
        const NEW_COOKIE: u8 = 0x80;
        const REFRESH_DELETE: u8 = 0xa1;
        const REFRESH_PRESENT: u8 = 0xa2;
        match self {
            Self::NewCookie(cookie) => ber::put(output, NEW_COOKIE, cookie),
            Self::RefreshDelete(cookie) => put_refreshed(output, REFRESH_DELETE, cookie),
            Self::RefreshPresent(cookie) => put_refreshed(output, REFRESH_PRESENT, cookie),
            Self::Gone(ids) => put_ids(output, true, ids),
            Self::Present(ids) => put_ids(output, false, ids),
        }
    }
}

/// Writes the end of a refresh: that it is done is the default.
fn put_refreshed(output: &mut BytesMut, tag: u8, cookie: &[u8]) {
    let value = ber::open(output, tag);
    ber::put(output, OCTET_STRING, cookie);
    ber::close(output, value);
}

fn put_ids(output: &mut BytesMut, deletes: bool, ids: &[[u8; 16]]) {
    const ID_SET: u8 = 0xa3;
    let value = ber::open_large(output, ID_SET);
    put_true(output, deletes);
    let set = ber::open_large(output, SET);
    for id in ids {
        ber::put(output, OCTET_STRING, id);
    }
    ber::close(output, set);
    ber::close(output, value);
}
