//! The policy: which role holds which permission, as data.

use axum::Json;
use directory::access::{Permission, Role};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::caller::Caller;
use crate::role::RoleName;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_policy))
}

/// The whole policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct Policy {
    /// The roles, the highest first.
    roles: Vec<RoleName>,
    /// The permissions, each with the roles that hold it.
    permissions: Vec<PolicyRow>,
}

/// A permission and who holds it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyRow {
    /// The permission.
    permission: &'static str,
    /// The roles that hold it, the highest first.
    roles: Vec<RoleName>,
}

/// Shows which role holds which permission.
#[utoipa::path(
    get,
    path = "/policy",
    tag = "About",
    responses((status = 200, description = "The policy.", body = Policy))
)]
pub(crate) async fn show_policy(_: Caller) -> Json<Policy> {
    let roles = Role::ALL.into_iter();
    let rows = Permission::ALL.into_iter().map(|permission| PolicyRow {
        permission: permission.name(),
        roles: roles.clone().filter(|role| role.holds(permission)).map(RoleName).collect(),
    });
    let permissions = rows.collect();
    Json(Policy { roles: roles.map(RoleName).collect(), permissions })
}
