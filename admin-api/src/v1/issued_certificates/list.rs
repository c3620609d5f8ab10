//! The list of issued certificates.

use directory::access::View;

use super::IssuedCertificate;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery, PlainQuery};
use crate::problem::Problem;

/// Lists the certificates that the organization's own authorities issued, in that order. They are
/// forgotten a month after they ended.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/issued-certificates",
    tag = "Issued certificates",
    params(PlainQuery),
    responses((status = 200, description = "A page.", body = List<IssuedCertificate>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_issued_certificates(
    within: Within<View>,
    Params(query): Params<PlainQuery>,
) -> Result<Listed<IssuedCertificate>, Problem> {
    let (asking, now) = (within.caller.asking(), within.caller.now());
    let looking = NamedQuery::from(query).answer(asking, move |asked| {
        let (reading, organization) = (within.caller.read()?, within.organization);
        let certificates = reading.authorize::<View>(organization)?.issued_certificates();
        let show = |_, record| IssuedCertificate::of(record, &reading, organization, now);
        asked.find(&certificates, show)
    });
    looking.await
}
