//! Which searches over LDAP are events.

use axum::Json;
use directory::access::{ManageConfiguration, View};
use directory::records::SearchTelling;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;

/// Which searches over LDAP are events (`ldap_search`). Those that fail always are: 120 of an
/// organization in a minute one by one, of more than that how many.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventSampling, example = json!({"one_in": 100, "values": false}))]
pub(crate) struct Sampling {
    /// Of those that do not fail one in so many, by chance: 0 for none, 1 for all.
    #[schema(maximum = 1_000_000)]
    one_in: u32,
    /// Whether events say what was looked for and where, or only by which attributes. Values that
    /// nobody can have, and those of passwords, are never told.
    values: bool,
}

/// Shows which searches over LDAP are events.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/event-sampling",
    tag = "Events",
    responses((status = 200, description = "Which ones.", body = Sampling)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_event_sampling(within: Within<View>) -> Result<Json<Sampling>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let SearchTelling { one_in, values } = grant.search_telling()?;
    Ok(Json(Sampling { one_in, values }))
}

/// Says which searches over LDAP are events.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/event-sampling",
    tag = "Events",
    request_body = Sampling,
    responses((status = 200, description = "Which ones.", body = Sampling)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn set_event_sampling(
    within: Within<ManageConfiguration>,
    Body(wanted): Body<Sampling>,
) -> Result<Json<Sampling>, Problem> {
    let organization = within.organization;
    let Sampling { one_in, values } = wanted;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.set_search_telling(SearchTelling { one_in, values })
    });
    changed.await?;
    Ok(Json(wanted))
}
