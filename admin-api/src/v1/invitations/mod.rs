//! Where invited users and admins choose their first password, without a token of an admin.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use directory::collections::IssuedInvitation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::body::Body;
use crate::caller::{Nobody, Peer};
use crate::moment::Moment;
use crate::page;
use crate::problem::Problem;
use crate::secret_text::SecretText;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_invitation_page, accept_invitation))
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
        self.seconds.map(|seconds| u64::from(seconds).saturating_mul(1_000))
    }
}

/// An invitation that was just made. Its token is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeInvitation {
    /// What `POST /v1/invitations` takes; good for one first password alone, and once.
    token: String,
    /// The page where the password is chosen, with the token behind `#`, which browsers keep to
    /// themselves; null where `[admin_api] invitation_url` is not set.
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

/// An invitation, and the password that was chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// The token of the invitation.
    token: SecretText,
    /// The password; without one nothing is set, and it is only said whether the invitation counts.
    password: Option<SecretText>,
}

/// Shows the page where an invited user or admin chooses a password. The token stands behind `#` in its
/// address, which is not sent; the page asks whether it counts.
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
        (status = 204, description = "The password is set, or the invitation counts."),
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
) -> Result<StatusCode, Problem> {
    api.invited.admit(peer, context.now).map_err(Problem::too_often)?;
    let Some(password) = password else {
        api.directory.require_invitation(token.expose(), &context)?;
        return Ok(StatusCode::NO_CONTENT);
    };
    let judged = password.password()?;
    // Nobody has anything hashed who holds no invitation, or chose what is refused.
    let whose = api.directory.judge_first_password(token.expose(), &judged, &context)?;
    let hashed = api.hash(password, whose).await?;
    let accepted =
        api.blocking(move |directory| directory.accept_invitation(token.expose(), hashed, context));
    accepted.await?;
    Ok(StatusCode::NO_CONTENT)
}
