//! Whom a file had deleted so far: they are taken out of what named them, which nobody else changed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::kinds::{Kind, key};
use super::members::Members;
use super::site::CUSTOM;

/// The users and groups that are deleted by now.
#[derive(Default)]
pub(super) struct Gone {
    members: Members,
    /// Their ids and names, as others name them.
    called: BTreeSet<String>,
}

impl Gone {
    /// One more of a list is deleted, which was so.
    pub(super) fn add(&mut self, kind: &Kind, seen: &Value) {
        let list = match kind.member {
            "users" => &mut self.members.users,
            "groups" => &mut self.members.groups,
            _ => return,
        };
        let text = |member: &str| seen.get(member).and_then(Value::as_str).map(ToOwned::to_owned);
        list.extend(text(kind.name).map(|name| key(&name)));
        self.called.extend(text("id").into_iter().chain(text(kind.name)));
    }

    /// Members without those who are gone.
    pub(super) fn left(&self, members: &Members) -> Members {
        members.without(&self.members)
    }

    /// Something as it is without them: owned by nobody, and with what refers to others alone.
    pub(super) fn taken_out(&self, thing: &Value) -> Value {
        let mut thing = thing.clone();
        if let Some(owner) = thing.get_mut("owner")
            && self.is(owner)
        {
            *owner = Value::Null;
        }
        if let Some(custom) = thing.get_mut(CUSTOM).and_then(Value::as_object_mut) {
            custom.retain(|_, value| {
                if let Value::Array(list) = value {
                    list.retain(|one| !self.is(one));
                    return !list.is_empty();
                }
                !self.is(value)
            });
        }
        thing
    }

    fn is(&self, value: &Value) -> bool {
        let group = || value.get("group").and_then(Value::as_str);
        let called = value.as_str().or_else(group);
        called.is_some_and(|called| self.called.contains(called))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinds::KINDS;
    use super::*;

    #[test]
    fn who_is_deleted_is_taken_out_of_what_named_them() {
        let mut gone = Gone::default();
        for (member, seen) in [
            ("users", json!({"id": "7", "login": "Bob"})),
            ("groups", json!({"id": "8", "name": "crew"})),
            ("devices", json!({"id": "9", "name": "ada"})),
        ] {
            gone.add(KINDS.iter().find(|kind| kind.member == member).unwrap(), &seen);
        }
        let of = |thing: Value| gone.taken_out(&thing);
        assert_eq!(of(json!({"owner": "7"})), json!({"owner": null}));
        assert_eq!(of(json!({"owner": "Bob"})), json!({"owner": null}));
        let others = json!({"owner": "ada", "title": "Bob", "custom": {"boss": "ada", "n": 7}});
        assert_eq!(of(others.clone()), others);
        let custom = json!({"a": "Bob", "b": ["Bob"], "c": ["ada", {"group": "crew"}], "d": true});
        assert_eq!(of(json!({"custom": custom}))["custom"], json!({"c": ["ada"], "d": true}));
        let members = |users: &[&str], groups: &[&str]| {
            let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            Members { users: of(users), groups: of(groups) }
        };
        let left = gone.left(&members(&["ada", "bob"], &["crew", "all"]));
        assert!(left == members(&["ada"], &["all"]));
    }
}
