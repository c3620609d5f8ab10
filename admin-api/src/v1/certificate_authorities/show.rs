//! One certificate authority.

use directory::access::View;

use super::{CertificateAuthority, home};
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a certificate authority.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/certificate-authorities/{certificate_authority}",
    tag = "Certificate authorities",
    responses((status = 200, description = "The authority.", body = CertificateAuthority)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_certificate_authority(
    within: Within<View>,
    Item(authority): Item,
) -> Result<Revised<CertificateAuthority>, Problem> {
    let reading = within.caller.read()?;
    let authorities = reading.authorize::<View>(within.organization)?.certificate_authorities();
    let record = authorities.read(authorities.id_of(authority)?)?;
    Ok(CertificateAuthority::revised(record, home(&within)?))
}
