//! Doing what was planned.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::agreements::{Agreement, told};
use super::beside::Put;
use super::fields::has;
use super::gone::Gone;
use super::kinds::{Kind, RADIUS_CLIENTS, STATE, SUSPENDED};
use super::members::Members;
use super::parts::{CREATE, HEAD, Part};
use super::plan::{Plan, Step};
use super::site::{Site, missing};
use crate::client::{Answer, Question, unguessable};
use crate::failure::Failure;
use crate::output::{tell, warn};

/// What the server says of a RADIUS client that another cannot be beside, behind its name.
const TWIN: &str = "has the same secret behind the same source";

impl Site<'_> {
    /// Does what was planned, step by step.
    ///
    /// # Errors
    /// When the server refuses a step; those before it stay done. `Incomplete` when all are done, and
    /// some are left to a session.
    pub(super) fn carry_out(mut self, plan: Plan) -> Result<(), Failure> {
        let left = plan.left_aside();
        let all = plan.steps.len();
        let mut steps = VecDeque::from(plan.steps);
        while let Some(step) = steps.pop_front() {
            let number = all - steps.len();
            let shown = step.shown();
            let what = format!("{number} of {all}: {}", shown.lines().next().unwrap_or_default());
            tell(&what);
            let about = step.about();
            let done = self.take(&step);
            if let Some(twin) = done.as_ref().err().and_then(|why| twin_of(&step, why, &steps))
                && let Some(gone) = steps.remove(twin)
            {
                steps.push_front(step);
                steps.push_front(gone);
                continue;
            }
            let done = done.map_err(|failure| failure.about(&about));
            done.inspect_err(|_| {
                let (before, behind) = (number - 1, all - number);
                warn(&format!(
                    "this was not done, {what} ({before} before it done, {behind} not tried)"
                ));
            })?;
        }
        if left.is_empty() { Ok(()) } else { Err(Failure::Incomplete(left.join("; "))) }
    }

    fn take(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Found { slug, fields } => {
                self.begin(slug.clone(), &Value::Object(fields.clone()))?;
            }
            Step::Part { part, operation, changes, before } => {
                self.alter(part, operation, changes, before.as_ref())?;
            }
            Step::Open { before, after } => {
                self.let_in(&self.at(HEAD.shows)?, before, after)?;
            }
            Step::Create { kind, operation, fields, secrets, .. } => {
                self.create(kind, operation, with_secrets(fields.clone(), secrets)?)?;
            }
            Step::Update { kind, name, changes, before } => {
                let path = self.item(kind, name)?;
                let seen = self.unchanged(&path, changes, before.as_ref())?;
                let body = self.with_ids(&Value::Object(changes.clone()))?;
                self.ask("patch", &path, Some(&body), seen.etag.as_deref())?;
            }
            Step::State { kind, name, before, after } => {
                self.let_in(&self.item(kind, name)?, before, after)?;
            }
            Step::Members { group, add, remove, seen } => self.enrol(group, (add, remove), seen)?,
            Step::Put(put) => self.put(put)?,
            Step::Agree { agreement, seen } => self.agree(agreement.clone(), seen)?,
            Step::Delete { kind, name, seen } => self.delete(kind, name, seen)?,
        }
        Ok(())
    }

    /// Deletes something, unless somebody changed it meanwhile.
    fn delete(&mut self, kind: &Kind, name: &str, seen: &Value) -> Result<(), Failure> {
        let path = self.item(kind, name)?;
        let found = self.place.client.get(&path)?;
        if !is_as_seen(&found.body, seen, &self.gone) {
            return Err(changed_since());
        }
        self.ask("delete", &path, None, found.etag.as_deref())?;
        self.gone.add(kind, seen);
        Ok(())
    }

    /// Makes the organization.
    fn begin(&mut self, slug: String, fields: &Value) -> Result<(), Failure> {
        let path = self.operation(CREATE)?.path.clone();
        let made = self.ask("post", &path, Some(fields), None)?;
        self.id = made.get("id").and_then(Value::as_str).map(ToOwned::to_owned);
        self.slug = slug;
        Ok(())
    }

    /// Changes what there is one of, by an operation that may want all of it.
    fn alter(
        &self,
        part: &Part,
        operation: &str,
        changes: &Map<String, Value>,
        before: Option<&Value>,
    ) -> Result<(), Failure> {
        let seen = self.unchanged(&self.at(part.shows)?, changes, before)?;
        let (path, operation) = (self.at(operation)?, self.operation(operation)?);
        let mut body = Map::new();
        if operation.method == "put" {
            let there = seen.body.as_object().into_iter().flatten();
            let kept = there.filter(|(field, _)| has(operation, field));
            body.extend(kept.map(|(field, value)| (field.clone(), value.clone())));
        }
        body.extend(changes.clone());
        let body = Value::Object(body);
        self.ask(&operation.method, &path, Some(&body), seen.etag.as_deref()).map(drop)
    }

    /// Agrees on a plan from a month on, unless somebody else did meanwhile; what was to begin before
    /// begins this month.
    fn agree(
        &mut self,
        Agreement { since, plan }: Agreement,
        seen: &[Agreement],
    ) -> Result<(), Failure> {
        let (is, etag) = self.agreements()?;
        if is != self.agreed.as_deref().unwrap_or(seen) {
            return Err(changed_since());
        }
        let plan = plan.map(|plan| self.plan(&plan)).transpose()?;
        let since = since.max(self.month()?);
        let body = json!({"organization": self.id()?, "plan": plan, "since": since});
        let path = self.operation("agree_on_plan")?.path.clone();
        let agreed = self.ask("post", &path, Some(&body), etag.as_deref())?;
        self.agreed = Some(told(&agreed)?);
        Ok(())
    }

    /// Puts what hangs on something in its place, unless somebody else did meanwhile.
    fn put(&self, put: &Put) -> Result<(), Failure> {
        let owner = put.owner.as_ref().map(|(kind, name)| (*kind, name.as_str()));
        let (is, etag) = self.hung(put.way, owner)?;
        if is != put.seen {
            return Err(changed_since());
        }
        let path = format!("{}/{}", self.home(owner)?, put.path);
        self.ask(put.method, &path, put.body.as_ref(), etag.as_deref()).map(drop)
    }

    /// The path of one of a list.
    ///
    /// # Errors
    /// When the list has none of that name.
    pub(super) fn item(&self, kind: &Kind, name: &str) -> Result<String, Failure> {
        let missing = || Failure::Missing { what: kind.noun.into(), name: name.to_owned() };
        let id = self.id_of(kind.path, name).ok_or_else(missing)?;
        self.list(&format!("{}/{id}", kind.path))
    }

    fn create(
        &mut self,
        kind: &Kind,
        operation: &str,
        fields: Map<String, Value>,
    ) -> Result<(), Failure> {
        let body = self.with_ids(&Value::Object(fields))?;
        let path = self.at(operation)?;
        let mut made = self.ask("post", &path, Some(&body), None)?;
        // What is told of a secret is for nobody's eyes here.
        if let Some(made) = made.as_object_mut() {
            made.retain(|member, _| ["id", kind.name].contains(&member.as_str()));
        }
        self.lists.add(kind, [made]);
        Ok(())
    }

    /// Looks that what is to be changed is as it was when that was planned, and nobody changed it
    /// since.
    fn unchanged(
        &self,
        path: &str,
        changes: &Map<String, Value>,
        before: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let seen = self.place.client.get(path)?;
        let is = self.gone.taken_out(&self.named(&seen.body));
        let before = before.map(|before| self.gone.taken_out(before));
        let member = |value: &Value, field: &str| value.get(field).cloned().unwrap_or_default();
        let was = |before: &Value, field: &str| member(before, field) == member(&is, field);
        match before.is_some_and(|before| changes.keys().any(|field| !was(&before, field))) {
            true => Err(changed_since()),
            false => Ok(seen),
        }
    }

    /// Suspends somebody, or lets them in again, unless somebody else did meanwhile.
    fn let_in(&self, path: &str, before: &str, after: &str) -> Result<(), Failure> {
        let seen = self.place.client.get(path)?;
        if seen.body.get(STATE).and_then(Value::as_str) != Some(before) {
            return Err(changed_since());
        }
        let verb = if after == SUSPENDED { "suspend" } else { "activate" };
        self.ask("post", &format!("{path}/{verb}"), None, seen.etag.as_deref()).map(drop)
    }

    fn enrol(
        &self,
        group: &str,
        (add, remove): (&Members, &Members),
        expected: &Members,
    ) -> Result<(), Failure> {
        let (remove, expected) = (self.gone.left(remove), self.gone.left(expected));
        if add.is_empty() && remove.is_empty() {
            return Ok(());
        }
        let id = self.id_of("groups", group).ok_or_else(|| missing("groups", group))?;
        let ids = |path: &str, names: &BTreeSet<String>| -> Result<Vec<String>, Failure> {
            let id = |name: &String| self.id_of(path, name).ok_or_else(|| missing(path, name));
            names.iter().map(id).collect()
        };
        let both = |members: &Members| -> Result<Value, Failure> {
            let (users, groups) = (ids("users", &members.users)?, ids("groups", &members.groups)?);
            Ok(json!({"users": users, "groups": groups}))
        };
        let body = json!({"add": both(add)?, "remove": both(&remove)?});
        let path = self.list(&format!("groups/{id}"))?;
        let seen = self.place.client.get(&path)?;
        // A member that comes or goes after that makes it another state of the group.
        if self.members(group)? != expected {
            return Err(changed_since());
        }
        let members = format!("{path}/members");
        let done = self.ask("patch", &members, Some(&body), seen.etag.as_deref());
        let called = |parts: &[String]| member(parts, (add, &remove));
        done.map(drop).map_err(|failure| failure.called(called))
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Result<Value, Failure> {
        let is_repeatable = method == "post";
        let question = Question { method, path, body, if_match, is_repeatable };
        Ok(self.place.client.ask(&question)?.body)
    }
}

/// The place of the deletion that makes way for a step that was refused: two RADIUS clients may share a
/// source, but not with one secret, and secrets are for the server alone to compare.
fn twin_of(step: &Step, why: &Failure, left: &VecDeque<Step>) -> Option<usize> {
    let Failure::Refused(problem) = why else { return None };
    let (Step::Create { kind, .. } | Step::Update { kind, .. }) = step else { return None };
    if kind.member != RADIUS_CLIENTS || problem.pointer.as_deref() != Some("/secret") {
        return None;
    }
    let is_twin = |name: &str| problem.detail == format!("{name} {TWIN}");
    left.iter().position(|other| {
        matches!(other, Step::Delete { kind: of, name, .. }
            if of.member == RADIUS_CLIENTS && is_twin(name))
    })
}

/// The member of a group that a part of a change of its members is about.
fn member(parts: &[String], (add, remove): (&Members, &Members)) -> Option<String> {
    let [change, list, place] = parts else { return None };
    let members = if change == "add" { add } else { remove };
    let names = if list == "users" { &members.users } else { &members.groups };
    let name = names.iter().nth(place.parse().ok()?)?;
    Some(format!("member {name}"))
}

/// Fields with secrets for those that the file does not name, which nobody is told.
fn with_secrets(
    mut fields: Map<String, Value>,
    secrets: &[String],
) -> Result<Map<String, Value>, Failure> {
    for secret in secrets {
        if !fields.contains_key(secret) {
            fields.insert(secret.clone(), in_pairs(&unguessable()?).into());
        }
    }
    Ok(fields)
}

/// Letters and digits in pairs, so that none of them are somebody's name by chance, which no password
/// may have in it.
fn in_pairs(text: &str) -> String {
    let mut pairs = String::new();
    for (position, letter) in text.chars().filter(char::is_ascii_alphanumeric).enumerate() {
        if position > 0 && position % 2 == 0 {
            pairs.push('-');
        }
        pairs.push(letter);
    }
    pairs
}

fn changed_since() -> Failure {
    Failure::Incomplete("somebody changed it in between: apply the file again".into())
}

/// Whether something is as it was seen, but for how often somebody tried to sign in, and for whom
/// this deleted.
fn is_as_seen(is: &Value, seen: &Value, gone: &Gone) -> bool {
    let is_touched = gone.taken_out(seen) != *seen;
    let without = |value: &Value| {
        let mut value = gone.taken_out(value);
        if let Some(members) = value.as_object_mut() {
            members.remove("sign_in");
            members.retain(|member, _| !is_touched || member != "modified");
        }
        value
    };
    without(is) == without(seen)
}

#[cfg(test)]
mod tests {
    use super::super::kinds::KINDS;
    use super::*;
    use crate::failure::Problem;

    #[test]
    fn who_has_the_same_secret_behind_the_same_source_is_deleted_before_and_nobody_else() {
        let kind = |member: &str| KINDS.iter().find(|kind| kind.member == member).unwrap();
        let create = |member: &str| {
            let (kind, name) = (kind(member), "door".to_owned());
            let (fields, secrets) = (Map::new(), Vec::new());
            Step::Create { kind, operation: kind.create, name, fields, secrets }
        };
        let delete = |member: &str, name: &str| {
            let (kind, name) = (kind(member), name.to_owned());
            Step::Delete { kind, name, seen: Value::Null }
        };
        let clients = |name: &str| delete(RADIUS_CLIENTS, name);
        let left =
            VecDeque::from([delete("devices", "gate two"), clients("gate"), clients("gate two")]);
        let twin = |step: &Step, (pointer, detail): (&str, &str)| {
            let (pointer, detail) = (Some(pointer.to_owned()), detail.to_owned());
            let problem = Problem { pointer, detail, ..Problem::default() };
            twin_of(step, &Failure::Refused(Box::new(problem)), &left)
        };
        let door = create(RADIUS_CLIENTS);
        let said = "gate two has the same secret behind the same source";
        assert_eq!(twin(&door, ("/secret", said)), Some(2));
        let (gate, other) = (said.replace("gate two", "gate"), said.replace("gate two", "other"));
        assert_eq!(twin(&door, ("/secret", gate.as_str())), Some(1));
        assert_eq!(twin(&door, ("/secret", other.as_str())), None);
        let strangers = "cannot be used behind this source; choose another";
        assert_eq!(twin(&door, ("/secret", strangers)), None);
        assert_eq!(twin(&door, ("/name", said)), None);
        assert_eq!(twin(&create("devices"), ("/secret", said)), None);
    }

    #[test]
    fn what_is_to_be_deleted_is_as_it_was_seen_or_stays() {
        let seen = json!({"login": "ada", "title": null, "sign_in": {"locked": false}});
        let is = |value: Value| is_as_seen(&value, &seen, &Gone::default());
        assert!(is(json!({"login": "ada", "title": null, "sign_in": {}})));
        assert!(!is(json!({"login": "ada", "title": "x"})));
    }

    #[test]
    fn who_was_deleted_here_is_no_change_of_somebody_elses() {
        let mut gone = Gone::default();
        let users = KINDS.iter().find(|kind| kind.member == "users").unwrap();
        gone.add(users, &json!({"id": "7", "login": "bob"}));
        let of = |owner: Value, modified: u8| json!({"owner": owner, "modified": modified});
        assert!(is_as_seen(&of(json!(null), 2), &of(json!("7"), 1), &gone));
        assert!(!is_as_seen(&of(json!("8"), 1), &of(json!("7"), 1), &gone));
        assert!(!is_as_seen(&of(json!("8"), 2), &of(json!("8"), 1), &gone), "that is another");
    }

    #[test]
    fn what_is_made_up_has_nobodys_name_in_it() {
        assert_eq!(in_pairs("1ada-2eve-3bob"), "1a-da-2e-ve-3b-ob");
        assert_eq!(in_pairs(&unguessable().unwrap()).len(), 47);
    }
}
