//! What things of an organization are called, in place of their ids, where people read of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::ids::put;
use crate::place::Place;
use crate::words::{REFERENCES, SHOWN};

/// So many things are asked for at most; what is left is shown by its id.
const MOST: usize = 20;
/// What stands before an organization's lists.
const ORGANIZATIONS: &str = "/v1/organizations/";
/// By which members things are called.
const NAMES: [&str; 2] = ["name", "login"];

impl Place<'_> {
    /// What came from a path of an organization's, with names in place of the ids that refer to its users,
    /// groups and the like. Each thing is asked for by itself, whose id is an index, and what cannot
    /// be learned stays an id.
    pub(crate) fn with_names(&self, path: &str, value: Value) -> Value {
        let Some(organization) = organization(path) else { return value };
        let wanted = RefCell::new(BTreeSet::new());
        let value = put(value, &list_of, &|list, id| {
            wanted.borrow_mut().insert((list.to_owned(), id.clone()));
            id
        });
        let mut known = BTreeMap::new();
        for (list, id) in wanted.take().into_iter().take(MOST) {
            let at = format!("{ORGANIZATIONS}{organization}/{list}/{id}");
            match self.client.get(&at) {
                Ok(answer) => {
                    if let Some(name) = called(&answer.body) {
                        known.insert(id, name);
                    }
                }
                // A server that has no time is not asked for what can be done without.
                Err(failure) if failure.may_pass() => break,
                // What may not be seen or is gone has no name to show.
                Err(_) => {}
            }
        }
        put(value, &list_of, &|_, id| known.get(&id).cloned().unwrap_or(id))
    }
}

/// The organization in whose path something is.
fn organization(path: &str) -> Option<&str> {
    let (organization, _) = path.strip_prefix(ORGANIZATIONS)?.split_once('/')?;
    Some(organization)
}

fn called(thing: &Value) -> Option<String> {
    NAMES.iter().find_map(|member| thing.get(member)?.as_str()).map(ToOwned::to_owned)
}

/// The list of an organization's that a member finds its names in.
fn list_of(_: &Map<String, Value>, member: &str) -> Option<&'static str> {
    let mut all = REFERENCES.iter().chain(SHOWN);
    let (_, list) = all.find(|(referring, _)| *referring == member)?;
    (!list.is_empty() && !list.starts_with('/')).then_some(*list)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn what_refers_to_something_is_put_otherwise_and_nothing_else() {
        let told = |list: &str, _: String| format!("one of {list}");
        let device = json!({
            "id": ID,
            "owner": ID,
            "groups": [ID, "staff"],
            "rules": [{"reply_profile": ID, "groups": []}],
            "organization": ID,
            "plan": ID,
            "policies": [{"id": ID, "group": ID}],
        });
        let expected = json!({
            "id": ID,
            "owner": "one of users",
            "groups": ["one of groups", "staff"],
            "rules": [{"reply_profile": "one of reply-profiles", "groups": []}],
            "organization": ID,
            "plan": ID,
            "policies": [{"id": ID, "group": "one of groups"}],
        });
        assert_eq!(put(device, &list_of, &told), expected);
        let owner = json!({"owner": {"id": ID, "kind": "user", "name": "ada"}});
        assert_eq!(put(owner.clone(), &list_of, &told), owner, "it has its name already");
    }

    #[test]
    fn things_are_looked_for_in_the_organization_of_the_path() {
        assert_eq!(organization("/v1/organizations/7/devices/8"), Some("7"));
        assert_eq!(organization("/v1/organizations/7"), None);
        assert_eq!(organization("/v1/organizations?limit=5"), None);
        assert_eq!(organization("/v1/admins/7"), None);
    }

    #[test]
    fn things_are_called_by_name_or_login() {
        assert_eq!(called(&json!({"id": ID, "login": "ada"})).as_deref(), Some("ada"));
        assert_eq!(called(&json!({"id": ID, "name": "staff"})).as_deref(), Some("staff"));
        assert_eq!(called(&json!({"id": ID})), None);
    }
}
