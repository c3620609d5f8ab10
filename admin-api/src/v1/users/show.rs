//! One user.

use directory::access::View;

use super::User;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a user.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}",
    tag = "Users",
    responses((status = 200, description = "The user.", body = User)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_user(
    within: Within<View>,
    Item(user): Item,
) -> Result<Revised<User>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let users = grant.users();
    let id = users.id_of(user)?;
    User::revised(&within, (id, users.read(id)?))
}
