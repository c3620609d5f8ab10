//! Confirming the enrolment of TOTP.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Session;
use crate::api::Api;
use crate::body::Body;
use crate::caller::Peer;
use crate::problem::Problem;
use crate::secret_text::SecretText;

/// The proof that an authenticator app has the seed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// The token that the sign-in answered with.
    enrolment_token: SecretText,
    /// The code that the app shows.
    code: String,
}

/// Confirms the enrolment of TOTP with its first code, and signs in.
#[utoipa::path(
    post,
    path = "/sign-in/enrolment",
    tag = "Sign-in",
    security(()),
    request_body = FirstCode,
    responses((status = 200, description = "Enrolled and signed in.", body = Session))
)]
pub(crate) async fn confirm_enrolment(
    State(api): State<Api>,
    Peer(peer): Peer,
    Body(first): Body<FirstCode>,
) -> Result<Json<Session>, Problem> {
    let (source, now) = (peer.ip().to_canonical(), api.now());
    let issued = api.blocking(move |directory| {
        directory.confirm_enrolment(first.enrolment_token.expose(), first.code, source, now)
    });
    Ok(Json(issued.await?.into()))
}
