//! Deleting a plan.

use axum::http::StatusCode;
use directory::access::ManageBilling;

use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a plan; what was agreed on before stays as it was agreed.
///
/// It takes the scope of all organizations, since it may be agreed on with any of them.
#[utoipa::path(
    delete,
    path = "/billing/plans/{plan}",
    tag = "Billing",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn delete_plan(
    home: Home<ManageBilling>,
    Item(plan): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let deleted = home.caller.change(move |change| {
        let mut grant = change.authorize_provider::<ManageBilling>()?;
        let mut plans = grant.plans()?;
        let id = plans.id_of(plan)?;
        plans.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
