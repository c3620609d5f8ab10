//! An admin's API keys.

use axum::http::StatusCode;
use directory::access::ManageAdmins;

use crate::body::Params;
use crate::caller::{Home, Item};
use crate::list::{List, Listed, WholeQuery};
use crate::problem::Problem;
use crate::v1::api_key::{ApiKey, WhichKey};

/// Lists an admin's API keys, without their texts; there is one page of them.
#[utoipa::path(
    get,
    path = "/admins/{admin}/api-keys",
    tag = "Admins",
    params(WholeQuery),
    responses(
        (status = 200, description = "The keys.", body = List<ApiKey>),
        (
            status = 409,
            description = "The admin's scope is wider than the caller's.",
            body = Problem,
            content_type = "application/problem+json"
        )
    ),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn list_admin_keys(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    Params(query): Params<WholeQuery>,
) -> Result<Listed<ApiKey>, Problem> {
    let reading = home.caller.read()?;
    let grant = reading.authorize_at::<ManageAdmins>(home.place)?;
    let keys = grant.api_keys_of(grant.admin_number(admin)?)?;
    query.of(ApiKey::all(keys, &reading)?)
}

/// Ends an admin's API keys, or one of them; the admin may make others as long as API access is on.
#[utoipa::path(
    delete,
    path = "/admins/{admin}/api-keys",
    tag = "Admins",
    params(WhichKey),
    responses((status = 204, description = "They have ended.")),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn end_admin_keys(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    Params(which): Params<WhichKey>,
) -> Result<StatusCode, Problem> {
    let place = home.place;
    let ended = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        admins.end_api_keys(id, which.api_key)
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}
