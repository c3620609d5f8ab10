//! A managed machine, known by its hardware addresses.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::id::{GroupId, RecordId};
use crate::network::MacAddress;
use crate::text::prepare;

/// A device's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: DeviceFields,
}

/// What admins write of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFields {
    /// The device's name; unique in the organization.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Its hardware addresses; each is of one device of the organization.
    pub addresses: Vec<MacAddress>,
    /// The groups that it belongs to.
    pub groups: Vec<GroupId>,
    /// Whether it is kept out.
    pub suspended: bool,
}

impl Record for Device {
    const KIND: Kind = kinds::DEVICE;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::DEVICE_UUID, self.uuid.as_bytes());
        entries.add(indices::DEVICE_NAME, prepare(&self.fields.name).as_bytes());
        for address in &self.fields.addresses {
            entries.add(indices::DEVICE_ADDRESS, address.octets());
        }
        for group in &self.fields.groups {
            entries.add(indices::DEVICE_GROUP, &group.record().to_be_bytes());
        }
    }
}
