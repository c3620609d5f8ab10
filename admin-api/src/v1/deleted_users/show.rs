//! One deleted user.

use directory::access::View;

use super::DeletedUser;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a deleted user that can be restored.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/deleted-users/{deleted_user}",
    tag = "Deleted users",
    responses((status = 200, description = "The deleted user.", body = DeletedUser)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_deleted_user(
    within: Within<View>,
    Item(user): Item,
) -> Result<Revised<DeletedUser>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let kept = grant.own_organization()?.settings.deleted_users_kept;
    let (record, groups) = grant.users().deleted_one(user)?;
    Ok(Revised::new(record.user.stamp.revision, DeletedUser::of(record, groups, kept)))
}
