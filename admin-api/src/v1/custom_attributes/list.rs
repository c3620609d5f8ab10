//! The list of custom attributes.

use axum::Json;
use directory::access::View;

use super::CustomAttribute;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
use crate::problem::Problem;

/// Lists custom attributes in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/custom-attributes",
    tag = "Custom attributes",
    params(NamedQuery),
    responses((status = 200, description = "A page of attributes.", body = List<CustomAttribute>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_custom_attributes(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Json<List<CustomAttribute>>, Problem> {
    let reading = within.caller.read()?;
    let attributes = reading.authorize::<View>(within.organization)?.custom_attributes();
    let mut page = attributes.page(query.name(), query.after()?, query.limit()?)?;
    page.records.retain(|(_, record)| !record.is_deleted());
    Ok(Json(List::of(page, Into::into)))
}
