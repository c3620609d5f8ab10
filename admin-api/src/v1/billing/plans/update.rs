//! Changing a plan.

use directory::access::ManageBilling;
use directory::records::PlanFields;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Plan;
use crate::body::Body;
use crate::caller::{Home, Item};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of a plan: what is left out stays, null clears. What was agreed stays as it was.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanPatch {
    /// The name; unique.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The currency (ISO 4217).
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    currency: Option<String>,
    /// What a month costs as such.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    base: Option<u64>,
    /// What a user costs in a month.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    user: Option<u64>,
    /// What a device costs in a month.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    device: Option<u64>,
    /// So many users cost nothing more.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u32)]
    included_users: Option<u32>,
    /// So many devices cost nothing more.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u32)]
    included_devices: Option<u32>,
}

/// Changes a plan; what was agreed on before stays as it was agreed.
///
/// It takes the scope of all organizations, since it may be agreed on with any of them.
#[utoipa::path(
    patch,
    path = "/billing/plans/{plan}",
    tag = "Billing",
    params(IfMatch),
    request_body = PlanPatch,
    responses((status = 200, description = "As it is now.", body = Plan)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn update_plan(
    home: Home<ManageBilling>,
    Item(plan): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<PlanPatch>,
) -> Result<Revised<Plan>, Problem> {
    let changed = home.caller.change(move |change| {
        let mut grant = change.authorize_provider::<ManageBilling>()?;
        let mut plans = grant.plans()?;
        let id = plans.id_of(plan)?;
        plans.update(id, revision, |plan| {
            patch.apply(&mut plan.fields);
            Ok(())
        })
    });
    Ok(Plan::revised(changed.await?))
}

impl PlanPatch {
    fn apply(self, fields: &mut PlanFields) {
        set(&mut fields.name, self.name);
        set(&mut fields.description, self.description);
        let prices = &mut fields.prices;
        set(&mut prices.currency, self.currency);
        set(&mut prices.base, self.base);
        set(&mut prices.user, self.user);
        set(&mut prices.device, self.device);
        set(&mut prices.included_users, self.included_users);
        set(&mut prices.included_devices, self.included_devices);
    }
}
