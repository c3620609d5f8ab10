//! Changing a device.

use directory::access::ManageIdentities;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Device, HardwareAddress, owner};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::v1::groups;
use crate::v1::security_policies::settings::System;

/// What changes of a device; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"suspended": true}))]
pub(crate) struct DevicePatch {
    /// The device's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Its hardware addresses; each is of one device of the organization.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<HardwareAddress>)]
    addresses: Option<Vec<HardwareAddress>>,
    /// The groups that it belongs to; rules of RADIUS clients may name them.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Uuid>)]
    groups: Option<Vec<Uuid>>,
    /// Whether it is kept out.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    suspended: Option<bool>,
    /// The serial number that its maker gave it; of one device of the organization.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    serial: Option<Option<String>>,
    /// What its maker calls it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    model: Option<Option<String>>,
    /// What runs on it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<System>)]
    os: Option<Option<System>>,
    /// The version of that.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    os_version: Option<Option<String>>,
    /// The user who has it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    owner: Option<Option<Uuid>>,
}

/// Changes a device.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/devices/{device}",
    tag = "Devices",
    params(IfMatch),
    request_body = DevicePatch,
    responses((status = 200, description = "As changed.", body = Device)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn update_device(
    within: Within<ManageIdentities>,
    Item(device): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<DevicePatch>,
) -> Result<Revised<Device>, Problem> {
    let organization = within.organization;
    let groups = match patch.groups {
        Some(uuids) => {
            Some(groups::resolve(&within.caller.read()?, organization, &uuids, "/groups")?)
        }
        None => None,
    };
    let owner = match patch.owner {
        Some(uuid) => Some(owner(&within.caller.read()?, organization, uuid)?),
        None => None,
    };
    let addresses = patch.addresses.map(|list| list.into_iter().map(|it| it.0).collect());
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut devices = grant.devices();
        let id = devices.id_of(device)?;
        let updated = devices.update(id, revision, |device| {
            set(&mut device.fields.name, patch.name);
            set(&mut device.fields.description, patch.description);
            set(&mut device.fields.addresses, addresses);
            set(&mut device.fields.groups, groups);
            set(&mut device.fields.suspended, patch.suspended);
            set(&mut device.fields.serial, patch.serial);
            set(&mut device.fields.model, patch.model);
            set(&mut device.fields.os, patch.os.map(|os| os.map(Into::into)));
            set(&mut device.fields.os_version, patch.os_version);
            set(&mut device.fields.owner, owner);
            Ok(())
        })?;
        Ok((id, updated))
    });
    Device::revised(changed.await?, &within.caller.read()?, organization)
}
