//! Making a device.

use directory::access::ManageIdentities;
use directory::records::DeviceFields;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Device, HardwareAddress};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{Created, Revised};
use crate::v1::groups;

/// What a device starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "printer-2", "addresses": ["00-10-A4-23-19-C0"]}))]
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
}

/// Makes a device.
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
) -> Result<Created<Device>, Problem> {
    let organization = within.organization;
    let fields = DeviceFields {
        name: new.name,
        description: new.description,
        addresses: new.addresses.into_iter().map(|address| address.0).collect(),
        groups: groups::resolve(&within.caller.read()?, organization, &new.groups, "/groups")?,
        suspended: new.suspended,
    };
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        grant.devices().create(fields)
    });
    let (_, record) = made.await?;
    let revision = record.stamp.revision;
    let device = Device::of(record, &within.caller.read()?, organization)?;
    Ok(Created(Revised::new(revision, device)))
}
