//! Suspending an admin.

use directory::access::ManageAdmins;
use directory::records::AdminState;

use super::{Admin, set_state};
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Suspends an admin: no sign-in, and sessions and API keys end for good.
#[utoipa::path(
    post,
    path = "/admins/{admin}/suspend",
    tag = "Admins",
    params(IfMatch),
    responses((status = 200, description = "Suspended.", body = Admin)),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn suspend_admin(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    if_match: IfMatch,
) -> Result<Revised<Admin>, Problem> {
    set_state(&home, admin, if_match, AdminState::Suspended).await
}
