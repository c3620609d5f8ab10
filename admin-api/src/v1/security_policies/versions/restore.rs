//! Taking up a version of a security policy again.

use directory::access::ManageIdentities;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::SecurityPolicy;
use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Why a version is taken up again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyRestoration)]
pub(crate) struct Restoration {
    /// Why, for who reads the versions later.
    comment: Option<String>,
}

/// Takes up the settings of a version again, as a new version.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/security-policies/{security_policy}/versions/{version}/restore",
    tag = "Security policies",
    params(IfMatch),
    request_body = Restoration,
    responses((status = 200, description = "As changed.", body = SecurityPolicy)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn restore_security_policy_version(
    within: Within<ManageIdentities>,
    Pair(policy, version): Pair,
    IfMatch(revision): IfMatch,
    Body(why): Body<Restoration>,
) -> Result<Revised<SecurityPolicy>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut policies = grant.security_policies();
        let id = policies.id_of(policy)?;
        policies.restore(id, revision, version, why.comment)
    });
    SecurityPolicy::revised(changed.await?, &within.caller.read()?, organization)
}
