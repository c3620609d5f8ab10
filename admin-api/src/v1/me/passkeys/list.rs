//! The list of one's own passkeys.

use crate::body::Params;
use crate::caller::Caller;
use crate::list::{List, Listed, WholeQuery};
use crate::passkey::Passkey;
use crate::problem::Problem;

/// Lists one's own passkeys; there is one page of them.
#[utoipa::path(
    get,
    path = "/me/passkeys",
    tag = "Own account",
    params(WholeQuery),
    responses((status = 200, description = "The passkeys.", body = List<Passkey>))
)]
pub(crate) async fn list_own_passkeys(
    caller: Caller,
    Params(query): Params<WholeQuery>,
) -> Result<Listed<Passkey>, Problem> {
    let passkeys = caller.read()?.oneself()?.passkeys()?;
    query.of(passkeys.into_iter().map(Into::into))
}
