//! A user's second factor: TOTP.

mod begin;
mod confirm;
mod invite;
mod reset;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(
            show::show_second_factor,
            begin::begin_second_factor,
            reset::reset_second_factor
        ))
        .routes(routes!(confirm::confirm_second_factor))
        .routes(routes!(invite::invite_second_factor))
}
