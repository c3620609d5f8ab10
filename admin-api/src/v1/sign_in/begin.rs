//! Signing in with password and TOTP code.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::Time;
use directory::authentication::{Enrolment, Second, SignInOutcome, SignInRequest};
use directory::records::Carrier;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::{Session, code_needed, handed_over, password_needed, rejected};
use crate::api::Api;
use crate::body::Body;
use crate::caller::Newcomer;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::secret_text::SecretText;

/// What an admin signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"login": "root", "password": "correct horse battery", "code": "123456"}))]
pub(crate) struct Credentials {
    /// The slug of the organization whose own admin it is; left out by the provider's admins.
    organization: Option<String>,
    /// The login.
    login: String,
    /// The password.
    password: SecretText,
    /// What takes the place of a password that another admin has chosen; not together with one's own.
    new_password: Option<SecretText>,
    /// The TOTP code; needed once TOTP is enrolled.
    code: Option<String>,
    /// A recovery code in place of the TOTP code; it counts this once.
    recovery_code: Option<SecretText>,
    /// Whether the session goes into a browser's cookie in place of the answer. Then the request comes
    /// from a page of this very origin and has the header `X-Tenantry-Request`.
    #[serde(default)]
    cookie: bool,
}

/// What is needed to enrol TOTP before anything else.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentNeeded {
    /// Good for confirming the enrolment alone.
    enrolment_token: String,
    /// When that token ends.
    expires: Moment,
    /// What an authenticator app scans.
    otpauth_uri: String,
}

/// Signs in.
///
/// The first sign-in answers with what is needed to enrol TOTP; nothing else works before. Whose
/// password another admin has chosen gets the problem `/problems/password-needed` and is let in with
/// `new_password` alone, which counts from then on. A missing code is the problem
/// `/problems/code-needed`, all else that is wrong is `/problems/rejected`.
#[utoipa::path(
    post,
    path = "/sign-in",
    tag = "Sign-in",
    security(()),
    request_body = Credentials,
    responses(
        (status = 200, description = "Signed in.", body = Session),
        (status = 202, description = "TOTP has to be enrolled first.", body = EnrolmentNeeded),
        (
            status = 401,
            description = "Another password or the code is missing, or nobody is let in with what was sent.",
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
pub(crate) async fn sign_in(
    State(api): State<Api>,
    newcomer: Newcomer,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Problem> {
    let second = match (credentials.code, credentials.recovery_code) {
        (code, None) => code.map(Second::Totp),
        (None, Some(code)) => Some(Second::RecoveryCode(code.expose().to_owned())),
        (Some(_), Some(_)) => {
            let detail = "send one code, of the app or of those for recovery";
            return Err(Problem::invalid("/recovery_code", detail));
        }
    };
    let next = credentials.new_password.map(|next| next.password_at("/new_password"));
    let arrival = newcomer.arrival(credentials.cookie)?;
    let (carrier, now) = (arrival.carrier, arrival.now);
    let request = SignInRequest {
        organization: credentials.organization,
        login: credentials.login,
        password: credentials.password.password()?,
        new_password: next.transpose()?,
        second,
        arrival,
    };
    let (tell, told) = oneshot::channel();
    // Nobody listens any more when the client has gone.
    api.directory.sign_in(request, move |outcome| drop(tell.send(outcome)))?;
    match told.await {
        Ok(outcome) => answer(outcome?, carrier, now),
        Err(_) => Err(Problem::busy()),
    }
}

fn answer(outcome: SignInOutcome, carrier: Carrier, now: Time) -> Result<Response, Problem> {
    match outcome {
        SignInOutcome::Session(issued) => Ok(handed_over(issued, carrier, now)),
        SignInOutcome::Enrol(enrolment) => {
            Ok((StatusCode::ACCEPTED, Json(EnrolmentNeeded::from(enrolment))).into_response())
        }
        SignInOutcome::PasswordNeeded => Err(password_needed()),
        SignInOutcome::CodeNeeded => Err(code_needed()),
        SignInOutcome::Rejected => {
            Err(rejected("Login, password or code is wrong, or the admin may not sign in."))
        }
        SignInOutcome::TooEarly(milliseconds) => {
            Err(Problem::too_early(milliseconds.div_ceil(1_000)))
        }
        SignInOutcome::Busy => Err(Problem::busy()),
        SignInOutcome::Unhashed(failure) => Err(failure.into()),
    }
}

impl From<Enrolment> for EnrolmentNeeded {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            enrolment_token: enrolment.token.text,
            expires: Moment(enrolment.token.expires),
            otpauth_uri: enrolment.uri,
        }
    }
}
