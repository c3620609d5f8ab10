//! Activating an admin.

use directory::access::ManageAdmins;
use directory::records::AdminState;

use super::{Admin, set_state};
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Lets a suspended admin sign in again; sessions and API keys of before do not come back.
///
/// For who manages admins it needs a session that was begun in the last 15 minutes.
#[utoipa::path(
    post,
    path = "/admins/{admin}/activate",
    tag = "Admins",
    params(IfMatch),
    responses((status = 200, description = "Active.", body = Admin)),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn activate_admin(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    if_match: IfMatch,
) -> Result<Revised<Admin>, Problem> {
    set_state(&home, admin, if_match, AdminState::Active).await
}
