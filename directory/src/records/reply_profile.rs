//! What an accept tells the network gear.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
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
    /// Vendors' own attributes by their numbers, in order.
    pub vendor_attributes: Vec<VendorAttribute>,
    /// Attributes by their names, in order.
    pub attributes: Vec<NamedAttribute>,
}

/// One attribute by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedAttribute {
    /// The name.
    pub name: String,
    /// The vendor's enterprise number; none for what all gear knows.
    pub vendor: Option<u32>,
    /// The attribute's number, in the vendor's space where there is a vendor.
    pub number: u8,
    /// The tag that joins it with others, where it has one.
    pub tag: Option<u8>,
    /// Its value.
    pub value: NamedValue,
}

/// A named attribute's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedValue {
    /// UTF-8 text, with places for facts about who is let in.
    Text(String),
    /// A number.
    Integer(u32),
    /// An IPv4 address.
    Address(Ipv4Addr),
    /// Any octets.
    Octets(Vec<u8>),
    /// An IPv6 address.
    Ipv6Address(Ipv6Addr),
    /// A prefix of IPv6 addresses, with nothing behind it.
    Ipv6Prefix(Ipv6Net),
    /// What a value of another form than text is read from once facts about who is let in stand in it.
    Told(ToldForm, String),
}

/// The form of a value that is read from what is told of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldForm {
    /// A number of 32 bits.
    Integer,
    /// A number of 24 bits behind a tag.
    TaggedInteger,
    /// An IPv4 address.
    Address,
    /// An IPv6 address.
    Ipv6Address,
    /// A prefix of IPv6 addresses.
    Ipv6Prefix,
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
    const VERSION: u8 = 4;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Named attributes stand at the end, and none are one zero octet.
            1 => decode(&[body, &[0]].concat()),
            // They knew fewer kinds of values.
            2 | 3 => decode(body),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::REPLY_PROFILE_UUID, self.uuid.as_bytes());
        entries.add(indices::REPLY_PROFILE_NAME, prepare(&self.fields.name).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn a_profile_of_version_1_names_no_attributes() {
        let vendor_attributes =
            vec![VendorAttribute { vendor: 9, number: 1, value: VendorValue::Integer(7) }];
        let fields = ReplyProfileFields {
            name: "staff".into(),
            vlan: Some("20".into()),
            vendor_attributes,
            ..ReplyProfileFields::default()
        };
        let profile = ReplyProfile { uuid: Uuid::from_u128(7), stamp: Stamp::new(Time(1)), fields };
        let mut body = storage::encode(&profile).unwrap();
        assert_eq!(body.pop(), Some(0));
        assert_eq!(ReplyProfile::upgrade(1, &body).unwrap(), profile);
        assert!(ReplyProfile::upgrade(0, &body).is_err());
    }

    #[test]
    fn what_version_2_named_stays() {
        // The octets of a profile "v6" with a uuid, a stamp, and one attribute: Class = 0xff.
        let mut body = vec![16];
        body.extend([7; 16]);
        body.extend([1, 1, 0, 2, b'v', b'6', 0, 0, 0, 0, 0, 0, 1]);
        body.extend([5, b'C', b'l', b'a', b's', b's', 0, 25, 0, 3, 1, 0xff]);
        let profile = ReplyProfile::upgrade(2, &body);
        let profile = profile.unwrap_or_else(|error| panic!("{error}: {body:?}"));
        assert_eq!(profile.fields.name, "v6");
        assert_eq!(profile.fields.attributes[0].value, NamedValue::Octets(vec![0xff]));
    }
}
