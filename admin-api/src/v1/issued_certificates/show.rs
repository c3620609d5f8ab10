//! One issued certificate.

use axum::Json;
use directory::access::View;

use super::IssuedCertificate;
use crate::caller::{Item, Within};
use crate::problem::Problem;

/// Shows a certificate that an authority of the organization's own issued.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/issued-certificates/{issued_certificate}",
    tag = "Issued certificates",
    responses((status = 200, description = "The certificate.", body = IssuedCertificate)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_issued_certificate(
    within: Within<View>,
    Item(certificate): Item,
) -> Result<Json<IssuedCertificate>, Problem> {
    let reading = within.caller.read()?;
    let certificates = reading.authorize::<View>(within.organization)?.issued_certificates();
    let record = certificates.read(certificate)?;
    let now = within.caller.now();
    Ok(Json(IssuedCertificate::of(record, &reading, within.organization, now)?))
}
