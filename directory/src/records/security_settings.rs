//! What an organization demands of its devices.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::OperatingSystem;
use crate::error::Invalid;
use crate::limits;
use crate::time::Time;

/// The longest that a screen may stay open, in seconds: a day.
const LONGEST_DELAY: u32 = 24 * 60 * 60;
/// The most octets of a network's name (IEEE 802.11).
const SSID: usize = 32;
/// The most networks.
const NETWORKS: usize = 64;
/// The most octets of a version.
const VERSION: usize = 64;

/// What is demanded of devices; of what is absent nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecuritySettings {
    /// Whether what is stored is encrypted.
    pub disk_encryption: Option<DiskEncryption>,
    /// When the screen locks.
    pub screen_lock: Option<ScreenLock>,
    /// How old the system may be.
    pub os_updates: Option<OsUpdates>,
    /// Which wireless networks may be joined.
    pub allowed_networks: Option<AllowedNetworks>,
}

/// Whether what is stored is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskEncryption {
    /// Whether it has to be.
    pub required: bool,
}

/// When the screen locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenLock {
    /// Whether it has to.
    pub required: bool,
    /// After so many seconds in which nobody does anything.
    pub delay: u32,
}

/// How old the system may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OsUpdates {
    /// The oldest version of each system.
    pub minimum_versions: Vec<MinimumVersion>,
    /// By when an older one has to be renewed; at once when absent.
    pub deadline: Option<Time>,
}

/// The oldest version of a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinimumVersion {
    /// The system.
    pub os: OperatingSystem,
    /// The version: numbers with dots between.
    pub version: String,
}

/// Which wireless networks may be joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedNetworks {
    /// Their names; none at all where there is none.
    pub ssids: Vec<String>,
}

impl SecuritySettings {
    /// Checks the values.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if let Some(lock) = &self.screen_lock
            && !(1..=LONGEST_DELAY).contains(&lock.delay)
        {
            let text = format!("must be 1 to {LONGEST_DELAY} seconds");
            return Err(Invalid::new("/settings/screen_lock/delay", text));
        }
        self.os_updates.as_ref().map_or(Ok(()), OsUpdates::check)?;
        self.allowed_networks.as_ref().map_or(Ok(()), AllowedNetworks::check)
    }
}

impl OsUpdates {
    fn check(&self) -> Result<(), Invalid> {
        let mut seen = HashSet::new();
        for (position, minimum) in self.minimum_versions.iter().enumerate() {
            let pointer =
                |member| format!("/settings/os_updates/minimum_versions/{position}/{member}");
            if !seen.insert(minimum.os) {
                return Err(Invalid::new(pointer("os"), "is there twice"));
            }
            if !is_version(&minimum.version) {
                let text = "must be numbers with dots between, such as 14.6.1";
                return Err(Invalid::new(pointer("version"), text));
            }
        }
        Ok(())
    }
}

impl OsUpdates {
    /// Whether a system of that version is plainly too old at a time.
    pub(crate) fn is_outdated(&self, os: OperatingSystem, version: &str, now: Time) -> bool {
        if self.deadline.is_some_and(|deadline| now < deadline) {
            return false;
        }
        let minimum = self.minimum_versions.iter().find(|minimum| minimum.os == os);
        let minimum = minimum.and_then(|minimum| numbers(&minimum.version));
        match (numbers(version), minimum) {
            (Some(own), Some(minimum)) => own < minimum,
            (Some(_) | None, _) => false,
        }
    }
}

/// The numbers of a version, without zeros at its end, so that they compare as versions do.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let parts = version.split('.').map(|part| part.parse().ok());
    let mut numbers: Vec<u64> = parts.collect::<Option<_>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

fn is_version(text: &str) -> bool {
    let is_number =
        |part: &str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
    text.len() <= VERSION && text.split('.').all(is_number)
}

impl AllowedNetworks {
    fn check(&self) -> Result<(), Invalid> {
        limits::count("/settings/allowed_networks/ssids", self.ssids.len(), NETWORKS)?;
        let mut seen = HashSet::new();
        for (position, ssid) in self.ssids.iter().enumerate() {
            let pointer = format!("/settings/allowed_networks/ssids/{position}");
            limits::line_of(&pointer, ssid, SSID)?;
            if ssid.is_empty() {
                return Err(Invalid::new(pointer, "must not be empty"));
            }
            if !seen.insert(ssid) {
                return Err(Invalid::new(pointer, "is there twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(settings: &SecuritySettings) -> String {
        settings.check().unwrap_err().pointer
    }

    #[test]
    fn values_that_no_device_could_follow_are_refused_where_they_stand() {
        let lock = |delay| SecuritySettings {
            screen_lock: Some(ScreenLock { required: true, delay }),
            ..SecuritySettings::default()
        };
        assert!(lock(300).check().is_ok());
        for delay in [0, LONGEST_DELAY + 1] {
            assert_eq!(refused(&lock(delay)), "/settings/screen_lock/delay");
        }
        let updates = |versions: &[(OperatingSystem, &str)]| {
            let minimum = |(os, version): &(OperatingSystem, &str)| MinimumVersion {
                os: *os,
                version: (*version).to_owned(),
            };
            let minimum_versions = versions.iter().map(minimum).collect();
            let os_updates = Some(OsUpdates { minimum_versions, deadline: None });
            SecuritySettings { os_updates, ..SecuritySettings::default() }
        };
        let (mac, windows) = (OperatingSystem::Macos, OperatingSystem::Windows);
        assert!(updates(&[(mac, "15.1"), (windows, "10.0.22631")]).check().is_ok());
        let first = "/settings/os_updates/minimum_versions/0/version";
        for version in ["", "15.", ".1", "15.x", "Sequoia", &"1".repeat(65)] {
            assert_eq!(refused(&updates(&[(mac, version)])), first, "{version}");
        }
        let twice = refused(&updates(&[(mac, "15"), (mac, "14")]));
        assert_eq!(twice, "/settings/os_updates/minimum_versions/1/os");
        let networks = |ssids: &[&str]| {
            let ssids = ssids.iter().map(|ssid| (*ssid).to_owned()).collect();
            let allowed_networks = Some(AllowedNetworks { ssids });
            SecuritySettings { allowed_networks, ..SecuritySettings::default() }
        };
        assert!(networks(&[]).check().is_ok());
        assert!(networks(&["Acme", "acme"]).check().is_ok());
        for wrong in [&["Acme", "Acme"][..], &["Acme", ""], &["Acme", &"x".repeat(33)]] {
            assert_eq!(refused(&networks(wrong)), "/settings/allowed_networks/ssids/1");
        }
        assert_eq!(refused(&networks(&["x"; 65])), "/settings/allowed_networks/ssids");
    }
    #[test]
    fn a_version_is_compared_number_by_number_once_its_deadline_is_over() {
        let updates = |version: &str, deadline| OsUpdates {
            minimum_versions: vec![MinimumVersion {
                os: OperatingSystem::Macos,
                version: version.into(),
            }],
            deadline,
        };
        let old = |minimum: &str, own: &str| {
            updates(minimum, None).is_outdated(OperatingSystem::Macos, own, Time(5))
        };
        assert!(old("15.1", "15.0.1") && old("15.10", "15.9") && old("10", "9.99"));
        assert!(!old("15.1", "15.1") && !old("15.1", "15.1.0") && !old("15.1.0", "15.1"));
        assert!(!old("9.9", "10") && !old("15", "Sequoia") && !old("15", ""));
        let at = |deadline| {
            let updates = updates("15", Some(Time(deadline)));
            updates.is_outdated(OperatingSystem::Macos, "14", Time(5))
        };
        assert!(at(5) && !at(6));
        let other = updates("15", None);
        assert!(!other.is_outdated(OperatingSystem::Windows, "14", Time(5)));
    }
}
