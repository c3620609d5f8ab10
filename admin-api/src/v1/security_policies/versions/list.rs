//! The list of a security policy's versions.

use directory::access::View;

use super::SecurityPolicyVersion;
use crate::body::Params;
use crate::caller::{Item, Within};
use crate::list::{List, Listed, NamedQuery, PlainQuery};
use crate::problem::Problem;

/// Lists the versions of a security policy, the newest first. The newest 500 are kept.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/security-policies/{security_policy}/versions",
    tag = "Security policies",
    params(PlainQuery),
    responses((
        status = 200,
        description = "A page of versions.",
        body = List<SecurityPolicyVersion>
    )),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_security_policy_versions(
    within: Within<View>,
    Item(policy): Item,
    Params(query): Params<PlainQuery>,
) -> Result<Listed<SecurityPolicyVersion>, Problem> {
    let asking = within.caller.asking();
    let looking = NamedQuery::from(query).answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(within.organization)?;
        let versions = grant.versions_of(grant.security_policies().id_of(policy)?);
        asked.find(&versions, |_, version| Ok(version.into()))
    });
    looking.await
}
