//! Signing in and out.

mod begin;
mod enrolment;
mod sign_out;

use directory::collections::IssuedToken;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::moment::Moment;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(begin::sign_in))
        .routes(routes!(enrolment::confirm_enrolment))
        .routes(routes!(sign_out::sign_out))
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// The bearer token.
    token: String,
    /// When it ends.
    expires: Moment,
}

impl From<IssuedToken> for Session {
    fn from(issued: IssuedToken) -> Self {
        Self { token: issued.text, expires: Moment(issued.expires) }
    }
}
