//! What differs between a file and an organization, and in which order it is made so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::agreements::{AGREEMENTS, Agreement};
use super::beside::{self, Put, SERVER};
use super::coming::Coming;
use super::fingerprints;
use super::kinds::{
    ACTIVE, AUTHORITIES, BUILT_IN, KINDS, Kind, MEMBERS, STAGED, STATE, canonical, key,
};
use super::parts::{HEAD, PARTS, Part};
use super::secrets;
use super::site::Site;
use crate::document::{self, Operation};
use crate::failure::Failure;
use crate::shape::no_field;

/// What is to be done, in order.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// The fingerprints that are put in place once all is there that has them, and what has them no more
    /// is gone.
    pub(super) certificates: Vec<Put>,
    /// Whose fingerprints the file says, by what they are compared by.
    pub(super) claimed: BTreeMap<String, String>,
}

/// One thing that is done.
pub(super) enum Step {
    /// The organization is made.
    Found { slug: String, fields: Map<String, Value> },
    /// What there is one of is changed; nothing is known of what was just made.
    Part {
        part: &'static Part,
        operation: &'static str,
        changes: Map<String, Value>,
        before: Option<Value>,
    },
    /// The organization is suspended, or answers again.
    Open { before: String, after: String },
    /// Something is made; those of its secrets that are no fields are made up.
    Create {
        kind: &'static Kind,
        operation: &'static str,
        name: String,
        fields: Map<String, Value>,
        secrets: Vec<String>,
    },
    /// Something is changed; what was just made was nothing before.
    Update { kind: &'static Kind, name: String, changes: Map<String, Value>, before: Option<Value> },
    /// Somebody is suspended, or let in again.
    State { kind: &'static Kind, name: String, before: String, after: String },
    /// Members come and go of a group that has those that were seen.
    Members { group: String, add: Members, remove: Members, seen: Members },
    /// What hangs on something by a route of its own is put there, or taken away.
    Put(Put),
    /// What is paid is agreed on.
    Agree(Agreement),
    /// Something is deleted that is as it was seen.
    Delete { kind: &'static Kind, name: String, seen: Value },
}

/// Members by their names.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) users: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
}

impl Plan {
    /// What differs.
    ///
    /// # Errors
    /// When the file says what there is not.
    pub(super) fn of(site: &Site<'_>, wanted: &Value, prune: bool) -> Result<Self, Failure> {
        let wanted = wanted.as_object();
        let wanted = wanted.ok_or_else(|| Failure::Usage("the file has no members".into()))?;
        known(wanted)?;
        let (mut plan, coming) = (Self::default(), Coming { site, wanted });
        let head = wanted.get(HEAD.member);
        let last = head.map(|said| plan.head(site, said)).transpose()?.flatten();
        for part in PARTS {
            if let Some(said) = wanted.get(part.member) {
                plan.part(site, part, object(&part.noun(), said)?)?;
            }
        }
        for kind in KINDS {
            if let Some(list) = wanted.get(kind.member) {
                plan.list(&coming, kind, list)?;
            }
        }
        for group in wanted.get("groups").and_then(Value::as_array).into_iter().flatten() {
            plan.members(&coming, group, prune)?;
        }
        if let Some(said) = wanted.get(SERVER.field) {
            plan.server_certificate(site, said)?;
        }
        for kind in KINDS.iter().rev().filter(|_| prune) {
            if let Some(list) = wanted.get(kind.member) {
                plan.prune(site, kind, list);
            }
        }
        let certificates = fingerprints::in_order(std::mem::take(&mut plan.certificates));
        plan.steps.extend(certificates.into_iter().map(Step::Put));
        if let Some(agreements) = wanted.get(AGREEMENTS) {
            plan.agreements(site, agreements)?;
        }
        plan.steps.extend(last);
        plan.require_fit(site)?;
        Ok(plan)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What is to be done, a line each.
    pub(super) fn shown(&self) -> String {
        self.steps.iter().map(Step::shown).collect()
    }

    fn list(
        &mut self,
        coming: &Coming<'_>,
        kind: &'static Kind,
        list: &Value,
    ) -> Result<(), Failure> {
        let mut seen = BTreeSet::new();
        for one in array(kind.member, list)? {
            let mut fields = object(kind.noun, one)?.clone();
            fields.remove(MEMBERS).filter(|_| kind.member == "groups");
            let name = name_of(kind, one)?;
            let what = format!("{} {name}", kind.noun);
            if !seen.insert(key(&name)) {
                return Err(Failure::Usage(format!("{what} stands there twice")));
            }
            let hanging = beside::taken(kind, &mut fields);
            self.one(coming, Wanted { kind, name: name.clone(), what, fields })?;
            match hanging {
                Some((hanging, said)) => {
                    self.hang(coming.site, (kind, name), (hanging, &said), one)?;
                }
                None => self.keep_list(coming.site, kind, &name)?,
            }
        }
        Ok(())
    }

    /// Has one of a list made, or changed in what differs.
    fn one(&mut self, coming: &Coming<'_>, wanted: Wanted) -> Result<(), Failure> {
        let (site, Wanted { kind, name, what, mut fields }) = (coming.site, wanted);
        let state = state_of(kind.states, &what, &mut fields)?;
        let found = site.found(kind, &name);
        let built_in = built_in(kind, &what, &mut fields, found.as_ref())?;
        let operation = kind.makes(built_in);
        let (create, update) = (site.operation(operation)?, site.operation(kind.update)?);
        secrets::read_texts(&what, create, &mut fields)?;
        let hidden: Vec<String> =
            fields.keys().filter(|field| secret(create, field)).cloned().collect();
        let before = found.as_ref().and_then(|before| before.get(STATE)?.as_str());
        // Nobody is staged later than when they are made.
        let made = state.as_deref().filter(|state| *state == STAGED).unwrap_or(ACTIVE);
        let before = before.unwrap_or(made).to_owned();
        match found {
            None => {
                for field in &hidden {
                    let place = fields.get(field).cloned().unwrap_or_default();
                    let read = secrets::read(&format!("{field} of {what}"), &place)?;
                    fields.insert(field.clone(), Value::String(read));
                }
                if before == STAGED {
                    fields.insert(STAGED.into(), true.into());
                }
                known_fields(&what, &fields, &[create, update])?;
                is_whole(&what, create, &fields)?;
                let secrets = with_made_up(hidden, create);
                let (name, fields) = (name.clone(), coming.resolved(&what, fields)?);
                let made = Step::Create { kind, operation, name, fields, secrets };
                self.make(made, (create, update));
            }
            Some(before) => {
                // What counts for what is made alone is nothing to compare with.
                let begins = |field: &str| {
                    has(create, field) && !has(update, field) && before.get(field).is_none()
                };
                fields.retain(|field, _| !hidden.contains(field) && !begins(field));
                let fields = coming.resolved(&what, fields)?;
                let changes = changes(&what, &fields, &before, update)?;
                if !changes.is_empty() {
                    let (name, before) = (name.clone(), Some(before));
                    self.steps.push(Step::Update { kind, name, changes, before });
                }
            }
        }
        if let Some(after) = state.filter(|after| *after != before) {
            if after == STAGED {
                let text = format!("{what} is {before}, and can be {STAGED} no more");
                return Err(Failure::Usage(text));
            }
            self.steps.push(Step::State { kind, name, before, after });
        }
        Ok(())
    }

    /// Has something made, and then changed in what it cannot be made with.
    fn make(&mut self, mut made: Step, (create, update): (&Operation, &Operation)) {
        let (mut changes, mut changed) = (Map::new(), None);
        if let Step::Create { kind, name, fields, .. } = &mut made {
            fields.retain(|field, value| {
                let later = has(update, field) && !has(create, field);
                if later && *value != json!(false) {
                    changes.insert(field.clone(), value.clone());
                }
                !later
            });
            changed = Some((*kind, name.clone()));
        }
        self.steps.push(made);
        if let Some((kind, name)) = changed.filter(|_| !changes.is_empty()) {
            self.steps.push(Step::Update { kind, name, changes, before: None });
        }
    }

    fn members(&mut self, coming: &Coming<'_>, group: &Value, prune: bool) -> Result<(), Failure> {
        let Some(wanted) = group.get(MEMBERS) else { return Ok(()) };
        let name = group.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let seen = coming.site.members(&name)?;
        let wanted = Members::said(&name, wanted, &seen)?;
        let add = wanted.without(&seen);
        for (path, names) in [("users", &add.users), ("groups", &add.groups)] {
            names.iter().try_for_each(|name| coming.spelling(path, name).map(drop))?;
        }
        let remove = if prune { seen.without(&wanted) } else { Members::default() };
        if !add.is_empty() || !remove.is_empty() {
            self.steps.push(Step::Members { group: name, add, remove, seen });
        }
        Ok(())
    }

    fn prune(&mut self, site: &Site<'_>, kind: &'static Kind, list: &Value) {
        let named = |name: &str| {
            let list = list.as_array().into_iter().flatten();
            let mut names = list.filter_map(|one| one.get(kind.name)?.as_str());
            names.any(|other| key(other) == key(name))
        };
        let gone = site.names(kind).into_iter().filter(|name| !named(name));
        let deleted = gone.filter_map(|name| {
            let seen = site.raw(kind, &name)?.clone();
            Some(Step::Delete { kind, name, seen })
        });
        self.steps.extend(deleted);
    }
}

/// One of a list as the file says it.
struct Wanted {
    kind: &'static Kind,
    name: String,
    what: String,
    fields: Map<String, Value>,
}

/// Refuses a file with something that is none of an organization's.
fn known(wanted: &Map<String, Value>) -> Result<(), Failure> {
    let parts = [HEAD.member].into_iter().chain(PARTS.iter().map(|part| part.member));
    let lists = KINDS.iter().map(|kind| kind.member).chain([SERVER.field, AGREEMENTS]);
    let all: Vec<_> = parts.chain(lists).collect();
    match wanted.keys().find(|member| !all.contains(&member.as_str())) {
        Some(other) => Err(Failure::Usage(format!("{other}: a file has {}", all.join(", ")))),
        None => Ok(()),
    }
}

impl Members {
    /// Those that a file says a group has; what it says nothing of is as it is there.
    fn said(group: &str, wanted: &Value, there: &Self) -> Result<Self, Failure> {
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

    fn without(&self, other: &Self) -> Self {
        let less = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other).cloned().collect()
        };
        Self { users: less(&self.users, &other.users), groups: less(&self.groups, &other.groups) }
    }
}

/// The members of what is wanted that differ from what is there.
fn changes(
    what: &str,
    wanted: &Map<String, Value>,
    before: &Value,
    update: &Operation,
) -> Result<Map<String, Value>, Failure> {
    let mut changes = Map::new();
    for (field, value) in wanted {
        if same(value, before.get(field).unwrap_or(&Value::Null)) {
            continue;
        }
        if !has(update, field) {
            return Err(unchangeable(what, field, &[update]));
        }
        changes.insert(field.clone(), value.clone());
    }
    Ok(changes)
}

/// That a field is none, or none that is changed.
pub(super) fn unchangeable(what: &str, field: &str, operations: &[&Operation]) -> Failure {
    let why = no_field(field, names(operations));
    Failure::Usage(format!("{what}: {field} cannot be changed, or {why}"))
}

/// The members of the bodies of operations.
fn names<'o>(operations: &'o [&Operation]) -> impl Iterator<Item = &'o str> {
    let fields = operations.iter().flat_map(|operation| operation.body.iter().flatten());
    fields.filter_map(|field| field.path.first()).map(String::as_str)
}

/// Refuses fields that no operation has, before one that is wanted is missed for them.
fn known_fields(
    what: &str,
    fields: &Map<String, Value>,
    operations: &[&Operation],
) -> Result<(), Failure> {
    let is_known = |field: &String| operations.iter().any(|operation| has(operation, field));
    match fields.keys().find(|field| !is_known(field)) {
        Some(field) => {
            let why = no_field(field, names(operations));
            Err(Failure::Usage(format!("{what}: {field} {why}")))
        }
        None => Ok(()),
    }
}

/// Whether what is there is what is wanted: of objects what is wanted of them, of lists of texts
/// whatever their order.
pub(super) fn same(wanted: &Value, there: &Value) -> bool {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => wanted
            .iter()
            .all(|(field, value)| same(value, there.get(field).unwrap_or(&Value::Null))),
        (Value::Array(wanted), Value::Array(there)) => {
            let texts = |list: &[Value]| -> Option<BTreeSet<String>> {
                list.iter().map(|text| text.as_str().map(canonical)).collect()
            };
            wanted.len() == there.len()
                && match (texts(wanted), texts(there)) {
                    (Some(wanted), Some(there)) => wanted == there,
                    _ => wanted.iter().zip(there).all(|(one, other)| same(one, other)),
                }
        }
        (Value::String(wanted), Value::String(there)) if wanted.starts_with(PEM) => {
            wanted.split_whitespace().eq(there.split_whitespace())
        }
        (wanted, there) => wanted == there,
    }
}

/// What certificates begin with, whose lines may end in several ways.
const PEM: &str = "-----BEGIN ";

/// Whether an operation's body has a member.
pub(super) fn has(operation: &Operation, member: &str) -> bool {
    let fields = operation.body.iter().flatten();
    fields.into_iter().any(|field| field.path.first().is_some_and(|first| first == member))
}

/// Whether a member of an operation's body is a secret.
pub(super) fn secret(operation: &Operation, member: &str) -> bool {
    let fields = operation.body.iter().flatten();
    let mut own = fields.filter(|field| field.path.first().is_some_and(|first| first == member));
    own.any(|field| field.kind == document::Kind::Secret)
}

/// What a file says of whether somebody is let in, taken out of the other fields.
pub(super) fn state_of(
    states: &[&str],
    what: &str,
    fields: &mut Map<String, Value>,
) -> Result<Option<String>, Failure> {
    if states.is_empty() {
        return Ok(None);
    }
    let is_staged = fields.remove(STAGED) == Some(Value::Bool(true));
    let said = fields.remove(STATE).or_else(|| is_staged.then(|| STAGED.into()));
    let Some(state) = said else { return Ok(None) };
    let known = state.as_str().filter(|state| states.contains(state));
    let wrong = || {
        let (last, others) = states.split_last().unwrap_or((&"", &[]));
        Failure::Usage(format!("{STATE} of {what} is {} or {last}", others.join(", ")))
    };
    known.map(|state| Some(state.to_owned())).ok_or_else(wrong)
}

/// Whether a file is about an authority of the organization's own, taken out of the other fields:
/// what is there is told from what another made, and never becomes the other.
fn built_in(
    kind: &Kind,
    what: &str,
    fields: &mut Map<String, Value>,
    found: Option<&Value>,
) -> Result<bool, Failure> {
    if kind.member != AUTHORITIES {
        return Ok(false);
    }
    let said = match fields.remove(BUILT_IN) {
        None => false,
        Some(Value::Bool(said)) => said,
        Some(_) => return Err(Failure::Usage(format!("{BUILT_IN} of {what} is true or false"))),
    };
    let there = found.and_then(|found| found.get(BUILT_IN)?.as_bool());
    match there.filter(|there| *there != said) {
        Some(there) => Err(Failure::Usage(format!("{BUILT_IN} of {what} is {there} and stays so"))),
        None => Ok(said),
    }
}

/// The secrets that a file names, and those that have to be there.
fn with_made_up(mut named: Vec<String>, create: &Operation) -> Vec<String> {
    let required = create.body.iter().flatten().filter(|field| field.is_required);
    let secrets = required.filter(|field| field.kind == document::Kind::Secret);
    for name in secrets.filter_map(|field| field.path.first()) {
        if !named.contains(name) {
            named.push(name.clone());
        }
    }
    named
}

/// Refuses what cannot be made for want of a field that is no secret.
pub(super) fn is_whole(
    what: &str,
    create: &Operation,
    fields: &Map<String, Value>,
) -> Result<(), Failure> {
    let required = create.body.iter().flatten().filter(|field| field.is_required);
    let said = required.filter(|field| field.kind != document::Kind::Secret);
    let mut names = said.filter_map(|field| field.path.first());
    names.find(|name| !fields.contains_key(*name)).map_or(Ok(()), |name| {
        Err(Failure::Usage(format!("{what} is not there yet, and has no {name}")))
    })
}

fn name_of(kind: &Kind, one: &Value) -> Result<String, Failure> {
    match one.get(kind.name) {
        Some(Value::String(name)) => Ok(name.clone()),
        Some(other) if !other.is_null() => {
            let text = "must be a text: put it in quotation marks";
            Err(Failure::Usage(format!("{} {other}: {} {text}", kind.noun, kind.name)))
        }
        Some(_) | None => Err(Failure::Usage(format!("a {} has no {}", kind.noun, kind.name))),
    }
}

/// The fields of a value that has fields.
pub(super) fn object<'v>(what: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| Failure::Usage(format!("{what}: fields are wanted")))
}

/// The values of a list.
pub(super) fn array<'v>(what: &str, value: &'v Value) -> Result<&'v Vec<Value>, Failure> {
    value.as_array().ok_or_else(|| Failure::Usage(format!("{what}: a list is wanted")))
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

    #[test]
    fn what_is_the_same_is_no_difference() {
        let there = json!({"a": {"x": 1, "y": 2}, "list": ["B", "a"], "rules": [{"n": 1, "m": 2}]});
        assert!(same(&json!({"a": {"x": 1}}), &there));
        assert!(same(&json!({"list": ["a", "b"]}), &there));
        let pem = json!({"certificate": "-----BEGIN X-----\r\nAA\r\n-----END X-----\r\n"});
        assert!(same(&pem, &json!({"certificate": "-----BEGIN X-----\nAA\n-----END X-----"})));
        assert!(!same(&pem, &json!({"certificate": "-----BEGIN X-----\nAB\n-----END X-----"})));
        let addresses = json!(["00:10:a4:23:19:c0"]);
        assert!(same(&json!(["00-10-A4-23-19-C0"]), &addresses));
        assert!(same(&json!({"rules": [{"n": 1}], "gone": null}), &there));
        assert!(!same(&json!({"list": ["a"]}), &there));
        assert!(!same(&json!({"a": {"x": 2}}), &there));
        assert!(!same(&json!({"rules": []}), &there));
    }
}
