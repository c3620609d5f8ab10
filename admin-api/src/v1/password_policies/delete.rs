//! Deleting a password policy.

use axum::http::StatusCode;
use directory::access::ManageAuthentication;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a password policy: another one, or the organization's settings, count for its people from
/// then on.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/password-policies/{password_policy}",
    tag = "Password policies",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_authentication")))
)]
pub(crate) async fn delete_password_policy(
    within: Within<ManageAuthentication>,
    Item(policy): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageAuthentication>(organization)?;
        let mut policies = grant.password_policies();
        let id = policies.id_of(policy)?;
        policies.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
