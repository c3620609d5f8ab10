//! Whether the API answers.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(check_health))
}

/// That the API answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `up`.
    status: &'static str,
}

/// Says that the API answers.
#[utoipa::path(
    get,
    path = "/health",
    tag = "About",
    security(()),
    responses((status = 200, description = "It answers.", body = Health))
)]
pub(crate) async fn check_health() -> Json<Health> {
    Json(Health { status: "up" })
}
