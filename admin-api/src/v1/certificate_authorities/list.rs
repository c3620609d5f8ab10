//! The list of certificate authorities.

use axum::Json;
use directory::access::View;

use super::{CertificateAuthority, home};
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
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
) -> Result<Json<List<CertificateAuthority>>, Problem> {
    let reading = within.caller.read()?;
    let authorities = reading.authorize::<View>(within.organization)?.certificate_authorities();
    let (page, home) =
        (authorities.page(query.name(), query.after()?, query.limit()?)?, home(&within)?);
    Ok(Json(List::of(page, |record| CertificateAuthority::of(record, home))))
}
