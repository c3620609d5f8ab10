//! Signing in and out.

mod begin;
mod enrolment;
mod passkey;
mod sign_out;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use directory::Time;
use directory::collections::IssuedToken;
use directory::records::Carrier;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::cookie;
use crate::moment::Moment;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(begin::sign_in))
        .routes(routes!(enrolment::confirm_enrolment))
        .merge(passkey::routes())
        .routes(routes!(sign_out::sign_out))
}

/// A session.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSession)]
pub(crate) struct Session {
    /// The bearer token; null when it is in a cookie.
    #[schema(required)]
    token: Option<String>,
    /// When it ends, however much it is used.
    expires: Moment,
}

/// Says that a code of the authenticator is missing.
pub(crate) fn code_needed() -> Problem {
    let detail = "Send the code of your authenticator app as `code`, or one for recovery as \
                  `recovery_code`.";
    Problem::new(StatusCode::UNAUTHORIZED, "/problems/code-needed", "Code needed", detail)
}

/// Says that another password is missing, for who has one that somebody else has chosen.
pub(crate) fn password_needed() -> Problem {
    let detail = "Somebody else has chosen your password: send another one as `new_password`.";
    let title = "New password needed";
    Problem::new(StatusCode::UNAUTHORIZED, "/problems/password-needed", title, detail)
}

/// Says that nobody is let in, and no more than that.
pub(crate) fn rejected(detail: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "/problems/rejected", "Rejected", detail)
}

/// Hands a session over, in the body or in a cookie.
fn handed_over(issued: IssuedToken, carrier: Carrier, now: Time) -> Response {
    let expires = Moment(issued.expires);
    match carrier {
        Carrier::Header => Json(Session { token: Some(issued.text), expires }).into_response(),
        Carrier::Cookie => {
            let cookie = cookie::kept(&issued.text, issued.expires, now);
            let mut response = Json(Session { token: None, expires }).into_response();
            response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
            response
        }
    }
}
