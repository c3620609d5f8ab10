//! What was agreed with an organization.

use directory::access::ManageBilling;

use super::Agreement;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, WholeQuery};
use crate::problem::Problem;
use crate::revision::Revised;

/// Lists what was agreed with the organization, by the month from which each holds. The `ETag` is for
/// `POST /billing/agreements`.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/billing/agreements",
    tag = "Billing",
    params(WholeQuery),
    responses((status = 200, description = "All agreements.", body = List<Agreement>)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn list_agreements(
    within: Within<ManageBilling>,
    Params(query): Params<WholeQuery>,
) -> Result<Revised<Listed<Agreement>>, Problem> {
    let reading = within.caller.read()?;
    let billing = reading.authorize::<ManageBilling>(within.organization)?.billing();
    let agreements = billing.agreements()?;
    let revision = agreements.revision();
    Ok(Revised::new(revision, query.of(Agreement::list(agreements))?))
}
