//! Ending the password that a service account had before.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Ends the password that the account had before its last rotation, where it still counts, and the
/// connections on which it has proven the account.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/service-accounts/{service_account}/previous-password",
    tag = "Service accounts",
    params(IfMatch),
    responses((status = 204, description = "It counts no more.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn end_previous_password(
    within: Within<ManageConfiguration>,
    Item(service_account): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let ended = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut accounts = grant.service_accounts();
        let id = accounts.id_of(service_account)?;
        accounts.require_seen(id, revision)?;
        accounts.end_former_password(id)
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}
