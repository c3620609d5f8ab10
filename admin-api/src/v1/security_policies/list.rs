//! The list of security policies.

use axum::Json;
use directory::access::View;

use super::SecurityPolicy;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
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
) -> Result<Json<List<SecurityPolicy>>, Problem> {
    let reading = within.caller.read()?;
    let policies = reading.authorize::<View>(within.organization)?.security_policies();
    let page = policies.page(query.name(), query.after()?, query.limit()?)?;
    let show = |record| SecurityPolicy::of(record, &reading, within.organization);
    Ok(Json(List::try_of(page, show)?))
}
