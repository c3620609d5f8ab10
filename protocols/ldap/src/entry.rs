//! Entries, written straight into a session's output.

use bytes::BytesMut;

use crate::ber::{self, OCTET_STRING, SEQUENCE, SET};
use crate::response::{self, ControlWriter};
use crate::schema::{AttributeType, Vocabulary};
use crate::session::Search;

const SEARCH_RESULT_ENTRY: u8 = 0x64;

/// Why an entry was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Enough output is waiting: keep the entry, answer [`Answer::More`](crate::Answer::More), and
    /// begin with it when the session says [`Question::Continue`](crate::Question::Continue).
    Output,
    /// The page is full: answer [`Answer::Page`](crate::Answer::Page) with a cursor from which this
    /// entry follows.
    Page,
    /// The client wanted no more entries than it has: answer
    /// [`ResultCode::SizeLimitExceeded`](crate::ResultCode::SizeLimitExceeded).
    Size,
}

/// Writes the entries of one search.
pub struct EntryWriter<'a> {
    pub(crate) output: &'a mut BytesMut,
    pub(crate) search: &'a mut Search,
    pub(crate) id: u32,
    /// Octets of output above which it is full.
    pub(crate) mark: usize,
}

impl EntryWriter<'_> {
    /// Asks whether another entry, which is at hand, would be written.
    ///
    /// # Errors
    /// The reason why not.
    pub fn room(&self) -> Result<(), Stop> {
        if self.search.size_limit > 0 && self.search.total() >= u64::from(self.search.size_limit) {
            Err(Stop::Size)
        } else if self
            .search
            .page
            .as_ref()
            .is_some_and(|page| self.search.given >= u64::from(page.size))
        {
            Err(Stop::Page)
        } else if self.output.len() >= self.mark {
            Err(Stop::Output)
        } else {
            Ok(())
        }
    }

    /// How many entries were written so far, on this page.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.search.given
    }

    /// Writes an entry. `fill` writes its attributes; what the search did not select is left out,
    /// whatever `fill` offers.
    ///
    /// # Errors
    /// The reason why nothing was written, and `fill` not called.
    pub fn entry(&mut self, dn: &str, fill: impl FnOnce(&mut Attributes<'_>)) -> Result<(), Stop> {
        self.room()?;
        self.write(dn, fill, |_| {});
        Ok(())
    }

    /// Writes an entry as [`entry`](Self::entry) does, with the controls that `put` puts beside it.
    pub(crate) fn entry_with(
        &mut self,
        dn: &str,
        fill: impl FnOnce(&mut Attributes<'_>),
        put: impl FnOnce(&mut ControlWriter<'_>),
    ) -> Result<(), Stop> {
        self.room()?;
        self.write(dn, fill, |output| response::beside(output, put));
        Ok(())
    }

    fn write(
        &mut self,
        dn: &str,
        fill: impl FnOnce(&mut Attributes<'_>),
        beside: impl FnOnce(&mut BytesMut),
    ) {
        self.search.given += 1;
        let id = ber::integer(self.id);
        let message = ber::open_large(self.output, SEQUENCE);
        ber::put(self.output, ber::INTEGER, id.as_slice());
        let operation = ber::open_large(self.output, SEARCH_RESULT_ENTRY);
        ber::put(self.output, OCTET_STRING, dn.as_bytes());
        let list = ber::open_large(self.output, SEQUENCE);
        fill(&mut Attributes { output: self.output, search: self.search });
        ber::close(self.output, list);
        ber::close(self.output, operation);
        beside(self.output);
        ber::close(self.output, message);
    }
}

/// Writes the attributes of one entry.
pub struct Attributes<'a> {
    output: &'a mut BytesMut,
    search: &'a Search,
}

impl Attributes<'_> {
    /// Is this attribute selected? Asking first saves finding its values.
    #[must_use]
    pub fn wants(&self, kind: &AttributeType) -> bool {
        self.search.selection.wants(kind)
    }

    /// Is this attribute selected where these definitions count?
    #[must_use]
    pub fn wants_in(&self, kind: &AttributeType, vocabulary: Vocabulary) -> bool {
        self.search.selection.wants_in(kind, vocabulary)
    }

    /// Is everything wanted that is for users?
    #[must_use]
    pub const fn is_starred(&self) -> bool {
        self.search.selection.is_starred()
    }

    /// Writes an attribute if it is selected and has a value.
    pub fn values<V: AsRef<[u8]>>(
        &mut self,
        kind: &AttributeType,
        values: impl IntoIterator<Item = V>,
    ) {
        self.with(kind, |written| {
            values.into_iter().for_each(|value| written.push(value.as_ref()))
        });
    }

    /// Writes an attribute of one value if it is selected.
    pub fn value(&mut self, kind: &AttributeType, value: &[u8]) {
        if !self.wants(kind) {
            return;
        }
        let name = kind.name.as_bytes();
        if self.search.types_only {
            let set = ber::head(SET, 0);
            let content = ber::length(name.len()) + set.as_slice().len();
            self.output.extend_from_slice(ber::head(SEQUENCE, content).as_slice());
            ber::put(self.output, OCTET_STRING, name);
            self.output.extend_from_slice(set.as_slice());
            return;
        }
        let inner = ber::length(value.len());
        let content = ber::length(name.len()) + ber::length(inner);
        if let (Ok(content @ 0..=0x7f), Ok(name_length), Ok(inner), Ok(length)) = (
            u8::try_from(content),
            u8::try_from(name.len()),
            u8::try_from(inner),
            u8::try_from(value.len()),
        ) {
            // Short enough that every length is one octet.
            self.output.extend_from_slice(&[SEQUENCE, content, OCTET_STRING, name_length]);
            self.output.extend_from_slice(name);
            self.output.extend_from_slice(&[SET, inner, OCTET_STRING, length]);
            self.output.extend_from_slice(value);
            return;
        }
        self.output.extend_from_slice(ber::head(SEQUENCE, content).as_slice());
        ber::put(self.output, OCTET_STRING, name);
        self.output.extend_from_slice(ber::head(SET, inner).as_slice());
        ber::put(self.output, OCTET_STRING, value);
    }

    /// Writes an attribute by a name that is none of the schema's, if `fill` pushes a value; whoever
    /// calls knows that it is wanted.
    pub fn custom(&mut self, name: &str, fill: impl FnOnce(&mut Values<'_>)) {
        self.write(name, fill);
    }

    /// Writes an attribute if it is selected and `fill` pushes a value.
    pub fn with(&mut self, kind: &AttributeType, fill: impl FnOnce(&mut Values<'_>)) {
        if self.wants(kind) {
            self.write(kind.name, fill);
        }
    }

    /// Writes an attribute if `fill` pushes a value, selected or not.
    pub fn unasked(&mut self, kind: &AttributeType, fill: impl FnOnce(&mut Values<'_>)) {
        self.write(kind.name, fill);
    }

    fn write(&mut self, name: &str, fill: impl FnOnce(&mut Values<'_>)) {
        let attribute = ber::open(self.output, SEQUENCE);
        ber::put(self.output, OCTET_STRING, name.as_bytes());
        let set = ber::open(self.output, SET);
        let mut values =
            Values { output: self.output, types_only: self.search.types_only, any: false };
        fill(&mut values);
        if values.any {
            ber::close(self.output, set);
            ber::close(self.output, attribute);
        } else {
            self.output.truncate(attribute.start());
        }
    }
}

/// Writes the values of one attribute.
pub struct Values<'a> {
    output: &'a mut BytesMut,
    types_only: bool,
    any: bool,
}

impl Values<'_> {
    /// Writes a value.
    pub fn push(&mut self, value: &[u8]) {
        self.any = true;
        if !self.types_only {
            ber::put(self.output, OCTET_STRING, value);
        }
    }

    /// Writes one value made of several parts, a DN for example.
    pub fn push_parts(&mut self, parts: &[&[u8]]) {
        self.any = true;
        if self.types_only {
            return;
        }
        let length = parts.iter().map(|part| part.len()).sum();
        self.output.extend_from_slice(ber::head(OCTET_STRING, length).as_slice());
        for part in parts {
            self.output.extend_from_slice(part);
        }
    }
}
