//! The list of reply profiles.

use axum::Json;
use directory::access::View;

use super::ReplyProfile;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
use crate::problem::Problem;

/// Lists reply profiles in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/reply-profiles",
    tag = "Reply profiles",
    params(NamedQuery),
    responses((status = 200, description = "A page of profiles.", body = List<ReplyProfile>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_reply_profiles(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Json<List<ReplyProfile>>, Problem> {
    let reading = within.caller.read()?;
    let profiles = reading.authorize::<View>(within.organization)?.reply_profiles();
    Ok(Json(List::of(profiles.page(query.name(), query.after()?, query.limit()?)?, Into::into)))
}
