//! One admin.

use directory::access::View;

use super::Admin;
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows an admin.
#[utoipa::path(
    get,
    path = "/admins/{admin}",
    tag = "Admins",
    responses((status = 200, description = "The admin.", body = Admin)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_admin(
    home: Home<View>,
    Item(admin): Item,
) -> Result<Revised<Admin>, Problem> {
    let reading = home.caller.read()?;
    let admins = reading.authorize_at::<View>(home.place)?.admins();
    Admin::revised(admins.read(admins.id_of(admin)?)?, &reading, home.place)
}
