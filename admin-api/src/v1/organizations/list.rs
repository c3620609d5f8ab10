//! The list of organizations.

use axum::Json;
use directory::OrganizationId;

use super::Organization;
use crate::body::Params;
use crate::caller::Caller;
use crate::list::{List, NamedQuery};
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
) -> Result<Json<List<Organization>>, Problem> {
    let (reading, after) = (caller.read()?, query.after::<OrganizationId>()?);
    let page = match query.name() {
        Some(slug) => reading.organization_called(slug)?,
        None => reading.organizations(after, query.limit()?)?,
    };
    let items = page.records.into_iter().map(|(_, record)| record.into()).collect();
    Ok(Json(List { items, next: page.next.map(List::<Organization>::cursor) }))
}
