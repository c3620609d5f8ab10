//! Beginning to register a passkey.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::passkey::CreationOptions;
use crate::problem::Problem;

/// What a browser is asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyWanted {
    /// For `navigator.credentials.create`, by way of `PublicKeyCredential.parseCreationOptionsFromJSON`.
    options: CreationOptions,
}

/// Asks for a passkey of one's own; the browser's answer registers it within five minutes.
///
/// It needs a session that was begun in the last 15 minutes.
#[utoipa::path(
    post,
    path = "/me/passkeys/begin",
    tag = "Own account",
    responses((status = 200, description = "What to ask the browser for.", body = PasskeyWanted))
)]
pub(crate) async fn begin_passkey(caller: Caller) -> Result<Json<PasskeyWanted>, Problem> {
    let wish = caller.read()?.oneself()?.begin_passkey()?;
    Ok(Json(PasskeyWanted { options: wish.into() }))
}
