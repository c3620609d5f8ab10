//! Letting one of one's own passkeys count again.

use crate::caller::{Caller, Item};
use crate::passkey::Passkey;
use crate::problem::Problem;
use crate::revision::Revised;

/// Lets one of one's own passkeys count again that was suspended since its counter went back, as a
/// copy's does: only in a session of the last 15 minutes that was begun with password and code. Where
/// there may be a copy, delete the passkey.
#[utoipa::path(
    post,
    path = "/me/passkeys/{id}/activate",
    tag = "Own account",
    responses((status = 200, description = "As it is now.", body = Passkey))
)]
pub(crate) async fn activate_own_passkey(
    caller: Caller,
    Item(id): Item,
) -> Result<Revised<Passkey>, Problem> {
    let activated = caller.change(move |change| change.oneself()?.activate_passkey(id));
    Ok(activated.await?.into())
}
