//! Making an organization.

use directory::Invalid;
use directory::access::ManageOrganizations;
use directory::collections::NewOrganization as NewRecord;
use directory::records::{Base, OrganizationFields, Settings};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Organization;
use crate::body::Body;
use crate::caller::Home;
use crate::problem::Problem;
use crate::revision::Created;

/// What an organization starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "slug": "acme", "name": "Acme Corporation", "base": "dc=acme,dc=example"
}))]
pub(crate) struct NewOrganization {
    /// A short unique name: 1 to 40 of a-z, 0-9 and inner hyphens.
    slug: String,
    /// The full name.
    name: String,
    /// Its naming context in LDAP; under no other organization's.
    base: String,
}

/// Makes an organization; needs the scope of all organizations.
#[utoipa::path(
    post,
    path = "/organizations",
    tag = "Organizations",
    request_body = NewOrganization,
    responses((status = 201, description = "Made.", body = Organization)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn create_organization(
    home: Home<ManageOrganizations>,
    Body(new): Body<NewOrganization>,
) -> Result<Created<Organization>, Problem> {
    let fields = OrganizationFields { slug: new.slug, name: new.name, base: base(&new.base)? };
    let new = NewRecord { fields, settings: Settings::default() };
    let made = home.caller.change(move |change| {
        change.authorize_provider::<ManageOrganizations>()?.organizations().create(new)
    });
    Ok(Created(made.await?.1.into()))
}

/// Reads a base.
pub(super) fn base(text: &str) -> Result<Base, Invalid> {
    let wanted = "must be a DN such as dc=acme,dc=example, of plain `type=value` pairs";
    Base::parse(text).ok_or_else(|| Invalid::new("/base", wanted))
}
