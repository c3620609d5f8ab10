//! The list of issued certificates.

use axum::Json;
use directory::access::View;

use super::IssuedCertificate;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, PageQuery, read_cursor, write_cursor};
use crate::problem::Problem;

/// Lists the certificates that the organization's own authorities issued, in that order. They are
/// forgotten a month after they ended.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/issued-certificates",
    tag = "Issued certificates",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = List<IssuedCertificate>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_issued_certificates(
    within: Within<View>,
    Params(query): Params<PageQuery>,
) -> Result<Json<List<IssuedCertificate>>, Problem> {
    let (organization, now) = (within.organization, within.caller.now());
    let after = query.cursor().map(read_cursor).transpose()?.map(u64::from_be_bytes);
    let reading = within.caller.read()?;
    let certificates = reading.authorize::<View>(organization)?.issued_certificates();
    let page = certificates.list(after, query.limit()?)?;
    let items = page.certificates.into_iter();
    let items = items.map(|record| IssuedCertificate::of(record, &reading, organization, now));
    let next = page.next.map(|next| write_cursor(&next.to_be_bytes()));
    Ok(Json(List { items: items.collect::<Result<_, _>>()?, next }))
}
