//! Giving one of one's own passkeys another name.

use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Caller, Item};
use crate::passkey::Passkey;
use crate::problem::Problem;

/// Another name of a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyName {
    /// What its owner calls it.
    name: String,
}

/// Gives one of one's own passkeys another name.
#[utoipa::path(
    patch,
    path = "/me/passkeys/{id}",
    tag = "Own account",
    request_body = PasskeyName,
    responses((status = 200, description = "As it is called now.", body = Passkey))
)]
pub(crate) async fn rename_own_passkey(
    caller: Caller,
    Item(id): Item,
    Body(new): Body<PasskeyName>,
) -> Result<Json<Passkey>, Problem> {
    let renamed = caller.change(move |change| change.oneself()?.rename_passkey(id, new.name));
    Ok(Json(renamed.await?.into()))
}
