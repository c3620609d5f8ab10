//! The groups of a user.

use axum::Json;
use directory::GroupId;
use directory::access::View;

use crate::body::Params;
use crate::caller::{Item, Surroundings, Within};
use crate::list::{List, PageQuery};
use crate::problem::Problem;
use crate::v1::groups::Group;

/// Lists the groups that a user is in, by way of nested groups as well.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/groups",
    tag = "Users",
    params(PageQuery),
    responses((status = 200, description = "A page of groups.", body = List<Group>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_groups_of_user(
    within: Within<View>,
    Item(user): Item,
    Params(query): Params<PageQuery>,
) -> Result<Json<List<Group>>, Problem> {
    let (after, limit) = (query.after::<GroupId>()?, query.limit()?);
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let (users, groups) = (grant.users(), grant.groups());
    let around = Surroundings::of(&reading, within.organization)?;
    let mut ids = users.groups(users.id_of(user)?)?;
    ids.retain(|id| after.is_none_or(|after| *id > after));
    let more = ids.len() > limit;
    ids.truncate(limit);
    let next = ids.last().filter(|_| more).map(|id| List::<Group>::cursor(*id));
    let items = ids.into_iter().map(|id| Group::of(groups.read(id)?, &around));
    Ok(Json(List { items: items.collect::<Result<_, Problem>>()?, next }))
}
