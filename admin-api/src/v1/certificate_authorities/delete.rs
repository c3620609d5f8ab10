//! Deleting a certificate authority.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a certificate authority: it vouches for nobody any more.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/certificate-authorities/{certificate_authority}",
    tag = "Certificate authorities",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn delete_certificate_authority(
    within: Within<ManageConfiguration>,
    Item(authority): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut authorities = grant.certificate_authorities();
        let id = authorities.id_of(authority)?;
        authorities.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
