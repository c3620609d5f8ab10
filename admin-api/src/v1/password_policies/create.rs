//! Making a password policy.

use directory::access::{ManageAuthentication, View};
use directory::records::{GroupPasswordPolicyFields, last_precedence};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{GroupPasswordPolicy, ask};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{Created, Revised};
use crate::v1::groups;
use crate::v1::organizations::update_settings::{LockoutPatch, PasswordPolicyPatch};

/// What a password policy starts with. Whatever is not said of passwords is as the organization's
/// settings have it when the policy is made, and does not follow them afterwards.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "administrators", "precedence": 10, "password_minimum": 16,
    "password_policy": {"history": 10}, "lockout": {"threshold": 5}
}))]
pub(crate) struct NewGroupPasswordPolicy {
    /// The policy's name; unique in the organization.
    name: String,
    /// Free text.
    description: Option<String>,
    /// The lowest number counts; of equal ones the policy whose name comes first. Without
    /// one it is the highest that there is.
    #[serde(default = "last_precedence")]
    #[schema(maximum = 1_000_000, default = 1_000_000)]
    precedence: u32,
    /// The groups whose people it is for, by way of nested groups as well.
    #[serde(default)]
    groups: Vec<Uuid>,
    /// The fewest characters of a password.
    password_minimum: Option<u16>,
    /// How long passwords live, and what new ones must not be.
    #[serde(default)]
    password_policy: PasswordPolicyPatch,
    /// When guessing locks an account.
    #[serde(default)]
    lockout: LockoutPatch,
}

/// Makes a password policy.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/password-policies",
    tag = "Password policies",
    request_body = NewGroupPasswordPolicy,
    responses((status = 201, description = "Made.", body = GroupPasswordPolicy)),
    extensions(("x-permission" = json!("manage_authentication")))
)]
pub(crate) async fn create_password_policy(
    within: Within<ManageAuthentication>,
    Body(new): Body<NewGroupPasswordPolicy>,
) -> Result<Created<GroupPasswordPolicy>, Problem> {
    let organization = within.organization;
    let fields = {
        let reading = within.caller.read()?;
        let home = reading.authorize::<View>(organization)?.own_organization()?;
        let mut demands = home.settings.demands();
        ask(&mut demands, new.password_minimum, new.password_policy, new.lockout)?;
        GroupPasswordPolicyFields {
            name: new.name,
            description: new.description,
            precedence: new.precedence,
            groups: groups::resolve(&reading, organization, &new.groups, "/groups")?,
            demands,
        }
    };
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageAuthentication>(organization)?;
        grant.password_policies().create(fields)
    });
    let (_, record) = made.await?;
    let revision = record.stamp.revision;
    let policy = GroupPasswordPolicy::of(record, &within.caller.read()?, organization)?;
    Ok(Created(Revised::new(revision, policy)))
}
