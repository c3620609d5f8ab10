//! A managed machine, known by its hardware addresses and its certificates.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::id::{GroupId, RecordId, UserId};
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
    /// The serial number that its maker gave it; of one device of the organization.
    pub serial: Option<String>,
    /// What its maker calls it.
    pub model: Option<String>,
    /// What runs on it.
    pub os: Option<OperatingSystem>,
    /// The version of that.
    pub os_version: Option<String>,
    /// Who has it; a user who was deleted has it no more.
    pub owner: Option<UserId>,
}

/// What runs on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatingSystem {
    /// Microsoft Windows.
    Windows,
    /// Apple macOS.
    Macos,
    /// Any Linux.
    Linux,
    /// Apple iOS or iPadOS.
    Ios,
    /// Android.
    Android,
    /// Google ChromeOS.
    Chromeos,
    /// Anything else.
    Other,
}

/// What a record of version 1 says nothing of: five fields without a value.
const UNSAID: [u8; 5] = [0; 5];

impl DeviceFields {
    /// What is known of it in words, each thing once without regard to case: its description, its
    /// model, what runs on it.
    pub(crate) fn about(&self) -> Vec<String> {
        let mut about: Vec<String> = Vec::new();
        for text in
            [self.description.clone(), self.model.clone(), self.runs()].into_iter().flatten()
        {
            if about.iter().all(|other| prepare(other) != prepare(&text)) {
                about.push(text);
            }
        }
        about
    }

    /// Its serial number where that has no other characters than those of a printable string (RFC 4517
    /// section 3.3.29), which copies of the directory take and nothing else.
    pub(crate) fn printable_serial(&self) -> Option<&str> {
        let printable =
            |octet: u8| octet.is_ascii_alphanumeric() || b"'()+,-./:=? ".contains(&octet);
        self.serial.as_deref().filter(|serial| serial.bytes().all(printable))
    }

    /// What runs on it, with its version.
    fn runs(&self) -> Option<String> {
        let version = self.os_version.as_ref();
        match (self.os.and_then(OperatingSystem::title), version) {
            (Some(title), Some(version)) => Some(format!("{title} {version}")),
            (Some(title), None) => Some(title.to_owned()),
            (None, version) => version.cloned(),
        }
    }
}

impl OperatingSystem {
    /// What it is called, unless it is anything else.
    const fn title(self) -> Option<&'static str> {
        match self {
            Self::Windows => Some("Windows"),
            Self::Macos => Some("macOS"),
            Self::Linux => Some("Linux"),
            Self::Ios => Some("iOS"),
            Self::Android => Some("Android"),
            Self::Chromeos => Some("ChromeOS"),
            Self::Other => None,
        }
    }
}

impl Record for Device {
    const KIND: Kind = kinds::DEVICE;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            1 => decode(&[body, &UNSAID].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn called(&self) -> Option<&str> {
        Some(&self.fields.name)
    }

    fn known_as(&self) -> Option<[u8; 16]> {
        Some(*self.uuid.as_bytes())
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::DEVICE_UUID, self.uuid.as_bytes());
        entries.add(indices::DEVICE_NAME, prepare(&self.fields.name).as_bytes());
        for address in &self.fields.addresses {
            entries.add(indices::DEVICE_ADDRESS, address.octets());
        }
        for group in &self.fields.groups {
            entries.add(indices::DEVICE_GROUP, &group.record().to_be_bytes());
        }
        if let Some(serial) = &self.fields.serial {
            entries.add(indices::DEVICE_SERIAL, prepare(serial).as_bytes());
        }
        if let Some(owner) = self.fields.owner {
            entries.add(indices::DEVICE_OWNER, &owner.record().to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn what_is_known_of_a_device_in_words_is_said_once() {
        let about = |description: &str, model: &str, os, version: Option<&str>| {
            let fields = DeviceFields {
                description: Some(description.into()),
                model: Some(model.into()),
                os,
                os_version: version.map(Into::into),
                ..DeviceFields::default()
            };
            fields.about()
        };
        let (mac, other) = (Some(OperatingSystem::Macos), Some(OperatingSystem::Other));
        assert_eq!(
            about("of Ada", "MacBook", mac, Some("15.2")),
            ["of Ada", "MacBook", "macOS 15.2"]
        );
        assert_eq!(about("MACBOOK ", "MacBook", mac, None), ["MACBOOK ", "macOS"]);
        assert_eq!(about("till", "x", other, Some("7")), ["till", "x", "7"]);
        assert_eq!(about("till", "x", other, None), ["till", "x"]);
    }

    #[test]
    fn a_device_of_version_1_has_an_address_and_groups_and_nothing_is_known_of_it_else() {
        let fields = DeviceFields {
            name: "printer-2".into(),
            description: Some("second floor".into()),
            addresses: vec![MacAddress::read(b"00-10-A4-23-19-C0").unwrap()],
            groups: vec![GroupId::from_record(9).unwrap()],
            suspended: true,
            ..DeviceFields::default()
        };
        let device = Device { uuid: Uuid::from_u128(7), stamp: Stamp::new(Time(1)), fields };
        let mut body = storage::encode(&device).unwrap();
        assert_eq!(body.split_off(body.len() - UNSAID.len()), UNSAID);
        assert_eq!(Device::upgrade(1, &body).unwrap(), device);
        assert!(Device::upgrade(0, &body).is_err());
        assert!(Device::upgrade(3, &body).is_err());
    }
}
