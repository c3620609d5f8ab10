//! Where invited users choose their first password, without a token of an admin.

use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::body::Body;
use crate::caller::{Nobody, Peer};
use crate::problem::Problem;
use crate::secret_text::SecretText;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_invitation_page, accept_invitation))
}

/// Where the page stands, as a path of this API.
pub(crate) const PAGE: &str = "/v1/invitations";

/// The page; its script and its style are let in by a number that is made for each answer.
const TEXT: &str = include_str!("page.html");

/// An invitation, and the password that its user chose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// The token of the invitation.
    token: SecretText,
    /// The password; without one nothing is set, and it is only said whether the invitation counts.
    password: Option<SecretText>,
}

/// Shows the page where an invited user chooses a password. The token stands behind `#` in its
/// address, which is not sent; the page asks whether it counts.
#[utoipa::path(
    get,
    path = "/invitations",
    tag = "Sign-in",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn show_invitation_page(State(api): State<Api>) -> Result<Response, Problem> {
    let nonce = api.directory.tools().password(22);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).map_err(|error| Problem::internal(&error))?;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [(CONTENT_TYPE, html), (CONTENT_SECURITY_POLICY, policy)];
    Ok((headers, TEXT.replace("{nonce}", &nonce)).into_response())
}

/// Uses an invitation: its user has that password from then on, and may sign in.
///
/// Whatever is wrong with an invitation, it is not found. A password that the organization's policy
/// refuses is told so, and the invitation stays. A source that asks too often is told when to come
/// back (`[admin_api] invitations_per_minute`).
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
    let now = context.now;
    api.invited.admit(peer, now).map_err(Problem::too_often)?;
    let Some(password) = password else {
        api.directory.require_invitation(token.expose(), now)?;
        return Ok(StatusCode::NO_CONTENT);
    };
    let judged = password.password()?;
    // Nobody has anything hashed who holds no invitation, or chose what is refused.
    api.directory.judge_first_password(token.expose(), &judged, now)?;
    let hashed = api.hash(password).await?;
    let accepted =
        api.blocking(move |directory| directory.accept_invitation(token.expose(), hashed, context));
    accepted.await?;
    Ok(StatusCode::NO_CONTENT)
}
