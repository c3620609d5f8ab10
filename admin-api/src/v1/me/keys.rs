//! The list of one's own API keys.

use crate::body::Params;
use crate::caller::Caller;
use crate::list::{List, Listed, WholeQuery};
use crate::problem::Problem;
use crate::v1::api_key::ApiKey;

/// Lists one's own API keys; there is one page of them.
#[utoipa::path(
    get,
    path = "/me/api-keys",
    tag = "Own account",
    params(WholeQuery),
    responses((status = 200, description = "The keys.", body = List<ApiKey>))
)]
pub(crate) async fn list_own_keys(
    caller: Caller,
    Params(query): Params<WholeQuery>,
) -> Result<Listed<ApiKey>, Problem> {
    let reading = caller.read()?;
    let keys = reading.oneself()?.api_keys()?;
    query.of(ApiKey::all(keys, &reading)?)
}
