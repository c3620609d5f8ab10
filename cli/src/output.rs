//! Printing what the server said, for people or for programs.

use std::io::{self, IsTerminal, Write};

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::tables;

/// The names of all formats.
pub(crate) const FORMATS: [&str; 4] = ["table", "json", "yaml", "csv"];

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Json,
    Yaml,
    Csv,
}

impl Format {
    /// The one of a name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "json" => Self::Json,
            "yaml" => Self::Yaml,
            "csv" => Self::Csv,
            _ => Self::Table,
        }
    }

    /// Prints a thing, or the things of a list, of which a table shows some columns. Where there
    /// is nothing in it people are told so.
    ///
    /// # Errors
    /// When nothing can be written.
    pub(crate) fn print(self, value: &Value, columns: &[&str]) -> Result<(), Failure> {
        if self == Self::Table && has_nothing(value) {
            say("Nothing.");
            return Ok(());
        }
        write(self.written(value, columns)?.as_bytes())
    }

    /// What is printed.
    ///
    /// # Errors
    /// When it cannot be written so.
    pub(crate) fn written(self, value: &Value, columns: &[&str]) -> Result<String, Failure> {
        let failed = |error: &dyn ToString| Failure::local("the answer", error);
        let shown = clean(value);
        Ok(match (self, &shown) {
            (Self::Json, _) => {
                serde_json::to_string_pretty(value).map_err(|error| failed(&error))? + "\n"
            }
            (Self::Yaml, Value::Null) | (Self::Table | Self::Csv, Value::Null) => String::new(),
            (Self::Yaml, _) => {
                let text = serde_saphyr::to_string(value).map_err(|error| failed(&error))?;
                text.trim_end().to_owned() + "\n"
            }
            (Self::Csv, _) if io::stdout().is_terminal() => csv(&shown, columns)?,
            (Self::Csv, _) => csv(value, columns)?,
            (Self::Table, Value::Array(items)) => tables::list(items, columns),
            (Self::Table, Value::Object(members)) => tables::record(members),
            (Self::Table, other) => cell(other) + "\n",
        })
    }
}

/// Writes octets as they are.
///
/// # Errors
/// When nothing can be written, or nobody reads it.
pub(crate) fn write(octets: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(octets).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::Unheard),
        written => written.map_err(|error| Failure::local("standard output", &error)),
    }
}

/// Says something to a person who watches; nothing to programs.
pub(crate) fn tell(text: &str) {
    let mut error = io::stderr().lock();
    if error.is_terminal() {
        // There is nobody to be told that this failed.
        let _unheard = writeln!(error, "{text}");
    }
}

/// Says something to whoever is there, a program as well, where nothing is printed.
pub(crate) fn say(text: &str) {
    // There is nobody to be told that this failed.
    let _unheard = writeln!(io::stderr().lock(), "{text}");
}

/// Warns whoever is there, a program as well.
pub(crate) fn warn(text: &str) {
    // There is nobody to be told that this failed.
    let _unheard = writeln!(io::stderr().lock(), "warning: {text}");
}

fn csv(value: &Value, columns: &[&str]) -> Result<String, Failure> {
    let failed = |error: &dyn ToString| Failure::local("the answer", error);
    let alone = std::slice::from_ref(value);
    let items = value.as_array().map_or(alone, Vec::as_slice);
    // A program wants everything that there is, and of what is empty what there would be.
    let columns = if !items.is_empty() && items.iter().all(Value::is_object) {
        columns_of(items, &[])
    } else {
        columns.iter().map(|&name| name.to_owned()).collect()
    };
    if columns.is_empty() {
        return Ok(String::new());
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns).map_err(|error| failed(&error))?;
    for item in items {
        let row =
            columns.iter().map(|name| item.get(name.as_str()).map(guarded).unwrap_or_default());
        writer.write_record(row).map_err(|error| failed(&error))?;
    }
    let octets = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(octets).map_err(|error| failed(&error))
}

/// A line of CSV.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn row(cells: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<String, Failure> {
    let failed = |error: &dyn ToString| Failure::local("the answer", error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| failed(&error))?;
    let octets = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(octets).map_err(|error| failed(&error))
}

/// What a column shows: a member, or, written `HEAD=MEMBER.PART`, a part of one under another name.
pub(crate) fn member<'v>(item: &'v Value, column: &str) -> Option<&'v Value> {
    let part = || {
        let (_, path) = column.split_once('=')?;
        path.split('.').try_fold(item, |whole, name| whole.get(name))
    };
    item.get(column).or_else(part)
}

/// The member that a column shows something of.
pub(crate) fn source(column: &str) -> &str {
    let (_, path) = column.split_once('=').unwrap_or(("", column));
    path.split_once('.').map_or(path, |(member, _)| member)
}

/// What stands above a column.
pub(crate) fn head(column: &str) -> &str {
    column.split_once('=').map_or(column, |(head, _)| head)
}

/// Whether there are columns that are wanted, and things that have them.
pub(crate) fn are_there(items: &[Value], wanted: &[&str]) -> bool {
    !wanted.is_empty()
        && items.iter().any(|item| wanted.iter().all(|name| member(item, name).is_some()))
}

/// The wanted columns, or else all members that are there.
pub(crate) fn columns_of(items: &[Value], wanted: &[&str]) -> Vec<String> {
    if are_there(items, wanted) {
        return wanted.iter().map(|&name| name.to_owned()).collect();
    }
    let mut all: Vec<String> = Vec::new();
    for name in items.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

/// A value as people read it: what is named by its name, lists with commas.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let said = name_of(members).or_else(|| list_alone(members)).map(cell);
            said.or_else(|| change(members)).unwrap_or_else(|| {
                let pairs = members.iter().filter(|(_, value)| !is_empty(value));
                let pairs = pairs.map(|(name, value)| format!("{name}: {}", cell(value)));
                pairs.collect::<Vec<_>>().join(", ")
            })
        }
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => plain(value),
    }
}

/// What something is called, where that is all that people ask of it.
pub(crate) fn name_of(members: &Map<String, Value>) -> Option<&Value> {
    let of = |name: &str| members.get(name).filter(|value| !value.is_null());
    let is_all = |name: &str| members.iter().all(|(other, value)| other == name || is_empty(value));
    // Nobody and the daemon have no name, and what has an id is more than a kind.
    let kind = of("kind").filter(|_| !members.contains_key("name") || is_all("kind"));
    of("name").or_else(|| of("login")).or(kind)
}

/// The list that is all there is of something, which is typed without its name as well:
/// `--scope acme,globex`.
pub(crate) fn list_alone(members: &Map<String, Value>) -> Option<&Value> {
    let (name, only) = members.iter().next().filter(|_| members.len() == 1)?;
    (only.is_array() && UNNAMED.contains(&name.as_str())).then_some(only)
}

/// Lists that are typed without their names.
const UNNAMED: [&str; 2] = ["organizations", "groups"];

/// What was and what is of a field that changes; what is alone where nothing was.
fn change(members: &Map<String, Value>) -> Option<String> {
    let (before, after) = (members.get("before")?, members.get("after")?);
    let (field, was, is) = (cell(members.get("field")?), cell(before), cell(after));
    Some(match (before.is_null(), after.is_null()) {
        (true, _) => format!("{field}: {is}"),
        (false, true) => format!("{field}: {was} → nothing"),
        (false, false) => format!("{field}: {was} → {is}"),
    })
}

/// A value for a program, which may be a spreadsheet: what one would take for a formula gets an
/// apostrophe before it, also behind what some of them part cells by. Numbers are none.
pub(crate) fn guarded(value: &Value) -> String {
    const BEGINS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    const PARTS: [char; 6] = [',', ';', '"', '\t', '\r', '\n'];
    let Value::String(text) = value else { return plain(value) };
    let (mut guarded, mut begins) = (String::with_capacity(text.len()), true);
    for letter in text.chars() {
        if begins && BEGINS.contains(&letter) {
            guarded.push('\'');
        }
        begins = PARTS.contains(&letter) || begins && letter == ' ';
        guarded.push(letter);
    }
    guarded
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Whether nothing stands in a value.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a list, or a thing, has nothing that a table would show.
fn has_nothing(value: &Value) -> bool {
    (value.is_array() || value.is_object()) && is_empty(value)
}

/// A value that moves no cursor and paints nothing: what others wrote is shown on a terminal.
pub(crate) fn clean(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(visible(text)),
        Value::Array(items) => items.iter().map(clean).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (visible(name), clean(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Text without what moves the cursor of a terminal, but with its lines.
pub(crate) fn visible(text: &str) -> String {
    let hides = |letter: &char| letter.is_control() && *letter != '\n';
    text.chars().map(|letter| if hides(&letter) { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(format: Format, value: &Value) -> String {
        format.written(value, &["login", "mail"]).unwrap()
    }

    #[test]
    fn a_list_is_a_table_of_its_columns_or_everything_for_programs() {
        let users = json!([
            {"login": "ada", "mail": ["a@x", "b@x"], "state": "active"},
            {"login": "bob", "mail": [], "state": "suspended"},
        ]);
        let expected = "LOGIN  MAIL\nada    a@x, b@x\nbob\n";
        assert_eq!(written(Format::Table, &users), expected);
        let csv = "login,mail,state\nada,\"[\"\"a@x\"\",\"\"b@x\"\"]\",active\nbob,[],suspended\n";
        assert_eq!(written(Format::Csv, &users), csv);
        assert!(written(Format::Yaml, &users).contains("login: ada"));
        let back: Value = serde_json::from_str(&written(Format::Json, &users)).unwrap();
        assert_eq!(back, users);
        assert_eq!(written(Format::Table, &json!([])), "");
    }

    #[test]
    fn an_empty_list_is_its_headings_for_programs_or_nothing_where_nobody_knows_them() {
        assert_eq!(written(Format::Csv, &json!([])), "login,mail\n");
        assert_eq!(Format::Csv.written(&json!([]), &[]).unwrap(), "");
        assert_eq!(Format::Csv.written(&json!({}), &[]).unwrap(), "");
    }

    #[test]
    fn a_thing_without_anything_has_nothing_as_an_empty_list_has() {
        for value in [json!([]), json!({}), json!({"weaknesses": []}), json!({"a": {"b": null}})] {
            assert!(has_nothing(&value) && written(Format::Table, &value).is_empty(), "{value}");
        }
        for value in [json!([{}]), json!({"weaknesses": ["short_secret"]}), json!({"a": false})] {
            assert!(!has_nothing(&value), "{value}");
        }
        assert!(!has_nothing(&Value::Null), "nothing was said at all");
    }

    #[test]
    fn a_column_shows_a_part_of_a_member_under_another_name() {
        let users = json!([
            {"login": "ada", "sign_in": {"locked_until": "2030-01-01T00:00:00Z"}},
            {"login": "bob", "sign_in": {"locked_until": null}},
        ]);
        let columns = ["login", "locked_until=sign_in.locked_until"];
        let table = Format::Table.written(&users, &columns).unwrap();
        assert_eq!(table, "LOGIN  LOCKED UNTIL\nada    2030-01-01T00:00:00Z\nbob\n");
        // Where a list was asked for other members, it is those.
        let cut = json!([{"login": "ada"}]);
        assert_eq!(Format::Table.written(&cut, &columns).unwrap(), "LOGIN\nada\n");
    }

    #[test]
    fn columns_stand_below_each_other_where_the_first_is_empty() {
        let users = json!([{"login": "", "mail": "a@x"}, {"login": "bob", "mail": "b@x"}]);
        assert_eq!(written(Format::Table, &users), "LOGIN  MAIL\n       a@x\nbob    b@x\n");
    }

    #[test]
    fn who_did_something_is_named_or_is_nobody() {
        let event = |actor: Value| json!([{"login": actor, "mail": ""}]);
        for (actor, shown) in [
            (json!({"kind": "admin", "id": "7", "name": "root"}), "root"),
            (json!({"kind": "nobody", "id": null, "name": null}), "nobody"),
            (json!({"kind": "daemon"}), "daemon"),
            (json!({"kind": "admin", "id": "7", "name": null}), "id: 7, kind: admin"),
        ] {
            let table = written(Format::Table, &event(actor));
            assert_eq!(table.lines().nth(1), Some(shown), "{table}");
        }
    }

    #[test]
    fn no_cell_is_a_formula_of_a_spreadsheet_and_numbers_stay_what_they_are() {
        let user = json!([{"login": "=cmd|' /C'!A0", "mail": -5, "title": "a;@x", "x": "a-b"}]);
        let csv = "login,mail,title,x\n'=cmd|' /C'!A0,-5,a;'@x,a-b\n";
        assert_eq!(written(Format::Csv, &user), csv);
        assert_eq!(guarded(&json!(" +1")), " '+1");
        assert_eq!(guarded(&json!(["-x"])), r#"["-x"]"#, "JSON stays JSON");
    }

    #[test]
    fn a_change_is_what_was_and_what_is() {
        let told = |before: Value, after: Value| {
            cell(&json!({"field": "mail", "before": before, "after": after}))
        };
        assert_eq!(told(json!("[\"a@x\"]"), json!("[]")), "mail: [\"a@x\"] → []");
        assert_eq!(told(Value::Null, json!("\"x\"")), "mail: \"x\"");
        assert_eq!(told(json!("\"x\""), Value::Null), "mail: \"x\" → nothing");
    }

    #[test]
    fn a_list_that_is_all_there_is_stands_without_its_name() {
        assert_eq!(cell(&json!({"organizations": ["acme", "globex"]})), "acme, globex");
        assert_eq!(cell(&json!({"names": ["a"], "fingerprints": []})), "names: a");
        assert_eq!(cell(&json!({"versions": [{"os": "ios"}]})), "versions: os: ios");
    }

    #[test]
    fn what_others_wrote_moves_no_cursor() {
        let user = json!([{"login": "a\u{1b}[2Jda", "mail": []}]);
        assert!(!written(Format::Table, &user).contains('\u{1b}'));
        let import = json!({"mapping": {"na\u{1b}[2Jme": "login"}});
        assert!(!written(Format::Table, &import).contains('\u{1b}'), "names of members either");
    }
}
