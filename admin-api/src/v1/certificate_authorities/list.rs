//! The list of certificate authorities.

use directory::access::View;

use super::{CertificateAuthority, home};
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists certificate authorities in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/certificate-authorities",
    tag = "Certificate authorities",
    params(NamedQuery),
    responses((status = 200, description = "A page.", body = List<CertificateAuthority>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_certificate_authorities(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<CertificateAuthority>, Problem> {
    let (asking, home) = (within.caller.asking(), home(&within)?);
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let authorities = reading.authorize::<View>(within.organization)?.certificate_authorities();
        asked.find(&authorities, |_, record| Ok(CertificateAuthority::of(record, home)))
    });
    looking.await
}
