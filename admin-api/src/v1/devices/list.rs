//! The list of devices.

use axum::Json;
use directory::access::View;
use directory::collections::DeviceQuery;
use serde::Deserialize;
use uuid::Uuid;

use super::Device;
use super::compliance::State;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, page_size, read_record};
use crate::problem::Problem;
use crate::reference::dangling;
use crate::v1::security_policies::settings::System;

/// Which devices.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DevicesQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
    /// Only the one with this name, compared without case.
    name: Option<String>,
    /// Only the one with this serial number, compared without case.
    serial: Option<String>,
    /// Only those of this user.
    owner: Option<Uuid>,
    /// Only those that are in this group themselves.
    group: Option<Uuid>,
    /// Only those on which this runs.
    #[param(inline)]
    os: Option<System>,
    /// Only those that are kept out, or only those that are not.
    suspended: Option<bool>,
    /// Only those that stand so toward what is demanded of them.
    #[param(inline)]
    compliance: Option<State>,
}

/// Lists devices in the order in which they were made.
///
/// With a filter a page may hold few items, or none, and still have a `next`.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/devices",
    tag = "Devices",
    params(DevicesQuery),
    responses((status = 200, description = "A page of devices.", body = List<Device>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_devices(
    within: Within<View>,
    Params(query): Params<DevicesQuery>,
) -> Result<Json<List<Device>>, Problem> {
    let organization = within.organization;
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(organization)?;
    let owner = query.owner.map(|uuid| grant.users().id_of(uuid)).transpose();
    let group = query.group.map(|uuid| grant.groups().id_of(uuid)).transpose();
    let wanted = DeviceQuery {
        name: query.name,
        serial: query.serial,
        owner: owner.map_err(|error| dangling(error, "/owner", "user"))?,
        group: group.map_err(|error| dangling(error, "/group", "group"))?,
        os: query.os.map(Into::into),
        suspended: query.suspended,
        compliance: query.compliance.map(Into::into),
    };
    let after = query.cursor.as_deref().map(read_record).transpose()?;
    let page = grant.devices_where(&wanted, after, page_size(query.limit)?)?;
    let next = page.next.map(List::<Device>::cursor);
    let show = |(id, record)| Device::of((id, record), &reading, organization);
    let items = page.records.into_iter().map(show).collect::<Result<_, _>>()?;
    Ok(Json(List { items, next }))
}
