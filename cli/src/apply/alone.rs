//! Refusing what would give to two things what one alone has, before anything is done.

use std::collections::BTreeMap;

use serde_json::Value;

use super::kinds::KINDS;
use super::plan::{Plan, Step};
use super::site::Site;
use super::unique::{Claim, claims_of};
use crate::failure::Failure;

/// What two of an organization never have. Of logins the layout decides, and of RADIUS clients the server.
const ALONE: [&str; 4] = ["uid_number", "gid_number", "serial", "address"];

impl Plan {
    /// Refuses what one thing takes that another takes as well, or has and keeps.
    ///
    /// # Errors
    /// `Usage` for the first that does.
    pub(super) fn require_alone(&self, site: &Site<'_>) -> Result<(), Failure> {
        let mut holders = BTreeMap::new();
        for kind in KINDS {
            for thing in site.lists.of(kind.path) {
                let name = thing.get(kind.name).and_then(Value::as_str).unwrap_or_default();
                let claims = claims_of(kind, |field| thing.get(field)).into_iter().filter(is_alone);
                holders.extend(claims.map(|claim| (claim, format!("{} {name}", kind.noun))));
            }
        }
        alone(&self.steps, holders)
    }
}

fn is_alone((of, _): &Claim) -> bool {
    ALONE.contains(of)
}

/// Refuses what a step takes that another takes too, or that one of those who have it keeps.
fn alone(steps: &[Step], mut holders: BTreeMap<Claim, String>) -> Result<(), Failure> {
    for given in steps.iter().flat_map(Step::gives) {
        holders.remove(&given);
    }
    for step in steps {
        for claim in step.takes().into_iter().filter(is_alone) {
            let (of, value) = claim.clone();
            if let Some(other) = holders.insert(claim, step.about()) {
                let text = format!("{}: {of} {value} is {other}'s, and of one alone", step.about());
                return Err(Failure::Usage(text));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::order::tests::{create, update};
    use super::*;

    fn refused(steps: &[Step], there: &[(&'static str, &str, &str)]) -> Option<String> {
        let holders = there.iter().map(|(of, value, who)| ((*of, (*value).into()), (*who).into()));
        alone(steps, holders.collect()).err().map(|failure| failure.to_string())
    }

    #[test]
    fn what_one_alone_has_is_said_of_one_alone() {
        let device =
            |name: &str, serial: &str| create("devices", &json!({"name": name, "serial": serial}));
        let said = "device gamma: serial s-77 is device beta's, and of one alone";
        let both = [device("beta", "S-77"), device("gamma", "s-77")];
        assert_eq!(refused(&both, &[]).as_deref(), Some(said));
        assert_eq!(
            refused(&both[1..], &[("serial", "s-77", "device beta")]).as_deref(),
            Some(said)
        );
        assert_eq!(refused(&both[1..], &[("serial", "s-78", "device beta")]), None);
        let address = |name: &str, address: &str| {
            create("devices", &json!({"name": name, "addresses": [address]}))
        };
        let both = [address("a", "00:10:a4:23:19:c0"), address("b", "0010A42319C0")];
        assert!(refused(&both, &[]).is_some_and(|said| said.starts_with("device b: address ")));
        let number = |login: &str| create("users", &json!({"login": login, "uid_number": 7}));
        assert!(refused(&[number("ada"), number("bob")], &[]).is_some());
        let group = create("groups", &json!({"name": "staff", "gid_number": 7}));
        assert_eq!(refused(&[number("ada"), group], &[]), None, "they are counted apart");
        let login = create("service_accounts", &json!({"name": "ada"}));
        assert_eq!(refused(&[number("ada"), login], &[]), None, "most layouts have room for both");
    }

    #[test]
    fn what_is_given_up_is_free_for_another() {
        let there = [("serial", "s1", "device old"), ("serial", "s2", "device new")];
        let swap = || {
            [
                update("devices", "old", (json!({"serial": "S1"}), json!({"serial": "S2"}))),
                update("devices", "new", (json!({"serial": "S2"}), json!({"serial": "S1"}))),
            ]
        };
        assert_eq!(refused(&swap(), &there), None);
        assert!(refused(&swap()[1..], &there).is_some(), "the other keeps it");
    }
}
