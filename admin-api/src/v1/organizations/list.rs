//! The list of organizations.

use directory::InScope;

use super::Organization;
use crate::body::Params;
use crate::caller::Caller;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists the organizations in one's scope, in the order in which they were made.
///
/// Deleted ones are among them for those who could restore them.
#[utoipa::path(
    get,
    path = "/organizations",
    tag = "Organizations",
    params(NamedQuery),
    responses((status = 200, description = "A page of organizations.", body = List<Organization>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_organizations(
    caller: Caller,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<Organization>, Problem> {
    let asking = caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = caller.read()?;
        asked.find(&InScope(&reading), |_, record| Ok(Organization::from(record)))
    });
    looking.await
}
