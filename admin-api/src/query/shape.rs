//! Which members a list's items have, by the API's own document.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::openapi::openapi;

/// What a list's items are made of.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    schema: &'static Value,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Moment,
    Number,
    Truth,
    /// Of a kind that no document knows.
    Any,
    /// What has members: only whether it is there can be asked.
    Object,
}

static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let document = serde_json::to_value(openapi()).unwrap_or_default();
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    schemas.cloned().unwrap_or_default()
});

impl Shape {
    /// That of a type; of one that no document knows, nothing is known.
    pub(crate) fn of<T: ToSchema>() -> Self {
        Self::called(&T::name())
    }

    /// That of what the document calls so.
    pub(crate) fn called(name: &str) -> Self {
        Self { schema: SCHEMAS.get(name).unwrap_or(&Value::Null) }
    }

    /// What the member at a path is, if there is one.
    pub(crate) fn kind(self, path: &[String]) -> Option<Kind> {
        let mut parts = parts(self.schema);
        for name in path {
            let found = parts.iter().copied().find_map(|part| properties(part)?.get(name));
            match found {
                Some(member) => parts = self::parts(member),
                // An organization's own attributes have names that no document knows, and values of
                // any kind; they are no objects.
                None if parts.iter().copied().all(is_open) => {
                    return path.last().filter(|last| *last == name).map(|_| Kind::Any);
                }
                None => return None,
            }
        }
        match &parts[..] {
            [only] => Some(kind(only)),
            _ => Some(Kind::Object),
        }
    }

    /// The members at the top, for who asked for another one.
    pub(crate) fn names(self) -> String {
        let parts = parts(self.schema);
        let names = parts.iter().copied().filter_map(properties).flat_map(Map::keys);
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a thing has members that no document knows.
fn is_open(schema: &Value) -> bool {
    is(schema, "object") && properties(schema).is_none()
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

/// The schemas that a thing has all to meet.
fn parts(schema: &'static Value) -> Vec<&'static Value> {
    let Some(schema) = resolved(schema) else { return Vec::new() };
    match schema.get("allOf").and_then(Value::as_array) {
        // Those that others are put together with do not refer to these again.
        Some(all) => all.iter().filter_map(resolved).collect(),
        None => vec![schema],
    }
}

fn kind(schema: &Value) -> Kind {
    let format = schema.get("format").and_then(Value::as_str);
    if is(schema, "string") && format == Some("date-time") {
        Kind::Moment
    } else if is(schema, "string") || schema.get("enum").is_some() {
        Kind::Text
    } else if is(schema, "integer") || is(schema, "number") {
        Kind::Number
    } else if is(schema, "boolean") {
        Kind::Truth
    } else if schema.get("properties").is_some() {
        Kind::Object
    } else {
        Kind::Any
    }
}

fn is(schema: &Value, name: &str) -> bool {
    let kinds = schema.get("type");
    let listed = kinds.and_then(Value::as_array);
    kinds.and_then(Value::as_str) == Some(name)
        || listed.is_some_and(|kinds| kinds.iter().any(|kind| kind == name))
}

/// What a schema refers to; of a choice between something and null, the something; of a list, what is
/// in it.
fn resolved(mut schema: &'static Value) -> Option<&'static Value> {
    // No document refers deeper.
    for _ in 0..16 {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let either = schema.get("oneOf").or_else(|| schema.get("anyOf"));
        let items = schema.get("items").filter(|_| is(schema, "array"));
        schema = match (reference, either.and_then(Value::as_array), items) {
            (Some(reference), ..) => SCHEMAS.get(reference.rsplit('/').next()?)?,
            (None, Some(choices), _) => choices.iter().find(|choice| !is(choice, "null"))?,
            (None, None, Some(items)) => items,
            (None, None, None) => return Some(schema),
        };
    }
    None
}
