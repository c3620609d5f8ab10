//! Showing one of one's own passkeys.

use directory::Error;

use crate::caller::{Caller, Item};
use crate::passkey::Passkey;
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows one of one's own passkeys.
#[utoipa::path(
    get,
    path = "/me/passkeys/{id}",
    tag = "Own account",
    responses((status = 200, description = "The passkey.", body = Passkey))
)]
pub(crate) async fn show_own_passkey(
    caller: Caller,
    Item(id): Item,
) -> Result<Revised<Passkey>, Problem> {
    let passkeys = caller.read()?.oneself()?.passkeys()?;
    let found = passkeys.into_iter().find(|passkey| passkey.uuid == id);
    Ok(found.ok_or(Error::Missing)?.into())
}
