//! Values of an organization's own attributes that refer to what a file makes later: they are said once
//! that is there, so that things may name each other.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::coming::Coming;
use super::kinds::key;
use super::site::CUSTOM;

/// What is made so far: the paths of the lists, and what names are compared by.
pub(super) type Made = BTreeSet<(&'static str, String)>;

impl Coming<'_> {
    /// Takes out of fields what refers to something that is made later: of what is new, each such
    /// attribute; of what is there, which is looked at once more before it changes, all of them.
    pub(super) fn awaiting(
        &self,
        fields: &mut Map<String, Value>,
        (made, is_new): (&Made, bool),
    ) -> Map<String, Value> {
        let is_to_come = |path: &'static str, name: &str| {
            let is_made = made.contains(&(path, key(name)));
            let is_there = is_made || self.site.id_of(path, name).is_some();
            !is_there && self.spelling(path, name).is_ok()
        };
        let awaits =
            |name: &str, value: &Value| self.is_reference(name) && refers(value, &is_to_come);
        parted(fields, &awaits, is_new)
    }
}

/// Whether a value, as the server shows it, is to something to come.
fn refers(value: &Value, is_to_come: &dyn Fn(&'static str, &str) -> bool) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|one| refers(one, is_to_come)),
        Value::String(login) => is_to_come("users", login),
        Value::Object(members) => {
            let group = members.get("group").and_then(Value::as_str);
            group.is_some_and(|name| is_to_come("groups", name))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Fields with those attributes that wait, taken out of others.
fn parted(
    fields: &mut Map<String, Value>,
    awaits: &dyn Fn(&str, &Value) -> bool,
    is_new: bool,
) -> Map<String, Value> {
    let mut later = Map::new();
    let custom = fields.get_mut(CUSTOM).and_then(Value::as_object_mut);
    let Some(custom) = custom.filter(|all| all.iter().any(|(name, value)| awaits(name, value)))
    else {
        return later;
    };
    let mut waiting = Map::new();
    custom.retain(|name, value| {
        let stays = is_new && !awaits(name, value);
        if !stays {
            waiting.insert(name.clone(), value.take());
        }
        stays
    });
    if custom.is_empty() {
        fields.remove(CUSTOM);
    }
    later.insert(CUSTOM.to_owned(), Value::Object(waiting));
    later
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What waits of some attributes, and what does not, where bob and the crew are to come.
    fn of(custom: Value, is_new: bool) -> (Value, Value) {
        let mut fields = Map::from_iter([("custom".to_owned(), custom), ("x".into(), json!(1))]);
        let to_come = [("users", "bob"), ("groups", "crew")];
        let is_to_come = |path: &'static str, name: &str| to_come.contains(&(path, name));
        let awaits = |name: &str, value: &Value| name != "note" && refers(value, &is_to_come);
        let later = parted(&mut fields, &awaits, is_new);
        (later.into(), fields.into())
    }

    #[test]
    fn what_refers_to_something_to_come_waits_and_nothing_else() {
        for there in [json!({"boss": "ada", "note": "bob"}), json!({"boss": "crew"}), json!({})] {
            assert_eq!(of(there.clone(), true), (json!({}), json!({"custom": there, "x": 1})));
        }
        for one in [json!("bob"), json!({"group": "crew"}), json!(["ada", "bob"])] {
            let later = json!({"custom": {"boss": one}});
            assert_eq!(of(json!({"boss": one}), true), (later, json!({"x": 1})), "{one}");
        }
        let both = json!({"boss": "bob", "note": "bob"});
        let (later, now) = of(both.clone(), true);
        assert_eq!(later, json!({"custom": {"boss": "bob"}}));
        assert_eq!(now, json!({"custom": {"note": "bob"}, "x": 1}));
        let all = (json!({"custom": both}), json!({"x": 1}));
        assert_eq!(of(both, false), all, "what is there changes once");
    }
}
