//! Where invited users and admins choose their first password, and users enrol a second factor, without a
//! token of an admin.

mod second_factor;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::InvitationStep;
use directory::collections::{IssuedInvitation, NewSeed};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::body::Body;
use crate::caller::{Nobody, Peer};
use crate::moment::Moment;
use crate::page;
use crate::problem::Problem;
use crate::qr_code;
use crate::secret_text::SecretText;
use crate::v1::me::proven;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(show_invitation_page, accept_invitation))
        .routes(routes!(second_factor::confirm_invited_second_factor))
}

/// Where the page stands, as a path of this API.
const PAGE: &str = "/v1/invitations";

/// The text of the page.
const TEXT: &str = include_str!("page.html");

/// How long an invitation counts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seconds": 86_400}))]
pub(crate) struct NewInvitation {
    /// For so many seconds; as the organization's settings say when absent, and a week for the
    /// provider's admins.
    #[schema(minimum = 60, maximum = 7_776_000)]
    seconds: Option<u32>,
}

impl NewInvitation {
    /// For so many milliseconds, if it says so.
    pub(crate) fn life(&self) -> Option<u64> {
        self.seconds.map(milliseconds)
    }
}

/// So many seconds in milliseconds.
pub(crate) fn milliseconds(seconds: u32) -> u64 {
    u64::from(seconds).saturating_mul(1_000)
}

/// An invitation that was just made. Its token is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeInvitation {
    /// What `POST /v1/invitations` takes; good for one first password or second factor alone, and once.
    token: String,
    /// The page where the password is chosen or the second factor enrolled, with the token behind `#`,
    /// which browsers keep to themselves; null where `[admin_api] invitation_url` is not set.
    #[schema(required)]
    link: Option<String>,
    /// When it ends.
    expires: Moment,
}

impl MadeInvitation {
    pub(crate) fn of(issued: IssuedInvitation, api: &Api) -> Self {
        let base = api.invitation_url.as_deref();
        let link = base.map(|base| format!("{base}{PAGE}#{}", issued.token));
        Self { token: issued.token, link, expires: Moment(issued.expires) }
    }
}

/// An invitation, and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// The token of the invitation.
    token: SecretText,
    /// The password that was chosen, or the one in use where the invitation asks for that; without one
    /// nothing is set, and it is only said whether the invitation counts and for what.
    password: Option<SecretText>,
}

/// With what an invitation goes on to a second factor.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "asks": "code",
    "otpauth_uri": "otpauth://totp/Acme:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "qr_code": "<svg …</svg>",
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
}))]
pub(crate) struct InvitedEnrolment {
    /// What it asks for next.
    asks: AskedOfInvited,
    /// What an authenticator app scans; null unless a code is asked for.
    #[schema(required)]
    otpauth_uri: Option<String>,
    /// That as a QR code, in SVG that is to be scaled: a module is one unit wide. Null unless a code is
    /// asked for, or where it is too long for one.
    #[schema(required)]
    qr_code: Option<String>,
    /// What is typed into one that does not scan; null unless a code is asked for.
    #[schema(required)]
    secret: Option<String>,
}

/// What an invitation asks for on the way to a second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AskedOfInvited {
    /// The password in use, at the same place.
    Password,
    /// A code of the seed that is shown, at `/v1/invitations/second-factor`.
    Code,
}

impl InvitedEnrolment {
    const BEFORE: Self =
        Self { asks: AskedOfInvited::Password, otpauth_uri: None, qr_code: None, secret: None };

    fn of(seed: &NewSeed) -> Self {
        let (uri, secret) = (seed.uri.to_string(), seed.secret.to_string());
        let qr_code = qr_code::drawn(&uri);
        Self { asks: AskedOfInvited::Code, otpauth_uri: Some(uri), qr_code, secret: Some(secret) }
    }
}

/// Shows the page where an invited user or admin chooses a password, or a user enrols a second factor.
/// The token stands behind `#` in its address, which is not sent; the page asks whether it counts.
#[utoipa::path(
    get,
    path = "/invitations",
    tag = "Sign-in",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn show_invitation_page(State(api): State<Api>) -> Result<Response, Problem> {
    page::answer(&api, TEXT)
}

/// Uses an invitation: its user or admin has that password from then on, and may sign in.
///
/// Where the organization demands a second factor of everybody, or the invitation was made so, it goes on
/// with 200: it is used up once a code of the seed that is shown is confirmed at
/// `/v1/invitations/second-factor`. Until then it asks for the password in use, and shows another seed for
/// it. So does one that was made for who has a password already.
///
/// Whatever is wrong with an invitation, it is not found. A password that the organization's policy
/// refuses, or that will not do for an admin, is told so, and the invitation stays. A source that asks
/// too often is told when to come back (`[admin_api] invitations_per_minute`).
#[utoipa::path(
    post,
    path = "/invitations",
    tag = "Sign-in",
    security(()),
    request_body = Acceptance,
    responses(
        (
            status = 200,
            description = "It goes on to a second factor, or does so once the password in use is sent.",
            body = InvitedEnrolment
        ),
        (status = 204, description = "The password is set, or the invitation counts for setting one."),
        (
            status = 404,
            description = "The invitation does not count.",
            body = Problem,
            content_type = "application/problem+json"
        ),
        (status = 429, description = "Asked too often; `Retry-After` says when to come back.")
    )
)]
pub(crate) async fn accept_invitation(
    State(api): State<Api>,
    Peer(peer): Peer,
    Nobody(context): Nobody,
    Body(Acceptance { token, password }): Body<Acceptance>,
) -> Result<Response, Problem> {
    api.invited.admit(peer, context.now).map_err(Problem::too_often)?;
    let step = api.directory.invitation_step(token.expose(), &context)?;
    let enrolment = match (step, password) {
        (InvitationStep::FirstPassword, None) => None,
        (InvitationStep::PasswordInUse, None) => Some(InvitedEnrolment::BEFORE),
        (InvitationStep::PasswordInUse, Some(password)) => {
            let (tell, told) = oneshot::channel();
            let (token, password) = (token.expose().to_owned(), password.password()?);
            let directory = &api.directory;
            // Nobody listens any more when the client has gone.
            directory.begin_invited_second_factor(token, password, context, move |begun| {
                drop(tell.send(begun));
            })?;
            let Ok(begun) = told.await else { return Err(Problem::busy()) };
            let seed = proven(begun?, "/password", "is not the one in use")?;
            Some(InvitedEnrolment::of(&seed))
        }
        (InvitationStep::FirstPassword, Some(password)) => {
            let judged = password.password()?;
            // Nobody has anything hashed who holds no invitation, or chose what is refused.
            let whose = api.directory.judge_first_password(token.expose(), &judged, &context)?;
            let hashed = api.hash(password, whose).await?;
            let accepted = api.blocking(move |directory| {
                directory.accept_invitation(token.expose(), hashed, context)
            });
            accepted.await?.as_ref().map(InvitedEnrolment::of)
        }
    };
    Ok(match enrolment {
        Some(enrolment) => Json(enrolment).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
