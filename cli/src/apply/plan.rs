//! What differs between a file and an organization, and in which order it is made so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::agreements::{AGREEMENTS, Agreement};
use super::beside::{self, Put, SERVER};
use super::coming::Coming;
use super::fields::{
    array, built_in, changes, has, is_whole, known_fields, name_of, object, secret, state_of,
    with_made_up,
};
use super::fingerprints;
use super::kinds::{ACTIVE, ADMINS, KINDS, Kind, MEMBERS, NOTHING_SAID, STAGED, STATE, key};
use super::members::Members;
use super::parts::{HEAD, PARTS, Part};
use super::referring::Made;
use super::secrets;
use super::site::Site;
use crate::document::Operation;
use crate::failure::Failure;

/// What is to be done, in order.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// What differs too, and is not done by the API key with which the file is applied.
    pub(super) aside: Vec<Step>,
    /// The fingerprints that are put in place once all is there that has them, and what has them no more
    /// is gone.
    pub(super) certificates: Vec<Put>,
    /// Whose fingerprints the file says, by what they are compared by.
    pub(super) claimed: BTreeMap<String, String>,
    /// What is made so far.
    made: Made,
    /// The values that refer to what is made later, which are said once all is there.
    referring: Vec<Step>,
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
    /// What is paid is agreed on, where those agreements stand that were seen.
    Agree { agreement: Agreement, seen: Vec<Agreement> },
    /// Something is deleted that is as it was seen.
    Delete { kind: &'static Kind, name: String, seen: Value },
}

impl Plan {
    /// What differs.
    ///
    /// # Errors
    /// When the file says what there is not.
    pub(super) fn of(
        site: &Site<'_>,
        wanted: &Map<String, Value>,
        prune: bool,
    ) -> Result<Self, Failure> {
        known(wanted)?;
        let (mut plan, coming) = (Self::default(), Coming::of(site, wanted)?);
        let head = wanted.get(HEAD.member);
        let last = head.map(|said| plan.head(site, said)).transpose()?.flatten();
        for part in PARTS {
            if let Some(said) = wanted.get(part.member) {
                plan.part(site, part, object(&part.noun(), said)?)?;
            }
        }
        let first = plan.steps.len();
        for kind in KINDS {
            if let Some(list) = wanted.get(kind.member) {
                plan.list(&coming, kind, list)?;
            }
        }
        let referring = std::mem::take(&mut plan.referring);
        plan.steps.extend(referring);
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
        plan.require_alone(site)?;
        plan.free_first(site, wanted, first)?;
        plan.keep_who_applies(site)?;
        let certificates = fingerprints::in_order(std::mem::take(&mut plan.certificates));
        plan.steps.extend(certificates.into_iter().map(Step::Put));
        if let Some(agreements) = wanted.get(AGREEMENTS) {
            plan.agreements(site, agreements)?;
        }
        plan.steps.extend(last);
        plan.require_fit(site)?;
        plan.set_aside(site)?;
        Ok(plan)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.aside.is_empty()
    }

    /// What differs, a line each.
    pub(super) fn shown(&self) -> String {
        self.steps.iter().chain(&self.aside).map(Step::shown).collect()
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
                let (name, mut fields) = (name.clone(), coming.resolved(&what, fields)?);
                let later = coming.awaiting(&mut fields, (&self.made, true));
                let made = Step::Create { kind, operation, name: name.clone(), fields, secrets };
                self.make(made, (create, update));
                self.made.insert((kind.path, key(&name)));
                self.refer(kind, name, later, None);
            }
            Some(before) => {
                // What counts for what is made alone is nothing to compare with.
                let begins = |field: &str| {
                    has(create, field) && !has(update, field) && before.get(field).is_none()
                };
                fields.retain(|field, _| !hidden.contains(field) && !begins(field));
                let fields = coming.resolved(&what, fields)?;
                let mut changes = changes(site.schemas(), &what, &fields, &before, update)?;
                let later = coming.awaiting(&mut changes, (&self.made, false));
                self.refer(kind, name.clone(), later, Some(before.clone()));
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
                // What is made without a value gets one where none is said.
                let is_taken_away = value.is_null() && NOTHING_SAID.contains(&field.as_str());
                let later = has(update, field) && (is_taken_away || !has(create, field));
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

    /// Has values of something said once all is there that they refer to.
    fn refer(
        &mut self,
        kind: &'static Kind,
        name: String,
        changes: Map<String, Value>,
        before: Option<Value>,
    ) {
        if !changes.is_empty() {
            self.referring.push(Step::Update { kind, name, changes, before });
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
        let list = list.as_array().into_iter().flatten();
        let named = list.filter_map(|one| Some(key(one.get(kind.name)?.as_str()?)));
        let named: BTreeSet<String> = named.collect();
        let gone = site.names(kind).into_iter().filter(|name| !named.contains(&key(name)));
        let deleted = gone.filter_map(|name| {
            let seen = site.raw(kind, &name)?.clone();
            Some(Step::Delete { kind, name, seen })
        });
        self.steps.extend(deleted);
    }

    /// Refuses a file that would have whoever applies it deleted: the server does so too, but in the
    /// middle of the work.
    fn keep_who_applies(&self, site: &Site<'_>) -> Result<(), Failure> {
        let gone = self.steps.iter().filter_map(|step| {
            let Step::Delete { kind, name, seen } = step else { return None };
            (kind.member == ADMINS).then_some((name, seen))
        });
        let mut gone = gone.peekable();
        if gone.peek().is_none() {
            return Ok(());
        }
        let me = site.place.client.get("/v1/me")?.body;
        let own = me.get("id").filter(|id| id.is_string());
        match gone.find(|(_, seen)| own.is_some() && seen.get("id") == own) {
            Some((name, _)) => Err(Failure::Usage(format!(
                "the file must name who applies it: with --prune its `{ADMINS}` leave out {name}, and \
                 nobody deletes themselves"
            ))),
            None => Ok(()),
        }
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
