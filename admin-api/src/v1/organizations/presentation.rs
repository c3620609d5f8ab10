//! How an organization's entries are shown over LDAP.

use directory::access::{ManageConfiguration, ManageOrganizations, View};
use directory::{Invalid, records};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::appearance::LayoutName;
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// How an organization's entries are shown over LDAP.
#[derive(Serialize, ToSchema)]
pub(crate) struct Presentation {
    /// The organization's own base.
    base: String,
    /// How entries look there.
    layout: LayoutName,
    /// Other bases under which the same entries stand.
    aliases: Vec<Alias>,
}

/// Another base under which an organization's entries stand.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alias {
    /// The naming context; under no other one.
    base: String,
    /// How entries look there.
    layout: LayoutName,
}

/// What changes of how entries are shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"layout": "rfc2307"}))]
pub(crate) struct PresentationPatch {
    /// How entries look under the organization's own base.
    layout: LayoutName,
}

/// Every alias base of an organization.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"aliases": [
    {"base": "o=5f0c,dc=jumpcloud,dc=com", "layout": "jumpcloud"}
]}))]
pub(crate) struct Aliases {
    /// The alias bases, at most 16.
    aliases: Vec<Alias>,
}

/// Shows how entries are shown over LDAP; the revision is the organization's.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/presentation",
    tag = "Organizations",
    responses((status = 200, description = "How entries are shown.", body = Presentation)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_presentation(
    within: Within<View>,
) -> Result<Revised<Presentation>, Problem> {
    let reading = within.caller.read()?;
    Ok(reading.authorize::<View>(within.organization)?.own_organization()?.into())
}

/// Chooses how entries look under the organization's own base.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/presentation",
    tag = "Organizations",
    params(IfMatch),
    request_body = PresentationPatch,
    responses((status = 200, description = "As changed.", body = Presentation)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn update_presentation(
    within: Within<ManageConfiguration>,
    IfMatch(revision): IfMatch,
    Body(patch): Body<PresentationPatch>,
) -> Result<Revised<Presentation>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.presentation()?.set_layout(revision, patch.layout.0)
    });
    Ok(changed.await?.into())
}

/// Sets the alias bases, which are nobody else's, as the base is.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/aliases",
    tag = "Organizations",
    params(IfMatch),
    request_body = Aliases,
    responses((status = 200, description = "As changed.", body = Presentation)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn set_aliases(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
    Body(wanted): Body<Aliases>,
) -> Result<Revised<Presentation>, Problem> {
    let organization = within.organization;
    let read = |(position, alias): (usize, Alias)| {
        let message = "must be a DN such as dc=acme,dc=example, of plain `type=value` pairs";
        let base = records::Base::parse(&alias.base)
            .ok_or_else(|| Invalid::new(format!("/aliases/{position}/base"), message))?;
        Ok(records::Alias { base, layout: alias.layout.0 })
    };
    let aliases = wanted.aliases.into_iter().enumerate().map(read);
    let aliases = aliases.collect::<Result<Vec<_>, Invalid>>()?;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(organization)?;
        grant.own()?.set_aliases(revision, aliases)
    });
    Ok(changed.await?.into())
}

impl From<records::Organization> for Revised<Presentation> {
    fn from(record: records::Organization) -> Self {
        let shown = |alias: records::Alias| Alias {
            base: alias.base.to_string(),
            layout: LayoutName(alias.layout),
        };
        let presentation = Presentation {
            base: record.fields.base.to_string(),
            layout: LayoutName(record.presentation.layout),
            aliases: record.presentation.aliases.into_iter().map(shown).collect(),
        };
        Self::new(record.stamp.revision, presentation)
    }
}
