//! References: entries that name others by attributes of the organization's own.
//!
//! A reference is kept by the number of the one that it names, so a new name shows at once. Each
//! stands in the index of its attribute, so that whoever is deleted is taken out of all of them.

use storage::{Change, Partition, ReadError, Reading, Snapshot};
use uuid::Uuid;

use crate::access::{Grant, ManageIdentities, View};
use crate::collections::WithCustomValues;
use crate::error::{Error, Invalid};
use crate::id::{GroupId, RecordId, UserId};
use crate::records::{
    CustomValues, Device, Group, ServiceAccount, User, Values, custom_index, indices,
};
use crate::schema::Schema;
use crate::search::{EntryId, Kind, entry_id};
use crate::text::prepare;
use crate::time::Time;

/// How somebody names the user or the group that a reference is to: by name, without case, or by
/// external id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called<'a> {
    /// A user, by login.
    User(&'a str),
    /// A group.
    Group(&'a str),
    /// A user if there is one, else a group.
    Either(&'a str),
}

/// Kinds of entries that name others.
const NAMING: [Kind; 2] = [Kind::User, Kind::Group];

/// What the entries that references are to are called.
pub struct References<'t> {
    source: &'t Snapshot,
    partition: Partition,
}

impl<'t> Grant<'t, &'t Snapshot, View> {
    /// What the entries that references are to are called.
    pub fn references(&self) -> References<'t> {
        References { source: self.source, partition: self.place.partition() }
    }
}

impl References<'_> {
    /// The name of a user or a group.
    ///
    /// # Errors
    /// When the store fails.
    pub fn name(&self, entry: EntryId) -> Result<Option<String>, Error> {
        Ok(name(self.source, self.partition, entry)?)
    }
}

impl Grant<'_, &mut Change<'_>, ManageIdentities> {
    /// Finds the user or the group that is called so.
    ///
    /// # Errors
    /// When the store fails.
    pub fn entry_called(&self, called: Called<'_>) -> Result<Option<EntryId>, Error> {
        let partition = self.place.partition();
        Ok(match called {
            Called::User(name) => user(&*self.source, partition, name)?,
            Called::Group(name) => group(&*self.source, partition, name)?,
            Called::Either(name) => match user(&*self.source, partition, name)? {
                None => group(&*self.source, partition, name)?,
                user => user,
            },
        })
    }
}

fn user(
    source: &impl Reading,
    partition: Partition,
    name: &str,
) -> Result<Option<EntryId>, ReadError> {
    let indices = (indices::USER_LOGIN, indices::USER_UUID);
    let found = number(source, partition, name, indices)?;
    Ok(found.and_then(UserId::from_record).map(EntryId::User))
}

fn group(
    source: &impl Reading,
    partition: Partition,
    name: &str,
) -> Result<Option<EntryId>, ReadError> {
    let indices = (indices::GROUP_NAME, indices::GROUP_UUID);
    let found = number(source, partition, name, indices)?;
    Ok(found.and_then(GroupId::from_record).map(EntryId::Group))
}

fn number(
    source: &impl Reading,
    partition: Partition,
    name: &str,
    (names, uuids): (storage::Index, storage::Index),
) -> Result<Option<storage::Id>, ReadError> {
    let named = source.find_first(partition, names, prepare(name).as_bytes())?;
    match Uuid::try_parse(name) {
        Ok(uuid) if named.is_none() => source.find_first(partition, uuids, uuid.as_bytes()),
        Ok(_) | Err(_) => Ok(named),
    }
}

/// What an entry is called; `None` when it is not there.
pub(crate) fn name(
    source: &impl Reading,
    partition: Partition,
    entry: EntryId,
) -> Result<Option<String>, ReadError> {
    let number = entry.record();
    Ok(match entry {
        EntryId::User(_) => source.get::<User>(partition, number)?.map(|user| user.fields.login),
        EntryId::Group(_) => source.get::<Group>(partition, number)?.map(|group| group.fields.name),
        EntryId::ServiceAccount(_) => {
            source.get::<ServiceAccount>(partition, number)?.map(|account| account.fields.name)
        }
        EntryId::Device(_) => {
            source.get::<Device>(partition, number)?.map(|device| device.fields.name)
        }
    })
}

/// Refuses references to what is not there.
pub(crate) fn check(
    schema: &Schema,
    values: &CustomValues,
    source: &impl Reading,
    partition: Partition,
) -> Result<(), Error> {
    for (attribute, values) in schema.shown(values) {
        let Values::Reference(entries) = values else { continue };
        for entry in entries {
            if name(source, partition, *entry)?.is_none() {
                let pointer = format!("/custom/{}", attribute.fields.name);
                return Err(Invalid::new(pointer, "there is no such user or group").into());
            }
        }
    }
    Ok(())
}

/// Takes references to what is not there any more out of values that were set aside.
pub(crate) fn forget_gone(
    values: &mut CustomValues,
    source: &impl Reading,
    partition: Partition,
) -> Result<(), ReadError> {
    let references = values.iter().filter_map(|value| {
        let Values::Reference(entries) = &value.values else { return None };
        Some((value.number, entries.clone()))
    });
    for (number, entries) in references.collect::<Vec<_>>() {
        for entry in entries {
            if name(source, partition, entry)?.is_none() {
                values.drop_reference(number, entry);
            }
        }
    }
    Ok(())
}

/// The entries that name an entry by an attribute of those that are references, each with the
/// attribute's number.
pub(crate) fn referring(
    schema: &Schema,
    source: &impl Reading,
    partition: Partition,
    entry: EntryId,
) -> Result<Vec<(u16, EntryId)>, ReadError> {
    let mut found = Vec::new();
    for attribute in schema.references() {
        for kind in NAMING {
            let Some(index) = custom_index(attribute.number, kind) else { continue };
            for number in source.find(partition, index, &entry.key()) {
                let number = number?;
                let entry = entry_id(kind, number);
                found.extend(entry.map(|entry| (attribute.number, entry)));
            }
        }
    }
    Ok(found)
}

/// Takes an entry that is about to be deleted out of all others that name it.
pub(crate) fn drop_all(
    change: &mut Change<'_>,
    partition: Partition,
    entry: EntryId,
    now: Time,
) -> Result<(), Error> {
    let schema = Schema::read(change, partition)?;
    for (number, referring) in referring(&schema, change, partition, entry)? {
        match referring {
            // It goes itself.
            own if own == entry => {}
            EntryId::User(id) => drop_one::<User>(change, (partition, id), (number, entry), now)?,
            EntryId::Group(id) => drop_one::<Group>(change, (partition, id), (number, entry), now)?,
            EntryId::ServiceAccount(_) | EntryId::Device(_) => {}
        }
    }
    Ok(())
}

fn drop_one<E: WithCustomValues>(
    change: &mut Change<'_>,
    (partition, id): (Partition, E::Id),
    (number, entry): (u16, EntryId),
    now: Time,
) -> Result<(), Error> {
    let Some(mut record) = change.get::<E>(partition, id.record())? else { return Ok(()) };
    if record.custom_mut().drop_reference(number, entry) {
        record.stamp().touch(now);
        change.put(partition, id.record(), &record)?;
    }
    Ok(())
}
