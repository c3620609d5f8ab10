//! What the lists of an organization have, found at once by name and by id however much it is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::kinds::{Kind, key};

/// Lists, by their paths.
#[derive(Default)]
pub(super) struct Lists(BTreeMap<&'static str, List>);

/// A list; of two of a name, which there are not, the first is found.
#[derive(Default)]
struct List {
    all: Vec<Value>,
    by_name: BTreeMap<String, usize>,
    by_id: BTreeMap<String, usize>,
}

impl Lists {
    /// Adds what a list has, or has by now.
    pub(super) fn add(&mut self, kind: &Kind, things: impl IntoIterator<Item = Value>) {
        let list = self.0.entry(kind.path).or_default();
        for thing in things {
            let text = |member: &str| thing.get(member).and_then(Value::as_str);
            let place = list.all.len();
            if let Some(name) = text(kind.name) {
                list.by_name.entry(key(name)).or_insert(place);
            }
            if let Some(id) = text("id") {
                list.by_id.entry(id.to_owned()).or_insert(place);
            }
            list.all.push(thing);
        }
    }

    /// All that a list has.
    pub(super) fn of(&self, path: &str) -> &[Value] {
        self.0.get(path).map(|list| list.all.as_slice()).unwrap_or_default()
    }

    /// All that all lists have but one.
    pub(super) fn others(&self, path: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |(other, _)| **other != path).flat_map(|(_, list)| &list.all)
    }

    /// The one of a name, however it is spelled.
    pub(super) fn called(&self, path: &str, name: &str) -> Option<&Value> {
        let list = self.0.get(path)?;
        list.all.get(*list.by_name.get(&key(name))?)
    }

    /// The one with an id.
    pub(super) fn with_id(&self, path: &str, id: &str) -> Option<&Value> {
        let list = self.0.get(path)?;
        list.all.get(*list.by_id.get(id)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinds::KINDS;
    use super::*;

    #[test]
    fn what_a_list_has_is_found_by_its_name_in_any_spelling_and_by_its_id() {
        let kind = |member: &str| KINDS.iter().find(|kind| kind.member == member).unwrap();
        let mut lists = Lists::default();
        let (ada, bob) = (json!({"id": "7", "login": "Ada"}), json!({"id": "8", "login": "bob"}));
        lists.add(kind("users"), [ada.clone()]);
        lists.add(kind("users"), [bob.clone()]);
        lists.add(kind("groups"), [json!({"id": "7", "name": "The Staff"})]);
        assert_eq!(lists.called("users", "ADA"), Some(&ada));
        assert_eq!(lists.with_id("users", "8"), Some(&bob));
        assert_eq!(lists.called("groups", "the  staff"), lists.with_id("groups", "7"));
        assert_eq!((lists.called("users", "eve"), lists.called("devices", "ada")), (None, None));
        assert_eq!(lists.of("users"), [ada, bob.clone()]);
        assert!(lists.of("devices").is_empty());
        assert_eq!(lists.others("groups").nth(1), Some(&bob));
        assert_eq!(lists.others("users").count(), 1);
    }
}
