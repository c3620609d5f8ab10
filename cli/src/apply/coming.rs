//! What a file refers to: what is there, and what the file itself makes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::kinds::{KINDS, key};
use super::reply_attributes::{self, ATTRIBUTES};
use super::site::{CUSTOM, Site, missing, translated};
use super::spelling;
use crate::failure::Failure;

/// What there will be once a file is applied.
pub(super) struct Coming<'p> {
    pub(super) site: &'p Site<'p>,
    pub(super) wanted: &'p Map<String, Value>,
    /// How what the file has is called, by the paths of the lists and what names are compared by.
    named: BTreeMap<(&'static str, String), &'p str>,
    /// The attributes that reply profiles may name, where the file has some of them.
    reply_attributes: Vec<Value>,
}

impl<'p> Coming<'p> {
    /// What there will be at a site by a file.
    ///
    /// # Errors
    /// When it cannot be read what the file names.
    pub(super) fn of(site: &'p Site<'p>, wanted: &'p Map<String, Value>) -> Result<Self, Failure> {
        let profiles = wanted.get("reply_profiles").and_then(Value::as_array);
        let mut profiles = profiles.into_iter().flatten();
        let reply_attributes = match profiles.any(|profile| profile.get(ATTRIBUTES).is_some()) {
            true => site.reply_attributes()?,
            false => Vec::new(),
        };
        let mut named = BTreeMap::new();
        for kind in KINDS {
            let list = wanted.get(kind.member).and_then(Value::as_array).into_iter().flatten();
            for name in list.filter_map(|one| one.get(kind.name)?.as_str()) {
                named.entry((kind.path, key(name))).or_insert(name);
            }
        }
        Ok(Self { site, wanted, named, reply_attributes })
    }

    /// A name as it is spelled where it is made, so that spellings are no differences.
    ///
    /// # Errors
    /// `Missing` when neither the organization nor the file has it.
    pub(super) fn spelling(&self, path: &str, name: &str) -> Result<String, Failure> {
        let kind = KINDS.iter().find(|kind| kind.path == path);
        let kind = kind.ok_or_else(|| missing(path, name))?;
        let there = self.site.raw(kind, name).and_then(|there| there.get(kind.name)?.as_str());
        let named = there.or_else(|| self.named.get(&(kind.path, key(name))).copied());
        named.map(ToOwned::to_owned).ok_or_else(|| missing(path, name))
    }

    /// Fields whose references are spelled so, and so is what else the server writes in a way of its
    /// own of which the API's document tells nothing.
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
                for (name, value) in custom.into_iter().flatten() {
                    match self.syntax(name).as_deref() {
                        Some("reference") => self.name_referred(value),
                        Some("time") => spell_times(value),
                        _ => {}
                    }
                }
                let attributes = fields.get_mut(ATTRIBUTES).and_then(Value::as_array_mut);
                for attribute in attributes.into_iter().flatten() {
                    reply_attributes::settle(attribute, &self.reply_attributes);
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

    /// Whether the values of an attribute of the organization's own refer to users and groups.
    pub(super) fn is_reference(&self, attribute: &str) -> bool {
        self.syntax(attribute).as_deref() == Some("reference")
    }

    /// What the values of an attribute of the organization's own are.
    fn syntax(&self, attribute: &str) -> Option<String> {
        let there = self.site.lists.of("custom-attributes").iter();
        let made = self.wanted.get("custom_attributes").and_then(Value::as_array);
        let mut all = there.chain(made.into_iter().flatten());
        let text = |one: &Value, member: &str| one.get(member)?.as_str().map(str::to_lowercase);
        let own = all.find(|one| text(one, "name") == Some(attribute.to_lowercase()));
        own.and_then(|own| text(own, "syntax"))
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

/// Has times spelled as the server shows them; what is none stays, and is refused there.
fn spell_times(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(spell_times),
        Value::String(text) => {
            if let Some(spelled) = spelling::moment(text) {
                *text = spelled;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_own_attributes_are_spelled_as_the_server_shows_them() {
        let spelled = |mut value: Value| {
            spell_times(&mut value);
            value
        };
        assert_eq!(spelled(json!("2026-01-01T00:00:00+02:00")), json!("2025-12-31T22:00:00Z"));
        let several = json!(["2026-01-01T01:00:00Z", "soon", 7, null]);
        assert_eq!(spelled(several.clone()), several);
    }
}
