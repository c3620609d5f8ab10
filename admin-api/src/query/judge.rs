//! Whether an item is what a filter asks for.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::filter::{Filter, Literal, Relation};

impl Filter {
    /// Whether an item is meant.
    pub(crate) fn matches(&self, item: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.matches(item)),
            Self::Or(all) => all.iter().any(|filter| filter.matches(item)),
            Self::Not(inner) => !inner.matches(item),
            Self::Present(path) => !values(item, path).is_empty(),
            Self::Compare(path, Relation::NotEqual, literal) => {
                !some(item, path, Relation::Equal, literal)
            }
            Self::Compare(path, relation, literal) => some(item, path, *relation, literal),
        }
    }
}

/// Whether some value at a path stands so to a literal; nothing equals null alone.
fn some(item: &Value, path: &[String], relation: Relation, literal: &Literal) -> bool {
    let values = values(item, path);
    if *literal == Literal::Null {
        return values.is_empty();
    }
    values.into_iter().any(|value| stands(value, relation, literal))
}

/// What stands at a path that is something: each of several.
pub(super) fn values<'v>(item: &'v Value, path: &[String]) -> Vec<&'v Value> {
    let mut found = vec![item];
    for name in path {
        found = found.into_iter().flat_map(each).filter_map(|value| value.get(name)).collect();
    }
    let is_something = |value: &&Value| {
        !value.is_null()
            && value.as_str() != Some("")
            && value.as_object().is_none_or(|it| !it.is_empty())
    };
    found.into_iter().flat_map(each).filter(is_something).collect()
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array();
    let alone = list.is_none().then_some(value);
    list.into_iter().flatten().chain(alone)
}

fn stands(value: &Value, relation: Relation, literal: &Literal) -> bool {
    let order = match (value, literal) {
        (Value::String(text), Literal::Text(wanted)) => {
            let text = directory::text::prepare(text);
            match relation {
                Relation::Contains => return text.contains(wanted.as_str()),
                Relation::StartsWith => return text.starts_with(wanted.as_str()),
                Relation::EndsWith => return text.ends_with(wanted.as_str()),
                Relation::Equal
                | Relation::NotEqual
                | Relation::Greater
                | Relation::AtLeast
                | Relation::Less
                | Relation::AtMost => Some(text.as_str().cmp(wanted)),
            }
        }
        (Value::String(text), Literal::Moment(wanted)) => moment(text).map(|it| it.cmp(wanted)),
        (Value::Number(number), Literal::Number(wanted)) => compare(number, wanted),
        (Value::Bool(truth), Literal::Truth(wanted)) => Some(truth.cmp(wanted)),
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => None,
    };
    order.is_some_and(|order| match relation {
        Relation::Equal => order == Ordering::Equal,
        Relation::NotEqual => order != Ordering::Equal,
        Relation::Greater => order == Ordering::Greater,
        Relation::AtLeast => order != Ordering::Less,
        Relation::Less => order == Ordering::Less,
        Relation::AtMost => order != Ordering::Greater,
        Relation::Contains | Relation::StartsWith | Relation::EndsWith => false,
    })
}

/// A time as the API writes it, in milliseconds.
pub(super) fn moment(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        (Some(_) | None, _) => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}
