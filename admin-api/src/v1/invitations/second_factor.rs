//! Where invited users confirm the second factor that they enrol alone.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::body::Body;
use crate::caller::{Nobody, Peer};
use crate::problem::Problem;
use crate::secret_text::SecretText;
use crate::v1::me::proven;

/// An invitation, and the proof that an authenticator app has the seed that it showed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitedCode {
    /// The token of the invitation.
    token: SecretText,
    /// The code that the app shows.
    code: String,
}

/// Confirms a second factor with a code of the seed that an invitation showed, and uses both up: from then
/// on codes of it count.
///
/// Wrong codes count as those of signing in do, and lock as the organization says. A source that asks too
/// often is told when to come back (`[admin_api] invitations_per_minute`).
#[utoipa::path(
    post,
    path = "/invitations/second-factor",
    tag = "Sign-in",
    security(()),
    request_body = InvitedCode,
    responses(
        (status = 204, description = "Enrolled."),
        (
            status = 404,
            description = "The invitation does not count, or asks for a first password.",
            body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 409,
            description = "No seed was shown yet.",
            body = Problem,
            content_type = "application/problem+json"
        ),
        (status = 429, description = "Asked too often; `Retry-After` says when to come back.")
    )
)]
pub(crate) async fn confirm_invited_second_factor(
    State(api): State<Api>,
    Peer(peer): Peer,
    Nobody(context): Nobody,
    Body(InvitedCode { token, code }): Body<InvitedCode>,
) -> Result<StatusCode, Problem> {
    api.invited.admit(peer, context.now).map_err(Problem::too_often)?;
    let confirmed = api.blocking(move |directory| {
        directory.confirm_invited_second_factor(token.expose().to_owned(), code, context)
    });
    proven(confirmed.await?, "/code", "is not the code of this moment")?;
    Ok(StatusCode::NO_CONTENT)
}
