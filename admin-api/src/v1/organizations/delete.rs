//! Deleting an organization.

use axum::http::StatusCode;
use directory::access::ManageOrganizations;
use serde::Deserialize;

use crate::body::Params;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::IfMatch;

/// The proof that the right organization is meant.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Confirmation {
    /// The organization's full name, typed again.
    confirmation: String,
}

/// Deletes an organization: it answers nobody from then on, and sessions and API keys of its own
/// admins end for good. It can be restored for 30 days, or as long as the server is set to keep it
/// (`[admin_api] deleted_organizations_kept`); afterwards its data and its key are destroyed.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}",
    tag = "Organizations",
    params(Confirmation, IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn delete_organization(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
    Params(query): Params<Confirmation>,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(organization)?;
        grant.own()?.delete(revision, &query.confirmation)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
