//! Signing in with a passkey.

mod begin;
mod finish;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(begin::begin_passkey_sign_in))
        .routes(routes!(finish::sign_in_with_passkey))
}
