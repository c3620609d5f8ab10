//! Beginning to sign in with a passkey.

use axum::Json;
use axum::extract::State;
use directory::authentication::ClaimedAdmin;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::body::Body;
use crate::caller::Peer;
use crate::passkey::RequestOptions;
use crate::problem::Problem;

/// Who signs in with a passkey; left out by whoever lets the passkey say it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"login": "root"}))]
pub(crate) struct PasskeyOwner {
    /// The slug of the organization whose own admin it is; left out by the provider's admins.
    organization: Option<String>,
    /// The login. Then nobody else's passkey counts.
    login: Option<String>,
}

/// What a browser is asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyAsked {
    /// For `navigator.credentials.get`, by way of `PublicKeyCredential.parseRequestOptionsFromJSON`.
    options: RequestOptions,
}

/// Asks for a passkey; the browser's answer signs in within five minutes.
///
/// The answer is the same whoever there is. One source may ask so often in a minute; the problem
/// `/problems/too-often` says when to come back.
#[utoipa::path(
    post,
    path = "/sign-in/passkey/begin",
    tag = "Sign-in",
    security(()),
    request_body = PasskeyOwner,
    responses(
        (status = 200, description = "What to ask the browser for.", body = PasskeyAsked),
        (
            status = 409,
            description = "There are no passkeys here.",
            body = Problem,
            content_type = "application/problem+json"
        )
    )
)]
pub(crate) async fn begin_passkey_sign_in(
    State(api): State<Api>,
    Peer(source): Peer,
    Body(owner): Body<PasskeyOwner>,
) -> Result<Json<PasskeyAsked>, Problem> {
    let now = api.now();
    api.newcomers.admit(source, now).map_err(Problem::too_often)?;
    let claimed = match (owner.organization, owner.login) {
        (organization, Some(login)) => Some(ClaimedAdmin { organization, login }),
        (None, None) => None,
        (Some(_), None) => return Err(Problem::invalid("/login", "is missing")),
    };
    let asked = api.directory.begin_passkey_sign_in(claimed.as_ref(), source, now)?;
    Ok(Json(PasskeyAsked { options: asked.into() }))
}
