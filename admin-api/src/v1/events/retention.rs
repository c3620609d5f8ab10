//! How long an organization's events are kept.

use directory::access::{ManageAuthentication, View};
use directory::events::retention_revision;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// How long an organization's events are kept.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventRetention, example = json!({"retention": 31_536_000_000_u64}))]
pub(crate) struct Retention {
    /// In milliseconds, a day to ten years, and no less than the daemon's configuration allows
    /// (`[events] retention_least`); null for as long as the provider keeps its own, which that says
    /// too. They go with the segment of the log in which they are: up
    /// to a day later.
    #[schema(required)]
    retention: Option<u64>,
}

impl Retention {
    fn revised(self) -> Revised<Self> {
        Revised::new(retention_revision(self.retention), self)
    }
}

/// Shows how long an organization's events are kept.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/event-retention",
    tag = "Events",
    responses((status = 200, description = "How long.", body = Retention)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_event_retention(
    within: Within<View>,
) -> Result<Revised<Retention>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    Ok(Retention { retention: grant.event_retention()? }.revised())
}

/// Says how long an organization's events are kept.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/event-retention",
    tag = "Events",
    params(IfMatch),
    request_body = Retention,
    responses((status = 200, description = "How long.", body = Retention)),
    extensions(("x-permission" = json!("manage_authentication")))
)]
pub(crate) async fn set_event_retention(
    within: Within<ManageAuthentication>,
    IfMatch(revision): IfMatch,
    Body(wanted): Body<Retention>,
) -> Result<Revised<Retention>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageAuthentication>(organization)?;
        grant.set_event_retention(revision, wanted.retention)
    });
    changed.await?;
    Ok(wanted.revised())
}
