//! The list of security policies.

use directory::access::View;

use super::SecurityPolicy;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists security policies in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/security-policies",
    tag = "Security policies",
    params(NamedQuery),
    responses((status = 200, description = "A page of policies.", body = List<SecurityPolicy>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_security_policies(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<SecurityPolicy>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let policies = reading.authorize::<View>(within.organization)?.security_policies();
        let show = |_, record| SecurityPolicy::of(record, &reading, within.organization);
        asked.find(&policies, show)
    });
    looking.await
}
