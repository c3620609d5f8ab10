//! The fields of what a file says: which of them there can be, and which differ from what is there.

use serde_json::{Map, Value};

use super::kinds::{AUTHORITIES, BUILT_IN, Kind, STAGED, STATE};
use crate::document::{self, Operation, Schemas};
use crate::failure::Failure;
use crate::shape::no_field;

/// The members of what is wanted that differ from what is there.
pub(super) fn changes(
    schemas: &Schemas,
    what: &str,
    wanted: &Map<String, Value>,
    before: &Value,
    update: &Operation,
) -> Result<Map<String, Value>, Failure> {
    let mut changes = Map::new();
    for (field, value) in wanted {
        let there = before.get(field).unwrap_or(&Value::Null);
        if schemas.is_same(Some(update), (field, value), there) {
            continue;
        }
        if !has(update, field) {
            return Err(unchangeable(what, field, &[update]));
        }
        changes.insert(field.clone(), value.clone());
    }
    Ok(changes)
}

/// That a field is none, or none that is changed.
pub(super) fn unchangeable(what: &str, field: &str, operations: &[&Operation]) -> Failure {
    let why = no_field(field, names(operations));
    Failure::Usage(format!("{what}: {field} cannot be changed, or {why}"))
}

/// The members of the bodies of operations.
fn names<'o>(operations: &'o [&Operation]) -> impl Iterator<Item = &'o str> {
    let fields = operations.iter().flat_map(|operation| operation.body.iter().flatten());
    fields.filter_map(|field| field.path.first()).map(String::as_str)
}

/// Refuses fields that no operation has, before one that is wanted is missed for them.
pub(super) fn known_fields(
    what: &str,
    fields: &Map<String, Value>,
    operations: &[&Operation],
) -> Result<(), Failure> {
    let is_known = |field: &String| operations.iter().any(|operation| has(operation, field));
    match fields.keys().find(|field| !is_known(field)) {
        Some(field) => {
            let why = no_field(field, names(operations));
            Err(Failure::Usage(format!("{what}: {field} {why}")))
        }
        None => Ok(()),
    }
}

/// Whether an operation's body has a member.
pub(super) fn has(operation: &Operation, member: &str) -> bool {
    let fields = operation.body.iter().flatten();
    fields.into_iter().any(|field| field.path.first().is_some_and(|first| first == member))
}

/// Whether a member of an operation's body is a secret.
pub(super) fn secret(operation: &Operation, member: &str) -> bool {
    let fields = operation.body.iter().flatten();
    let mut own = fields.filter(|field| field.path.first().is_some_and(|first| first == member));
    own.any(|field| field.kind == document::Kind::Secret)
}

/// What a file says of whether somebody is let in, taken out of the other fields.
pub(super) fn state_of(
    states: &[&str],
    what: &str,
    fields: &mut Map<String, Value>,
) -> Result<Option<String>, Failure> {
    if states.is_empty() {
        return Ok(None);
    }
    let is_staged = fields.remove(STAGED) == Some(Value::Bool(true));
    let said = fields.remove(STATE).or_else(|| is_staged.then(|| STAGED.into()));
    let Some(state) = said else { return Ok(None) };
    let known = state.as_str().filter(|state| states.contains(state));
    let wrong = || {
        let (last, others) = states.split_last().unwrap_or((&"", &[]));
        Failure::Usage(format!("{STATE} of {what} is {} or {last}", others.join(", ")))
    };
    known.map(|state| Some(state.to_owned())).ok_or_else(wrong)
}

/// Whether a file is about an authority of the organization's own, taken out of the other fields:
/// what is there is told from what another made, and never becomes the other.
pub(super) fn built_in(
    kind: &Kind,
    what: &str,
    fields: &mut Map<String, Value>,
    found: Option<&Value>,
) -> Result<bool, Failure> {
    if kind.member != AUTHORITIES {
        return Ok(false);
    }
    let said = match fields.remove(BUILT_IN) {
        None => false,
        Some(Value::Bool(said)) => said,
        Some(_) => return Err(Failure::Usage(format!("{BUILT_IN} of {what} is true or false"))),
    };
    let there = found.and_then(|found| found.get(BUILT_IN)?.as_bool());
    match there.filter(|there| *there != said) {
        Some(there) => Err(Failure::Usage(format!("{BUILT_IN} of {what} is {there} and stays so"))),
        None => Ok(said),
    }
}

/// The secrets that a file names, and those that have to be there.
pub(super) fn with_made_up(mut named: Vec<String>, create: &Operation) -> Vec<String> {
    let required = create.body.iter().flatten().filter(|field| field.is_required);
    let secrets = required.filter(|field| field.kind == document::Kind::Secret);
    for name in secrets.filter_map(|field| field.path.first()) {
        if !named.contains(name) {
            named.push(name.clone());
        }
    }
    named
}

/// Refuses what cannot be made for want of a field that is no secret.
pub(super) fn is_whole(
    what: &str,
    create: &Operation,
    fields: &Map<String, Value>,
) -> Result<(), Failure> {
    let required = create.body.iter().flatten().filter(|field| field.is_required);
    let said = required.filter(|field| field.kind != document::Kind::Secret);
    let mut names = said.filter_map(|field| field.path.first());
    names.find(|name| !fields.contains_key(*name)).map_or(Ok(()), |name| {
        Err(Failure::Usage(format!("{what} is not there yet, and has no {name}")))
    })
}

/// What one of a list is called.
pub(super) fn name_of(kind: &Kind, one: &Value) -> Result<String, Failure> {
    match one.get(kind.name) {
        Some(Value::String(name)) => Ok(name.clone()),
        Some(other) if !other.is_null() => {
            let text = "must be a text: put it in quotation marks";
            Err(Failure::Usage(format!("{} {other}: {} {text}", kind.noun, kind.name)))
        }
        Some(_) | None => Err(Failure::Usage(format!("a {} has no {}", kind.noun, kind.name))),
    }
}

/// The fields of a value that has fields.
pub(super) fn object<'v>(what: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| Failure::Usage(format!("{what}: fields are wanted")))
}

/// The values of a list.
pub(super) fn array<'v>(what: &str, value: &'v Value) -> Result<&'v Vec<Value>, Failure> {
    value.as_array().ok_or_else(|| Failure::Usage(format!("{what}: a list is wanted")))
}
