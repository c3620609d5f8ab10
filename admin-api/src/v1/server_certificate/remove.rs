//! Removing it.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Has the organization's network show the daemon's certificate again.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/server-certificate",
    tag = "Server certificate",
    params(IfMatch),
    responses((status = 204, description = "Removed.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn remove_server_certificate(
    within: Within<ManageConfiguration>,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let removed = within.caller.change(move |change| {
        change.authorize::<ManageConfiguration>(organization)?.remove_server_certificate(revision)
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}
