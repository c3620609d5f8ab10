//! A plan.

use directory::access::ManageBilling;

use super::Plan;
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a plan.
#[utoipa::path(
    get,
    path = "/billing/plans/{plan}",
    tag = "Billing",
    responses((status = 200, description = "The plan.", body = Plan)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn show_plan(
    home: Home<ManageBilling>,
    Item(plan): Item,
) -> Result<Revised<Plan>, Problem> {
    let reading = home.caller.read()?;
    let plans = reading.authorize_provider::<ManageBilling>()?.plans()?;
    Ok(Plan::revised(plans.read(plans.id_of(plan)?)?))
}
