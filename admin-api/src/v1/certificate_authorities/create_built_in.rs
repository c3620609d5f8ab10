//! Making a certificate authority of the organization's own.

use directory::access::ManageConfiguration;
use directory::collections::NewAuthority;
use directory::issuing::NewKey;
use directory::records::BuiltIn;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CertificateAuthority, home};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::Created;

/// What an authority of the organization's own starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Acme Wi-Fi"}))]
pub(crate) struct NewBuiltInAuthority {
    /// The authority's name; unique in the organization. Devices show it to their owners.
    name: String,
    /// How many days its own certificate counts.
    #[serde(default = "ten_years")]
    #[schema(minimum = 1, maximum = 7300, default = 3650)]
    days: u16,
    /// How many days a certificate counts that it issues, where nobody says otherwise.
    #[serde(default = "a_year")]
    #[schema(minimum = 1, maximum = 825, default = 365)]
    certificate_days: u16,
}

fn ten_years() -> u16 {
    3_650
}

fn a_year() -> u16 {
    365
}

/// Makes a certificate authority of the organization's own (ECDSA on P-256), by which it issues from
/// then on.
///
/// Its key is made here, sealed, and never shown. Those made before still vouch for what they
/// issued, until they are deleted: so an authority is replaced by making another.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/certificate-authorities/built-in",
    tag = "Certificate authorities",
    request_body = NewBuiltInAuthority,
    responses((status = 201, description = "Made.", body = CertificateAuthority)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn create_built_in_authority(
    within: Within<ManageConfiguration>,
    Body(new): Body<NewBuiltInAuthority>,
) -> Result<Created<CertificateAuthority>, Problem> {
    let organization = within.organization;
    let new = NewAuthority {
        name: new.name,
        days: new.days,
        built_in: BuiltIn { certificate_days: new.certificate_days },
        key: NewKey::generate(within.caller.api.directory.tools())?,
    };
    let home = home(&within)?;
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.certificate_authorities().create_built_in(new)
    });
    Ok(Created(CertificateAuthority::revised(made.await?.1, home)))
}
