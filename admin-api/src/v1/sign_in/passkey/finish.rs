//! Signing in with what a browser answered.

use axum::extract::State;
use axum::response::Response;
use directory::authentication::{Assertion, SignInOutcome};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::body::Body;
use crate::caller::Newcomer;
use crate::passkey::AuthenticationResponse;
use crate::problem::Problem;
use crate::v1::sign_in::{Session, handed_over, rejected};

/// What proves an admin by a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAnswer {
    /// What the browser answered, as `toJSON` writes it.
    credential: AuthenticationResponse,
    /// Whether the session goes into a browser's cookie in place of the answer. Then the request comes
    /// from a page of this very origin and has the header `X-Tenantry-Request`.
    #[serde(default)]
    cookie: bool,
}

/// Signs in with a passkey, which stands for password and code.
///
/// Whatever is wrong is the problem `/problems/rejected`; an event tells what it was.
#[utoipa::path(
    post,
    path = "/sign-in/passkey",
    tag = "Sign-in",
    security(()),
    request_body = PasskeyAnswer,
    responses(
        (status = 200, description = "Signed in.", body = Session),
        (
            status = 401,
            description = "Nobody is let in with what was sent.",
            body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403,
            description = "A cookie is asked for, and not by a page of this very origin.",
            body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 409,
            description = "There are no passkeys here.",
            body = Problem,
            content_type = "application/problem+json"
        )
    )
)]
pub(crate) async fn sign_in_with_passkey(
    State(api): State<Api>,
    newcomer: Newcomer,
    Body(answer): Body<PasskeyAnswer>,
) -> Result<Response, Problem> {
    let arrival = newcomer.arrival(answer.cookie)?;
    let (carrier, now) = (arrival.carrier, arrival.now);
    let answer = Assertion::from(answer.credential);
    let outcome =
        api.blocking(move |directory| directory.sign_in_with_passkey(&answer, arrival)).await?;
    match outcome {
        SignInOutcome::Session(issued) => Ok(handed_over(issued, carrier, now)),
        SignInOutcome::TooEarly(milliseconds) => {
            Err(Problem::too_early(milliseconds.div_ceil(1_000)))
        }
        SignInOutcome::Rejected
        | SignInOutcome::Enrol(_)
        | SignInOutcome::PasswordNeeded
        | SignInOutcome::CodeNeeded
        | SignInOutcome::Busy
        | SignInOutcome::Unhashed(_) => Err(rejected(
            "The passkey is not known, was not asked for or took too long, or the admin may not sign in.",
        )),
    }
}
