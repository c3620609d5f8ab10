//! The list of one's own passkeys.

use axum::Json;

use crate::caller::Caller;
use crate::list::List;
use crate::passkey::Passkey;
use crate::problem::Problem;

/// Lists one's own passkeys; there is one page of them.
#[utoipa::path(
    get,
    path = "/me/passkeys",
    tag = "Own account",
    responses((status = 200, description = "The passkeys.", body = List<Passkey>))
)]
pub(crate) async fn list_own_passkeys(caller: Caller) -> Result<Json<List<Passkey>>, Problem> {
    let passkeys = caller.read()?.oneself()?.passkeys()?;
    Ok(Json(List { items: passkeys.into_iter().map(Into::into).collect(), next: None }))
}
