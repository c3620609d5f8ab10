//! One's own passkeys: no permission needed.

mod activate;
mod begin;
mod delete;
mod list;
mod register;
mod rename;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_own_passkeys, register::register_passkey))
        .routes(routes!(begin::begin_passkey))
        .routes(routes!(activate::activate_own_passkey))
        .routes(routes!(
            show::show_own_passkey,
            rename::rename_own_passkey,
            delete::delete_own_passkey
        ))
}
