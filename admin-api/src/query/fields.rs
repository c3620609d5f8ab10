//! Which members of a list's items are shown.

use serde_json::{Map, Value};

use super::shape::Shape;
use crate::problem::Problem;

/// The most members.
const MEMBERS: usize = 32;

/// Which members are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields(Vec<Vec<String>>);

impl Fields {
    /// Reads the members, parted by commas.
    pub(crate) fn read(text: &str, shape: Shape) -> Result<Self, Problem> {
        let wrong = |detail: String| Problem::invalid("/fields", detail);
        let mut all = Vec::new();
        for name in text.split(',').map(str::trim) {
            let path: Vec<String> = name.split('.').map(ToOwned::to_owned).collect();
            if shape.kind(&path).is_none() {
                let names = shape.names();
                return Err(wrong(format!("there is no member `{name}`; there are: {names}")));
            }
            all.push(path);
        }
        if all.len() > MEMBERS {
            return Err(wrong(format!("has {} members; {MEMBERS} at most", all.len())));
        }
        Ok(Self(all))
    }

    /// What of an item is shown.
    pub(crate) fn pick(&self, item: &Value) -> Value {
        let mut picked = Value::Object(Map::new());
        for path in &self.0 {
            let mut found = Some(item);
            for name in path {
                found = found.and_then(|value| value.get(name));
            }
            if let Some(value) = found {
                put(&mut picked, path, value);
            }
        }
        picked
    }
}

fn put(to: &mut Value, path: &[String], value: &Value) {
    let (Some((name, inner)), Some(members)) = (path.split_first(), to.as_object_mut()) else {
        return;
    };
    match inner {
        [] => drop(members.insert(name.clone(), value.clone())),
        inner => {
            let member = members.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            put(member, inner, value);
        }
    }
}
