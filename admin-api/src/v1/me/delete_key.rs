//! Ending one of one's own API keys.

use axum::http::StatusCode;

use crate::caller::{Caller, Item};
use crate::problem::Problem;

/// Ends one of one's own API keys.
#[utoipa::path(
    delete,
    path = "/me/api-keys/{id}",
    tag = "Own account",
    responses((status = 204, description = "The key has ended."))
)]
pub(crate) async fn delete_own_key(caller: Caller, Item(id): Item) -> Result<StatusCode, Problem> {
    caller.change(move |change| change.oneself()?.delete_api_key(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
