//! Making a security policy.

use directory::access::ManageIdentities;
use directory::records::{SecurityPolicyFields, last_precedence};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::SecurityPolicy;
use super::settings::SecuritySettings;
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{Created, Revised};
use crate::v1::groups;

/// What a security policy starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "laptops", "precedence": 10,
    "settings": {"disk_encryption": {"required": true}, "screen_lock": {"delay": 300}}
}))]
pub(crate) struct NewSecurityPolicy {
    /// The policy's name; unique in the organization.
    name: String,
    /// Free text.
    description: Option<String>,
    /// The lowest number counts; of equal ones the policy whose name comes first. Without
    /// one it is the highest that there is.
    #[serde(default = "last_precedence")]
    #[schema(maximum = 1_000_000, default = 1_000_000)]
    precedence: u32,
    /// The groups whose devices it is for, by way of nested groups as well.
    #[serde(default)]
    groups: Vec<Uuid>,
    /// What it demands.
    #[serde(default)]
    settings: SecuritySettings,
    /// Why, for who reads the versions later.
    comment: Option<String>,
}

/// Makes a security policy, with its first version.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/security-policies",
    tag = "Security policies",
    request_body = NewSecurityPolicy,
    responses((status = 201, description = "Made.", body = SecurityPolicy)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn create_security_policy(
    within: Within<ManageIdentities>,
    Body(new): Body<NewSecurityPolicy>,
) -> Result<Created<SecurityPolicy>, Problem> {
    let organization = within.organization;
    let fields = SecurityPolicyFields {
        name: new.name,
        description: new.description,
        precedence: new.precedence,
        groups: groups::resolve(&within.caller.read()?, organization, &new.groups, "/groups")?,
        settings: new.settings.into(),
    };
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        grant.security_policies().create(fields, new.comment)
    });
    let (_, record) = made.await?;
    let revision = record.stamp.revision;
    let policy = SecurityPolicy::of(record, &within.caller.read()?, organization)?;
    Ok(Created(Revised::new(revision, policy)))
}
