//! The list of devices.

use directory::access::View;
use directory::collections::DeviceQuery;
use directory::records::Capped;
use serde::Deserialize;
use uuid::Uuid;

use super::Device;
use super::compliance::State;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery, PlainQuery};
use crate::problem::Problem;
use crate::reference::dangling;
use crate::v1::security_policies::settings::System;
use crate::warning::Warned;

/// Which devices.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DevicesQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before, with the same questions but `fields`.
    cursor: Option<String>,
    /// Only items of which this is true, as in other lists.
    #[param(max_length = 1024, example = "name sw \"lap\"")]
    filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends.
    #[param(example = "-created")]
    sort: Option<String>,
    /// Only these members of each item, parted by commas.
    #[param(example = "id,name")]
    fields: Option<String>,
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
/// A page that is filtered may hold few items, or none, and still have a `next`. Where there are more
/// than a soft cap says the header `X-Tenantry-Warning` says so.
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
) -> Result<Warned<Listed<Device>>, Problem> {
    let (asking, organization) = (within.caller.asking(), within.organization);
    let (query, own) = query.parted();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(organization)?;
        let owner = own.owner.map(|uuid| grant.users().id_of(uuid)).transpose();
        let group = own.group.map(|uuid| grant.groups().id_of(uuid)).transpose();
        let wanted = DeviceQuery {
            serial: own.serial,
            owner: owner.map_err(|error| dangling(error, "/owner", "user"))?,
            group: group.map_err(|error| dangling(error, "/group", "group"))?,
            os: own.os.map(Into::into),
            suspended: own.suspended,
            compliance: own.compliance.map(Into::into),
        };
        let show = |id, record| Device::of((id, record), &reading, organization);
        let page = asked.find(&grant.devices_where(wanted), show)?;
        Ok(Warned::of(page, grant.cap(Capped::Devices)?))
    });
    looking.await
}

/// What only devices are asked for.
struct Own {
    serial: Option<String>,
    owner: Option<Uuid>,
    group: Option<Uuid>,
    os: Option<System>,
    suspended: Option<bool>,
    compliance: Option<State>,
}

impl DevicesQuery {
    fn parted(self) -> (NamedQuery, Own) {
        let Self { limit, cursor, name, filter, sort, fields, .. } = self;
        let Self { serial, owner, group, os, suspended, compliance, .. } = self;
        let also = [
            serial.clone(),
            owner.map(|it| it.to_string()),
            group.map(|it| it.to_string()),
            os.map(|it| format!("{it:?}")),
            suspended.map(|it| it.to_string()),
            compliance.map(|it| format!("{it:?}")),
        ];
        let query = PlainQuery { limit, cursor, filter, sort, fields };
        let query = NamedQuery::from(query).called(name).with(&also);
        (query, Own { serial, owner, group, os, suspended, compliance })
    }
}
