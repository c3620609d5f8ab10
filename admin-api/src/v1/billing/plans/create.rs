//! Making a plan.

use directory::access::ManageBilling;
use directory::records::{PlanFields, Prices};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Plan;
use crate::body::Body;
use crate::caller::Home;
use crate::problem::Problem;
use crate::revision::Created;

/// What a plan starts with. Prices are in the smallest unit of the currency: 350 is 3.50 EUR.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "standard", "currency": "EUR", "user": 350, "device": 100}))]
pub(crate) struct NewPlan {
    /// The name; unique.
    name: String,
    /// Free text.
    description: Option<String>,
    /// The currency (ISO 4217).
    currency: String,
    /// What a month costs as such; nothing when absent.
    #[serde(default)]
    base: u64,
    /// What a user costs in a month; nothing when absent.
    #[serde(default)]
    user: u64,
    /// What a device costs in a month; nothing when absent.
    #[serde(default)]
    device: u64,
    /// So many users cost nothing more; none when absent.
    #[serde(default)]
    included_users: u32,
    /// So many devices cost nothing more; none when absent.
    #[serde(default)]
    included_devices: u32,
}

/// Makes a plan.
///
/// It takes the scope of all organizations, since it may be agreed on with any of them.
#[utoipa::path(
    post,
    path = "/billing/plans",
    tag = "Billing",
    request_body = NewPlan,
    responses((status = 201, description = "Made.", body = Plan)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn create_plan(
    home: Home<ManageBilling>,
    Body(new): Body<NewPlan>,
) -> Result<Created<Plan>, Problem> {
    let prices = Prices {
        currency: new.currency,
        base: new.base,
        user: new.user,
        device: new.device,
        included_users: new.included_users,
        included_devices: new.included_devices,
    };
    let fields = PlanFields { name: new.name, description: new.description, prices };
    let made = home.caller.change(move |change| {
        change.authorize_provider::<ManageBilling>()?.plans()?.create(fields)
    });
    Ok(Created(Plan::revised(made.await?.1)))
}
