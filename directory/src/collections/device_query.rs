//! Lists of devices by what is known of them.

use storage::{Reading, Snapshot};

use super::browse::{Batch, Browse, Records, Sought};
use super::compliance::{ComplianceState, state_of};
use super::devices::Devices;
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{DeviceId, GroupId, RecordId, UserId};
use crate::records::{Compliance, Device, OperatingSystem, indices};
use crate::text::{prepare, prepare_cut};

/// Which devices.
#[derive(Clone, Debug, Default)]
pub struct DeviceQuery {
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

impl DeviceQuery {
    fn admits(&self, device: &Device) -> bool {
        let fields = &device.fields;
        let numbered = |wanted: &String| {
            fields.serial.as_ref().is_some_and(|own| prepare(wanted) == prepare(own))
        };
        self.serial.as_ref().is_none_or(numbered)
            && self.owner.is_none_or(|owner| fields.owner == Some(owner))
            && self.group.is_none_or(|group| fields.groups.contains(&group))
            && self.os.is_none_or(|os| fields.os == Some(os))
            && self.suspended.is_none_or(|suspended| fields.suspended == suspended)
    }
}

impl<'t> Grant<'t, &'t Snapshot, View> {
    /// Those of the organization's devices that a query means, to be browsed.
    pub fn devices_where(&self, query: DeviceQuery) -> DevicesWhere<'t> {
        DevicesWhere { devices: self.devices(), query }
    }
}

/// The devices that a query means, to be browsed.
pub struct DevicesWhere<'g> {
    devices: Devices<'g, &'g Snapshot>,
    query: DeviceQuery,
}

impl Browse for DevicesWhere<'_> {
    type Id = DeviceId;
    type Record = Device;

    fn batch(
        &self,
        after: Option<DeviceId>,
        limit: usize,
    ) -> Result<Batch<DeviceId, Device>, Error> {
        let (partition, source) = (self.devices.site.partition(), self.devices.site.source);
        let (index, value) = match &self.query {
            DeviceQuery { serial: Some(serial), .. } => {
                (indices::DEVICE_SERIAL, prepare_cut(serial).into_bytes())
            }
            DeviceQuery { owner: Some(owner), .. } => {
                (indices::DEVICE_OWNER, owner.record().to_be_bytes().to_vec())
            }
            DeviceQuery { group: Some(group), .. } => {
                (indices::DEVICE_GROUP, group.record().to_be_bytes().to_vec())
            }
            DeviceQuery { .. } => return self.devices.batch(after, limit),
        };
        let mut records = Vec::new();
        for number in source.find_behind(partition, index, &value, after.map(DeviceId::record)) {
            if records.len() == limit {
                return Ok((records, true));
            }
            let Some(id) = DeviceId::from_record(number?) else { continue };
            records.extend(self.devices.candidate(id)?.map(|device| (id, device)));
        }
        Ok((records, false))
    }

    fn admits(&self, id: DeviceId, device: &Device) -> Result<bool, Error> {
        if !self.query.admits(device) {
            return Ok(false);
        }
        let Some(wanted) = self.query.compliance else { return Ok(true) };
        let site = &self.devices.site;
        let known = site.source.get::<Compliance>(site.partition(), id.record())?;
        Ok(state_of(known.as_ref(), site.now(), site.tools) == wanted)
    }

    fn called(&self, name: &str) -> Result<Records<DeviceId, Device>, Error> {
        self.devices.called(name)
    }

    fn candidates(&self, sought: Sought<'_>, most: usize) -> Result<Option<Vec<DeviceId>>, Error> {
        self.devices.candidates(sought, most)
    }

    fn candidate(&self, id: DeviceId) -> Result<Option<Device>, Error> {
        self.devices.candidate(id)
    }
}
