//! How long an organization's events are kept.

use axum::Json;
use directory::access::{ManageAuthentication, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;

/// How long an organization's events are kept.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventRetention, example = json!({"retention": 31_536_000_000_u64}))]
pub(crate) struct Retention {
    /// In milliseconds, a day to ten years; null for as long as the provider keeps its own, which
    /// the daemon's configuration says. They go with the segment of the log in which they are: up
    /// to a day later.
    #[schema(required)]
    retention: Option<u64>,
}

/// Shows how long an organization's events are kept.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/event-retention",
    tag = "Events",
    responses((status = 200, description = "How long.", body = Retention)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_event_retention(within: Within<View>) -> Result<Json<Retention>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    Ok(Json(Retention { retention: grant.event_retention()? }))
}

/// Says how long an organization's events are kept.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/event-retention",
    tag = "Events",
    request_body = Retention,
    responses((status = 200, description = "How long.", body = Retention)),
    extensions(("x-permission" = json!("manage_authentication")))
)]
pub(crate) async fn set_event_retention(
    within: Within<ManageAuthentication>,
    Body(wanted): Body<Retention>,
) -> Result<Json<Retention>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageAuthentication>(organization)?;
        grant.set_event_retention(wanted.retention)
    });
    changed.await?;
    Ok(Json(wanted))
}
