//! Signing out.

use axum::http::StatusCode;

use crate::caller::Caller;
use crate::problem::Problem;

/// Ends the session whose token asks.
#[utoipa::path(
    post,
    path = "/sign-out",
    tag = "Sign-in",
    responses((status = 204, description = "The session has ended."))
)]
pub(crate) async fn sign_out(caller: Caller) -> Result<StatusCode, Problem> {
    caller.change(|change| change.oneself()?.sign_out()).await?;
    Ok(StatusCode::NO_CONTENT)
}
