//! Names in a body where the API wants ids, as its document says.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::document::{Operation, Schemas};
use crate::failure::Failure;
use crate::words::REFERENCES;

/// Finds the id behind a name of a list.
pub(crate) type Find<'f> = dyn Fn(&str, &str) -> Result<String, Failure> + 'f;

impl Schemas {
    /// The body of an operation with ids in place of names, wherever they stand in it.
    ///
    /// # Errors
    /// Those of finding one.
    pub(crate) fn with_ids(
        &self,
        operation: &Operation,
        body: Value,
        find: &Find<'_>,
    ) -> Result<Value, Failure> {
        match &operation.shape {
            Some(shape) => self.put_ids(shape, ("", body), find),
            None => Ok(body),
        }
    }

    fn put_ids(
        &self,
        schema: &Value,
        (name, value): (&str, Value),
        find: &Find<'_>,
    ) -> Result<Value, Failure> {
        let list = REFERENCES.iter().find(|(referring, _)| *referring == name);
        Ok(match (value, list) {
            (Value::String(text), Some((_, list)))
                if self.is_id(schema) && Uuid::parse_str(&text).is_err() =>
            {
                Value::String(find(list, &text)?)
            }
            (Value::Array(items), _) => {
                let Some(inner) = self.part(schema, &|form| form.get("items")) else {
                    return Ok(Value::Array(items));
                };
                let items = items.into_iter().map(|item| self.put_ids(inner, (name, item), find));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            (Value::Object(members), _) => {
                let mut object = Map::new();
                for (name, member) in members {
                    let inner = self.part(schema, &|form| form.get("properties")?.get(&name));
                    let member = match inner {
                        Some(inner) => self.put_ids(inner, (name.as_str(), member), find)?,
                        None => member,
                    };
                    object.insert(name, member);
                }
                Value::Object(object)
            }
            (value, _) => value,
        })
    }

    /// What a text says that is no JSON: several things parted by commas, where one of the forms of
    /// what an option takes has a list of ids and nothing else, and no other form is that word.
    pub(crate) fn listed(
        &self,
        operation: &Operation,
        path: &[String],
        text: &str,
    ) -> Option<Value> {
        let mut schema = operation.shape.as_ref()?;
        for name in path {
            schema = self.part(schema, &|form| form.get("properties")?.get(name))?;
        }
        let is_word = |form: &Value| {
            let words = form.get("enum").and_then(Value::as_array);
            words.is_some_and(|words| words.iter().any(|word| word == text))
        };
        let is_json =
            text.starts_with(['{', '[', '"']) || serde_json::from_str::<Value>(text).is_ok();
        let forms = self.forms(schema);
        if is_json || forms.iter().any(|form| is_word(form)) {
            return None;
        }
        forms.into_iter().find_map(|form| {
            let mut members = form.get("properties")?.as_object()?.iter();
            let (Some((name, member)), None) = (members.next(), members.next()) else {
                return None;
            };
            let is_list = self.is_id(self.part(member, &|form| form.get("items"))?);
            let items: Vec<&str> = text.split(',').map(str::trim).collect();
            is_list.then(|| json!({name: items}))
        })
    }

    /// A part of a schema, of whichever of its forms has it.
    pub(crate) fn part<'s>(
        &'s self,
        schema: &'s Value,
        of: &dyn Fn(&'s Value) -> Option<&'s Value>,
    ) -> Option<&'s Value> {
        self.forms(schema).into_iter().find_map(of)
    }

    /// The forms that something may have.
    fn forms<'s>(&'s self, schema: &'s Value) -> Vec<&'s Value> {
        let schema = self.resolved(schema);
        match schema.get("oneOf").and_then(Value::as_array) {
            Some(choices) => choices.iter().map(|choice| self.resolved(choice)).collect(),
            None => vec![schema],
        }
    }

    fn is_id(&self, schema: &Value) -> bool {
        let is_id = |form: &Value| form.get("format").and_then(Value::as_str) == Some("uuid");
        self.forms(schema).into_iter().any(is_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn with_ids(operation: &str, body: Value) -> Value {
        let document = Document::read().unwrap();
        let operation = document.operation(operation).unwrap();
        let find = |list: &str, name: &str| Ok::<_, Failure>(format!("{list}:{name}"));
        document.schemas.with_ids(operation, body, &find).unwrap()
    }

    #[test]
    fn names_stand_for_ids_however_deep_they_are() {
        for (operation, body, sent) in [
            (
                "create_admin",
                json!({"login": "acme", "scope": {"organizations": ["acme", ID]}}),
                json!({"login": "acme", "scope": {"organizations": [":acme", ID]}}),
            ),
            (
                "update_service_account",
                json!({"visibility": {"groups": ["staff"]}}),
                json!({"visibility": {"groups": ["groups:staff"]}}),
            ),
            (
                "update_radius_client",
                json!({"rules": [{"name": "x", "groups": ["staff"], "reply_profile": "wired"}]}),
                json!({"rules": [{
                    "name": "x",
                    "groups": ["groups:staff"],
                    "reply_profile": "reply-profiles:wired",
                }]}),
            ),
            (
                "update_device",
                json!({"owner": null, "groups": ["all"]}),
                json!({"owner": null, "groups": ["groups:all"]}),
            ),
            (
                "create_user",
                json!({"custom": {"groups": ["staff"]}, "login": "ada"}),
                json!({"custom": {"groups": ["staff"]}, "login": "ada"}),
            ),
        ] {
            assert_eq!(with_ids(operation, body), sent, "{operation}");
        }
    }

    #[test]
    fn several_are_parted_by_commas_where_a_list_is_meant() {
        let document = Document::read().unwrap();
        let listed = |operation: &str, field: &str, text: &str| {
            let operation = document.operation(operation).unwrap();
            document.schemas.listed(operation, &[field.to_owned()], text)
        };
        let both = json!({"organizations": ["acme", "globex"]});
        assert_eq!(listed("create_admin", "scope", "acme, globex"), Some(both));
        let one = json!({"groups": ["staff"]});
        assert_eq!(listed("update_service_account", "visibility", "staff"), Some(one));
        assert_eq!(listed("create_admin", "scope", "all"), None);
        assert_eq!(listed("create_admin", "scope", r#"{"organizations": []}"#), None);
        assert_eq!(listed("create_user", "custom", "staff"), None);
    }
}
