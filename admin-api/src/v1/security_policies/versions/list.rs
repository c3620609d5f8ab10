//! The list of a security policy's versions.

use axum::Json;
use directory::access::View;

use super::SecurityPolicyVersion;
use crate::body::Params;
use crate::caller::{Item, Within};
use crate::list::{List, PageQuery, read_cursor, write_cursor};
use crate::problem::Problem;

/// Lists the versions of a security policy, the newest first. The newest 500 are kept.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/security-policies/{security_policy}/versions",
    tag = "Security policies",
    params(PageQuery),
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
    Params(query): Params<PageQuery>,
) -> Result<Json<List<SecurityPolicyVersion>>, Problem> {
    let before = query.cursor().map(read_cursor).transpose()?.map(u32::from_be_bytes);
    let reading = within.caller.read()?;
    let policies = reading.authorize::<View>(within.organization)?.security_policies();
    let page = policies.versions(policies.id_of(policy)?, before, query.limit()?)?;
    let next = page.next.map(|number| write_cursor(&number.to_be_bytes()));
    Ok(Json(List { items: page.versions.into_iter().map(Into::into).collect(), next }))
}
