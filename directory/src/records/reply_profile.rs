//! What an accept tells the network gear.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::text::prepare;

/// A reply profile's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyProfile {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: ReplyProfileFields,
}

/// What admins write of a reply profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyProfileFields {
    /// The profile's name; unique in the organization.
    pub name: String,
    /// The VLAN's number or name.
    pub vlan: Option<String>,
    /// Names of filters or access lists on the gear, in order.
    pub filters: Vec<String>,
    /// Opaque classes that the gear returns in accounting, in order.
    pub classes: Vec<String>,
    /// Seconds until the gear ends the session.
    pub session_timeout: Option<u32>,
    /// Seconds without traffic until the gear ends the session.
    pub idle_timeout: Option<u32>,
    /// Vendors' own attributes, in order.
    pub vendor_attributes: Vec<VendorAttribute>,
}

/// One attribute of a vendor's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorAttribute {
    /// The vendor's enterprise number.
    pub vendor: u32,
    /// The attribute's number in the vendor's space.
    pub number: u8,
    /// Its value.
    pub value: VendorValue,
}

/// A vendor attribute's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VendorValue {
    /// UTF-8 text.
    Text(String),
    /// A 32-bit number.
    Integer(u32),
    /// An IPv4 address.
    Address(Ipv4Addr),
}

impl Record for ReplyProfile {
    const KIND: Kind = kinds::REPLY_PROFILE;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::REPLY_PROFILE_UUID, self.uuid.as_bytes());
        entries.add(indices::REPLY_PROFILE_NAME, prepare(&self.fields.name).as_bytes());
    }
}
