//! Whether values are made as the API's document wants them, told in words before anything is asked.

use serde_json::{Map, Value};
use strsim::levenshtein;

use crate::document::{Operation, Schemas};

/// The most letters in which a name that is known differs from what was meant by it.
const SLIPS: usize = 2;

impl Schemas {
    /// What an operation takes no such member of, or none that is made so; nothing where it takes
    /// all. What else has to be there, and which of the values it takes, is another matter.
    pub(crate) fn misfit(
        &self,
        operation: &Operation,
        fields: &Map<String, Value>,
    ) -> Option<String> {
        self.of_members(self.resolved(operation.shape.as_ref()?), fields, "")
    }

    fn of_value(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let schema = self.resolved(schema);
        // What is left without a value may be what is to stay as it is.
        if value.is_null() {
            return None;
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            return self.of_choice(choices, value, at);
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            let known: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            let is_one = value.as_str().is_some_and(|word| known.contains(&word));
            let one_of = if known.len() > 1 { "one of " } else { "" };
            return (!is_one).then(|| format!("{at} must be {one_of}{}", known.join(", ")));
        }
        if !is_of(schema, value) {
            return Some(format!("{at} must be {}", wanted(schema, value)));
        }
        match value {
            Value::Object(members) => self.of_members(schema, members, at),
            Value::Array(items) => {
                let inner = schema.get("items")?;
                let mut items = (0_usize..).zip(items);
                items
                    .find_map(|(place, item)| self.of_value(inner, item, &format!("{at}[{place}]")))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    /// What none of several forms takes, by the form that was meant where that can be told.
    fn of_choice(&self, choices: &[Value], value: &Value, at: &str) -> Option<String> {
        let said = choices.iter().map(|choice| self.of_value(choice, value, at));
        let said: Vec<String> = said.collect::<Option<_>>()?;
        let meant = choices.iter().zip(&said);
        let mut meant = meant.filter(|(choice, _)| is_of(self.resolved(choice), value));
        match (meant.next(), meant.next()) {
            (Some((_, only)), None) => Some(only.clone()),
            (Some(_) | None, _) => Some(said.join(", or ")),
        }
    }

    fn of_members(&self, schema: &Value, members: &Map<String, Value>, at: &str) -> Option<String> {
        let known = schema.get("properties").and_then(Value::as_object)?;
        let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        for (name, value) in members {
            let inner = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            let said = match known.get(name) {
                Some(schema) => self.of_value(schema, value, &inner),
                None if is_closed => {
                    Some(format!("{inner} {}", no_field(name, known.keys().map(String::as_str))))
                }
                None => None,
            };
            if said.is_some() {
                return said;
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut required = required.filter_map(Value::as_str).filter(|_| !at.is_empty());
        required.find(|name| !members.contains_key(*name)).map(|name| format!("{at} has no {name}"))
    }
}

/// That a name is none of those that are known, with the one that was meant perhaps.
pub(crate) fn no_field<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let mut known: Vec<(usize, &str)> = known.map(|one| (levenshtein(name, one), one)).collect();
    known.sort_unstable();
    known.dedup();
    let most = SLIPS.min(name.chars().count() / 2);
    match known.first().filter(|(distance, _)| *distance <= most) {
        Some((_, nearest)) => format!("is no field: is {nearest} meant?"),
        None => {
            let mut names: Vec<&str> = known.into_iter().map(|(_, name)| name).collect();
            names.sort_unstable();
            format!("is no field: there are {}", names.join(", "))
        }
    }
}

/// Whether a value is of the kind that a schema names.
fn is_of(schema: &Value, value: &Value) -> bool {
    let is = |kind: &str| match (kind, value) {
        ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        (_, _) => false,
    };
    match schema.get("type") {
        Some(Value::String(kind)) => is(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

/// What kind of a value is wanted, and what makes this one another.
fn wanted(schema: &Value, value: &Value) -> String {
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")
        }
        kind => kind.and_then(Value::as_str),
    };
    let is_bare = value.is_boolean() || value.is_number();
    let said = match kind.unwrap_or_default() {
        "string" if is_bare => "a text: put it in quotation marks",
        "string" => "a text",
        "integer" if value.is_string() => {
            "a whole number, without quotation marks and without zeros before it"
        }
        "integer" => "a whole number",
        "boolean" if value.is_string() => "true or false, without quotation marks",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "fields with their values",
        other => other,
    };
    said.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Document;

    fn said(operation: &str, body: &Value) -> Option<String> {
        let document = Document::read().unwrap();
        let operation = document.operation(operation).unwrap();
        document.schemas.misfit(operation, body.as_object().unwrap())
    }

    fn refused(operation: &str, body: &Value) -> String {
        said(operation, body).unwrap_or_else(|| panic!("{operation} takes {body}"))
    }

    #[test]
    fn what_is_made_otherwise_is_told_with_its_place() {
        let text = "surname must be a text: put it in quotation marks";
        assert_eq!(refused("create_user", &json!({"surname": false})), text);
        assert_eq!(refused("update_user", &json!({"surname": 7.0})), text);
        let number = refused("create_user", &json!({"uid_number": "007"}));
        assert!(number.starts_with("uid_number must be a whole number, without"), "{number}");
        assert_eq!(refused("create_user", &json!({"mail": "a@x"})), "mail must be a list");
        let mail = refused("create_user", &json!({"mail": ["a@x", 1]}));
        assert_eq!(mail, "mail[1] must be a text: put it in quotation marks");
        let settings = refused("update_settings", &json!({"lockout": {"threshold": "x"}}));
        assert!(settings.starts_with("lockout.threshold must be a whole number"), "{settings}");
        let kind = refused("set_user_cap", &json!({"kind": "firm"}));
        assert!(kind.starts_with("kind must be one of "), "{kind}");
        let sight = json!({"name": "wiki", "visibility": {"groups": "staff"}});
        let sight = refused("create_service_account", &sight);
        assert_eq!(sight, "visibility.groups must be a list");
        let alias = json!({"aliases": [{"base": "dc=x"}]});
        assert_eq!(refused("set_aliases", &alias), "aliases[0] has no layout");
    }

    #[test]
    fn a_name_that_is_none_is_told_with_the_one_that_was_meant() {
        let text = "pasword is no field: is password meant?";
        assert_eq!(refused("create_user", &json!({"pasword": "x"})), text);
        let far = refused("create_user", &json!({"shoe_size": 38}));
        assert!(far.starts_with("shoe_size is no field: there are custom, "), "{far}");
        let inner = refused("update_settings", &json!({"lockout": {"treshold": 7}}));
        assert_eq!(inner, "lockout.treshold is no field: is threshold meant?");
    }

    #[test]
    fn what_fits_is_taken() {
        for (operation, body) in [
            ("create_user", json!({"login": "ada", "mail": ["a@x"], "uid_number": 7})),
            ("create_user", json!({"custom": {"badge": [7, "x"]}, "title": null})),
            ("update_user", json!({"uid_number": null, "expires": "2030-01-01T00:00:00Z"})),
            ("create_service_account", json!({"visibility": "everything"})),
            ("create_service_account", json!({"visibility": {"groups": ["staff"]}})),
            ("create_device", json!({"os": null, "groups": [], "suspended": true})),
        ] {
            assert_eq!(said(operation, &body), None, "{operation}");
        }
    }
}
