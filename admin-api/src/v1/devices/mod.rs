//! Devices: managed machines, which network gear knows by their hardware addresses.

pub(crate) mod compliance;
mod create;
mod delete;
mod issued_certificates;
mod list;
mod security_settings;
mod show;
mod update;

use directory::access::View;
use directory::{DeviceId, MacAddress, OrganizationId, ReadingTransaction, UserId, records};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::groups;
use crate::api::Api;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::reference::dangling;
use crate::revision::Revised;
use crate::v1::security_policies::settings::System;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_devices, create::create_device))
        .routes(routes!(show::show_device, update::update_device, delete::delete_device))
        .routes(routes!(security_settings::show_effective_settings))
        .merge(compliance::routes())
        .merge(issued_certificates::routes())
}

/// A device. RADIUS clients with `mac_authentication` let it in by its addresses, which prove
/// nothing: anybody could claim them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Device {
    /// The device's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The device's name.
    name: String,
    /// Free text.
    #[schema(required)]
    description: Option<String>,
    /// Its hardware addresses.
    addresses: Vec<HardwareAddress>,
    /// The groups that it belongs to; rules of RADIUS clients may name them.
    groups: Vec<Uuid>,
    /// Whether it is kept out.
    suspended: bool,
    /// The serial number that its maker gave it.
    #[schema(required)]
    serial: Option<String>,
    /// What its maker calls it.
    #[schema(required)]
    model: Option<String>,
    /// What runs on it.
    #[schema(required)]
    os: Option<System>,
    /// The version of that, as it was written down; what the device reports of itself is in its
    /// compliance.
    #[schema(required)]
    os_version: Option<String>,
    /// The user who has it.
    #[schema(required)]
    owner: Option<Uuid>,
    /// How it stands toward what is demanded of it.
    compliance: compliance::State,
    /// When it reported last.
    #[schema(required)]
    reported: Option<Moment>,
}

/// A hardware address (MAC) in any spelling; it is shown with lower-case letters and colons.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, example = "00:10:a4:23:19:c0")]
pub(crate) struct HardwareAddress(pub(crate) MacAddress);

impl Serialize for HardwareAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HardwareAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wanted = "must be a hardware address such as 00:10:a4:23:19:c0";
        let address = MacAddress::read(text.as_bytes()).map(Self);
        address.ok_or_else(|| serde::de::Error::custom(wanted))
    }
}

impl Device {
    /// Shows a device of the organization.
    fn of(
        (id, record): (DeviceId, records::Device),
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Self, Problem> {
        let fields = record.fields;
        let grant = reading.authorize::<View>(organization)?;
        let (compliance, known) = grant.compliance(id)?;
        Ok(Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            name: fields.name,
            description: fields.description,
            addresses: fields.addresses.into_iter().map(HardwareAddress).collect(),
            groups: groups::shown(reading, organization, &fields.groups)?,
            suspended: fields.suspended,
            serial: fields.serial,
            model: fields.model,
            os: fields.os.map(Into::into),
            os_version: fields.os_version,
            // Who was deleted has nothing any more.
            owner: fields.owner.and_then(|owner| Some(grant.users().read(owner).ok()?.uuid)),
            compliance: compliance.into(),
            reported: known.map(|known| Moment(known.last.at)),
        })
    }

    /// Shows a device with its revision.
    fn revised(
        (id, record): (DeviceId, records::Device),
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Revised<Self>, Problem> {
        let revision = record.stamp.revision;
        Ok(Revised::new(revision, Self::of((id, record), reading, organization)?))
    }
}

/// The user who is to have a device.
fn owner(
    reading: &ReadingTransaction,
    organization: OrganizationId,
    uuid: Option<Uuid>,
) -> Result<Option<UserId>, Problem> {
    let users = reading.authorize::<View>(organization)?.users();
    let found = uuid.map(|uuid| users.id_of(uuid)).transpose();
    Ok(found.map_err(|error| dangling(error, "/owner", "user"))?)
}
