//! What is demanded of a device: of each setting what the policy of the lowest precedence number
//! says that says anything of it.

use std::collections::BTreeMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};
use storage::{Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::groups_of_device;
use crate::access::{Grant, OwnDevice, View, Who};
use crate::error::Error;
use crate::id::{DeviceId, GroupId, RecordId};
use crate::records::{
    AllowedNetworks, Device, DiskEncryption, OsUpdates, ScreenLock, SecurityPolicy,
    SecuritySettings, indices, turn_of,
};

/// The policy that says something to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySource {
    /// The policy's external id.
    pub policy: Uuid,
    /// Its name.
    pub name: String,
    /// The version that counts.
    pub version: u32,
    /// Its precedence.
    pub precedence: u32,
    /// By which group it comes to the device; of several the one made first.
    pub group: GroupId,
}

/// A setting, and who says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// What is demanded.
    pub value: T,
    /// By which policy.
    pub source: PolicySource,
}

/// All that is demanded of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveSettings {
    /// Whether what is stored is encrypted.
    pub disk_encryption: Option<Said<DiskEncryption>>,
    /// When the screen locks.
    pub screen_lock: Option<Said<ScreenLock>>,
    /// How old the system may be.
    pub os_updates: Option<Said<OsUpdates>>,
    /// Which wireless networks may be joined.
    pub allowed_networks: Option<Said<AllowedNetworks>>,
    /// The policies that come to the device, each before those that it goes before.
    pub policies: Vec<PolicySource>,
}

impl EffectiveSettings {
    /// The settings alone, as the device gets them.
    pub fn settings(&self) -> SecuritySettings {
        SecuritySettings {
            disk_encryption: self.disk_encryption.as_ref().map(|said| said.value),
            screen_lock: self.screen_lock.as_ref().map(|said| said.value),
            os_updates: self.os_updates.as_ref().map(|said| said.value.clone()),
            allowed_networks: self.allowed_networks.as_ref().map(|said| said.value.clone()),
        }
    }

    /// The same for the same settings, whichever policies say them.
    ///
    /// # Errors
    /// When the settings cannot be written.
    pub fn tag(&self) -> Result<String, Error> {
        let written = storage::encode(&self.settings()).map_err(storage::ReadError::Corrupt)?;
        let digest = Sha256::digest(written);
        Ok(digest.iter().take(16).fold(String::new(), |mut text, octet| {
            // Writing into a string does not fail.
            let _written = write!(text, "{octet:02x}");
            text
        }))
    }
}

/// Finds out what is demanded of a device.
pub(crate) fn effective(
    source: &impl Reading,
    partition: Partition,
    device: &Device,
) -> Result<EffectiveSettings, Error> {
    let mut found: BTreeMap<Id, GroupId> = BTreeMap::new();
    for group in groups_of_device(source, partition, &device.fields.groups)? {
        let number = group.record().to_be_bytes();
        for policy in source.find(partition, indices::SECURITY_POLICY_GROUP, &number) {
            found.entry(policy?).or_insert(group);
        }
    }
    let mut said = Vec::new();
    for (id, group) in found {
        let Some(policy) = source.get::<SecurityPolicy>(partition, id)? else { continue };
        let source = PolicySource {
            policy: policy.uuid,
            name: policy.fields.name,
            version: policy.version,
            precedence: policy.fields.precedence,
            group,
        };
        said.push((source, policy.fields.settings));
    }
    said.sort_by_cached_key(|(source, _)| turn_of(source.precedence, &source.name));
    Ok(EffectiveSettings {
        disk_encryption: first(&said, |settings| settings.disk_encryption),
        screen_lock: first(&said, |settings| settings.screen_lock),
        os_updates: first(&said, |settings| settings.os_updates.clone()),
        allowed_networks: first(&said, |settings| settings.allowed_networks.clone()),
        policies: said.into_iter().map(|(source, _)| source).collect(),
    })
}

fn first<T>(
    said: &[(PolicySource, SecuritySettings)],
    pick: impl Fn(&SecuritySettings) -> Option<T>,
) -> Option<Said<T>> {
    said.iter().find_map(|(source, settings)| {
        pick(settings).map(|value| Said { value, source: source.clone() })
    })
}

impl Grant<'_, &Snapshot, View> {
    /// What is demanded of a device.
    ///
    /// # Errors
    /// `Missing` when there is no such device.
    pub fn effective_settings(&self, device: DeviceId) -> Result<EffectiveSettings, Error> {
        let device = self.devices().read(device)?;
        effective(self.source, self.place.partition(), &device)
    }
}

impl<S, P> Grant<'_, S, P> {
    /// The device that acts.
    pub(super) fn acting_device(&self) -> Result<DeviceId, Error> {
        match self.context.actor.0 {
            Who::Device { device, .. } => Ok(device),
            Who::Nobody
            | Who::Operator
            | Who::Admin { .. }
            | Who::User { .. }
            | Who::UserToChangePassword { .. }
            | Who::ServiceAccount { .. } => Err(Error::Missing),
        }
    }
}

impl Grant<'_, &Snapshot, OwnDevice> {
    /// The device that asks, and what is demanded of it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn own_settings(&self) -> Result<(Device, EffectiveSettings), Error> {
        let (partition, number) = (self.place.partition(), self.acting_device()?.record());
        let device = self.source.get::<Device>(partition, number)?.ok_or(Error::Missing)?;
        let settings = effective(self.source, partition, &device)?;
        Ok((device, settings))
    }
}
