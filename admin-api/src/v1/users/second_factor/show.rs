//! Showing whether a user has a second factor.

use directory::access::View;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

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
) -> Result<Revised<UserSecondFactor>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let users = grant.users();
    let id = users.id_of(user)?;
    let enrolled = grant.second_factors().is_enrolled(id)?;
    Ok(Revised::new(users.read(id)?.stamp.revision, UserSecondFactor { enrolled }))
}
