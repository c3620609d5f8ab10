//! What events tell of those that a record refers to: who they are, in place of their numbers, which
//! nobody is shown.

use serde_json::{Value, json};
use storage::{Partition, Reading};

use super::entity::Entity;
use crate::error::Error;
use crate::id::{GroupId, RecordId, ReplyProfileId};
use crate::records::{Group, NetworkRule, ReplyProfile};

/// An event has room for the ids of so many; of more it tells the names.
const WITH_IDS: usize = 12;

/// The one that a record refers to; null for none, and for one that is gone.
pub(super) fn one<E: Entity>(
    id: Option<E::Id>,
    source: &impl Reading,
    partition: Partition,
) -> Result<Value, Error> {
    let Some(id) = id else { return Ok(Value::Null) };
    let found = source.get::<E>(partition, id.record())?;
    Ok(found.map_or(Value::Null, |found| with_id(&found)))
}

/// Those of a list that there are.
pub(super) fn all<E: Entity>(
    ids: &[E::Id],
    source: &impl Reading,
    partition: Partition,
) -> Result<Value, Error> {
    let mut told = Vec::with_capacity(ids.len());
    for id in ids {
        let found = source.get::<E>(partition, id.record())?;
        told.extend(found.map(|found| match ids.len() > WITH_IDS {
            true => E::name(found.fields()).into(),
            false => with_id(&found),
        }));
    }
    Ok(told.into())
}

fn with_id<E: Entity>(record: &E) -> Value {
    json!({"id": record.uuid(), "name": E::name(record.fields())})
}

/// Rules, whose groups and profiles are told by their names.
pub(super) fn rules(
    rules: &[NetworkRule],
    source: &impl Reading,
    partition: Partition,
) -> Result<Value, Error> {
    let mut told = Vec::with_capacity(rules.len());
    for rule in rules {
        let mut value = serde_json::to_value(rule).unwrap_or_default();
        let groups = [
            ("/when/groups", &rule.when.groups),
            ("/when/with_device_groups", &rule.when.with_device_groups),
        ];
        for (pointer, groups) in groups {
            if let Some(place) = value.pointer_mut(pointer) {
                *place = group_names(groups, source, partition)?;
            }
        }
        if let Some(place) = value.pointer_mut("/then/accept") {
            *place = profile_name(rule.then.profile(), source, partition)?;
        }
        told.push(value);
    }
    Ok(told.into())
}

fn group_names(
    groups: &[GroupId],
    source: &impl Reading,
    partition: Partition,
) -> Result<Value, Error> {
    let mut names = Vec::with_capacity(groups.len());
    for group in groups {
        let found = source.get::<Group>(partition, group.record())?;
        names.extend(found.map(|group| group.fields.name));
    }
    Ok(names.into())
}

fn profile_name(
    profile: Option<ReplyProfileId>,
    source: &impl Reading,
    partition: Partition,
) -> Result<Value, Error> {
    let Some(profile) = profile else { return Ok(Value::Null) };
    let found = source.get::<ReplyProfile>(partition, profile.record())?;
    Ok(found.map_or(Value::Null, |profile| profile.fields.name.into()))
}
