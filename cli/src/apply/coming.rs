//! What a file refers to: what is there, and what the file itself makes.

use serde_json::{Map, Value, json};

use super::kinds::{KINDS, key};
use super::site::{CUSTOM, Site, missing, translated};
use crate::failure::Failure;

/// What there will be once a file is applied.
pub(super) struct Coming<'p> {
    pub(super) site: &'p Site<'p>,
    pub(super) wanted: &'p Map<String, Value>,
}

impl Coming<'_> {
    /// A name as it is spelled where it is made, so that spellings are no differences.
    ///
    /// # Errors
    /// `Missing` when neither the organization nor the file has it.
    pub(super) fn spelling(&self, path: &str, name: &str) -> Result<String, Failure> {
        let kind = KINDS.iter().find(|kind| kind.path == path);
        let kind = kind.ok_or_else(|| missing(path, name))?;
        let own = |one: &Value| one.get(kind.name).and_then(Value::as_str).map(ToOwned::to_owned);
        if let Some(there) = self.site.raw(kind, name).and_then(own) {
            return Ok(there);
        }
        let made = self.wanted.get(kind.member).and_then(Value::as_array).into_iter().flatten();
        let mut named = made.filter_map(own).filter(|made| key(made) == key(name));
        named.next().ok_or_else(|| missing(path, name))
    }

    /// Fields whose references are spelled so.
    ///
    /// # Errors
    /// `Missing` when one is to nothing.
    pub(super) fn resolved(
        &self,
        what: &str,
        fields: Map<String, Value>,
    ) -> Result<Map<String, Value>, Failure> {
        let fields = Value::Object(fields);
        match translated(&fields, &|path, name| self.spelling(path, name))? {
            Value::Object(mut fields) => {
                let custom = fields.get_mut(CUSTOM).and_then(Value::as_object_mut);
                let custom = custom.into_iter().flatten();
                for (_, value) in custom.filter(|(name, _)| self.is_of_references(name)) {
                    self.name_referred(value);
                }
                Ok(fields)
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Failure::Usage(format!("{what}: fields are wanted"))),
        }
    }

    /// Whether the values of an attribute of the organization's own are users and groups.
    fn is_of_references(&self, attribute: &str) -> bool {
        let there = self.site.lists.get("custom-attributes").into_iter().flatten();
        let made = self.wanted.get("custom_attributes").and_then(Value::as_array);
        let mut all = there.chain(made.into_iter().flatten());
        let text = |one: &Value, member: &str| one.get(member)?.as_str().map(str::to_lowercase);
        all.any(|one| {
            text(one, "name") == Some(attribute.to_lowercase())
                && text(one, "syntax").as_deref() == Some("reference")
        })
    }

    /// Has such values spelled as the server shows them: a user's login, or a group as an object.
    fn name_referred(&self, value: &mut Value) {
        if let Value::Array(list) = value {
            list.iter_mut().for_each(|one| self.name_referred(one));
            return;
        }
        let called = |member: &str| value.as_str().or_else(|| value.get(member)?.as_str());
        let found = |path: &str, name: Option<&str>| self.spelling(path, name?).ok();
        let named = match found("users", called("user")) {
            Some(login) => Some(Value::from(login)),
            None => found("groups", called("group")).map(|name| json!({"group": name})),
        };
        if let Some(named) = named {
            *value = named;
        }
    }
}
