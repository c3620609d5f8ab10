//! Members of groups, as a file and the server name them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::{array, object};
use super::kinds::key;
use crate::failure::Failure;

/// Members by their names.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) users: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
}

impl Members {
    /// Those that a file says a group has; what it says nothing of is as it is there.
    ///
    /// # Errors
    /// When the file says something else of them than names.
    pub(super) fn said(group: &str, wanted: &Value, there: &Self) -> Result<Self, Failure> {
        let what = format!("members of {group}");
        let wanted = object(&what, wanted)?;
        if let Some(other) =
            wanted.keys().find(|list| !["users", "groups"].contains(&list.as_str()))
        {
            return Err(Failure::Usage(format!("{other}: {what} are users and groups")));
        }
        let of = |list: &str, there: &BTreeSet<String>| -> Result<BTreeSet<String>, Failure> {
            let Some(names) = wanted.get(list) else { return Ok(there.clone()) };
            let names = array(&format!("{list} of {what}"), names)?.iter().map(|name| {
                let name = name.as_str().map(key);
                name.ok_or_else(|| Failure::Usage(format!("{what} are names")))
            });
            names.collect()
        };
        Ok(Self { users: of("users", &there.users)?, groups: of("groups", &there.groups)? })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    /// Those that another one does not have.
    pub(super) fn without(&self, other: &Self) -> Self {
        let less = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other).cloned().collect()
        };
        Self { users: less(&self.users, &other.users), groups: less(&self.groups, &other.groups) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_of_the_lists_that_the_file_has_and_nothing_else() {
        let there =
            Members { users: BTreeSet::from(["ada".into()]), groups: BTreeSet::from(["x".into()]) };
        let said = |wanted: Value| Members::said("staff", &wanted, &there);
        let members = said(json!({"users": ["ÄDA"]})).unwrap();
        assert_eq!(members.users, BTreeSet::from(["äda".to_owned()]));
        assert_eq!(members.groups, there.groups, "nothing was said of them");
        assert!(said(json!({"users": [], "groups": []})).unwrap().is_empty());
        for wrong in [
            json!(null),
            json!(["ada"]),
            json!("ada"),
            json!({"user": ["ada"]}),
            json!({"users": null}),
            json!({"users": {"ada": 1}}),
            json!({"users": [1]}),
        ] {
            assert!(matches!(said(wrong.clone()), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
