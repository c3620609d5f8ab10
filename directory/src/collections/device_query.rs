//! Lists of devices by what is known of them.

use storage::{Id, Reading, Snapshot};

use super::Page;
use super::compliance::{ComplianceState, state_of};
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{DeviceId, GroupId, RecordId, UserId};
use crate::records::{Compliance, Device, OperatingSystem, indices};
use crate::text::{prepare, prepare_cut};

/// Which devices.
#[derive(Clone, Debug, Default)]
pub struct DeviceQuery {
    /// Only the one with this name, compared without case.
    pub name: Option<String>,
    /// Only the one with this serial number, compared without case.
    pub serial: Option<String>,
    /// Only those of this user.
    pub owner: Option<UserId>,
    /// Only those that are in this group themselves.
    pub group: Option<GroupId>,
    /// Only those on which this runs.
    pub os: Option<OperatingSystem>,
    /// Only those that are kept out, or only those that are not.
    pub suspended: Option<bool>,
    /// Only those that stand so toward what is demanded of them.
    pub compliance: Option<ComplianceState>,
}

/// The most devices that a page looks at; it may then hold fewer than asked for, and not be the
/// last.
const LOOK_THROUGH: usize = 2_000;

impl DeviceQuery {
    fn admits(&self, device: &Device) -> bool {
        let fields = &device.fields;
        let named = |wanted: &String| prepare(wanted) == prepare(&fields.name);
        let numbered = |wanted: &String| {
            fields.serial.as_ref().is_some_and(|own| prepare(wanted) == prepare(own))
        };
        self.name.as_ref().is_none_or(named)
            && self.serial.as_ref().is_none_or(numbered)
            && self.owner.is_none_or(|owner| fields.owner == Some(owner))
            && self.group.is_none_or(|group| fields.groups.contains(&group))
            && self.os.is_none_or(|os| fields.os == Some(os))
            && self.suspended.is_none_or(|suspended| fields.suspended == suspended)
    }
}

impl Grant<'_, &Snapshot, View> {
    /// Reads at most `limit` of the organization's devices behind `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn devices_where(
        &self,
        query: &DeviceQuery,
        after: Option<DeviceId>,
        limit: usize,
    ) -> Result<Page<Device>, Error> {
        let (partition, source) = (self.place.partition(), self.source);
        let after = after.map(DeviceId::record);
        let found = |index, value: &[u8]| source.find_behind(partition, index, value, after);
        let read = |id: Result<Id, storage::ReadError>| {
            let id = id?;
            Ok(source.get::<Device>(partition, id)?.map(|device| (id, device)))
        };
        let number = |record: Id| record.to_be_bytes();
        match query {
            DeviceQuery { serial: Some(serial), .. } => {
                let value = prepare_cut(serial);
                self.gather(found(indices::DEVICE_SERIAL, value.as_bytes()).map(read), query, limit)
            }
            DeviceQuery { name: Some(name), .. } => {
                let value = prepare_cut(name);
                self.gather(found(indices::DEVICE_NAME, value.as_bytes()).map(read), query, limit)
            }
            DeviceQuery { owner: Some(owner), .. } => {
                let value = number(owner.record());
                self.gather(found(indices::DEVICE_OWNER, &value).map(read), query, limit)
            }
            DeviceQuery { group: Some(group), .. } => {
                let value = number(group.record());
                self.gather(found(indices::DEVICE_GROUP, &value).map(read), query, limit)
            }
            DeviceQuery { .. } => {
                let all = source.scan::<Device>(partition, after);
                self.gather(all.map(|found| Ok(Some(found?))), query, limit)
            }
        }
    }

    /// The first devices that a query admits, and where the next page starts.
    fn gather(
        &self,
        found: impl Iterator<Item = Result<Option<(Id, Device)>, Error>>,
        query: &DeviceQuery,
        limit: usize,
    ) -> Result<Page<Device>, Error> {
        let (mut records, mut last) = (Vec::new(), None);
        for (looked, found) in found.enumerate() {
            if looked == LOOK_THROUGH || records.len() == limit {
                return Ok(Page { records, next: last });
            }
            let Some((number, device)) = found? else { continue };
            let Some(id) = DeviceId::from_record(number) else { continue };
            last = Some(id);
            if query.admits(&device) && self.is_so(id, query.compliance)? {
                records.push((id, device));
            }
        }
        Ok(Page { records, next: None })
    }

    fn is_so(&self, id: DeviceId, wanted: Option<ComplianceState>) -> Result<bool, Error> {
        let Some(wanted) = wanted else { return Ok(true) };
        let (partition, source) = (self.place.partition(), self.source);
        let known = source.get::<Compliance>(partition, id.record())?;
        Ok(state_of(known.as_ref(), self.context.now, self.tools) == wanted)
    }
}
