//! Reading files of users and groups: CSV (RFC 4180) and LDIF (RFC 2849), as they come.
//!
//! A file is never held as a whole: it is read piece by piece, and what it says is handed over in
//! rows. What cannot be read is a row as well, one in error; where nobody knows how the file goes on
//! behind it, or what its columns say, the file is refused as a whole.

mod account;
mod entries;
mod feed;
mod field;
mod ldif;
mod listed;
mod name;
mod quotes;
mod sid;
mod table;

use std::collections::BTreeMap;

use directory::imports::{Fault, Row, RowEntry, cut};
use directory::{Invalid, Schema};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use feed::{Feed, Piece, feed};
pub(crate) use table::check as check_mapping;

/// The most octets of a line of a table, or of an entry: a group may have very many members.
const RECORD: usize = 16 << 20;
/// The most values of a line of a table or of an entry, those aside that name members.
const VALUES: usize = 10_000;
/// The most members that a line or an entry names.
const MEMBERS: usize = 250_000;

/// How a file is read.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Manner {
    pub(crate) format: Format,
    pub(crate) holds: Holds,
    pub(crate) delimiter: char,
    pub(crate) mapping: BTreeMap<String, Option<String>>,
}

/// What a file is made of.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportFormat)]
pub(crate) enum Format {
    /// A table with a line of headings (RFC 4180) in UTF-8.
    Csv,
    /// Entries of an LDAP directory (RFC 2849).
    Ldif,
}

/// What the lines of a table are about.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportHolds)]
pub(crate) enum Holds {
    /// A user each.
    #[default]
    Users,
    /// A group each.
    Groups,
}

/// Why reading a file ends before its end.
pub(crate) enum Stop<E> {
    /// Whoever takes the rows does not go on.
    Refused(E),
    /// The file did not come to its end.
    CutOff,
    /// What its columns say is not known.
    Headings(Invalid),
    /// What is behind some place of it cannot be read, for this reason.
    Unreadable(String),
}

/// Reads a file, and hands its rows over; says how much of it was about neither users nor groups.
///
/// # Errors
/// When the file does not come as a whole or cannot be read as a whole, or its rows are not taken.
pub(crate) fn read<E>(
    feed: Feed,
    manner: &Manner,
    schema: &Schema,
    take: &mut dyn FnMut(Row) -> Result<(), E>,
) -> Result<u64, Stop<E>> {
    match manner.format {
        Format::Csv => table::read(feed, manner, schema, take).map(|()| 0),
        Format::Ldif => entries::read(feed, manner, schema, take),
    }
}

/// A row in error.
fn faulty(line: u64, name: &str, column: Option<&str>, reason: impl Into<String>) -> Row {
    let (reason, short): (String, _) = (reason.into(), |text: &str| cut(text).to_owned());
    let (name, column, reason) = (short(name), column.map(short), short(&reason));
    let fault = Fault { name, column, reason };
    Row { line, alias: None, entry: RowEntry::Faulty(fault), notes: Vec::new() }
}
