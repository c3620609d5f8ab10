//! Making an organization.

use directory::access::ManageOrganizations;
use directory::collections::NewOrganization as NewRecord;
use directory::records::{Base, Domain, OrganizationFields, Settings};
use directory::{Error, Invalid};
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
    "slug": "acme", "name": "Acme Corporation", "domain": "acme.example"
}))]
pub(crate) struct NewOrganization {
    /// A short unique name: 1 to 40 of a-z, 0-9 and inner hyphens.
    slug: String,
    /// The full name.
    name: String,
    /// A domain that it goes by, and no other organization does: of two labels at least; what is not
    /// ASCII is kept as A-labels (`xn--...`).
    domain: Option<String>,
    /// Its naming context in LDAP; under no other organization's. When absent it is made of the
    /// domain: `dc=acme,dc=example` of `acme.example`.
    base: Option<String>,
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
    let domain = new.domain.as_deref().map(domain).transpose()?;
    let is_given = new.base.is_some();
    let base = match (new.base, &domain) {
        (Some(text), _) => base(&text)?,
        (None, Some(domain)) => base_of(domain)?,
        (None, None) => {
            let message = "is missing: say it, or a domain that it is made of";
            return Err(Problem::invalid("/base", message));
        }
    };
    let fields = OrganizationFields { slug: new.slug, name: new.name, base, domain };
    let new = NewRecord { fields, settings: Settings::default() };
    let made = home.caller.change(move |change| {
        let made = change.authorize_provider::<ManageOrganizations>()?.organizations().create(new);
        made.map_err(|mut error| {
            // What is not there cannot be pointed to.
            if let Error::Taken { pointer } = &mut error
                && *pointer == "/base"
                && !is_given
            {
                *pointer = "/domain".into();
            }
            error
        })
    });
    Ok(Created(made.await?.1.into()))
}

/// Reads a domain.
pub(super) fn domain(text: &str) -> Result<Domain, Invalid> {
    let wanted = "must be a domain such as acme.example, without a dot at its end";
    Domain::parse(text).ok_or_else(|| Invalid::new("/domain", wanted))
}

/// The base that a domain gives.
fn base_of(domain: &Domain) -> Result<Base, Invalid> {
    let wanted = "is too long for a base to be made of it: say a base as well";
    Base::of(domain).ok_or_else(|| Invalid::new("/domain", wanted))
}

/// Reads a base.
pub(super) fn base(text: &str) -> Result<Base, Invalid> {
    let wanted = "must be a DN such as dc=acme,dc=example, of plain `type=value` pairs";
    Base::parse(text).ok_or_else(|| Invalid::new("/base", wanted))
}
