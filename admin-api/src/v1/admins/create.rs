//! Making an admin.

use directory::access::ManageAdmins;
use directory::records::{AdminFields, AdminScope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Admin, Scope};
use crate::body::Body;
use crate::caller::Home;
use crate::network::Network;
use crate::problem::Problem;
use crate::revision::{Created, Revised};
use crate::role::RoleName;
use crate::secret_text::SecretText;
use crate::v1::invitations::MadeInvitation;

/// What an admin starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "login": "grace", "display_name": "Grace Hopper", "role": "help_desk",
    "scope": {"organizations": ["0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"]}
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
    /// The password for the first sign-in, which asks for another one and enrols TOTP; without it the
    /// admin is invited to choose one.
    password: Option<SecretText>,
}

/// An admin who was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeAdmin {
    #[serde(flatten)]
    admin: Admin,
    /// With what the admin chooses the first password; null where one was given.
    #[schema(required)]
    invitation: Option<MadeInvitation>,
}

/// Makes an admin, and without a password an invitation, which is shown this once: so nobody but the
/// admin ever knows it.
///
/// It needs an API key, or a session that was begun in the last 15 minutes; for who manages admins such
/// a session. A key that is narrowed to networks makes admins who work from within these.
#[utoipa::path(
    post,
    path = "/admins",
    tag = "Admins",
    request_body = NewAdmin,
    responses((status = 201, description = "Made.", body = MadeAdmin)),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn create_admin(
    home: Home<ManageAdmins>,
    Body(new): Body<NewAdmin>,
) -> Result<Created<MadeAdmin>, Problem> {
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
    let password = match new.password {
        Some(given) => Some(home.caller.hash(given).await?),
        None => None,
    };
    let made = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        match password {
            Some(given) => admins.create(fields, given).map(|(_, admin)| (admin, None)),
            None => admins.create_invited(fields).map(|(_, admin, issued)| (admin, Some(issued))),
        }
    });
    let (record, issued) = made.await?;
    let Revised { revision, resource } = Admin::revised(record, &home.caller.read()?, place)?;
    let invitation = issued.map(|issued| MadeInvitation::of(issued, &home.caller.api));
    Ok(Created(Revised::new(revision, MadeAdmin { admin: resource, invitation })))
}
