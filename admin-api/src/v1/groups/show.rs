//! One group.

use directory::access::View;

use super::Group;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a group.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/groups/{group}",
    tag = "Groups",
    responses((status = 200, description = "The group.", body = Group)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_group(
    within: Within<View>,
    Item(group): Item,
) -> Result<Revised<Group>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let groups = grant.groups();
    let record = groups.read(groups.id_of(group)?)?;
    Group::revised(&within, record)
}
