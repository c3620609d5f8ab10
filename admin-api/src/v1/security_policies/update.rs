//! Changing a security policy.

use directory::access::ManageIdentities;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::SecurityPolicy;
use super::settings::SecuritySettingsPatch;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::v1::groups;

/// What changes of a security policy; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "settings": {"screen_lock": {"delay": 120}}, "comment": "after the audit"
}))]
pub(crate) struct SecurityPolicyPatch {
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
    /// The groups whose devices it is for, by way of nested groups as well.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Uuid>)]
    groups: Option<Vec<Uuid>>,
    /// What it demands.
    #[serde(default)]
    settings: SecuritySettingsPatch,
    /// Why, for who reads the versions later; heeded where the settings change.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    comment: Option<String>,
}

/// Changes a security policy. Other settings are a new version; devices get it with their next
/// question.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/security-policies/{security_policy}",
    tag = "Security policies",
    params(IfMatch),
    request_body = SecurityPolicyPatch,
    responses((status = 200, description = "As changed.", body = SecurityPolicy)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn update_security_policy(
    within: Within<ManageIdentities>,
    Item(policy): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<SecurityPolicyPatch>,
) -> Result<Revised<SecurityPolicy>, Problem> {
    let organization = within.organization;
    let groups = match patch.groups {
        Some(uuids) => {
            Some(groups::resolve(&within.caller.read()?, organization, &uuids, "/groups")?)
        }
        None => None,
    };
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut policies = grant.security_policies();
        let id = policies.id_of(policy)?;
        policies.update(id, revision, patch.comment, |policy| {
            set(&mut policy.fields.name, patch.name);
            set(&mut policy.fields.description, patch.description);
            set(&mut policy.fields.precedence, patch.precedence);
            set(&mut policy.fields.groups, groups);
            patch.settings.apply(&mut policy.fields.settings);
            Ok(())
        })
    });
    SecurityPolicy::revised(changed.await?, &within.caller.read()?, organization)
}
