//! Version 1 of the API: a folder a resource, a file an endpoint.

mod groups;
mod health;
mod me;
mod organizations;
mod service_accounts;
mod sign_in;
mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

/// All routes.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    let all = OpenApiRouter::new()
        .merge(sign_in::routes())
        .merge(me::routes())
        .merge(organizations::routes())
        .merge(users::routes())
        .merge(groups::routes())
        .merge(service_accounts::routes())
        .merge(health::routes());
    OpenApiRouter::new().nest("/v1", all)
}
