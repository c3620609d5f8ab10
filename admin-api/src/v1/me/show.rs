//! Who am I?

use axum::Json;
use directory::Place;
use directory::access::{Permission, Role};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::own_organization;
use crate::caller::Caller;
use crate::moment::Moment;
use crate::network::Network;
use crate::problem::Problem;
use crate::role::RoleName;
use crate::v1::admins::Scope;

/// The admin who asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// The admin's id.
    id: Uuid,
    /// The login.
    login: String,
    /// The full name.
    display_name: String,
    /// The organization whose own admin it is; absent for the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Uuid>,
    /// The role that counts: the admin's, or the lower one of the API key that asks.
    role: RoleName,
    /// What that role holds.
    permissions: Vec<&'static str>,
    /// Over which organizations the role counts: the admin's scope, or what the API key that asks
    /// has of it; absent for an organization's own admin, whose role counts there alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    /// The networks from which the admin works, or the narrower ones of the API key that asks;
    /// anywhere when there are none.
    sources: Vec<Network>,
    /// When the session that asks ends unless it is used, or when the API key does.
    expires: Moment,
    /// Whether the admin's API keys are let in.
    api_access: bool,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
    /// How many passkeys the admin has.
    passkeys: usize,
}

/// Shows the admin who asks.
#[utoipa::path(
    get,
    path = "/me",
    tag = "Own account",
    responses((status = 200, description = "The admin.", body = Me))
)]
pub(crate) async fn show_me(caller: Caller) -> Result<Json<Me>, Problem> {
    let reading = caller.read()?;
    let oneself = reading.oneself()?;
    let organization = own_organization(&reading, oneself.home())?;
    let scope = match oneself.home() {
        Place::Provider => Some(Scope::of(&oneself.scope(), &reading)?),
        Place::Organization(_) => None,
    };
    let (expires, recovery_codes_left) = (oneself.expires()?, oneself.recovery_codes_left()?);
    let (passkeys, admin) = (oneself.passkeys()?.len(), oneself.admin());
    Ok(Json(Me {
        id: admin.uuid,
        login: admin.fields.login.clone(),
        display_name: admin.fields.display_name.clone(),
        organization,
        role: RoleName(oneself.role()),
        permissions: held(oneself.role()),
        scope,
        sources: oneself.sources().iter().copied().map(Network).collect(),
        expires: Moment(expires),
        api_access: admin.fields.api_access,
        recovery_codes_left,
        passkeys,
    }))
}

fn held(role: Role) -> Vec<&'static str> {
    let held = Permission::ALL.into_iter().filter(|permission| role.holds(*permission));
    held.map(Permission::name).collect()
}
