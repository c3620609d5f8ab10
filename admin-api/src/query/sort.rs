//! What a list is sorted by.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judge::{moment, values};
use super::shape::{Kind, Shape};
use crate::problem::Problem;

/// The most members that a list is sorted by.
const MEMBERS: usize = 4;

/// What a list is sorted by, the first first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sort(Vec<By>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct By {
    path: Vec<String>,
    is_descending: bool,
    is_moment: bool,
}

/// Where an item stands in a sorted list; what was made first comes first among equals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    parts: Vec<Part>,
    pub(crate) record: u64,
}

/// Items without the member come last, whichever the direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Part {
    Number(i64),
    Truth(bool),
    Text(String),
    Missing,
}

impl Sort {
    /// Reads the members, parted by commas, each with `-` before it if it is to descend.
    pub(crate) fn read(text: &str, shape: Shape) -> Result<Self, Problem> {
        let wrong = |detail: String| Problem::invalid("/sort", detail);
        let mut all = Vec::new();
        for name in text.split(',') {
            let (name, is_descending) = match name.trim().strip_prefix('-') {
                Some(name) => (name, true),
                None => (name.trim(), false),
            };
            let path: Vec<String> = name.split('.').map(ToOwned::to_owned).collect();
            let is_moment = match shape.kind(&path) {
                Some(Kind::Moment) => true,
                Some(Kind::Text | Kind::Number | Kind::Truth | Kind::Any) => false,
                Some(Kind::Object) => {
                    return Err(wrong(format!("`{name}` has members; name one of them")));
                }
                None => {
                    let names = shape.names();
                    return Err(wrong(format!("there is no member `{name}`; there are: {names}")));
                }
            };
            all.push(By { path, is_descending, is_moment });
        }
        if all.len() > MEMBERS {
            return Err(wrong(format!("has {} members; {MEMBERS} at most", all.len())));
        }
        Ok(Self(all))
    }

    /// Where an item stands.
    pub(crate) fn key(&self, item: &Value, record: u64) -> Key {
        let parts = self.0.iter().map(|by| by.part(item)).collect();
        Key { parts, record }
    }

    /// Which of two items comes first.
    pub(crate) fn compare(&self, one: &Key, other: &Key) -> Ordering {
        let parts = self.0.iter().zip(one.parts.iter().zip(&other.parts));
        let first = parts.map(|(by, (one, other))| match (one, other) {
            (Part::Missing, _) | (_, Part::Missing) => one.cmp(other),
            _ if by.is_descending => other.cmp(one),
            _ => one.cmp(other),
        });
        let first = first.fold(Ordering::Equal, Ordering::then);
        first.then(one.record.cmp(&other.record))
    }
}

impl By {
    /// What an item is sorted by, of several values the first one.
    fn part(&self, item: &Value) -> Part {
        match values(item, &self.path).first() {
            Some(Value::String(text)) if self.is_moment => {
                moment(text).map_or(Part::Missing, Part::Number)
            }
            Some(Value::String(text)) => Part::Text(directory::text::prepare(text)),
            Some(Value::Number(number)) => {
                let large = || if number.is_u64() { i64::MAX } else { 0 };
                Part::Number(number.as_i64().unwrap_or_else(large))
            }
            Some(Value::Bool(truth)) => Part::Truth(*truth),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => Part::Missing,
        }
    }
}
