//! Plans: what a month costs.

mod create;
mod delete;
mod list;
mod show;
mod update;

use directory::records;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::ShownPrices;
use crate::api::Api;
use crate::moment::Moment;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list::list_plans, create::create_plan)).routes(routes!(
        show::show_plan,
        update::update_plan,
        delete::delete_plan
    ))
}

/// A plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct Plan {
    /// The plan's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The name.
    name: String,
    /// Free text.
    #[schema(required)]
    description: Option<String>,
    /// What it costs.
    #[serde(flatten)]
    prices: ShownPrices,
}

impl From<records::Plan> for Plan {
    fn from(plan: records::Plan) -> Self {
        Self {
            id: plan.uuid,
            created: Moment(plan.stamp.created),
            modified: Moment(plan.stamp.modified),
            name: plan.fields.name,
            description: plan.fields.description,
            prices: plan.fields.prices.into(),
        }
    }
}

impl Plan {
    fn revised(plan: records::Plan) -> Revised<Self> {
        Revised::new(plan.stamp.revision, plan.into())
    }
}
