//! API keys of an admin, as the API shows them.

use std::net::IpAddr;

use directory::{ReadingTransaction, collections};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::organizations::known;
use crate::moment::Moment;
use crate::network::Network;
use crate::problem::Problem;
use crate::role::RoleName;

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
    /// When it was used last, about.
    #[schema(required)]
    last_used: Option<Moment>,
    /// From where it was used last, about.
    #[schema(required, value_type = Option<String>)]
    last_source: Option<IpAddr>,
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

/// Which of an admin's API keys are ended.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichKey {
    /// Only the one with this id; else all.
    pub(crate) api_key: Option<Uuid>,
}

impl ApiKey {
    /// Shows keys, with those organizations of which whoever asks may know.
    pub(crate) fn all(
        keys: Vec<collections::ApiKey>,
        reading: &ReadingTransaction,
    ) -> Result<Vec<Self>, Problem> {
        keys.into_iter().map(|key| Self::of(key, reading)).collect()
    }

    fn of(key: collections::ApiKey, reading: &ReadingTransaction) -> Result<Self, Problem> {
        let (token, used) = (key.token, key.used);
        let organizations = match &token.narrowing.organizations {
            Some(ids) => Some(known(reading, ids)?),
            None => None,
        };
        let sources = token.narrowing.sources;
        Ok(Self {
            id: token.uuid,
            name: token.name,
            created: Moment(token.created),
            expires: Moment(token.expires),
            last_used: used.map(|used| Moment(used.at)),
            last_source: used.and_then(|used| used.source),
            role: token.narrowing.role.map(RoleName),
            organizations,
            sources: sources.map(|sources| sources.into_iter().map(Network).collect()),
        })
    }
}
