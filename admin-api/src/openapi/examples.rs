//! Examples of what operations take and answer. Some are written down where the thing is; all others
//! are put together from what its members hold, so that none is missing or of another kind.

mod questions;
mod samples;

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi, RefOr, Schema};

use super::{JSON, has_members, operations_mut};

/// So deep things are made of others at most.
const NESTED: usize = 24;
/// A time where the name of a member says nothing of it.
const MOMENT: &str = "2030-01-31T12:00:00Z";

/// Gives all that is taken and answered as JSON an example, and lists examples of what they may be
/// asked.
pub(crate) fn give(document: &mut OpenApi) {
    let Some(components) = &document.components else { return };
    let mut known = serde_json::to_value(&components.schemas).unwrap_or_default();
    name_items(&mut known);
    let things = Things { known: &known };
    let mut sent = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations_mut(item) {
            for content in contents_mut(operation) {
                match &content.schema {
                    Some(RefOr::Ref(schema)) => {
                        sent.extend(last(&schema.ref_location).map(ToOwned::to_owned));
                    }
                    Some(RefOr::T(schema)) if content.example.is_none() => {
                        let written = serde_json::to_value(schema).unwrap_or_default();
                        content.example = things.example("", "", &written, NESTED);
                    }
                    Some(RefOr::T(_)) | None => {}
                }
            }
            questions::give(operation, &things);
        }
    }
    let Some(components) = &mut document.components else { return };
    for (name, schema) in &mut components.schemas {
        let RefOr::T(schema) = schema else { continue };
        if let Some(place) = example_of(schema).filter(|it| it.is_none() && sent.contains(name)) {
            *place = things.named(name, "", NESTED);
        }
    }
}

/// Has lists refer to the things that they hold, which stand in them in full: by their names more is
/// known of them.
fn name_items(known: &mut Value) {
    let Some(all) = known.as_object_mut() else { return };
    let names: Vec<String> = all.keys().cloned().collect();
    for list in names {
        let Some(item) = list.strip_prefix("List_").filter(|item| all.contains_key(*item)) else {
            continue;
        };
        let named = serde_json::json!({"$ref": format!("#/components/schemas/{item}")});
        let place = all.get_mut(&list).and_then(|list| list.pointer_mut("/properties/items/items"));
        if let Some(items) = place {
            *items = named;
        }
    }
}

/// What an operation takes, and what it answers when it is done, as JSON.
fn contents_mut(operation: &mut Operation) -> impl Iterator<Item = &mut Content> {
    let body = operation.request_body.as_mut().and_then(|body| match body {
        RefOr::T(body) => body.content.get_mut(JSON),
        RefOr::Ref(_) => None,
    });
    let answers = operation.responses.responses.iter_mut();
    let done = answers.filter(|(status, _)| status.starts_with('2'));
    let answers = done.filter_map(|(_, answer)| match answer {
        RefOr::T(answer) => answer.content.get_mut(JSON),
        RefOr::Ref(_) => None,
    });
    body.into_iter().chain(answers).filter_map(|content| match content {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    })
}

fn example_of(schema: &mut Schema) -> Option<&mut Option<Value>> {
    match schema {
        Schema::Array(array) => Some(&mut array.example),
        Schema::Object(object) => Some(&mut object.example),
        Schema::OneOf(one) => Some(&mut one.example),
        Schema::AllOf(all) => Some(&mut all.example),
        Schema::AnyOf(any) => Some(&mut any.example),
        _ => None,
    }
}

/// What things are made of, by their names, in JSON.
struct Things<'k> {
    known: &'k Value,
}

impl Things<'_> {
    /// An example of a thing that has a name, as what a member of that name holds.
    fn named(&self, thing: &str, member: &str, depth: usize) -> Option<Value> {
        self.example(thing, member, self.known.get(thing)?, depth)
    }

    /// An example of what a schema is for, which is a member of a thing. There is none where text is
    /// asked for of which nobody says what it looks like.
    fn example(&self, owner: &str, member: &str, schema: &Value, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if let Some(written) = written(schema) {
            return Some(written.clone());
        }
        if let Some(named) = reference(schema) {
            return self.named(named, member, depth);
        }
        if let Some(chosen) = chosen(schema) {
            return self.example(owner, member, chosen, depth);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let parts = parts.iter().map(|part| self.example(owner, member, part, depth));
            return parts.collect::<Option<Vec<_>>>().map(joined);
        }
        if let Some(members) = schema.get("properties").and_then(Value::as_object) {
            let all = members.iter().map(|(name, schema)| {
                Some((name.clone(), self.member(owner, name, schema, depth)?))
            });
            return all.collect::<Option<Map<_, _>>>().map(Value::Object);
        }
        if is(schema, "array") {
            let one = self.example(owner, member, schema.get("items")?, depth)?;
            return Some(Value::Array(vec![one]));
        }
        single(owner, member, schema)
    }

    /// What a member of a thing holds.
    fn member(&self, owner: &str, name: &str, schema: &Value, depth: usize) -> Option<Value> {
        let own = schema.get("example").filter(|own| !own.is_null()).cloned();
        let sample = || self.sample(owner, name, schema);
        own.or_else(sample).or_else(|| self.example(owner, name, schema, depth))
    }

    /// What a member of that name holds everywhere, unless this one has members of its own.
    fn sample(&self, owner: &str, name: &str, schema: &Value) -> Option<Value> {
        let sample = samples::of(owner, name)?;
        let is_whole = sample.is_null() || sample.is_object() || sample.is_array();
        if !is_whole && has_members(self.resolved(schema)) {
            return None;
        }
        Some(if is(schema, "array") && !is_whole { Value::Array(vec![sample]) } else { sample })
    }

    /// What a schema refers to; of a choice, the first that is something.
    fn resolved<'s>(&'s self, mut schema: &'s Value) -> &'s Value {
        for _ in 0..NESTED {
            let named = reference(schema).and_then(|name| self.known.get(name));
            match named.or_else(|| chosen(schema)) {
                Some(inner) => schema = inner,
                None => break,
            }
        }
        schema
    }

    /// The members of a thing, with what they are.
    fn members<'s>(&'s self, schema: &'s Value) -> Vec<(&'s str, &'s Value)> {
        let schema = self.resolved(schema);
        let parts: Vec<&Value> = match schema.get("allOf").and_then(Value::as_array) {
            Some(all) => all.iter().map(|part| self.resolved(part)).collect(),
            None => vec![schema],
        };
        let members = parts.into_iter().filter_map(|part| part.get("properties")?.as_object());
        members.flatten().map(|(name, schema)| (name.as_str(), self.resolved(schema))).collect()
    }
}

/// What a schema itself says that its value may be.
fn written(schema: &Value) -> Option<&Value> {
    let is_empty = |value: &Value| {
        let list = value.as_array().is_some_and(Vec::is_empty);
        value.is_null() || list || value.as_object().is_some_and(Map::is_empty)
    };
    let first = |name: &str| schema.get(name).and_then(|all| all.get(0));
    let default = schema.get("default").filter(|value| !is_empty(value));
    let example = schema.get("example").filter(|value| !value.is_null());
    example.or_else(|| first("examples")).or(default).or_else(|| first("enum"))
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str).and_then(last)
}

fn last(path: &str) -> Option<&str> {
    path.rsplit('/').next()
}

/// Of a choice, the first that is something.
fn chosen(schema: &Value) -> Option<&Value> {
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    choices.iter().find(|choice| !is(choice, "null"))
}

fn joined(parts: Vec<Value>) -> Value {
    let mut whole = Map::new();
    for part in parts {
        if let Value::Object(members) = part {
            whole.extend(members);
        }
    }
    Value::Object(whole)
}

/// An example of what has neither members nor items.
fn single(owner: &str, member: &str, schema: &Value) -> Option<Value> {
    if is(schema, "boolean") {
        return Some(Value::Bool(false));
    }
    if is(schema, "integer") || is(schema, "number") {
        let least = schema.get("minimum").and_then(Value::as_u64).unwrap_or(0);
        return Some(Value::from(least.max(1)));
    }
    match schema.get("format").and_then(Value::as_str).filter(|_| is(schema, "string"))? {
        "date-time" => Some(Value::from(MOMENT)),
        "uuid" => Some(Value::from(id(if member == "id" { owner } else { member }))),
        _ => None,
    }
}

fn is(schema: &Value, name: &str) -> bool {
    let kinds = schema.get("type");
    let listed = kinds.and_then(Value::as_array);
    kinds.and_then(Value::as_str) == Some(name)
        || listed.is_some_and(|kinds| kinds.iter().any(|kind| kind == name))
}

/// An id: the same for a user and for what names one, so that examples fit together.
fn id(of: &str) -> String {
    let letters = of.trim_end_matches('s').bytes().filter(u8::is_ascii_alphabetic);
    let sum = letters.fold(0_u64, |sum, letter| {
        sum.wrapping_mul(31).wrapping_add(letter.to_ascii_lowercase().into())
    });
    format!("0193a1b2-7c3d-7e4f-8a5b-{:012x}", sum & 0xffff_ffff_ffff)
}
