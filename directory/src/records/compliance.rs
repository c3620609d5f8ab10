//! What a device reported of how it follows what is demanded of it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::{OperatingSystem, indices, kinds};
use crate::time::Time;

/// The reports of a device, under the device's number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compliance {
    /// The last report.
    pub last: ComplianceReport,
    /// Those before, the newest first; a bounded number.
    pub earlier: Vec<ComplianceReport>,
}

/// A report of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComplianceReport {
    /// When it came.
    pub at: Time,
    /// From where.
    pub source: Option<IpAddr>,
    /// The tag of the document that the device followed.
    pub document: Option<String>,
    /// What runs on the device.
    pub os: Option<OperatingSystem>,
    /// The version of that.
    pub os_version: Option<String>,
    /// How it follows each setting.
    pub states: SettingStates,
    /// What that came to, by what was demanded of the device at that time.
    pub verdict: Verdict,
}

/// How a device follows each setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingStates {
    /// Whether what is stored is encrypted.
    pub disk_encryption: SettingState,
    /// When the screen locks.
    pub screen_lock: SettingState,
    /// How old the system may be.
    pub os_updates: SettingState,
    /// Which wireless networks may be joined.
    pub allowed_networks: SettingState,
}

/// How a device follows a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingState {
    /// It does.
    Compliant,
    /// It does not.
    NotCompliant,
    /// It does not know.
    #[default]
    Unknown,
}

/// How a device follows all that is demanded of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Compliant,
    /// It breaks at least one setting.
    NotCompliant,
    /// It breaks none, but does not know of all, or followed another document.
    Unknown,
}

impl Verdict {
    /// Every verdict.
    pub(crate) const ALL: [Self; 3] = [Self::Compliant, Self::NotCompliant, Self::Unknown];

    /// The octet that it has in the index.
    const fn octet(self) -> u8 {
        match self {
            Self::Compliant => 1,
            Self::NotCompliant => 2,
            Self::Unknown => 3,
        }
    }

    /// The time in such a place.
    pub(crate) fn time(key: &[u8]) -> Option<Time> {
        key.split_first()
            .and_then(|(_, time)| time.try_into().ok())
            .map(u64::from_be_bytes)
            .map(Time)
    }

    /// Where a report of this verdict stands in the index, in the order of times.
    pub(crate) fn key(self, at: Time) -> [u8; 9] {
        let mut key = [self.octet(); 9];
        key.iter_mut().skip(1).zip(at.0.to_be_bytes()).for_each(|(to, from)| *to = from);
        key
    }
}

impl Record for Compliance {
    const KIND: Kind = kinds::COMPLIANCE;
    const VERSION: u8 = 1;
    // Devices report all the time: what is remembered of the organization must outlive that.
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::COMPLIANCE, &self.last.verdict.key(self.last.at));
    }
}

/// Up to which reports it was told that they are too old to say anything: each is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ComplianceWatch {
    /// Reports that came before are told.
    pub(crate) told: Time,
}

impl Record for ComplianceWatch {
    const KIND: Kind = kinds::COMPLIANCE_WATCH;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
