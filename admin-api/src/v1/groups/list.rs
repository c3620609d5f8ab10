//! The list of groups.

use directory::access::View;

use super::Group;
use crate::body::Params;
use crate::caller::{Surroundings, Within};
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists groups in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/groups",
    tag = "Groups",
    params(NamedQuery),
    responses((status = 200, description = "A page of groups.", body = List<Group>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_groups(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<Group>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let groups = reading.authorize::<View>(within.organization)?.groups();
        let around = Surroundings::of(&reading, within.organization)?;
        asked.find(&groups, |_, record| Group::of(record, &around))
    });
    looking.await
}
