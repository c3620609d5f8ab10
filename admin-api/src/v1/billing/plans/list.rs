//! The list of plans.

use directory::access::ManageBilling;

use super::Plan;
use crate::body::Params;
use crate::caller::Home;
use crate::list::{List, Listed, NamedQuery};
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
) -> Result<Listed<Plan>, Problem> {
    let asking = home.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = home.caller.read()?;
        let plans = reading.authorize_provider::<ManageBilling>()?.plans()?;
        asked.find(&plans, |_, record| Ok(Plan::from(record)))
    });
    looking.await
}
