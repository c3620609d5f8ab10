//! Changing an organization.

use directory::access::ManageOrganizations;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Organization;
use super::create::{base, domain};
use crate::body::Body;
use crate::caller::Within;
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of an organization; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Acme International"}))]
pub(crate) struct OrganizationPatch {
    /// A short unique name: 1 to 40 of a-z, 0-9 and inner hyphens.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    slug: Option<String>,
    /// The full name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Its naming context in LDAP; under no other organization's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    base: Option<String>,
    /// A domain that it goes by, and no other organization does; null for none. The base stays as it
    /// is.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    domain: Option<Option<String>>,
}

/// Changes an organization.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}",
    tag = "Organizations",
    params(IfMatch),
    request_body = OrganizationPatch,
    responses((status = 200, description = "As changed.", body = Organization)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn update_organization(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
    Body(patch): Body<OrganizationPatch>,
) -> Result<Revised<Organization>, Problem> {
    let organization = within.organization;
    let new_base = patch.base.as_deref().map(base).transpose()?;
    let new_domain = match patch.domain {
        Some(Some(text)) => Some(Some(domain(&text)?)),
        Some(None) => Some(None),
        None => None,
    };
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(organization)?;
        grant.own()?.update(revision, |fields| {
            set(&mut fields.slug, patch.slug);
            set(&mut fields.name, patch.name);
            set(&mut fields.base, new_base);
            set(&mut fields.domain, new_domain);
            Ok(())
        })
    });
    Ok(changed.await?.into())
}
