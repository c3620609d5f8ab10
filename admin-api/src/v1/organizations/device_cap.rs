//! How many devices an organization has, and may have.

use directory::access::{ManageOrganizations, View};
use directory::collections::CapUse;
use directory::records::Capped;
use serde::Serialize;
use utoipa::ToSchema;

use super::any_cap::{self, Kind, NewCap};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// How many devices an organization may have, and has.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"most": 250, "kind": "hard", "devices": 143, "passed": false}))]
pub(crate) struct DeviceCap {
    /// The most devices; null where there is no cap.
    #[schema(required)]
    most: Option<u32>,
    /// What happens beyond.
    kind: Kind,
    /// How many devices there are, whether they are kept out or not. Deleted ones do not count.
    devices: u32,
    /// Whether there are more than the cap says.
    passed: bool,
}

impl From<CapUse> for Revised<DeviceCap> {
    fn from(used: CapUse) -> Self {
        let (most, kind) = (used.cap.most, used.cap.kind.into());
        let cap = DeviceCap { most, kind, devices: used.kept, passed: used.is_passed() };
        Self::new(used.cap.revision, cap)
    }
}

/// Shows how many devices an organization may have, and has.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/device-cap",
    tag = "Organizations",
    responses((status = 200, description = "The cap, and what is in use.", body = DeviceCap)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_device_cap(within: Within<View>) -> Result<Revised<DeviceCap>, Problem> {
    Ok(any_cap::show(&within, Capped::Devices)?.into())
}

/// Says how many devices an organization may have. Those that are there stay, however many they are.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/device-cap",
    tag = "Organizations",
    params(IfMatch),
    request_body = NewCap,
    responses((status = 200, description = "As said.", body = DeviceCap)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn set_device_cap(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
    Body(new): Body<NewCap>,
) -> Result<Revised<DeviceCap>, Problem> {
    Ok(any_cap::set(&within, Capped::Devices, revision, new).await?.into())
}
