//! What a plan looks like.

use serde_json::{Map, Value, json};

use super::beside::Put;
use super::kinds::STATE;
use super::papers::PRIVATE_KEY;
use super::parts::HEAD;
use super::plan::Step;
use crate::output::visible;

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
        text.push_str(&line(&format!("    {field}: {before} -> {after}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::kinds::KINDS;
    use super::*;

    #[test]
    fn a_name_makes_no_line_of_its_own_and_moves_no_cursor() {
        let kind = KINDS.first().unwrap();
        let name = "a\n- user \u{1b}[2Jb".into();
        let step = Step::Delete { kind, name, seen: Value::Null };
        let shown = step.shown();
        assert_eq!(shown, "- custom attribute a\u{fffd}- user \u{fffd}[2Jb\n");
    }
}
