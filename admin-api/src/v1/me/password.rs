//! Changing one's own password.

use std::sync::Arc;

use axum::Json;
use directory::authentication::KnownPassword;
use serde::Deserialize;
use tokio::sync::oneshot;
use tracing::Instrument;
use utoipa::ToSchema;

use super::{EndedSessions, own_organization, proven};
use crate::body::Body;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::secret_text::SecretText;

/// Another password of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "current_password": "correct horse battery", "password": "another horse, and a staple"
}))]
pub(crate) struct OwnPassword {
    /// The one in use.
    current_password: SecretText,
    /// The next one.
    password: SecretText,
}

/// Changes one's own password, and ends one's other sessions; API keys and passkeys stay.
///
/// It needs a session that was begun in the last 15 minutes.
#[utoipa::path(
    put,
    path = "/me/password",
    tag = "Own account",
    request_body = OwnPassword,
    responses((status = 200, description = "Changed.", body = EndedSessions))
)]
pub(crate) async fn change_own_password(
    caller: Caller,
    Body(change): Body<OwnPassword>,
) -> Result<Json<EndedSessions>, Problem> {
    // Whoever hangs up once the one in use is compared does not keep that from being told.
    let changing = tokio::spawn(prove_and_change(caller, change).in_current_span());
    let ended_sessions = changing.await.map_err(|error| Problem::internal(&error))??;
    Ok(Json(EndedSessions { ended_sessions }))
}

async fn prove_and_change(caller: Caller, change: OwnPassword) -> Result<usize, Problem> {
    let current = change.current_password.password_at("/current_password")?;
    let new = change.password.password()?;
    let (tell, told) = oneshot::channel();
    let (directory, context) = (&caller.api.directory, caller.context);
    // Nobody listens any more when the runtime has gone.
    directory.prove_own_password(context, current, &new, move |proof| drop(tell.send(proof)))?;
    let Ok(proof) = told.await else { return Err(Problem::busy()) };
    let known = Arc::new(proven(proof?, "/current_password", "is not your password")?);
    let changed = put_in_place(&caller, Arc::clone(&known), change.password).await;
    if changed.is_err() {
        directory.note_unchanged(&context, &known);
    }
    changed
}

/// Puts a password in the place of the one that the caller knows; tells how many sessions have ended.
async fn put_in_place(
    caller: &Caller,
    known: Arc<KnownPassword>,
    text: SecretText,
) -> Result<usize, Problem> {
    let home = caller.read()?.oneself()?.home();
    let whose = own_organization(&caller.read()?, home)?;
    let password = caller.api.hash(text, whose).await?;
    caller.change(move |change| change.oneself()?.change_password(&known, password)).await
}
