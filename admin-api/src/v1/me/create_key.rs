//! Making an API key for oneself.

use axum::Json;
use axum::http::StatusCode;
use directory::collections::NewKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::Body;
use crate::caller::Caller;
use crate::moment::Moment;
use crate::network::Network;
use crate::problem::Problem;
use crate::role::RoleName;
use crate::v1::organizations::resolve;

/// What an API key may do, and until when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "backup", "expires": "2027-06-30T00:00:00Z", "role": "read_only"}))]
pub(crate) struct NewApiKey {
    /// What its owner calls it.
    name: String,
    /// When it ends; within two years.
    expires: Moment,
    /// A lower role than the admin's.
    role: Option<RoleName>,
    /// Only these of the admin's organizations.
    organizations: Option<Vec<Uuid>>,
    /// Only from these networks.
    sources: Option<Vec<Network>>,
}

/// An API key's text, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewApiKeyText {
    /// The key's id.
    id: Uuid,
    /// The bearer token.
    token: String,
    /// When it ends.
    expires: Moment,
}

/// Makes an API key for oneself; its text is shown this once.
///
/// It needs a session that was begun in the last 15 minutes.
#[utoipa::path(
    post,
    path = "/me/api-keys",
    tag = "Own account",
    request_body = NewApiKey,
    responses((status = 201, description = "Made.", body = NewApiKeyText))
)]
pub(crate) async fn create_own_key(
    caller: Caller,
    Body(new): Body<NewApiKey>,
) -> Result<(StatusCode, Json<NewApiKeyText>), Problem> {
    let organizations = match new.organizations {
        Some(ids) => Some(resolve(&caller.read()?, &ids, "/organizations")?),
        None => None,
    };
    let new = NewKey {
        name: new.name,
        expires: new.expires.0,
        role: new.role.map(|role| role.0),
        organizations,
        sources: new.sources.map(|sources| sources.into_iter().map(|it| it.0).collect()),
    };
    let issued = caller.change(|change| change.oneself()?.create_api_key(new)).await?;
    let text = NewApiKeyText { id: issued.id, token: issued.text, expires: Moment(issued.expires) };
    Ok((StatusCode::CREATED, Json(text)))
}
