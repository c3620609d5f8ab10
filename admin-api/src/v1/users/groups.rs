//! The groups of a user.

use directory::access::View;

use crate::body::Params;
use crate::caller::{Item, Surroundings, Within};
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;
use crate::v1::groups::Group;

/// Lists the groups that a user is in, by way of nested groups as well.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/groups",
    tag = "Users",
    params(NamedQuery),
    responses((status = 200, description = "A page of groups.", body = List<Group>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_groups_of_user(
    within: Within<View>,
    Item(user): Item,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<Group>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(within.organization)?;
        let around = Surroundings::of(&reading, within.organization)?;
        let groups = grant.groups_of(grant.users().id_of(user)?)?;
        asked.find(&groups, |_, group| Group::of(group, &around))
    });
    looking.await
}
