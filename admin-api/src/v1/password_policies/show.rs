//! One password policy.

use directory::access::View;

use super::GroupPasswordPolicy;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a password policy.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/password-policies/{password_policy}",
    tag = "Password policies",
    responses((status = 200, description = "The policy.", body = GroupPasswordPolicy)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_password_policy(
    within: Within<View>,
    Item(policy): Item,
) -> Result<Revised<GroupPasswordPolicy>, Problem> {
    let reading = within.caller.read()?;
    let policies = reading.authorize::<View>(within.organization)?.password_policies();
    let record = policies.read(policies.id_of(policy)?)?;
    GroupPasswordPolicy::revised(record, &reading, within.organization)
}
