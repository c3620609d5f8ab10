//! Deleting a custom attribute.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a custom attribute: it shows nowhere from then on, and its values go soon after.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/custom-attributes/{custom_attribute}",
    tag = "Custom attributes",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn delete_custom_attribute(
    within: Within<ManageConfiguration>,
    Item(custom_attribute): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut attributes = grant.custom_attributes();
        let id = attributes.id_of(custom_attribute)?;
        attributes.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
