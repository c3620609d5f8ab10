//! The list of plans.

use axum::Json;
use directory::access::ManageBilling;

use super::Plan;
use crate::body::Params;
use crate::caller::Home;
use crate::list::{List, NamedQuery};
use crate::problem::Problem;

/// Lists plans in the order in which they were made.
#[utoipa::path(
    get,
    path = "/billing/plans",
    tag = "Billing",
    params(NamedQuery),
    responses((status = 200, description = "A page of plans.", body = List<Plan>)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn list_plans(
    home: Home<ManageBilling>,
    Params(query): Params<NamedQuery>,
) -> Result<Json<List<Plan>>, Problem> {
    let reading = home.caller.read()?;
    let plans = reading.authorize_provider::<ManageBilling>()?.plans()?;
    let page = plans.page(query.name(), query.after()?, query.limit()?)?;
    Ok(Json(List::of(page, Plan::from)))
}
