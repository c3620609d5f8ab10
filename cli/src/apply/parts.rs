//! What an organization has one of: how it is called, its settings and the like.

use serde_json::{Map, Value};

use super::fields::{has, is_whole, object, state_of, unchangeable};
use super::kinds::{ACTIVE, STATE, SUSPENDED};
use super::plan::{Plan, Step};
use super::site::Site;
use crate::failure::Failure;

/// Something of which there is one.
pub(super) struct Part {
    /// The member of the file.
    pub(super) member: &'static str,
    /// The operation that shows it.
    pub(super) shows: &'static str,
    /// The operations that change it, each what its body has.
    pub(super) changes: &'static [&'static str],
}

/// How an organization is called, and where its tree stands.
pub(super) const HEAD: Part =
    Part { member: "organization", shows: "show_organization", changes: &["update_organization"] };
/// The operation that makes an organization.
pub(super) const CREATE: &str = "create_organization";
/// What becomes of an organization by routes of their own.
const STATES: &[&str] = &[ACTIVE, SUSPENDED];

/// All else, in the order in which it is changed.
pub(super) const PARTS: &[Part] = &[
    Part { member: "settings", shows: "show_settings", changes: &["update_settings"] },
    Part { member: "user_cap", shows: "show_user_cap", changes: &["set_user_cap"] },
    Part { member: "device_cap", shows: "show_device_cap", changes: &["set_device_cap"] },
    Part {
        member: "presentation",
        shows: "show_presentation",
        changes: &["update_presentation", "set_aliases"],
    },
    Part {
        member: "billing_contact",
        shows: "show_billing_contact",
        changes: &["set_billing_contact"],
    },
    Part {
        member: "event_retention",
        shows: "show_organization_event_retention",
        changes: &["set_organization_event_retention"],
    },
    Part {
        member: "event_sampling",
        shows: "show_organization_event_sampling",
        changes: &["set_organization_event_sampling"],
    },
];

impl Part {
    /// How it is called.
    pub(super) fn noun(&self) -> String {
        self.member.replace('_', " ")
    }
}

impl Plan {
    /// Has the organization made or changed. What suspends it is told, for it is the last thing done.
    ///
    /// # Errors
    /// When the file says what cannot be.
    pub(super) fn head(&mut self, site: &Site<'_>, said: &Value) -> Result<Option<Step>, Failure> {
        let what = format!("{} {}", HEAD.noun(), site.slug);
        let mut fields = object(&what, said)?.clone();
        let state = state_of(STATES, &what, &mut fields)?;
        let before = match site.parts.get(HEAD.member) {
            Some(there) => {
                self.part(site, &HEAD, &fields)?;
                there.get(STATE).and_then(Value::as_str).unwrap_or(ACTIVE).to_owned()
            }
            None => {
                self.found(site, &what, fields)?;
                ACTIVE.to_owned()
            }
        };
        let Some(after) = state.filter(|after| *after != before) else { return Ok(None) };
        let is_last = after == SUSPENDED;
        let step = Step::Open { before, after };
        if is_last {
            return Ok(Some(step));
        }
        self.steps.push(step);
        Ok(None)
    }

    /// Has an organization made, and then changed in what it cannot be made with.
    fn found(
        &mut self,
        site: &Site<'_>,
        what: &str,
        mut fields: Map<String, Value>,
    ) -> Result<(), Failure> {
        let create = site.operation(CREATE)?;
        fields.entry("slug").or_insert_with(|| site.slug.clone().into());
        is_whole(what, create, &fields)?;
        let mut later = Map::new();
        fields.retain(|field, value| {
            let now = has(create, field);
            if !now {
                later.insert(field.clone(), value.take());
            }
            now
        });
        self.steps.push(Step::Found { slug: site.slug.clone(), fields });
        self.part(site, &HEAD, &later)
    }

    /// Has a part changed in what differs.
    ///
    /// # Errors
    /// When the file says what cannot be.
    pub(super) fn part(
        &mut self,
        site: &Site<'_>,
        part: &'static Part,
        fields: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let before = match site.parts.get(part.member) {
            Some(before) => Some(before.clone()),
            // Why it was not seen is why it cannot be changed.
            None if site.is_there() => Some(site.shown(part)?),
            None => None,
        };
        let operations = part.changes.iter().map(|operation| site.operation(operation));
        let operations: Vec<_> = operations.collect::<Result<_, _>>()?;
        let there = |field: &str| before.as_ref().and_then(|before| before.get(field));
        let differs = |field: &str, value: &Value| {
            let own = operations.iter().copied().find(|operation| has(operation, field));
            !site.schemas().is_same(own, (field, value), there(field).unwrap_or(&Value::Null))
        };
        let mut left = fields.clone();
        left.retain(|field, value| differs(field, value));
        for &operation in part.changes {
            let described = site.operation(operation)?;
            let mut changes = Map::new();
            left.retain(|field, value| {
                let own = has(described, field);
                if own {
                    changes.insert(field.clone(), value.take());
                }
                !own
            });
            if !changes.is_empty() {
                let before = before.clone();
                self.steps.push(Step::Part { part, operation, changes, before });
            }
        }
        let Some(field) = left.keys().next() else { return Ok(()) };
        Err(unchangeable(&part.noun(), field, &operations))
    }
}
