//! Making an admin.

use directory::access::ManageAdmins;
use directory::records::{AdminFields, AdminScope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Admin, Scope};
use crate::body::Body;
use crate::caller::Home;
use crate::network::Network;
use crate::problem::Problem;
use crate::revision::Created;
use crate::role::RoleName;
use crate::secret_text::SecretText;

/// What an admin starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "login": "grace", "display_name": "Grace Hopper", "role": "help_desk",
    "scope": {"organizations": ["0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"]},
    "password": "correct horse battery"
}))]
pub(crate) struct NewAdmin {
    /// The name the admin signs in with; unique where the admin belongs.
    login: String,
    /// The full name.
    display_name: String,
    /// What the admin may do.
    role: RoleName,
    /// Over which organizations, for the provider's admins; none when absent.
    scope: Option<Scope>,
    /// Whether the admin's API keys are let in; they are not when absent.
    #[serde(default)]
    api_access: bool,
    /// The networks from which the admin works; anywhere when there are none.
    #[serde(default)]
    sources: Vec<Network>,
    /// The password for the first sign-in, which enrols TOTP.
    password: SecretText,
}

/// Makes an admin.
///
/// It needs an API key, or a session that was begun in the last 15 minutes. A key that is narrowed to
/// networks makes admins who work from within these.
#[utoipa::path(
    post,
    path = "/admins",
    tag = "Admins",
    request_body = NewAdmin,
    responses((status = 201, description = "Made.", body = Admin)),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn create_admin(
    home: Home<ManageAdmins>,
    Body(new): Body<NewAdmin>,
) -> Result<Created<Admin>, Problem> {
    let place = home.place;
    let scope = match new.scope {
        Some(scope) => scope.resolve(&home.caller.read()?, place)?,
        None => AdminScope::None,
    };
    let fields = AdminFields {
        login: new.login,
        display_name: new.display_name,
        role: new.role.0,
        scope,
        api_access: new.api_access,
        sources: new.sources.into_iter().map(|network| network.0).collect(),
    };
    let password = home.caller.hash(new.password).await?;
    let made = home.caller.change(move |change| {
        change.authorize_at::<ManageAdmins>(place)?.admins().create(fields, password)
    });
    let (_, record) = made.await?;
    Ok(Created(Admin::revised(record, &home.caller.read()?, place)?))
}
