//! Showing whether a user has a second factor.

use axum::Json;
use directory::access::View;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Item, Within};
use crate::problem::Problem;

/// Whether a user has a second factor.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserSecondFactor {
    /// Whether an authenticator is enrolled and confirmed.
    enrolled: bool,
}

/// Shows whether a user has a second factor.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/second-factor",
    tag = "Users",
    responses((status = 200, description = "Whether there is one.", body = UserSecondFactor)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_second_factor(
    within: Within<View>,
    Item(user): Item,
) -> Result<Json<UserSecondFactor>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let user = grant.users().id_of(user)?;
    let enrolled = grant.second_factors().is_enrolled(user)?;
    Ok(Json(UserSecondFactor { enrolled }))
}
