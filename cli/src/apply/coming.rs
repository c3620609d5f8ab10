//! What a file refers to: what is there, and what the file itself makes.

use serde_json::{Map, Value};

use super::kinds::{KINDS, key};
use super::site::{Site, missing, translated};
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
            Value::Object(fields) => Ok(fields),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Failure::Usage(format!("{what}: fields are wanted"))),
        }
    }
}
