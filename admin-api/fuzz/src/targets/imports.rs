//! Files of users and groups, whole and in pieces. The tests of the crate call it with what is in the
//! corpus.

use axum::body::Bytes;
use directory::Schema;
use directory::imports::{Row, RowEntry, RowPassword};

use crate::import::{Format, Holds, Manner, Piece, Stop, feed, read};

/// The most octets of what is told of a row.
const TOLD: usize = 256;
/// The most notes of a row.
const NOTES: usize = 16;

/// The first octet says how the rest, a file, is read: 1 as LDIF, 2 for groups, 4 with semicolons, 8 with
/// a mapping, or a sum of these; the high four bits say after how many sixteenths it comes in another
/// piece. Tells how many users and groups are in it.
///
/// # Panics
/// When it depends on the pieces what is in the file, or a row says more than rows may.
pub(crate) fn run(octets: &[u8]) -> usize {
    let Some((flags, file)) = octets.split_first() else { return 0 };
    let manner = manner(*flags);
    let whole = Found::of(&[file], &manner);
    let (first, last) = file.split_at(file.len() * usize::from(flags >> 4) / 16);
    assert_eq!(Found::of(&[first, last], &manner), whole, "in pieces");
    let lines = file.iter().filter(|octet| **octet == b'\n').count() as u64;
    assert!(whole.line <= lines + 1, "line {} of {lines}", whole.line);
    whole.entries
}

fn manner(flags: u8) -> Manner {
    let mapping = [
        ("full name", Some("display_name")),
        ("employeetype", Some("title")),
        ("cn", Some("name")),
        ("office", None),
    ];
    let mapping = mapping.into_iter().filter(|_| flags & 8 != 0);
    Manner {
        format: if flags & 1 == 0 { Format::Csv } else { Format::Ldif },
        holds: if flags & 2 == 0 { Holds::Users } else { Holds::Groups },
        delimiter: if flags & 4 == 0 { ',' } else { ';' },
        mapping: mapping.map(|(from, to)| (from.to_owned(), to.map(str::to_owned))).collect(),
    }
}

/// What is in a file.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    rows: Vec<String>,
    /// The line where the last row begins.
    line: u64,
    /// How many rows are about a user or a group.
    entries: usize,
    /// How many entries are about neither, or why the file cannot be read.
    ended: Result<u64, String>,
}

impl Found {
    fn of(pieces: &[&[u8]], manner: &Manner) -> Self {
        let (sender, make) = feed();
        for piece in pieces {
            let sent = sender.try_send(Piece::Octets(Bytes::copy_from_slice(piece)));
            assert!(sent.is_ok(), "so few pieces wait");
        }
        assert!(sender.try_send(Piece::End).is_ok(), "so few pieces wait");
        let (mut rows, mut line, mut entries) = (Vec::new(), 0, 0);
        let read = read::<()>(make(), manner, &Schema::default(), &mut |row| {
            assert!(row.line >= line, "line {} behind line {line}", row.line);
            line = row.line;
            entries += usize::from(!matches!(row.entry, RowEntry::Faulty(_)));
            look_at(&row, manner.format == Format::Ldif);
            rows.push(told(&row));
            Ok(())
        });
        let ended = match read {
            Ok(ignored) => Ok(ignored),
            Err(Stop::Unreadable(why)) => Err(why),
            Err(Stop::Headings(why)) => Err(why.message),
            Err(Stop::Refused(()) | Stop::CutOff) => panic!("a file that is whole is cut off"),
        };
        Self { rows, line, entries, ended }
    }
}

fn look_at(row: &Row, is_entry: bool) {
    assert!(row.notes.len() <= NOTES && row.notes.iter().all(|note| note.len() <= TOLD));
    let name = match &row.entry {
        RowEntry::User(user) => &user.fields.login,
        RowEntry::Group(group) => &group.fields.name,
        RowEntry::Faulty(fault) => {
            let column = fault.column.as_deref().unwrap_or_default();
            let told = [&fault.name[..], column, &fault.reason[..]];
            assert!(told.iter().all(|text| text.len() <= TOLD) && !fault.reason.is_empty());
            return;
        }
    };
    // A line of a table may leave it empty, which is found out later.
    assert!(!is_entry || !name.is_empty(), "an entry without a name");
    assert_eq!(row.alias.is_some(), is_entry);
}

/// All that a row says.
fn told(row: &Row) -> String {
    let password = match &row.entry {
        RowEntry::User(user) => match &user.password {
            Some(RowPassword::Clear(clear)) => format!("{:?}", clear.expose()),
            Some(RowPassword::Hash(hash)) => hash.clone(),
            None => String::new(),
        },
        RowEntry::Group(_) | RowEntry::Faulty(_) => String::new(),
    };
    format!("{} {password}", serde_json::to_string(row).unwrap())
}
