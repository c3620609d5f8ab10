//! Changing a password policy.

use directory::access::ManageAuthentication;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{GroupPasswordPolicy, ask};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::v1::groups;
use crate::v1::organizations::update_settings::{LockoutPatch, PasswordPolicyPatch};

/// What changes of a password policy; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"precedence": 5, "password_policy": {"longest_age": 7_776_000_000_u64}}))]
pub(crate) struct GroupPasswordPolicyPatch {
    /// The policy's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The lowest number counts; of equal ones the policy whose name comes first.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u32, maximum = 1_000_000)]
    precedence: Option<u32>,
    /// The groups whose people it is for, by way of nested groups as well.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Uuid>)]
    groups: Option<Vec<Uuid>>,
    /// The fewest characters of a password.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u16)]
    password_minimum: Option<u16>,
    /// How long passwords live, and what new ones must not be.
    #[serde(default)]
    password_policy: PasswordPolicyPatch,
    /// When guessing locks an account.
    #[serde(default)]
    lockout: LockoutPatch,
}

/// Changes a password policy. It counts at once, for passwords that were set before as well.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/password-policies/{password_policy}",
    tag = "Password policies",
    params(IfMatch),
    request_body = GroupPasswordPolicyPatch,
    responses((status = 200, description = "As changed.", body = GroupPasswordPolicy)),
    extensions(("x-permission" = json!("manage_authentication")))
)]
pub(crate) async fn update_password_policy(
    within: Within<ManageAuthentication>,
    Item(policy): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<GroupPasswordPolicyPatch>,
) -> Result<Revised<GroupPasswordPolicy>, Problem> {
    let organization = within.organization;
    let groups = match patch.groups {
        Some(uuids) => {
            Some(groups::resolve(&within.caller.read()?, organization, &uuids, "/groups")?)
        }
        None => None,
    };
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageAuthentication>(organization)?;
        let mut policies = grant.password_policies();
        let id = policies.id_of(policy)?;
        policies.update(id, revision, |fields| {
            set(&mut fields.name, patch.name);
            set(&mut fields.description, patch.description);
            set(&mut fields.precedence, patch.precedence);
            set(&mut fields.groups, groups);
            let demands = &mut fields.demands;
            Ok(ask(demands, patch.password_minimum, patch.password_policy, patch.lockout)?)
        })
    });
    GroupPasswordPolicy::revised(changed.await?, &within.caller.read()?, organization)
}
