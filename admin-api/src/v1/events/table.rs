//! Events as a table (RFC 4180) that spreadsheets open.

use serde_json::{Map, Value};

use crate::spreadsheet::{guarded, is_part};

/// The columns, and where each value stands in an event.
const COLUMNS: [(&str, &str, Option<&str>); 31] = [
    ("sequence", "sequence", None),
    ("at", "at", None),
    ("action", "action", None),
    ("success", "success", None),
    ("reason", "reason", None),
    ("actor_kind", "actor", Some("kind")),
    ("actor_name", "actor", Some("name")),
    ("actor_id", "actor", Some("id")),
    ("source", "source", None),
    ("subject_kind", "subject", Some("kind")),
    ("subject_name", "subject", Some("name")),
    ("subject_id", "subject", Some("id")),
    ("method", "method", None),
    ("rule", "rule", None),
    ("request_id", "request_id", None),
    ("client_request_id", "client_request_id", None),
    ("search_base", "search", Some("base")),
    ("search_scope", "search", Some("scope")),
    ("search_filter", "search", Some("filter")),
    ("search_entries", "search", Some("entries")),
    ("search_duration_ms", "search", Some("duration_ms")),
    ("differences", "differences", None),
    ("previous", "previous", None),
    ("hash", "hash", None),
    ("calling_station", "calling_station", None),
    ("called_station", "called_station", None),
    ("gear", "gear", None),
    ("reply_profile", "reply_profile", None),
    ("via_kind", "via", Some("kind")),
    ("via_name", "via", Some("name")),
    ("via_id", "via", Some("id")),
];

/// The first line, with its end.
const HEADER: &str = "sequence,at,action,success,reason,actor_kind,actor_name,actor_id,\
source,subject_kind,subject_name,subject_id,method,rule,request_id,client_request_id,\
search_base,search_scope,search_filter,search_entries,search_duration_ms,differences,previous,\
hash,calling_station,called_station,gear,reply_profile,via_kind,via_name,via_id\r\n";

/// What stands before the other columns where the events are those of several organizations.
const WHOSE: &str = "organization";

/// The first line of a table that says whose each event is, or not, with its end.
pub(super) fn header(says_whose: bool) -> String {
    if says_whose { format!("{WHOSE},{HEADER}") } else { HEADER.to_owned() }
}

/// Writes the line of an event, without its end.
pub(super) fn write(event: &Map<String, Value>, says_whose: bool, out: &mut String) {
    if says_whose {
        let whose = event.get(WHOSE).and_then(Value::as_str).unwrap_or_default();
        cell(whose, out);
        out.push(',');
    }
    for (position, (_, member, inner)) in COLUMNS.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        let value = event.get(member);
        let value = inner.map_or(value, |inner| value.and_then(|value| value.get(inner)));
        match value {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => cell(text, out),
            Some(other) => cell(&other.to_string(), out),
        }
    }
}

/// Writes a cell, in quotation marks where one letter of it may mean something else.
fn cell(text: &str, out: &mut String) {
    let guarded = guarded(text);
    if guarded.len() == text.len() && !text.contains(is_part) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for letter in guarded.chars() {
        out.push(letter);
        if letter == '"' {
            out.push('"');
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_line_names_the_columns() {
        let names: Vec<_> = COLUMNS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(header(false), format!("{}\r\n", names.join(",")));
        assert_eq!(header(true), format!("organization,{}\r\n", names.join(",")));
    }

    #[test]
    fn nothing_that_somebody_typed_is_a_formula() {
        let event = json!({
            "sequence": 7,
            "actor": {"kind": "user", "name": "=cmd|' /C calc'!A0"},
            "reason": "no \"such\" user, or none",
            "subject": {"kind": "user", "name": "-2+3", "id": "x"},
            "success": false,
        });
        let mut line = String::new();
        write(event.as_object().unwrap(), false, &mut line);
        let expected = "7,,,false,\"no \"\"such\"\" user, or none\",user,\"'=cmd|' /C calc'!A0\",,,\
                        user,\"'-2+3\",x,,,,,,,,,,,,,,,,,,,";
        assert_eq!(line, expected);
        let (mut of_several, mut event) = (String::new(), event);
        event["organization"] = "0193a1b2".into();
        write(event.as_object().unwrap(), true, &mut of_several);
        assert_eq!(of_several, format!("0193a1b2,{expected}"));
        for (text, expected) in [
            ("a;=1+1", "\"a;'=1+1\""),
            ("a;\t -1", "\"a;\t '-1\""),
            ("a\n@b", "\"a\n'@b\""),
            ("a;b=1", "\"a;b=1\""),
            ("a-b", "a-b"),
        ] {
            let mut out = String::new();
            cell(text, &mut out);
            assert_eq!(out, expected);
        }
    }
}
