//! Deleting a service account.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a service account and its credentials.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/service-accounts/{service_account}",
    tag = "Service accounts",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn delete_service_account(
    within: Within<ManageConfiguration>,
    Item(service_account): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut service_accounts = grant.service_accounts();
        let id = service_accounts.id_of(service_account)?;
        service_accounts.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
