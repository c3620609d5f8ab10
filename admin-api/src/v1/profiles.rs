//! What applications see, by the profile of their service account, as data.

use axum::Json;
use directory::records::{Members, PROFILES};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::appearance::{LayoutName, ProfileName};
use crate::caller::Caller;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_profiles))
}

/// What the applications of one profile see.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProfileRow {
    /// The profile.
    profile: ProfileName,
    /// The layout; absent when it is that of the base.
    layout: Option<LayoutName>,
    /// The attributes by which groups name their members; none when the layout decides.
    members: Vec<&'static str>,
    /// Whether `memberOf` comes with all attributes of an entry, or only when it is asked for.
    member_of_unasked: bool,
    /// Whether a search without pages may give as many entries as one with pages.
    unpaged: bool,
    /// Whether the organization's devices are shown, in layouts that have a place for them.
    devices: bool,
}

/// Shows what the applications of each profile see.
#[utoipa::path(
    get,
    path = "/profiles",
    tag = "About",
    responses((status = 200, description = "The profiles.", body = Vec<ProfileRow>))
)]
pub(crate) async fn show_profiles(_: Caller) -> Json<Vec<ProfileRow>> {
    let attribute = |members: &Members| match members {
        Members::Names => "member",
        Members::UniqueNames => "uniqueMember",
        Members::Logins => "memberUid",
    };
    let rows = PROFILES.iter().map(|sees| ProfileRow {
        profile: ProfileName(sees.profile),
        layout: sees.layout.map(LayoutName),
        members: sees.members.iter().map(attribute).collect(),
        member_of_unasked: sees.groups_unasked,
        unpaged: sees.unpaged,
        devices: sees.devices,
    });
    Json(rows.collect())
}
