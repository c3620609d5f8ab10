//! The list of deleted users.

use axum::Json;
use directory::access::View;

use super::DeletedUser;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
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
) -> Result<Json<List<DeletedUser>>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let kept = grant.own_organization()?.settings.deleted_users_kept;
    let page = grant.users().deleted(query.name(), query.after()?, query.limit()?)?;
    let next = page.next.map(List::<DeletedUser>::cursor);
    let shown = |(_, record, groups)| DeletedUser::of(record, groups, kept);
    Ok(Json(List { items: page.records.into_iter().map(shown).collect(), next }))
}
