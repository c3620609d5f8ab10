//! Activating a user.

use directory::access::ManageIdentities;
use directory::records::UserState;

use super::{User, set_state};
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Lets a suspended or staged user sign in.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/activate",
    tag = "Users",
    params(IfMatch),
    responses((status = 200, description = "Active.", body = User)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn activate_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    if_match: IfMatch,
) -> Result<Revised<User>, Problem> {
    set_state(&within, user, if_match, UserState::Active).await
}
