//! What organizations are called, in place of their ids, where people read of several.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::call::items;
use crate::ids::put;
use crate::place::{ORGANIZATIONS, Place};

/// The members that hold ids of organizations.
const MEMBERS: [&str; 2] = ["organization", "organizations"];
/// The member that says the slug already.
const SAID: &str = "organization_slug";

/// What is known of them, by their ids, until the command ends.
#[derive(Default)]
pub(crate) struct Slugs(RefCell<BTreeMap<String, String>>);

impl Place<'_> {
    /// A value with slugs in place of the ids of organizations, which stand in the usual members and
    /// perhaps in another. An id of which nothing can be learned stays.
    pub(crate) fn with_slugs(&self, value: Value, other: Option<&str>) -> Value {
        let ids = RefCell::new(BTreeSet::new());
        let value = put(value, &held(other), &|_, id| {
            ids.borrow_mut().insert(id.clone());
            id
        });
        let mut known = self.slugs.0.borrow_mut();
        let mut unknown = ids.take();
        unknown.retain(|id| !known.contains_key(id));
        if !unknown.is_empty() {
            let asked = [("fields".to_owned(), "id,slug".to_owned())];
            // Who cannot read the list reads ids.
            let all = items(self, ORGANIZATIONS, &asked, None).unwrap_or_default();
            // One that is not among them is not looked for again.
            known.extend(unknown.into_iter().map(|id| (id.clone(), id)));
            known.extend(all.iter().filter_map(|one| {
                let text = |member: &str| one.get(member)?.as_str().map(ToOwned::to_owned);
                Some((text("id")?, text("slug")?))
            }));
        }
        put(value, &held(other), &|_, id| known.get(&id).cloned().unwrap_or(id))
    }
}

/// Which members hold ids of organizations, one of another name perhaps; none where the slug is said already.
fn held(other: Option<&str>) -> impl Fn(&Map<String, Value>, &str) -> Option<&'static str> {
    move |members, name| {
        let is_one = MEMBERS.contains(&name) || other == Some(name);
        (is_one && !members.contains_key(SAID)).then_some(ORGANIZATIONS)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn ids_of_organizations_are_put_otherwise_and_nothing_else() {
        let upper = |_: &str, id: String| id.to_uppercase();
        let changed = ID.to_uppercase();
        let value = json!([
            {"organization": ID, "subject": {"id": ID}, "key": ID},
            {"scope": {"organizations": [ID, "all"]}, "organization": "acme"},
            {"organization": ID, "organization_slug": "acme"},
        ]);
        let mut expected = json!([
            {"organization": changed, "subject": {"id": ID}, "key": ID},
            {"scope": {"organizations": [changed, "all"]}, "organization": "acme"},
            {"organization": ID, "organization_slug": "acme"},
        ]);
        assert_eq!(put(value.clone(), &held(None), &upper), expected);
        expected[0]["key"] = json!(changed);
        assert_eq!(put(value, &held(Some("key")), &upper), expected, "counts have them as keys");
    }
}
