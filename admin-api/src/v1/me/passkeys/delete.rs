//! Deleting one of one's own passkeys.

use axum::http::StatusCode;

use crate::caller::{Caller, Item};
use crate::problem::Problem;

/// Deletes one of one's own passkeys, and ends one's other sessions; the last one only with a session
/// that was begun with password and code.
///
/// It needs a session that was begun in the last 15 minutes.
#[utoipa::path(
    delete,
    path = "/me/passkeys/{id}",
    tag = "Own account",
    responses((status = 204, description = "Nobody signs in with it any more."))
)]
pub(crate) async fn delete_own_passkey(
    caller: Caller,
    Item(id): Item,
) -> Result<StatusCode, Problem> {
    caller.change(move |change| change.oneself()?.delete_passkey(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
