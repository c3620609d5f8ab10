//! What one thing of an organization alone has, so that it is given up before another takes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::kinds::{Kind, RADIUS_CLIENTS, key};
use super::plan::Step;
use super::spelling;

/// A value that one thing alone has, with what it is.
pub(super) type Claim = (&'static str, String);

/// A field with such values.
pub(super) struct Unique {
    /// The list, as a member of the file.
    list: &'static str,
    pub(super) field: &'static str,
    /// The member of the field, where it has members.
    inner: Option<&'static str>,
    /// What its values are; fields in which they are the same share them.
    of: &'static str,
    /// As what they are compared.
    spelled: fn(&str) -> Option<String>,
    pub(super) freed: Freed,
}

/// How a thing gives such a value up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Freed {
    /// It can be without.
    Alone,
    /// It gets another one.
    ForAnother,
    /// It is deleted.
    WithIt,
}

const fn unique(
    (list, field): (&'static str, &'static str),
    (of, spelled): (&'static str, fn(&str) -> Option<String>),
    freed: Freed,
) -> Unique {
    Unique { list, field, inner: None, of, spelled, freed }
}

/// All fields with such values.
const UNIQUE: &[Unique] = &[
    unique(("users", "uid_number"), ("uid_number", as_it_is), Freed::ForAnother),
    unique(("groups", "gid_number"), ("gid_number", as_it_is), Freed::ForAnother),
    unique(("devices", "serial"), ("serial", name), Freed::Alone),
    unique(("devices", "addresses"), ("address", spelling::hardware_address), Freed::Alone),
    Unique {
        inner: Some("fingerprints"),
        ..unique(
            (RADIUS_CLIENTS, "certificates"),
            ("fingerprint", spelling::fingerprint),
            Freed::Alone,
        )
    },
    Unique {
        inner: Some("names"),
        ..unique((RADIUS_CLIENTS, "certificates"), ("certificate", name), Freed::Alone)
    },
    // In some layouts they stand beside each other.
    unique(("users", "login"), ("login", name), Freed::WithIt),
    unique(("service_accounts", "name"), ("login", name), Freed::WithIt),
];

fn as_it_is(_: &str) -> Option<String> {
    None
}

fn name(text: &str) -> Option<String> {
    Some(key(text))
}

impl Unique {
    /// Those of a kind of things.
    pub(super) fn all(kind: &Kind) -> impl Iterator<Item = &'static Self> {
        let list = kind.member;
        UNIQUE.iter().filter(move |unique| unique.list == list)
    }

    /// The values that a field has.
    pub(super) fn claims(&self, field: Option<&Value>) -> BTreeSet<Claim> {
        let value = match self.inner {
            Some(inner) => field.and_then(|field| field.get(inner)),
            None => field,
        };
        let values = value.map(listed).unwrap_or_default();
        values.iter().filter_map(|one| self.claim(one)).collect()
    }

    fn claim(&self, one: &Value) -> Option<Claim> {
        let said = match one {
            Value::String(text) => (self.spelled)(text).unwrap_or_else(|| text.clone()),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        Some((self.of, said))
    }

    /// A field without some values.
    pub(super) fn without(&self, field: &Value, given: &BTreeSet<Claim>) -> Value {
        let stays = |one: &Value| !self.claim(one).is_some_and(|claim| given.contains(&claim));
        let less = |value: &Value| match value.as_array() {
            Some(list) => list.iter().filter(|one| stays(one)).cloned().collect(),
            None if stays(value) => value.clone(),
            None => Value::Null,
        };
        let Some(inner) = self.inner else { return less(field) };
        let mut field = field.clone();
        if let Some(member) = field.get_mut(inner) {
            *member = less(member);
        }
        field
    }
}

/// The values of a list, or the one that stands without.
fn listed(value: &Value) -> &[Value] {
    match value.as_array() {
        Some(list) => list,
        None => std::slice::from_ref(value),
    }
}

impl Step {
    /// The values that it takes, which the thing did not have.
    pub(super) fn takes(&self) -> BTreeSet<Claim> {
        if let Self::Create { kind, fields, .. } = self {
            return claims_of(kind, |field| fields.get(field));
        }
        if let Self::Update { kind, changes, before: Some(before), .. } = self {
            let (had, has) = moved(kind, changes, before);
            return has.difference(&had).cloned().collect();
        }
        BTreeSet::new()
    }

    /// The values that the thing has no more then.
    pub(super) fn gives(&self) -> BTreeSet<Claim> {
        if let Self::Delete { kind, seen, .. } = self {
            return claims_of(kind, |field| seen.get(field));
        }
        if let Self::Update { kind, changes, before: Some(before), .. } = self {
            let (had, has) = moved(kind, changes, before);
            return had.difference(&has).cloned().collect();
        }
        BTreeSet::new()
    }
}

/// The values of something that it alone has.
pub(super) fn claims_of<'v>(
    kind: &Kind,
    value: impl Fn(&str) -> Option<&'v Value>,
) -> BTreeSet<Claim> {
    Unique::all(kind).flat_map(|unique| unique.claims(value(unique.field))).collect()
}

/// What the fields that change had, and what they have then.
fn moved(
    kind: &Kind,
    changes: &Map<String, Value>,
    before: &Value,
) -> (BTreeSet<Claim>, BTreeSet<Claim>) {
    let changed = |field: &str| changes.contains_key(field);
    let had = claims_of(kind, |field| before.get(field).filter(|_| changed(field)));
    (had, claims_of(kind, |field| changes.get(field)))
}
