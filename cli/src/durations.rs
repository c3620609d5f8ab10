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

    /// Whether it says so in seconds, as its name tells.
    pub(crate) fn is_in_seconds(&self) -> bool {
        let ends = |name: &String| name.ends_with("seconds");
        self.kind == Kind::Number && !self.is_duration() && self.path.last().is_some_and(ends)
    }
}

/// Reads a duration: a number of milliseconds, or numbers with units, such as `1h30m`. Who types less than a
/// second without a unit took the number for one of something else.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(text: &str) -> Result<i64, String> {
    match text.parse::<i64>() {
        Ok(number @ 1..1_000) => {
            Err(format!("that is milliseconds: say {number}s, {number}m or {number}h"))
        }
        Ok(number) => Ok(number),
        Err(_) => in_units(text).ok_or_else(|| {
            "a duration is as 14d, 15m or 1h30m, or a number of milliseconds".into()
        }),
    }
}

/// Reads a duration that is counted in seconds: a number of them, or numbers with units.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_seconds(text: &str) -> Result<i64, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let whole = in_units(text).filter(|milliseconds| milliseconds % 1_000 == 0);
    let wrong = "a duration is as 14d, 15m or 1h30m, or a number of seconds";
    whole.map(|milliseconds| milliseconds / 1_000).ok_or_else(|| wrong.to_owned())
}

/// The milliseconds of numbers with units.
fn in_units(text: &str) -> Option<i64> {
    let (mut rest, mut sum) = (text, 0_u64);
    while !rest.is_empty() {
        let end = rest.find(|sign: char| !sign.is_ascii_digit())?;
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|sign: char| sign.is_ascii_digit()).unwrap_or(behind.len());
        let (word, behind) = behind.split_at(end);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == word)?;
        let part = number.parse::<u64>().ok()?.checked_mul(*unit)?;
        sum = sum.checked_add(part)?;
        rest = behind;
    }
    if text.is_empty() { None } else { i64::try_from(sum).ok() }
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
    fn a_small_number_without_a_unit_is_asked_back() {
        for number in [1, 5, 999] {
            let why = read(&number.to_string()).unwrap_err();
            assert!(why.contains(&format!("say {number}s, {number}m or {number}h")), "{why}");
        }
        assert_eq!((read("5ms"), read("1000"), read("5m")), (Ok(5), Ok(1_000), Ok(300_000)));
    }

    #[test]
    fn what_is_counted_in_seconds_is_typed_as_durations_too() {
        for (text, seconds) in [("0", 0), ("3600", 3_600), ("7d", 604_800), ("1h30m", 5_400)] {
            assert_eq!(read_seconds(text), Ok(seconds), "{text}");
        }
        for wrong in ["", "d", "500ms", "1 h"] {
            assert!(read_seconds(wrong).is_err(), "{wrong}");
        }
        let document = Document::read().unwrap();
        for (operation, option) in
            [("invite_user", "seconds"), ("rotate_radius_secret", "keep-previous-seconds")]
        {
            let options = document.operation(operation).unwrap().body.as_ref().unwrap();
            let found = options.iter().find(|field| field.option() == option).unwrap();
            assert!(found.is_in_seconds() && !found.is_duration(), "{operation}");
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
