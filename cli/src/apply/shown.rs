//! What a plan looks like.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::beside::Put;
use super::kinds::STATE;
use super::papers::PRIVATE_KEY;
use super::parts::HEAD;
use super::plan::Step;
use super::site::CUSTOM;
use crate::output::visible;

/// What the API changes member by member: what is not said of it stays.
const MERGED: [&str; 7] = [
    "admin_sessions",
    CUSTOM,
    "lockout",
    "password_policy",
    "second_factor",
    "settings",
    "spellings",
];

impl Step {
    /// What is to be done, in lines.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Found { slug, fields } => {
                made(&format!("{} {slug}", HEAD.noun()), "slug", (fields, &[]))
            }
            Self::Part { part, changes, before, .. } => {
                let before = before.as_ref().unwrap_or(&Value::Null);
                differences(&part.noun(), changes, before)
            }
            Self::Open { before, after } => {
                let changes = Map::from_iter([(STATE.to_owned(), json!(after))]);
                differences(&HEAD.noun(), &changes, &json!({STATE: before}))
            }
            Self::Create { kind, name, fields, secrets, .. } => {
                made(&format!("{} {name}", kind.noun), kind.name, (fields, secrets.as_slice()))
            }
            Self::Update { kind, name, changes, before } => {
                let before = before.as_ref().unwrap_or(&Value::Null);
                differences(&format!("{} {name}", kind.noun), changes, before)
            }
            Self::State { kind, name, before, after } => {
                let changes = Map::from_iter([(STATE.to_owned(), json!(after))]);
                differences(&format!("{} {name}", kind.noun), &changes, &json!({STATE: before}))
            }
            Self::Members { group, add, remove, .. } => {
                let mut text = line(&format!("~ members of {group}"));
                for (sign, members) in [('+', add), ('-', remove)] {
                    for name in members.users.iter().chain(&members.groups) {
                        text.push_str(&line(&format!("    {sign} {name}")));
                    }
                }
                text
            }
            Self::Put(put) => replaced(put),
            Self::Agree { agreement, .. } => line(&format!("+ agreement {}", agreement.shown())),
            Self::Delete { kind, name, .. } => line(&format!("- {} {name}", kind.noun)),
        }
    }
}

/// A line that stays one, and moves no cursor, whatever others wrote into it.
fn line(text: &str) -> String {
    visible(text).replace('\n', "\u{fffd}") + "\n"
}

/// What is made, with its fields but its name and secrets.
fn made(what: &str, name: &str, (fields, secrets): (&Map<String, Value>, &[String])) -> String {
    let mut text = line(&format!("+ {what}"));
    for (field, value) in fields.iter().filter(|(field, _)| *field != name) {
        let value = if secrets.contains(field) { "(secret)".into() } else { value.to_string() };
        text.push_str(&line(&format!("    {field}: {value}")));
    }
    for secret in secrets.iter().filter(|secret| !fields.contains_key(*secret)) {
        text.push_str(&line(&format!("    {secret}: (made up)")));
    }
    text
}

/// What is put in a place of its own, with all of it that may be told.
fn replaced(put: &Put) -> String {
    let (field, before, after) = &put.told;
    let of = |value: &Value| Map::from_iter([((*field).to_owned(), value.clone())]);
    let mut text = differences(&put.what(), &of(after), &Value::Object(of(before)));
    if put.has_key() {
        text.push_str(&line(&format!("    {PRIVATE_KEY}: (secret)")));
    }
    text
}

fn differences(what: &str, changes: &Map<String, Value>, before: &Value) -> String {
    let mut text = line(&format!("~ {what}"));
    for (field, after) in changes {
        let before = before.get(field).unwrap_or(&Value::Null);
        let after = merged(field, before, after);
        text.push_str(&line(&format!("    {field}: {before} -> {after}")));
    }
    text
}

/// What a field will have: all that stays of it as well, where it is changed member by member.
fn merged<'v>(field: &str, before: &'v Value, after: &'v Value) -> Cow<'v, Value> {
    let (Some(there), Some(said)) = (before.as_object(), after.as_object()) else {
        return Cow::Borrowed(after);
    };
    if !MERGED.contains(&field) {
        return Cow::Borrowed(after);
    }
    let mut all = there.clone();
    for (name, value) in said {
        // Own attributes are called so whatever the case, and have values as a whole.
        let own = there.keys().find(|own| own.eq_ignore_ascii_case(name)).unwrap_or(name);
        let value = match there.get(own).filter(|_| field != CUSTOM) {
            Some(before) => merged(own, before, value).into_owned(),
            // An own attribute without a value is none.
            None if field == CUSTOM && value.is_null() => {
                all.remove(own);
                continue;
            }
            None => value.clone(),
        };
        all.insert(own.clone(), value);
    }
    Cow::Owned(Value::Object(all))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::kinds::KINDS;
    use super::super::parts::PARTS;
    use super::*;
    use crate::document::{Document, Schemas};

    #[test]
    fn what_is_changed_member_by_member_is_shown_with_what_stays() {
        let kind = KINDS.iter().find(|kind| kind.member == "password_policies").unwrap();
        let shown = |before: Value, changes: Value| {
            let changes = changes.as_object().unwrap().clone();
            let (name, before) = ("strict".to_owned(), Some(before));
            Step::Update { kind, name, changes, before }.shown()
        };
        let before = json!({"lockout": {"duration": 9, "threshold": 10}, "groups": ["a"]});
        let after = json!({"lockout": {"duration": 5}, "groups": ["b"]});
        let expected = "~ password policy strict\n    groups: [\"a\"] -> [\"b\"]\n    lockout: \
                        {\"duration\":9,\"threshold\":10} -> {\"duration\":5,\"threshold\":10}\n";
        assert_eq!(shown(before, after), expected);
        let after =
            |field: &str, before: Value, after: Value| merged(field, &before, &after).into_owned();
        assert_eq!(after("lockout", Value::Null, json!({"window": 5})), json!({"window": 5}));
        let factor = after(
            "second_factor",
            json!({"demand": "required", "spellings": {"bare": true, "comma": true}}),
            json!({"spellings": {"bare": false}}),
        );
        let spellings = json!({"bare": false, "comma": true});
        assert_eq!(factor, json!({"demand": "required", "spellings": spellings}));
        let lock = json!({"screen_lock": {"delay": 5, "password": true}, "os_updates": null});
        let other = after("settings", lock, json!({"screen_lock": {"delay": 7}}));
        assert_eq!(other, json!({"screen_lock": {"delay": 7}, "os_updates": null}), "a whole");
        let there = json!({"team": "red", "settings": {"user": "ada"}});
        let custom = after(CUSTOM, there, json!({"Team": "blue", "settings": {"group": "all"}}));
        assert_eq!(custom, json!({"team": "blue", "settings": {"group": "all"}}));
        let custom = after(CUSTOM, json!({"team": "red", "badge": 7}), json!({"Badge": null}));
        assert_eq!(custom, json!({"team": "red"}), "it is gone");
    }

    /// The names of what has members in updates: of what is changed member by member, and of what is
    /// put as a whole.
    #[derive(Default)]
    struct Found {
        merged: BTreeSet<String>,
        whole: BTreeSet<String>,
    }

    /// Finds the members of what a schema describes.
    fn find(schemas: &Schemas, schema: &Value, found: &mut Found) {
        let members = schemas.resolved(schema).get("properties").and_then(Value::as_object);
        for (name, member) in members.into_iter().flatten() {
            let choices = member.get("oneOf").and_then(Value::as_array).into_iter().flatten();
            let forms = std::iter::once(member).chain(choices);
            let mut forms = forms.filter_map(|form| form.get("$ref")?.as_str());
            if forms.any(|form| form.ends_with("Patch")) {
                found.merged.insert(name.clone());
                find(schemas, member, found);
            } else if schemas.resolved(member).get("enum").is_none() {
                // A word has no members.
                found.whole.insert(name.clone());
            }
        }
    }

    #[test]
    fn what_is_changed_member_by_member_is_what_the_document_says() {
        let (document, mut found) = (Document::read().unwrap(), Found::default());
        let parts = PARTS.iter().flat_map(|part| part.changes.iter().copied());
        for operation in KINDS.iter().map(|kind| kind.update).chain(parts) {
            let shape = document.operation(operation).unwrap().shape.as_ref().unwrap();
            find(&document.schemas, shape, &mut found);
        }
        let known: BTreeSet<String> = MERGED.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(found.merged, known);
        let both: Vec<_> = found.whole.intersection(&known).collect();
        assert!(both.is_empty(), "put as a whole elsewhere, and shown as if it were not: {both:?}");
    }

    #[test]
    fn a_name_makes_no_line_of_its_own_and_moves_no_cursor() {
        let kind = KINDS.first().unwrap();
        let name = "a\n- user \u{1b}[2Jb".into();
        let step = Step::Delete { kind, name, seen: Value::Null };
        let shown = step.shown();
        assert_eq!(shown, "- custom attribute a\u{fffd}- user \u{fffd}[2Jb\n");
    }
}
