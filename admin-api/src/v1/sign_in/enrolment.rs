//! Confirming the enrolment of TOTP.

use axum::extract::State;
use axum::response::Response;
use directory::Error;
use directory::access::Refusal;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Session, handed_over};
use crate::api::Api;
use crate::body::Body;
use crate::caller::Newcomer;
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
    /// Whether the session goes into a browser's cookie in place of the answer.
    #[serde(default)]
    cookie: bool,
}

/// Confirms the enrolment of TOTP with its first code, and signs in.
///
/// Ten wrong codes end it, and lock as they do where somebody signs in. A source that tries tokens
/// of no enrolment too often is told when to come back.
#[utoipa::path(
    post,
    path = "/sign-in/enrolment",
    tag = "Sign-in",
    security(()),
    request_body = FirstCode,
    responses(
        (status = 200, description = "Enrolled and signed in.", body = Session),
        (
            status = 401,
            description = "The token is none of an enrolment that is under way.",
            body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403,
            description = "A cookie is asked for, and not by a page of this very origin.",
            body = Problem,
            content_type = "application/problem+json"
        )
    )
)]
pub(crate) async fn confirm_enrolment(
    State(api): State<Api>,
    newcomer: Newcomer,
    Body(first): Body<FirstCode>,
) -> Result<Response, Problem> {
    let arrival = newcomer.arrival(first.cookie)?;
    let (carrier, source, now) = (arrival.carrier, arrival.source, arrival.now);
    // Nobody takes a thread and the disk who has no such token.
    if let Err(error) = api.directory.require_enrolment(first.enrolment_token.expose(), now) {
        api.newcomers.admit(source, now).map_err(Problem::too_often)?;
        return Err(over(error));
    }
    let issued = api.blocking(move |directory| {
        let token = first.enrolment_token.expose();
        directory.confirm_enrolment(token, first.code, arrival).map_err(over)
    });
    Ok(handed_over(issued.await?, carrier, now))
}

fn over(error: Error) -> Problem {
    let is_over = matches!(error, Error::Refused(Refusal::Unauthenticated));
    if is_over { Problem::enrolment_over() } else { error.into() }
}
