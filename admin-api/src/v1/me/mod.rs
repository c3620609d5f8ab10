//! One's own account: no permission needed.

mod can_i;
mod create_key;
mod delete_key;
mod keys;
mod passkeys;
mod recovery_codes;
mod sessions;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(show::show_me))
        .routes(routes!(can_i::can_i))
        .routes(routes!(sessions::list_own_sessions, sessions::end_own_sessions))
        .routes(routes!(recovery_codes::make_recovery_codes))
        .merge(passkeys::routes())
        .routes(routes!(keys::list_own_keys, create_key::create_own_key))
        .routes(routes!(delete_key::delete_own_key))
}
