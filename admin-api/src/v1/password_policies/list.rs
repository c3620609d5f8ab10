//! The list of password policies.

use directory::access::View;

use super::GroupPasswordPolicy;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists password policies in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/password-policies",
    tag = "Password policies",
    params(NamedQuery),
    responses((status = 200, description = "A page of policies.", body = List<GroupPasswordPolicy>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_password_policies(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<GroupPasswordPolicy>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let policies = reading.authorize::<View>(within.organization)?.password_policies();
        let show = |_, record| GroupPasswordPolicy::of(record, &reading, within.organization);
        asked.find(&policies, show)
    });
    looking.await
}
