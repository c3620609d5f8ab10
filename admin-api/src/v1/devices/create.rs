//! Making a device.

use directory::access::ManageIdentities;
use directory::records::{Capped, DeviceFields};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Device, HardwareAddress, owner};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{Created, Revised};
use crate::v1::groups;
use crate::v1::security_policies::settings::System;
use crate::warning::Warned;

/// What a device starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "printer-2", "addresses": ["00-10-A4-23-19-C0"], "serial": "VNB3K12345"}))]
pub(crate) struct NewDevice {
    /// The device's name; unique in the organization.
    name: String,
    /// Free text.
    description: Option<String>,
    /// Its hardware addresses; each is of one device of the organization.
    #[serde(default)]
    addresses: Vec<HardwareAddress>,
    /// The groups that it belongs to; rules of RADIUS clients may name them.
    #[serde(default)]
    groups: Vec<Uuid>,
    /// Whether it is kept out.
    #[serde(default)]
    suspended: bool,
    /// The serial number that its maker gave it; of one device of the organization.
    serial: Option<String>,
    /// What its maker calls it.
    model: Option<String>,
    /// What runs on it.
    os: Option<System>,
    /// The version of that.
    os_version: Option<String>,
    /// The user who has it.
    owner: Option<Uuid>,
}

/// Makes a device.
///
/// Beyond a hard cap of the organization that is the problem `/problems/device-cap`; beyond a soft one
/// the answer warns in the header `X-Tenantry-Warning`.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/devices",
    tag = "Devices",
    request_body = NewDevice,
    responses((status = 201, description = "Made.", body = Device)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn create_device(
    within: Within<ManageIdentities>,
    Body(new): Body<NewDevice>,
) -> Result<Warned<Created<Device>>, Problem> {
    let organization = within.organization;
    let fields = DeviceFields {
        name: new.name,
        description: new.description,
        addresses: new.addresses.into_iter().map(|address| address.0).collect(),
        groups: groups::resolve(&within.caller.read()?, organization, &new.groups, "/groups")?,
        suspended: new.suspended,
        serial: new.serial,
        model: new.model,
        os: new.os.map(Into::into),
        os_version: new.os_version,
        owner: owner(&within.caller.read()?, organization, new.owner)?,
    };
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let made = grant.devices().create(fields)?;
        Ok((made, grant.cap(Capped::Devices)?))
    });
    let ((id, record), cap) = made.await?;
    let revision = record.stamp.revision;
    let device = Device::of((id, record), &within.caller.read()?, organization)?;
    Ok(Warned::of(Created(Revised::new(revision, device)), cap))
}
