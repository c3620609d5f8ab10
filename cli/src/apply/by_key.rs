//! What no API key does: it lets in nobody who manages admins. Applied with a key, a file has all else
//! done, and the rest left to a session; so is what takes their role from those who have it, who
//! would have no successor.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::kinds::{ACTIVE, ADMINS, KINDS, key};
use super::plan::{Plan, Step};
use super::site::Site;
use crate::failure::Failure;

/// The role of those who manage admins.
const TOP: &str = "administrator_with_billing";
/// Why something is left to a session of the last minutes, as `can-i` tells it.
const FRESH: &str = "fresh_session";
const NOT_BY_KEY: &str = "an API key lets in nobody who manages admins, and who does stays while one is left \
                          out: sign in with `tenantry login` and apply the file again";

impl Plan {
    /// Sets aside what the server would refuse to the API key with which the file is applied.
    ///
    /// # Errors
    /// When it cannot be asked who applies it.
    pub(super) fn set_aside(&mut self, site: &Site<'_>) -> Result<(), Failure> {
        let there = |login: &str| {
            let kind = KINDS.iter().find(|kind| kind.member == ADMINS)?;
            Some(site.raw(kind, login)?.get("role")?.as_str()?.to_owned())
        };
        let lets_in = who_lets_in(&self.steps, &there);
        if !lets_in.contains(&true) || !is_by_key(site)? {
            return Ok(());
        }
        for (step, lets_in) in std::mem::take(&mut self.steps).into_iter().zip(lets_in) {
            let is_aside = lets_in || unseats(&step, &there);
            if is_aside { self.aside.push(step) } else { self.steps.push(step) }
        }
        Ok(())
    }

    /// What is left to a session, a line for each admin.
    pub(super) fn left_aside(&self) -> Vec<String> {
        let admins: BTreeSet<String> = self.aside.iter().map(Step::about).collect();
        admins.into_iter().map(|admin| format!("{admin}: {NOT_BY_KEY}")).collect()
    }
}

/// Whether an API key is what the file is applied with: in a session that is old enough nobody is let
/// in, and in a fresh one everybody.
fn is_by_key(site: &Site<'_>) -> Result<bool, Failure> {
    let asked = match &site.id {
        Some(id) => format!("create_organization_admin&organization={id}"),
        None => "create_admin".to_owned(),
    };
    let told = site.place.client.get(&format!("/v1/me/can-i?operation={asked}"))?.body;
    let answer = told.pointer("/answers/0").unwrap_or(&Value::Null);
    let reasons = answer.get("reasons").and_then(Value::as_array).into_iter().flatten();
    let mut codes = reasons.filter_map(|reason| reason.get("code")?.as_str());
    Ok(answer.get("allowed") == Some(&json!(true)) && codes.any(|code| code == FRESH))
}

/// Which steps let in somebody who manages admins, or are about one who is not made then; `there` tells
/// the roles that admins have.
fn who_lets_in(steps: &[Step], there: &dyn Fn(&str) -> Option<String>) -> Vec<bool> {
    let mut roles = Roles { there, said: BTreeMap::new(), unmade: BTreeSet::new() };
    steps.iter().map(|step| roles.let_in(step)).collect()
}

/// Whether a step takes the role from somebody who manages admins, or is one that no key takes while
/// that one keeps it.
fn unseats(step: &Step, there: &dyn Fn(&str) -> Option<String>) -> bool {
    let (kind, name) = match step {
        Step::Delete { kind, name, .. } | Step::State { kind, name, .. } => (kind, name),
        Step::Update { kind, name, changes, .. } if changes.contains_key("role") => (kind, name),
        Step::Found { .. }
        | Step::Part { .. }
        | Step::Open { .. }
        | Step::Create { .. }
        | Step::Update { .. }
        | Step::Members { .. }
        | Step::Put(_)
        | Step::Agree { .. } => return false,
    };
    kind.member == ADMINS && there(name.as_str()).as_deref() == Some(TOP)
}

/// The roles of admins once a file is applied.
struct Roles<'r> {
    there: &'r dyn Fn(&str) -> Option<String>,
    said: BTreeMap<String, String>,
    /// Those whom no key makes.
    unmade: BTreeSet<String>,
}

impl Roles<'_> {
    fn let_in(&mut self, step: &Step) -> bool {
        match step {
            Step::Create { kind, name, fields, .. } if kind.member == ADMINS => {
                self.say(name, fields.get("role"));
                let is_top = self.is_top(name);
                self.unmade.extend(is_top.then(|| key(name)));
                is_top
            }
            Step::Update { kind, name, changes, .. } if kind.member == ADMINS => {
                self.say(name, changes.get("role"));
                let gets_keys = changes.get("api_access") == Some(&json!(true));
                let gains = gets_keys || changes.contains_key("role");
                self.is_unmade(name) || gains && self.is_top(name)
            }
            Step::State { kind, name, after, .. } if kind.member == ADMINS => {
                self.is_unmade(name) || after == ACTIVE && self.is_top(name)
            }
            Step::Found { .. }
            | Step::Part { .. }
            | Step::Open { .. }
            | Step::Create { .. }
            | Step::Update { .. }
            | Step::State { .. }
            | Step::Members { .. }
            | Step::Put(_)
            | Step::Agree { .. }
            | Step::Delete { .. } => false,
        }
    }

    fn say(&mut self, name: &str, role: Option<&Value>) {
        if let Some(role) = role.and_then(Value::as_str) {
            self.said.insert(key(name), role.to_owned());
        }
    }

    fn is_top(&self, name: &str) -> bool {
        let role = self.said.get(&key(name)).cloned().or_else(|| (self.there)(name));
        role.as_deref() == Some(TOP)
    }

    fn is_unmade(&self, name: &str) -> bool {
        self.unmade.contains(&key(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn create(member: &str, name: &str, role: &str) -> Step {
        let kind = KINDS.iter().find(|kind| kind.member == member).unwrap();
        let (name, fields) = (name.to_owned(), fields(&json!({"role": role})));
        Step::Create { kind, operation: kind.create, name, fields, secrets: Vec::new() }
    }

    fn update(name: &str, changes: &Value) -> Step {
        let kind = KINDS.iter().find(|kind| kind.member == ADMINS).unwrap();
        Step::Update { kind, name: name.to_owned(), changes: fields(changes), before: None }
    }

    fn state(name: &str, after: &str) -> Step {
        let kind = KINDS.iter().find(|kind| kind.member == ADMINS).unwrap();
        let (name, before, after) = (name.to_owned(), String::new(), after.to_owned());
        Step::State { kind, name, before, after }
    }

    #[test]
    fn who_manages_admins_is_let_in_by_no_key_and_all_others_are() {
        let role = |name: &str| {
            let role = if name.starts_with("top") { TOP } else { "help_desk" };
            Some(role.to_owned())
        };
        let lets_in = |steps: &[Step]| who_lets_in(steps, &role);
        for (step, expected) in [
            (create(ADMINS, "new", TOP), true),
            (create(ADMINS, "new", "administrator"), false),
            (create("users", "new", TOP), false),
            (update("grace", &json!({"role": TOP})), true),
            (update("grace", &json!({"role": "administrator"})), false),
            (update("grace", &json!({"api_access": true})), false),
            (update("top", &json!({"api_access": true})), true),
            (update("top", &json!({"api_access": false})), false),
            (update("top", &json!({"display_name": "T"})), false),
            (update("top", &json!({"role": "help_desk", "api_access": true})), false),
            (state("top", "active"), true),
            (state("top", "suspended"), false),
            (state("grace", "active"), false),
        ] {
            assert_eq!(lets_in(&[step]), [expected]);
        }
        let made = [create(ADMINS, "New", TOP), state("new", "suspended")];
        assert_eq!(lets_in(&made), [true, true], "there is nobody to be suspended");
        let raised = [update("grace", &json!({"role": TOP})), state("grace", "active")];
        assert_eq!(lets_in(&raised), [true, true]);
        let lowered = [update("top", &json!({"role": "manager"})), state("top", "active")];
        assert_eq!(lets_in(&lowered), [false, false]);
    }

    #[test]
    fn who_manages_admins_stays_while_a_successor_is_left_out() {
        let there = |name: &str| match name {
            "top" => Some(TOP.to_owned()),
            "grace" => Some("help_desk".to_owned()),
            _ => None,
        };
        let delete = |member: &str, name: &str| {
            let kind = KINDS.iter().find(|kind| kind.member == member).unwrap();
            Step::Delete { kind, name: name.to_owned(), seen: Value::Null }
        };
        for (step, expected) in [
            (delete(ADMINS, "top"), true),
            (delete(ADMINS, "grace"), false),
            (delete("users", "top"), false),
            (state("top", "suspended"), true),
            (state("top", "active"), true),
            (state("grace", "suspended"), false),
            (update("top", &json!({"role": "help_desk"})), true),
            (update("top", &json!({"display_name": "T"})), false),
            (update("grace", &json!({"role": "read_only"})), false),
            (create(ADMINS, "new", "help_desk"), false),
        ] {
            assert_eq!(unseats(&step, &there), expected, "{}", step.shown());
        }
    }
}
