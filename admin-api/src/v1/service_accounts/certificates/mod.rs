//! The client certificates that prove a service account.

mod set;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(
        show::show_service_account_certificates,
        set::set_service_account_certificates
    ))
}
