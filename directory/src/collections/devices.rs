//! Devices: managed machines, which network gear knows by their hardware addresses.

use std::collections::HashSet;

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::cap_use::{give_place_back, take_place};
use super::collection::Collection;
use super::entity::Entity;
use super::groups::ancestors_of_group;
use super::issuing::revoke_all;
use super::of_groups::check_there;
use super::told;
use crate::access::{Grant, ManageIdentities, View};
use crate::error::{Error, Invalid};
use crate::events::SubjectKind;
use crate::id::{DeviceId, GroupId, RecordId};
use crate::limits::{self, NAMED_GROUPS, VALUES};
use crate::records::{
    Capped, Compliance, Device, DeviceFields, Group, Stamp, Trigger, User, indices,
};
use crate::text::prepare;

/// The devices of the grant's organization.
pub type Devices<'g, S> = Collection<'g, S, Device>;

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's devices, to be read.
    pub fn devices(&self) -> Devices<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageIdentities> {
    /// The organization's devices, to be changed.
    pub fn devices(&mut self) -> Devices<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl Devices<'_, &mut Change<'_>> {
    /// Makes a device.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Full` beyond a hard cap.
    pub fn create(&mut self, fields: DeviceFields) -> Result<(DeviceId, Device), Error> {
        take_place(&mut self.site, Capped::Devices)?;
        self.add(fields)
    }

    /// Changes a device; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: DeviceId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut Device) -> Result<(), Error>,
    ) -> Result<Device, Error> {
        let before = self.read(id)?.fields;
        let device = self.edit(id, revision, edit)?;
        if device.fields.suspended && !before.suspended {
            self.site.note_departed_device(Trigger::Suspended, id, &[])?;
        }
        let (had, has) = (&before.groups, &device.fields.groups);
        let left: Vec<GroupId> = had.iter().filter(|it| !has.contains(it)).copied().collect();
        let joined: Vec<GroupId> = has.iter().filter(|it| !had.contains(it)).copied().collect();
        self.note_moved(Trigger::LeftGroup, id, &left)?;
        self.note_moved(Trigger::JoinedGroup, id, &joined)?;
        Ok(device)
    }

    /// Notes that a device is not in groups any more, or is since now, and in those above.
    fn note_moved(
        &mut self,
        trigger: Trigger,
        id: DeviceId,
        groups: &[GroupId],
    ) -> Result<(), Error> {
        if groups.is_empty() || !self.site.asks_for(trigger)? {
            return Ok(());
        }
        let (partition, mut moved) = (self.site.partition(), groups.to_vec());
        for group in groups {
            moved.extend(ancestors_of_group(&*self.site.source, partition, *group)?);
        }
        moved.sort_unstable();
        moved.dedup();
        self.site.note_departed_device(trigger, id, &moved)
    }

    /// Deletes a device and what it reported; its certificates are revoked.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: DeviceId, revision: Option<u64>) -> Result<(), Error> {
        self.read_at(id, revision)?;
        // First: where only one more note has room, this one tells of all sessions.
        self.site.note_departed_device(Trigger::Deleted, id, &[])?;
        revoke_all(&mut self.site, id.record())?;
        let partition = self.site.partition();
        self.site.source.delete::<Compliance>(partition, id.record())?;
        give_place_back(&mut self.site, Capped::Devices)?;
        self.remove(id, revision)
    }
}

impl Entity for Device {
    type Id = DeviceId;
    type Fields = DeviceFields;

    const SUBJECT: SubjectKind = SubjectKind::Device;
    const UUIDS: Index = indices::DEVICE_UUID;
    const NAMES: Index = indices::DEVICE_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn index_for(member: &str) -> Option<Index> {
        match member {
            "name" => Some(indices::DEVICE_NAME),
            "serial" => Some(indices::DEVICE_SERIAL),
            _ => None,
        }
    }

    fn new(uuid: Uuid, stamp: Stamp, fields: DeviceFields) -> Self {
        Self { uuid, stamp, fields }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &DeviceFields {
        &self.fields
    }

    fn name(fields: &DeviceFields) -> &str {
        &fields.name
    }

    fn named_values<R: Reading>(
        &self,
        source: &R,
        partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        Ok(vec![
            ("groups".to_owned(), told::all::<Group>(&self.fields.groups, source, partition)?),
            ("owner".to_owned(), told::one::<User>(self.fields.owner, source, partition)?),
        ])
    }

    fn check(fields: &DeviceFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        limits::optional_line("/description", fields.description.as_ref())?;
        fields.serial.as_ref().map_or(Ok(()), |serial| limits::name("/serial", serial))?;
        limits::optional_line("/model", fields.model.as_ref())?;
        limits::optional_line("/os_version", fields.os_version.as_ref())?;
        limits::count("/groups", fields.groups.len(), NAMED_GROUPS)?;
        limits::count("/addresses", fields.addresses.len(), VALUES)?;
        let mut seen = HashSet::new();
        for (position, address) in fields.addresses.iter().enumerate() {
            let pointer = format!("/addresses/{position}");
            if !address.is_of_one() {
                return Err(Invalid::new(pointer, "must be the address of one machine"));
            }
            if !seen.insert(address) {
                return Err(Invalid::new(pointer, "is there twice"));
            }
        }
        Ok(())
    }

    fn check_new(fields: &DeviceFields, before: Option<&DeviceFields>) -> Result<(), Invalid> {
        let had = before.map_or("", |before| before.name.as_str());
        limits::new_label(Self::NAME_POINTER, &fields.name, had)
    }

    fn check_references<R: Reading>(
        fields: &DeviceFields,
        id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        if let Some(serial) = &fields.serial {
            let holder =
                source.find_first(partition, indices::DEVICE_SERIAL, prepare(serial).as_bytes())?;
            if holder.is_some_and(|holder| holder != id) {
                return Err(Error::Taken { pointer: "/serial".into() });
            }
        }
        for (position, address) in fields.addresses.iter().enumerate() {
            let holder = source.find_first(partition, indices::DEVICE_ADDRESS, address.octets())?;
            if holder.is_some_and(|holder| holder != id) {
                let pointer = format!("/addresses/{position}");
                return Err(Error::Taken { pointer: pointer.into() });
            }
        }
        check_there("/groups", &fields.groups, source, partition)
    }

    fn let_go(
        &self,
        _change: &mut Change<'_>,
        _partition: Partition,
        _id: DeviceId,
    ) -> Result<(), Error> {
        Ok(())
    }
}
