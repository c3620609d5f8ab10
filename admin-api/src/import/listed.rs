//! Tables of users and groups that `tenantry` wrote (`user list -o csv`): they say what they show.
//!
//! Lists and the organization's own attributes stand in their cells as JSON, and an apostrophe stands
//! before what a spreadsheet would take for a formula. Members that nobody can say are left out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field;

/// The headings by which such a table is known: it has all of them.
const MARKS: [&str; 5] = ["created", "custom", "dn", "id", "modified"];
/// What a list shows and nobody says.
const SHOWN: [&str; 5] = ["created", "dn", "id", "modified", "sign_in"];
/// What begins a formula, by some spreadsheets.
const BEGINS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// What parts cells, by some spreadsheets.
const PARTS: [char; 6] = [',', ';', '"', '\t', '\r', '\n'];
/// What no list shows: whoever adds it to a table means every letter of it.
const ADDED: [&str; 4] = ["nt_hash", "password", "password_hash", "user_password"];
/// The most octets of a cell in JSON: what it becomes takes many times as much.
const LONGEST: usize = 1 << 20;

/// How the cells of a column are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As people and other programs write them.
    Freely,
    /// A value, or a list in JSON.
    Listed,
    /// Whether a user may sign in.
    State,
    /// Values of the organization's own attributes by their names, in JSON.
    Custom,
}

/// What a cell says: fields with their values.
pub(super) type Said = Vec<(String, Vec<Vec<u8>>)>;

/// Whether a table with these headings is such a one.
pub(super) fn is(headings: &[String]) -> bool {
    MARKS.iter().all(|mark| headings.iter().any(|heading| heading == mark))
}

/// What a column of such a table says, and how its cells are written; no field where it is left out.
pub(super) fn column(heading: &str) -> (Option<String>, Written) {
    match heading {
        "state" => (Some("suspended".to_owned()), Written::State),
        "custom" => (None, Written::Custom),
        shown if SHOWN.contains(&shown) => (None, Written::Listed),
        added if ADDED.contains(&added) => (Some(added.to_owned()), Written::Freely),
        field => (Some(field.to_owned()), Written::Listed),
    }
}

/// What a cell says.
///
/// # Errors
/// Says why it cannot be read.
pub(super) fn said(written: Written, field: Option<&str>, cell: &[u8]) -> Result<Said, String> {
    let text = std::str::from_utf8(cell).map_err(|_| "is no text in UTF-8")?.trim();
    let said = |values| field.map(|field| (field.to_owned(), values)).into_iter().collect();
    match written {
        Written::Custom => custom(text),
        Written::State => Ok(said(vec![state(text)?.as_bytes().to_vec()])),
        Written::Freely | Written::Listed => {
            Ok(said(if field.is_some_and(field::is_list) { list(text)? } else { one(text) }))
        }
    }
}

fn state(text: &str) -> Result<&'static str, String> {
    match text {
        "active" => Ok("false"),
        "suspended" => Ok("true"),
        "staged" => Err("an import makes nobody staged: say active or suspended".into()),
        _ => Err("must be active or suspended".into()),
    }
}

fn one(text: &str) -> Vec<Vec<u8>> {
    vec![unguarded(text).into_bytes()]
}

/// A list in JSON, or as people write one who changed it.
fn list(text: &str) -> Result<Vec<Vec<u8>>, String> {
    if text.starts_with('[') {
        return json::<Vec<Value>>(text).map(|list| list.into_iter().filter_map(value).collect());
    }
    let text = unguarded(text);
    let parts = text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    Ok(parts.map(|part| part.as_bytes().to_vec()).collect())
}

fn custom(text: &str) -> Result<Said, String> {
    let all = json::<BTreeMap<String, Value>>(text)?;
    let said = all.into_iter().map(|(name, given)| {
        let list = match given {
            Value::Array(list) => list,
            one @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_)) => vec![one],
        };
        (format!("custom.{name}"), list.into_iter().filter_map(value).collect::<Vec<_>>())
    });
    Ok(said.filter(|(_, values)| !values.is_empty()).collect())
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    if text.len() > LONGEST {
        return Err(format!("has more than {LONGEST} octets of JSON"));
    }
    serde_json::from_str(text).map_err(|_| "is no JSON as the list has it".to_owned())
}

/// A value as it stands in a cell of its own; a reference is the name of whom it is to.
fn value(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.into_bytes()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string().into_bytes()),
        Value::Object(members) => {
            let name = members.values().next().and_then(Value::as_str)?;
            Some(name.as_bytes().to_vec())
        }
        Value::Null | Value::Array(_) => None,
    }
}

/// Text without the apostrophes that keep spreadsheets from calculating it.
fn unguarded(text: &str) -> String {
    let (mut plain, mut begins) = (String::with_capacity(text.len()), true);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_formula = letters.peek().is_some_and(|next| BEGINS.contains(next));
        if begins && letter == '\'' && is_formula {
            continue;
        }
        begins = PARTS.contains(&letter) || begins && letter == ' ';
        plain.push(letter);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(written: Written, field: Option<&str>, cell: &str) -> Result<Vec<String>, String> {
        let said = said(written, field, cell.as_bytes())?;
        let shown = said.into_iter().map(|(field, values)| {
            let values = values.into_iter().map(|value| String::from_utf8(value).unwrap());
            format!("{field}={}", values.collect::<Vec<_>>().join("|"))
        });
        Ok(shown.collect())
    }

    #[test]
    fn a_table_is_known_by_what_only_a_list_shows() {
        let headings = |text: &str| text.split(',').map(ToOwned::to_owned).collect::<Vec<_>>();
        assert!(is(&headings("created,custom,description,dn,gid_number,id,modified,name")));
        assert!(!is(&headings("id,dn,login,mail,created,modified")));
        for shown in SHOWN {
            assert_eq!(column(shown).0, None, "{shown}");
        }
        for (heading, is_freely) in [("password", true), ("nt_hash", true), ("login", false)] {
            let (field, written) = column(heading);
            assert_eq!(field.as_deref(), Some(heading));
            assert_eq!(written == Written::Freely, is_freely, "{heading}");
        }
    }

    #[test]
    fn cells_are_read_as_they_were_written() {
        let listed = |field, cell| texts(Written::Listed, Some(field), cell).unwrap();
        assert_eq!(listed("mail", r#"["a@x","b@x"]"#), ["mail=a@x|b@x"]);
        assert_eq!(listed("mail", "[]"), ["mail="]);
        assert_eq!(listed("mail", "a@x; b@x"), ["mail=a@x|b@x"], "somebody changed it");
        assert_eq!(listed("phone", "'+41 44"), ["phone=+41 44"]);
        assert_eq!(listed("title", "'=1,'@x 'a' b-'c"), ["title==1,@x 'a' b-'c"]);
        assert_eq!(listed("title", "[Head] of"), ["title=[Head] of"]);
        assert!(texts(Written::Listed, Some("mail"), "[\"a@x\"").is_err());
        let state = |cell| texts(Written::State, Some("suspended"), cell);
        assert_eq!(state("suspended").unwrap(), ["suspended=true"]);
        assert_eq!(state("active").unwrap(), ["suspended=false"]);
        assert!(state("staged").unwrap_err().contains("say active or suspended"));
    }

    #[test]
    fn own_attributes_come_with_every_kind_of_value() {
        let own = |cell: &str| texts(Written::Custom, None, cell);
        let cell = r#"{"badges":[12,17],"boss":"ada","gone":null,"none":[],"ok":true,
            "teams":[{"group":"staff"},{"user":"bob"}],"text":"'=1","when":"2030-01-31T12:00:00Z"}"#;
        let expected = [
            "custom.badges=12|17",
            "custom.boss=ada",
            "custom.ok=true",
            "custom.teams=staff|bob",
            "custom.text='=1",
            "custom.when=2030-01-31T12:00:00Z",
        ];
        assert_eq!(own(cell).unwrap(), expected);
        assert!(own("{}").unwrap().is_empty());
        assert!(own("costCenter").is_err() && own(&"[".repeat(1_000)).is_err());
        assert!(own(&format!("{{\"x\":\"{}\"}}", "a".repeat(LONGEST))).is_err());
    }
}
