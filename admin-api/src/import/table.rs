//! Tables (CSV, RFC 4180): a line of headings, and a line for each user or group.

use std::collections::BTreeMap;

use csv::{ByteRecord, ReaderBuilder};
use directory::imports::{GroupRow, Row, RowEntry, UserRow, cut};
use directory::{Invalid, Schema};

use super::feed::{Feed, PlainLines};
use super::field::{self, OF_GROUPS, OF_USERS, Octets, Source};
use super::listed::{self, Written};
use super::quotes::Quotes;
use super::{Format, Holds, MEMBERS, Manner, Stop, VALUES, faulty};

/// The mark with which some programs begin a file in UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";
/// The most columns.
const COLUMNS: usize = 256;
/// The most headings and attributes that are mapped: each is looked for in each entry.
const MAPPED: usize = 256;
/// The most headings that are told of at once.
const TOLD: usize = 8;

/// Checks what headings and attributes are mapped to.
///
/// # Errors
/// Names the first that is mapped to nothing that there is, or says that there are too many.
pub(crate) fn check(manner: &Manner, schema: &Schema) -> Result<(), Invalid> {
    if manner.mapping.len() > MAPPED {
        return Err(Invalid::new("/mapping", format!("has more than {MAPPED} headings")));
    }
    for (heading, to) in &manner.mapping {
        let Some(to) = to else { continue };
        let users = field::check(to, OF_USERS, schema);
        let done = match (manner.format, manner.holds) {
            (Format::Csv, Holds::Users) => users,
            (Format::Csv, Holds::Groups) => field::check(to, OF_GROUPS, schema),
            // An entry may be about either.
            (Format::Ldif, _) => users.or_else(|_| field::check(to, OF_GROUPS, schema)),
        };
        done.map_err(|why| Invalid::new(place_of(heading), why))?;
    }
    Ok(())
}

/// Where a heading stands in the mapping, or would stand (RFC 6901).
fn place_of(heading: &str) -> String {
    format!("/mapping/{}", heading.replace('~', "~0").replace('/', "~1"))
}

/// The mapping with headings in lower case.
pub(super) fn lower(
    mapping: &BTreeMap<String, Option<String>>,
) -> BTreeMap<String, Option<String>> {
    mapping.iter().map(|(from, to)| (from.trim().to_lowercase(), to.clone())).collect()
}

/// Reads a table.
///
/// # Errors
/// When it does not come as a whole or cannot be read as a whole, or its rows are not taken.
pub(super) fn read<E>(
    feed: Feed,
    manner: &Manner,
    schema: &Schema,
    take: &mut dyn FnMut(Row) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let complete = feed.complete();
    let delimiter = u8::try_from(manner.delimiter).unwrap_or(b',');
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(Quotes::new(PlainLines::new(feed), delimiter));
    let (mut record, mut columns) = (ByteRecord::new(), None::<Vec<Column>>);
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => complete.say(),
            Ok(false) => return whole(reader.get_ref().open(), columns.is_some()),
            Err(error) => return Err(broken(line, &error)),
        }
        let line = record.position().map_or(line, csv::Position::line);
        let Some(columns) = &columns else {
            columns = Some(headings(&record, manner, schema).map_err(Stop::Headings)?);
            continue;
        };
        take(row(line, &record, columns, (manner.holds, schema))).map_err(Stop::Refused)?;
    }
}

/// Refuses a table that is over and was not read as whoever wrote it meant it: behind a quotation mark
/// that is not closed all lines are one value.
fn whole<E>(open: Option<u64>, has_headings: bool) -> Result<(), Stop<E>> {
    match open {
        Some(line) => {
            let why = format!("a quotation mark is not closed (it began in line {line})");
            Err(Stop::Unreadable(why))
        }
        None if has_headings => Ok(()),
        None => Err(Stop::Unreadable("it is empty, and has no line of headings".into())),
    }
}

/// What makes it impossible to read on.
fn broken<E>(line: u64, error: &csv::Error) -> Stop<E> {
    let too_long = matches!(error.kind(), csv::ErrorKind::Io(error)
        if error.kind() == std::io::ErrorKind::FileTooLarge);
    if !too_long {
        return Stop::CutOff;
    }
    Stop::Unreadable(format!("line {line} is too long: perhaps a quotation mark is not closed"))
}

/// A column with what it says; no field where it is left out, or says several in JSON.
struct Column {
    heading: String,
    field: Option<String>,
    written: Written,
}

impl Column {
    fn is_left_out(&self) -> bool {
        self.field.is_none() && self.written != Written::Custom
    }
}

/// What the columns say.
///
/// # Errors
/// When it is not known of one: whatever stands below it would be read as something else.
fn headings(record: &ByteRecord, manner: &Manner, schema: &Schema) -> Result<Vec<Column>, Invalid> {
    if record.len() > COLUMNS {
        return Err(Invalid::new("/mapping", format!("there are more than {COLUMNS} columns")));
    }
    let (known, needed) = match manner.holds {
        Holds::Users => (OF_USERS, "login"),
        Holds::Groups => (OF_GROUPS, "name"),
    };
    let mapping = lower(&manner.mapping);
    let (mut columns, mut unknown, mut twice) = (Vec::<Column>::new(), Vec::new(), Vec::new());
    let headings = record.iter().enumerate().map(|(place, heading)| {
        let heading = heading.strip_prefix(MARK).filter(|_| place == 0).unwrap_or(heading);
        String::from_utf8_lossy(heading).trim().to_owned()
    });
    let headings: Vec<String> = headings.collect();
    let usual = headings.iter().map(|heading| heading.to_lowercase().replace(' ', "_"));
    let usual: Vec<String> = usual.collect();
    let is_listed = listed::is(&usual);
    let plainly = if is_listed { Written::Listed } else { Written::Freely };
    for (heading, usual) in headings.into_iter().zip(usual) {
        let (field, written) = match mapping.get(&heading.to_lowercase()) {
            Some(mapped) => (mapped.clone(), plainly),
            None if usual.starts_with("custom.") => (Some(heading.clone()), Written::Freely),
            None if is_listed => listed::column(&usual),
            None => (Some(usual), Written::Freely),
        };
        if let Some(field) = &field
            && field::check(field, known, schema).is_err()
        {
            unknown.push(heading.clone());
        }
        let is_said = |column: &Column| field.is_some() && column.field == field;
        if !field.as_deref().is_some_and(field::is_list) && columns.iter().any(is_said) {
            twice.push(heading.clone());
        }
        columns.push(Column { heading, field, written });
    }
    if let Some(first) = unknown.first() {
        let names = quoted(&unknown);
        let why =
            format!("no field is called {names}: map it to one, or to nothing to leave it out");
        return Err(Invalid::new(place_of(cut(first)), why));
    }
    if !twice.is_empty() {
        let names = quoted(&twice);
        let why = format!("{names} says what another column says: leave one of them out");
        return Err(Invalid::new("/mapping", why));
    }
    if !columns.iter().any(|column| column.field.as_deref() == Some(needed)) {
        let why = format!("no heading says “{needed}”: map one to it");
        return Err(Invalid::new("/mapping", why));
    }
    Ok(columns)
}

/// Headings as they are told of, so many at most.
fn quoted(headings: &[String]) -> String {
    let names: Vec<String> =
        headings.iter().take(TOLD).map(|name| format!("“{}”", cut(name))).collect();
    match headings.len().saturating_sub(TOLD) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn row(
    line: u64,
    record: &ByteRecord,
    columns: &[Column],
    (holds, schema): (Holds, &Schema),
) -> Row {
    if record.len() != columns.len() {
        let (has, wants) = (record.len(), columns.len());
        let reason = format!("has {has} values, and there are {wants} headings");
        return faulty(line, "", None, reason);
    }
    let (mut made, mut said, mut room) = (Made::default(), Vec::new(), Room::default());
    let how = (holds, Source { schema, octets: Octets::InBase64 });
    for (column, cell) in columns.iter().zip(record) {
        if column.is_left_out() || cell.trim_ascii().is_empty() {
            continue;
        }
        let about = column.field.as_deref().and_then(field::about);
        let is_said = about.is_some() && said.contains(&about);
        said.push(about);
        let done = if is_said && holds == Holds::Users {
            Err("says what another column says here".to_owned())
        } else if let (Written::Freely, Some(field)) = (column.written, &column.field) {
            room.values(field, cell).and_then(|values| made.set(field, &values, how))
        } else {
            let said = listed::said(column.written, column.field.as_deref(), cell);
            said.and_then(|said| made.set_all(&said, &mut room, how))
        };
        if let Err(reason) = done {
            let Made { user, group, .. } = made;
            let name = if holds == Holds::Users { user.fields.login } else { group.fields.name };
            return faulty(line, &name, Some(&column.heading), reason);
        }
    }
    let Made { user, group, notes } = made;
    let entry = match holds {
        Holds::Users => RowEntry::User(Box::new(user)),
        Holds::Groups => RowEntry::Group(Box::new(group)),
    };
    Row { line, alias: None, entry, notes }
}

/// What a line has said so far.
#[derive(Default)]
struct Made {
    user: UserRow,
    group: GroupRow,
    notes: Vec<String>,
}

impl Made {
    fn set(
        &mut self,
        field: &str,
        values: &[&[u8]],
        (holds, source): (Holds, Source<'_>),
    ) -> Result<(), String> {
        match holds {
            Holds::Users => {
                field::set_user(&mut self.user, field, values, (source, &mut self.notes))
            }
            Holds::Groups => field::set_group(&mut self.group, field, values, source),
        }
    }

    fn set_all(
        &mut self,
        said: &[(String, Vec<Vec<u8>>)],
        room: &mut Room,
        how: (Holds, Source<'_>),
    ) -> Result<(), String> {
        said.iter().filter(|(_, values)| !values.is_empty()).try_for_each(|(field, values)| {
            room.take(field, values.len())?;
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let done = self.set(field, &values, how);
            // One column has all of them.
            let of = |why| match field.starts_with("custom.") {
                true => format!("{field}: {why}"),
                false => why,
            };
            done.map_err(of)
        })
    }
}

/// For how many more values there is room in a line.
struct Room {
    values: usize,
    members: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { values: VALUES, members: MEMBERS }
    }
}

impl Room {
    /// How many more values there may be of a field, of how many, and what they are called.
    fn of(&mut self, field: &str) -> (&mut usize, usize, &'static str) {
        match field {
            "members" | "nested_groups" => (&mut self.members, MEMBERS, "members"),
            _ => (&mut self.values, VALUES, "values"),
        }
    }

    /// Takes so many values in. Says why there cannot be so many.
    fn take(&mut self, field: &str, count: usize) -> Result<(), String> {
        let (left, most, what) = self.of(field);
        *left = left.checked_sub(count).ok_or_else(|| format!("has more than {most} {what}"))?;
        Ok(())
    }

    /// The values of a cell: of lists those between semicolons or on lines of their own. Says why there
    /// cannot be so many.
    fn values<'c>(&mut self, field: &str, cell: &'c [u8]) -> Result<Vec<&'c [u8]>, String> {
        // A password is what it is, spaces included.
        if !field::is_list(field) {
            return Ok(vec![cell]);
        }
        let (left, most, what) = self.of(field);
        let parts = cell.split(|octet| matches!(octet, b';' | b'\n'));
        let mut parts = parts.map(<[u8]>::trim_ascii).filter(|part| !part.is_empty());
        let values: Vec<_> = parts.by_ref().take(*left).collect();
        *left = left.saturating_sub(values.len());
        match parts.next() {
            None => Ok(values),
            Some(_) => Err(format!("has more than {most} {what}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use directory::imports::RowPassword;

    use super::super::feed::{Piece, feed};
    use super::super::quotes::CELLS;
    use super::*;

    fn manner(delimiter: char, mapping: &[(&str, Option<&str>)]) -> Manner {
        let mapping = mapping.iter().map(|(from, to)| ((*from).into(), to.map(Into::into)));
        Manner { format: Format::Csv, holds: Holds::Users, delimiter, mapping: mapping.collect() }
    }

    fn tried(text: &str, manner: &Manner) -> Result<Vec<Row>, String> {
        in_pieces(text, if text.len() < 10_000 { 7 } else { 7_001 }, manner)
    }

    fn in_pieces(text: &str, size: usize, manner: &Manner) -> Result<Vec<Row>, String> {
        let (sender, make) = feed();
        let text = text.to_owned();
        let fed = std::thread::spawn(move || {
            for piece in text.as_bytes().chunks(size) {
                let piece = axum::body::Bytes::copy_from_slice(piece);
                if sender.blocking_send(Piece::Octets(piece)).is_err() {
                    return;
                }
            }
            let _over = sender.blocking_send(Piece::End);
        });
        let mut rows = Vec::new();
        let read = read::<()>(make(), manner, &Schema::default(), &mut |row| {
            rows.push(row);
            Ok(())
        });
        fed.join().unwrap();
        match read {
            Ok(()) => Ok(rows),
            Err(Stop::Unreadable(why)) => Err(why),
            Err(Stop::Headings(Invalid { pointer, message })) => {
                assert!(rows.is_empty(), "nothing is read");
                Err(format!("{pointer} {message}"))
            }
            Err(Stop::Refused(()) | Stop::CutOff) => panic!("it was not read"),
        }
    }

    fn rows(text: &str, manner: &Manner) -> Vec<Row> {
        tried(text, manner).unwrap()
    }

    fn shown(row: &Row) -> String {
        match &row.entry {
            RowEntry::User(user) => {
                let fields = &user.fields;
                format!("{} {} {:?} {:?}", row.line, fields.login, fields.display_name, fields.mail)
            }
            RowEntry::Group(group) => format!("{} {}", row.line, group.fields.name),
            RowEntry::Faulty(fault) => {
                format!("{} {:?} {}", row.line, fault.column.as_deref(), fault.reason)
            }
        }
    }

    #[test]
    fn quotes_lines_in_cells_and_lists_are_read_with_the_lines_where_they_begin() {
        let text = "\u{feff}Login,Full Name,mail,Office\r\n\
                    ada,\"Lovelace, \"\"Ada\"\"\",a@x; b@x,1\r\n\
                    bob,\"Bob\",\"c@x\nd@x\",\r\n\
                    eve,Eve\r\n";
        let manner = manner(',', &[("full name", Some("display_name")), ("office", None)]);
        let lines: Vec<_> = rows(text, &manner).iter().map(shown).collect();
        assert_eq!(
            lines,
            [
                "2 ada \"Lovelace, \\\"Ada\\\"\" [\"a@x\", \"b@x\"]",
                "3 bob \"Bob\" [\"c@x\", \"d@x\"]",
                "5 None has 2 values, and there are 4 headings",
            ]
        );
    }

    #[test]
    fn a_table_that_a_list_wrote_says_what_it_shows() {
        let head = "created,custom,display_name,dn,expires,id,login,mail,modified,phone,sign_in,\
                    ssh_keys,state,surname";
        let line = "2026-01-31T12:00:00Z,{},\"'=Ada, L\",\"uid=ada,dc=x\",2030-01-31T12:00:00.5Z,7,\
                    ada,\"[\"\"a@x\"\",\"\"b@x\"\"]\",2026-01-31T12:00:00Z,'+41 1,\
                    \"{\"\"locked_until\"\":null}\",[],suspended,L";
        let found = rows(&format!("{head}\n{line}\n"), &manner(',', &[]));
        let lines: Vec<_> = found.iter().map(shown).collect();
        assert_eq!(lines, ["2 ada \"=Ada, L\" [\"a@x\", \"b@x\"]"]);
        let RowEntry::User(user) = &found[0].entry else { panic!("it is a user") };
        let fields = &user.fields;
        assert_eq!((fields.phone.as_deref(), user.suspended), (Some("+41 1"), Some(true)));
        assert_eq!(fields.expires.map(|time| time.0), Some(1_896_091_200_500));
        let unknown = line.replace("{}", "\"{\"\"shoe\"\":38}\"");
        let unknown = rows(&format!("{head}\n{unknown}\n"), &manner(',', &[]));
        let why = "2 Some(\"custom\") custom.shoe: the organization defines no such attribute";
        assert_eq!(shown(&unknown[0]), why);
        let secret = rows(&format!("{head},password\n{line},'=secret one\n"), &manner(',', &[]));
        let RowEntry::User(user) = &secret[0].entry else { panic!("it is a user") };
        let Some(RowPassword::Clear(password)) = &user.password else { panic!("it has one") };
        assert_eq!(password.expose(), b"'=secret one", "nobody guarded it");
        let own = rows(&format!("{head}\n{line}\n"), &manner(',', &[("state", None)]));
        let RowEntry::User(user) = &own[0].entry else { panic!("it is a user") };
        assert_eq!(user.suspended, None, "what is mapped counts");
    }

    #[test]
    fn a_mark_before_the_first_heading_is_none_of_it_in_whatever_pieces_it_comes() {
        for size in 1..9 {
            let read = |text: &str| in_pieces(text, size, &manner(',', &[]));
            let found = read("\u{feff}\"login\",mail\nada,a@x\n").unwrap();
            let lines: Vec<_> = found.iter().map(shown).collect();
            assert_eq!(lines, ["2 ada \"\" [\"a@x\"]"], "in pieces of {size}");
            assert!(read("\u{feff}").is_err(), "nothing but the mark");
        }
    }

    #[test]
    fn a_heading_that_nobody_knows_is_told_and_nothing_is_read() {
        let refused = |text: &str, sign| tried(text, &manner(sign, &[])).err().unwrap();
        let why = refused("login;shoe/size;Office\nada;38;1\n", ';');
        assert!(
            why.starts_with("/mapping/shoe~1size no field is called “shoe/size”, “Office”: map")
        );
        let marked = refused("\u{feff}login,\u{feff}mail\nada,a@x\n", ',');
        assert!(marked.contains("no field is called"), "only a file begins with it: {marked}");
        let why = "/mapping no heading says “login”: map one to it";
        assert_eq!(refused("mail\na@x\n", ','), why);
        let many: Vec<_> = (0..=COLUMNS).map(|number| format!("c{number}")).collect();
        assert!(refused(&many[..TOLD + 2].join(","), ',').contains("“c7” and 2 more: map"));
        assert_eq!(refused(&many.join(","), ','), "/mapping there are more than 256 columns");
    }

    #[test]
    fn a_table_that_cannot_be_read_to_its_end_is_refused_as_a_whole() {
        let text = "login,display_name\nun1,U\nun2,\"open\nun3,U3\nun4,U4\n";
        let refused = |text: &str| tried(text, &manner(',', &[])).err();
        let why = "a quotation mark is not closed (it began in line 3)";
        assert_eq!(refused(text).as_deref(), Some(why));
        assert_eq!(refused(&text.replace("open", "closed\"")), None);
        for empty in ["", "\n\n"] {
            assert!(refused(empty).unwrap().contains("no line of headings"));
        }
        assert_eq!(refused("login\n"), None, "nobody is in it");
    }

    #[test]
    fn what_takes_one_value_is_said_by_one_column() {
        let read = |text: &str, mapping: &[(&str, Option<&str>)]| {
            rows(text, &manner(',', mapping)).iter().map(shown).collect::<Vec<_>>()
        };
        let refused = |text: &str, mapping: &[(&str, Option<&str>)]| {
            tried(text, &manner(',', mapping)).err().unwrap()
        };
        let twice = refused("login,surname,surname\nada,King,Lovelace\n", &[]);
        assert!(twice.starts_with("/mapping “surname” says what another"), "{twice}");
        let mapped = [("name", Some("display_name"))];
        let twice = refused("login,Name,display_name\nada,Ada,Countess\n", &mapped);
        assert!(twice.starts_with("/mapping “display_name” says what another"), "{twice}");
        let left_out: [(&str, Option<&str>); 2] = [("name", None), ("other", None)];
        assert_eq!(read("login,Name,other\nada,a,b\n", &left_out), ["2 ada \"\" []"]);
        let mails = read("login,mail,Mail\nada,a@x,b@x\n", &[]);
        assert_eq!(mails, ["2 ada \"\" [\"a@x\", \"b@x\"]"]);
        let ways = "login,suspended,user_account_control\nada,yes,\nbob,,512\neve,yes,512\n";
        let ways = read(ways, &[]);
        assert!(ways[2].starts_with("4 Some(\"user_account_control\") says what"), "{ways:?}");
        assert_eq!(ways[..2], ["2 ada \"\" []", "3 bob \"\" []"]);
    }

    #[test]
    fn a_line_has_so_many_values_and_a_mapping_so_many_headings() {
        let read = |line: &str| {
            let text = format!("login,mail,mail\n{line}\n");
            tried(&text, &manner(',', &[])).map(|rows| shown(rows.last().unwrap()))
        };
        let most = "a@x;".repeat(VALUES);
        assert!(read(&format!("ada,{most},")).unwrap().starts_with("2 ada"));
        let more = read(&format!("ada,{most},b@x")).unwrap();
        assert_eq!(more, "2 Some(\"mail\") has more than 10000 values");
        let why = read(&format!("ada,a@x,b@x\n{}", ",".repeat(2 * CELLS))).unwrap_err();
        assert!(why.starts_with("line 3 is too long"), "{why}");
        let headings: Vec<_> = (0..=MAPPED).map(|number| number.to_string()).collect();
        let mapping: Vec<_> = headings.iter().map(|it| (it.as_str(), None)).collect();
        let check = |count: usize| check(&manner(',', &mapping[..count]), &Schema::default());
        assert!(check(MAPPED).is_ok());
        assert_eq!(check(MAPPED + 1).unwrap_err().pointer, "/mapping");
    }

    #[test]
    fn a_line_names_so_many_members_in_all_columns_together() {
        let lists = Manner { holds: Holds::Groups, ..manner(',', &[]) };
        let text =
            |count: usize| format!("name,members,nested_groups\nstaff,{},b\n", "a;".repeat(count));
        assert_eq!(rows(&text(MEMBERS - 1), &lists).iter().map(shown).next().unwrap(), "2 staff");
        let more = rows(&text(MEMBERS), &lists).iter().map(shown).next().unwrap();
        assert_eq!(more, "2 Some(\"nested_groups\") has more than 250000 members");
    }
}
