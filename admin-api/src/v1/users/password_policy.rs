//! What is asked of a user's password.

use axum::Json;
use directory::access::View;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::v1::organizations::settings::{Lockout, PasswordPolicy};

/// What is asked of a user's password.
#[derive(Serialize, ToSchema)]
pub(crate) struct EffectivePasswordPolicy {
    /// The policy of groups that says so; null where the organization's settings do.
    #[schema(required)]
    source: Option<Source>,
    /// The fewest characters of the password.
    password_minimum: u16,
    /// How long it lives, and what a new one must not be.
    password_policy: PasswordPolicy,
    /// When guessing locks the account.
    lockout: Lockout,
}

/// A password policy that comes to a user.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordPolicySource)]
pub(crate) struct Source {
    /// The policy's id.
    id: Uuid,
    /// Its name.
    name: String,
    /// Its precedence: the lowest number counts.
    precedence: u32,
}

/// Shows what is asked of a user's password: by the policy of the lowest precedence number of those
/// that come to the user by their groups, or else by the organization's settings.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/password-policy",
    tag = "Users",
    responses((status = 200, description = "What counts.", body = EffectivePasswordPolicy)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_user_password_policy(
    within: Within<View>,
    Item(user): Item,
) -> Result<Json<EffectivePasswordPolicy>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let effective = grant.password_policy_of(grant.users().id_of(user)?)?;
    let demands = effective.demands;
    let source = effective.policy.map(|policy| Source {
        id: policy.uuid,
        name: policy.fields.name,
        precedence: policy.fields.precedence,
    });
    Ok(Json(EffectivePasswordPolicy {
        source,
        password_minimum: demands.password_minimum,
        password_policy: demands.password_policy.into(),
        lockout: demands.lockout.into(),
    }))
}
