//! Suspending a user.

use directory::access::ManageIdentities;
use directory::records::UserState;

use super::{User, set_state};
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Suspends a user: no sign-in until activated again. An invitation ends.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/suspend",
    tag = "Users",
    params(IfMatch),
    responses((status = 200, description = "Suspended.", body = User)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn suspend_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    if_match: IfMatch,
) -> Result<Revised<User>, Problem> {
    set_state(&within, user, if_match, UserState::Suspended).await
}
