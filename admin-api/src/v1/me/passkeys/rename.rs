//! Giving one of one's own passkeys another name.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Caller, Item};
use crate::passkey::Passkey;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

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
    params(IfMatch),
    request_body = PasskeyName,
    responses((status = 200, description = "As it is called now.", body = Passkey))
)]
pub(crate) async fn rename_own_passkey(
    caller: Caller,
    Item(id): Item,
    IfMatch(revision): IfMatch,
    Body(new): Body<PasskeyName>,
) -> Result<Revised<Passkey>, Problem> {
    let renamed =
        caller.change(move |change| change.oneself()?.rename_passkey(id, revision, new.name));
    Ok(renamed.await?.into())
}
