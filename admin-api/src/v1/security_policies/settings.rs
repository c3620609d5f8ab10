//! What a security policy demands, as the API writes it.

use directory::records::{self, OperatingSystem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moment::Moment;
use crate::patch::{present, set};

/// What is demanded of devices. Of a setting that is absent nothing is said, and a policy with a
/// higher precedence number may say it.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecuritySettings {
    /// Whether what is stored is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_encryption: Option<DiskEncryption>,
    /// When the screen locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) screen_lock: Option<ScreenLock>,
    /// How old the system may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) os_updates: Option<OsUpdates>,
    /// Which wireless networks may be joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_networks: Option<AllowedNetworks>,
}

/// What changes of what is demanded; a setting that is left out stays, null says nothing of it any
/// more, and what is given takes the place of the whole setting.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecuritySettingsPatch {
    /// Whether what is stored is encrypted.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DiskEncryption>)]
    disk_encryption: Option<Option<DiskEncryption>>,
    /// When the screen locks.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ScreenLock>)]
    screen_lock: Option<Option<ScreenLock>>,
    /// How old the system may be.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<OsUpdates>)]
    os_updates: Option<Option<OsUpdates>>,
    /// Which wireless networks may be joined.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<AllowedNetworks>)]
    allowed_networks: Option<Option<AllowedNetworks>>,
}

impl SecuritySettingsPatch {
    /// Changes what is demanded.
    pub(crate) fn apply(self, to: &mut records::SecuritySettings) {
        set(&mut to.disk_encryption, self.disk_encryption.map(|it| it.map(Into::into)));
        set(&mut to.screen_lock, self.screen_lock.map(|it| it.map(Into::into)));
        set(&mut to.os_updates, self.os_updates.map(|it| it.map(Into::into)));
        set(&mut to.allowed_networks, self.allowed_networks.map(|it| it.map(Into::into)));
    }
}

const fn yes() -> bool {
    true
}

/// Whether what is stored is encrypted.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiskEncryption {
    /// Whether it has to be; false says so as well, against policies with higher precedence numbers.
    #[serde(default = "yes")]
    required: bool,
}

/// When the screen locks.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScreenLock {
    /// Whether it has to; false says so as well, against policies with higher precedence numbers.
    #[serde(default = "yes")]
    required: bool,
    /// After so many seconds in which nobody does anything, a day at most.
    #[schema(minimum = 1, maximum = 86_400)]
    delay: u32,
}

/// How old the system may be.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OsUpdates {
    /// The oldest version of each system; of others nothing is demanded.
    #[serde(default)]
    minimum_versions: Vec<MinimumVersion>,
    /// By when an older one has to be renewed; at once when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Moment>,
}

/// The oldest version of a system.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinimumVersion {
    /// The system.
    os: System,
    /// The version: numbers with dots between.
    version: String,
}

/// Which wireless networks may be joined.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowedNetworks {
    /// Their names (SSIDs); an empty list allows none.
    ssids: Vec<String>,
}

/// What runs on a device.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperatingSystem)]
pub(crate) enum System {
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

/// Each of two enumerations as the other.
macro_rules! alike {
    ($here:ident, $there:ident: $($name:ident)*) => {
        impl From<$here> for $there {
            fn from(value: $here) -> Self {
                match value { $($here::$name => Self::$name,)* }
            }
        }

        impl From<$there> for $here {
            fn from(value: $there) -> Self {
                match value { $($there::$name => Self::$name,)* }
            }
        }
    };
}
pub(crate) use alike;

alike!(System, OperatingSystem: Windows Macos Linux Ios Android Chromeos Other);

impl From<DiskEncryption> for records::DiskEncryption {
    fn from(value: DiskEncryption) -> Self {
        Self { required: value.required }
    }
}

impl From<records::DiskEncryption> for DiskEncryption {
    fn from(value: records::DiskEncryption) -> Self {
        Self { required: value.required }
    }
}

impl From<ScreenLock> for records::ScreenLock {
    fn from(value: ScreenLock) -> Self {
        Self { required: value.required, delay: value.delay }
    }
}

impl From<records::ScreenLock> for ScreenLock {
    fn from(value: records::ScreenLock) -> Self {
        Self { required: value.required, delay: value.delay }
    }
}

impl From<OsUpdates> for records::OsUpdates {
    fn from(value: OsUpdates) -> Self {
        let minimum =
            |it: MinimumVersion| records::MinimumVersion { os: it.os.into(), version: it.version };
        Self {
            minimum_versions: value.minimum_versions.into_iter().map(minimum).collect(),
            deadline: value.deadline.map(|moment| moment.0),
        }
    }
}

impl From<records::OsUpdates> for OsUpdates {
    fn from(value: records::OsUpdates) -> Self {
        let minimum =
            |it: records::MinimumVersion| MinimumVersion { os: it.os.into(), version: it.version };
        Self {
            minimum_versions: value.minimum_versions.into_iter().map(minimum).collect(),
            deadline: value.deadline.map(Moment),
        }
    }
}

impl From<AllowedNetworks> for records::AllowedNetworks {
    fn from(value: AllowedNetworks) -> Self {
        Self { ssids: value.ssids }
    }
}

impl From<records::AllowedNetworks> for AllowedNetworks {
    fn from(value: records::AllowedNetworks) -> Self {
        Self { ssids: value.ssids }
    }
}

impl From<SecuritySettings> for records::SecuritySettings {
    fn from(value: SecuritySettings) -> Self {
        Self {
            disk_encryption: value.disk_encryption.map(Into::into),
            screen_lock: value.screen_lock.map(Into::into),
            os_updates: value.os_updates.map(Into::into),
            allowed_networks: value.allowed_networks.map(Into::into),
        }
    }
}

impl From<records::SecuritySettings> for SecuritySettings {
    fn from(value: records::SecuritySettings) -> Self {
        Self {
            disk_encryption: value.disk_encryption.map(Into::into),
            screen_lock: value.screen_lock.map(Into::into),
            os_updates: value.os_updates.map(Into::into),
            allowed_networks: value.allowed_networks.map(Into::into),
        }
    }
}
