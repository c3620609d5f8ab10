//! Deleting a security policy.

use axum::http::StatusCode;
use directory::access::ManageIdentities;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a security policy and its versions.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/security-policies/{security_policy}",
    tag = "Security policies",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn delete_security_policy(
    within: Within<ManageIdentities>,
    Item(policy): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut policies = grant.security_policies();
        let id = policies.id_of(policy)?;
        policies.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
