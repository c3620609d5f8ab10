//! The list of deleted users.

use directory::access::View;

use super::DeletedUser;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists deleted users that can be restored, in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/deleted-users",
    tag = "Deleted users",
    params(NamedQuery),
    responses((status = 200, description = "A page of deleted users.", body = List<DeletedUser>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_deleted_users(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<DeletedUser>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(within.organization)?;
        let kept = grant.own_organization()?.settings.deleted_users_kept;
        let users = grant.users().into_deleted();
        asked.find(&users, |_, (record, groups)| Ok(DeletedUser::of(record, groups, kept)))
    });
    looking.await
}
