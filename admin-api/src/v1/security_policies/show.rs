//! One security policy.

use directory::access::View;

use super::SecurityPolicy;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a security policy.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/security-policies/{security_policy}",
    tag = "Security policies",
    responses((status = 200, description = "The policy.", body = SecurityPolicy)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_security_policy(
    within: Within<View>,
    Item(policy): Item,
) -> Result<Revised<SecurityPolicy>, Problem> {
    let reading = within.caller.read()?;
    let policies = reading.authorize::<View>(within.organization)?.security_policies();
    let record = policies.read(policies.id_of(policy)?)?;
    SecurityPolicy::revised(record, &reading, within.organization)
}
