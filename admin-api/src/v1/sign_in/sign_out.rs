//! Signing out.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};

use crate::caller::Caller;
use crate::cookie;
use crate::problem::Problem;

/// Ends the session whose token asks.
#[utoipa::path(
    post,
    path = "/sign-out",
    tag = "Sign-in",
    responses((status = 204, description = "The session has ended."))
)]
pub(crate) async fn sign_out(caller: Caller) -> Result<Response, Problem> {
    caller.change(|change| change.oneself()?.sign_out()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().extend(cookie::forgotten().map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}
