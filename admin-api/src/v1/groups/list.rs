//! The list of groups.

use axum::Json;
use directory::access::View;

use super::Group;
use crate::body::Params;
use crate::caller::{Surroundings, Within};
use crate::list::{List, NamedQuery};
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
) -> Result<Json<List<Group>>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let around = Surroundings::of(&reading, within.organization)?;
    let page = grant.groups().page(query.name(), query.after()?, query.limit()?)?;
    Ok(Json(List::try_of(page, |record| Group::of(record, &around))?))
}
