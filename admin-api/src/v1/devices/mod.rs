//! Devices: managed machines, which network gear knows by their hardware addresses.

mod create;
mod delete;
mod issued_certificates;
mod list;
mod show;
mod update;

use directory::{MacAddress, OrganizationId, ReadingTransaction, records};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::groups;
use crate::api::Api;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_devices, create::create_device))
        .routes(routes!(show::show_device, update::update_device, delete::delete_device))
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
        record: records::Device,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Self, Problem> {
        let fields = record.fields;
        Ok(Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            name: fields.name,
            description: fields.description,
            addresses: fields.addresses.into_iter().map(HardwareAddress).collect(),
            groups: groups::shown(reading, organization, &fields.groups)?,
            suspended: fields.suspended,
        })
    }

    /// Shows a device with its revision.
    fn revised(
        record: records::Device,
        reading: &ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Revised<Self>, Problem> {
        Ok(Revised::new(record.stamp.revision, Self::of(record, reading, organization)?))
    }
}
