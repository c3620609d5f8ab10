//! The list of one's own API keys.

use directory::records::Token;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Params;
use crate::caller::Caller;
use crate::list::{List, Listed, WholeQuery};
use crate::moment::Moment;
use crate::network::Network;
use crate::problem::Problem;
use crate::role::RoleName;
use crate::v1::organizations::known;

/// An API key; its text was shown when it was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKey {
    /// The key's id.
    id: Uuid,
    /// What its owner calls it.
    name: String,
    /// When it was made.
    created: Moment,
    /// When it ends.
    expires: Moment,
    /// The lower role that it is narrowed to.
    #[schema(required)]
    role: Option<RoleName>,
    /// The organizations that it is narrowed to.
    #[schema(required)]
    organizations: Option<Vec<Uuid>>,
    /// The networks that it works from.
    #[schema(required)]
    sources: Option<Vec<Network>>,
}

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
    let keys = reading.oneself()?.api_keys()?.into_iter().map(|key: Token| {
        let organizations = match &key.narrowing.organizations {
            Some(ids) => Some(known(&reading, ids)?),
            None => None,
        };
        let sources = key.narrowing.sources;
        Ok(ApiKey {
            id: key.uuid,
            name: key.name,
            created: Moment(key.created),
            expires: Moment(key.expires),
            role: key.narrowing.role.map(RoleName),
            organizations,
            sources: sources.map(|sources| sources.into_iter().map(Network).collect()),
        })
    });
    query.of(keys.collect::<Result<Vec<_>, Problem>>()?)
}
