//! One version of a security policy.

use axum::Json;
use directory::access::View;

use super::SecurityPolicyVersion;
use crate::caller::{Pair, Within};
use crate::problem::Problem;

/// Shows a version of a security policy.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/security-policies/{security_policy}/versions/{version}",
    tag = "Security policies",
    responses((status = 200, description = "The version.", body = SecurityPolicyVersion)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_security_policy_version(
    within: Within<View>,
    Pair(policy, version): Pair,
) -> Result<Json<SecurityPolicyVersion>, Problem> {
    let reading = within.caller.read()?;
    let policies = reading.authorize::<View>(within.organization)?.security_policies();
    let found = policies.version(policies.id_of(policy)?, version)?;
    Ok(Json(found.into()))
}
