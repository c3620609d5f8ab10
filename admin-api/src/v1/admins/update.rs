//! Changing an admin.

use directory::access::ManageAdmins;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Admin, Scope};
use crate::body::Body;
use crate::caller::{Home, Item};
use crate::network::Network;
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::role::RoleName;

/// What changes of an admin; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "manager", "scope": "all"}))]
pub(crate) struct AdminPatch {
    /// The name the admin signs in with.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    login: Option<String>,
    /// The full name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    display_name: Option<String>,
    /// What the admin may do; not for oneself.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = RoleName)]
    role: Option<RoleName>,
    /// Over which organizations, for the provider's admins; not for oneself.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Scope)]
    scope: Option<Scope>,
    /// Whether the admin's API keys are let in; not for oneself.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    api_access: Option<bool>,
    /// The networks from which the admin works, open sessions included; anywhere when there are none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Network>)]
    sources: Option<Vec<Network>>,
}

/// Changes an admin; it counts from the admin's next request on.
///
/// A higher role, a wider scope and API access need what making such an admin does. Whoever gets a
/// higher role or a wider scope before an authenticator is enrolled has neither an invitation nor a
/// password any more, since whoever handed it out may still have it: invite them anew, or set another
/// password.
#[utoipa::path(
    patch,
    path = "/admins/{admin}",
    tag = "Admins",
    params(IfMatch),
    request_body = AdminPatch,
    responses((status = 200, description = "As changed.", body = Admin)),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn update_admin(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<AdminPatch>,
) -> Result<Revised<Admin>, Problem> {
    let place = home.place;
    let scope = match patch.scope {
        Some(scope) => Some(scope.resolve(&home.caller.read()?, place)?),
        None => None,
    };
    let changed = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        admins.update(id, revision, |admin| {
            set(&mut admin.fields.login, patch.login);
            set(&mut admin.fields.display_name, patch.display_name);
            set(&mut admin.fields.role, patch.role.map(|role| role.0));
            set(&mut admin.fields.scope, scope);
            set(&mut admin.fields.api_access, patch.api_access);
            let sources = patch.sources.map(|it| it.into_iter().map(|it| it.0).collect());
            set(&mut admin.fields.sources, sources);
            Ok(())
        })
    });
    Admin::revised(changed.await?, &home.caller.read()?, place)
}
