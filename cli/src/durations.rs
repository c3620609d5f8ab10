//! Durations as people write them, where the API has milliseconds, as its document says.

use serde_json::Value;

use crate::document::{Field, Kind, Schemas, description};

/// Units with their milliseconds, the longest first.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The unit that the API has.
const OURS: &str = "milliseconds";

impl Field {
    /// Whether it says how long something lasts.
    pub(crate) fn is_duration(&self) -> bool {
        self.kind == Kind::Number && self.about.contains(OURS)
    }
}

/// Reads a duration: a number of milliseconds, or numbers with units, such as `1h30m`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(text: &str) -> Result<i64, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let wrong = || "a duration is as 14d, 15m or 1h30m, or a number of milliseconds".to_owned();
    let (mut rest, mut sum) = (text, 0_u64);
    while !rest.is_empty() {
        let end = rest.find(|sign: char| !sign.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|sign: char| sign.is_ascii_digit()).unwrap_or(behind.len());
        let (word, behind) = behind.split_at(end);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == word).ok_or_else(wrong)?;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*unit));
        sum = part.and_then(|part| sum.checked_add(part)).ok_or_else(wrong)?;
        rest = behind;
    }
    if text.is_empty() { Err(wrong()) } else { i64::try_from(sum).map_err(|_| wrong()) }
}

/// Milliseconds as people write them. Nothing lasts weeks but what was typed so.
fn written(milliseconds: u64) -> String {
    let (mut rest, mut text) = (milliseconds, String::new());
    for (name, unit) in UNITS.iter().skip(1) {
        if rest >= *unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if text.is_empty() { "0".to_owned() } else { text }
}

impl Schemas {
    /// What an answer says, for people: durations as they write them.
    pub(crate) fn with_durations(&self, schema: &Value, value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, member)| {
                    let inner = self.part(schema, &|form| form.get("properties")?.get(&name));
                    let shown = match (inner, member.as_u64()) {
                        (Some(inner), Some(number)) if self.is_duration(inner) => {
                            Value::String(written(number))
                        }
                        (Some(inner), _) => self.with_durations(inner, member),
                        (None, _) => member,
                    };
                    (name, shown)
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => match self.part(schema, &|form| form.get("items")) {
                Some(inner) => {
                    items.into_iter().map(|item| self.with_durations(inner, item)).collect()
                }
                None => Value::Array(items),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }

    fn is_duration(&self, member: &Value) -> bool {
        description(member, self.resolved(member)).contains(OURS)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Document;

    #[test]
    fn durations_are_typed_as_people_write_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("1209600000", 1_209_600_000),
            ("14d", 1_209_600_000),
            ("2w", 1_209_600_000),
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("1s500ms", 1_500),
            ("-5", -5),
        ] {
            assert_eq!(read(text), Ok(milliseconds), "{text}");
        }
        for wrong in ["", "d", "14x", "1.5h", "1h30", "99999999999999999w", "1 h", "-1h"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_shown_as_they_can_be_typed() {
        for milliseconds in [0, 1, 999, 1_000, 61_001, 5_400_000, 604_800_000, 31_536_000_000] {
            let text = written(milliseconds);
            assert_eq!(read(&text), Ok(i64::try_from(milliseconds).unwrap()), "{text}");
        }
        assert_eq!(written(2_592_000_000), "30d");
        assert_eq!(written(5_400_000), "1h30m");
    }

    #[test]
    fn answers_have_durations_where_the_document_says_milliseconds() {
        let document = Document::read().unwrap();
        let shown = |operation: &str, answer: Value| {
            let operation = document.operation(operation).unwrap();
            document.schemas.with_durations(operation.answer.as_ref().unwrap(), answer)
        };
        let settings = json!({
            "lockout": {"threshold": 3, "duration": 900_000},
            "password_minimum": 8,
            "invitation_life": 604_800_000,
        });
        let expected = json!({
            "lockout": {"threshold": 3, "duration": "15m"},
            "password_minimum": 8,
            "invitation_life": "7d",
        });
        assert_eq!(shown("update_settings", settings), expected);
        let listed = json!({"items": [{"name": "a", "lockout": {"window": 60_000}}]});
        let expected = json!({"items": [{"name": "a", "lockout": {"window": "1m"}}]});
        assert_eq!(shown("list_password_policies", listed), expected);
        let options = document.operation("update_settings").unwrap().body.as_ref().unwrap();
        let durations = options.iter().filter(|field| field.is_duration());
        let durations: Vec<String> = durations.map(Field::option).collect();
        assert!(durations.contains(&"lockout-duration".to_owned()), "{durations:?}");
        assert!(!durations.contains(&"lockout-threshold".to_owned()), "{durations:?}");
    }
}
