//! The list of them.

use axum::Json;
use directory::access::View;

use crate::caller::{Item, Within};
use crate::list::List;
use crate::problem::Problem;
use crate::v1::issued_certificates::IssuedCertificate;

/// Lists the certificates that were issued to a user, those included that count no more.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/issued-certificates",
    tag = "Users",
    responses((status = 200, description = "All of them.", body = List<IssuedCertificate>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_user_certificates(
    within: Within<View>,
    Item(user): Item,
) -> Result<Json<List<IssuedCertificate>>, Problem> {
    let (organization, now) = (within.organization, within.caller.now());
    let reading = within.caller.read()?;
    let id = reading.authorize::<View>(organization)?.users().id_of(user)?;
    let certificates = reading.authorize::<View>(organization)?.issued_certificates();
    let items = certificates.of_user(id)?.into_iter();
    let items = items.map(|record| IssuedCertificate::of(record, &reading, organization, now));
    Ok(Json(List { items: items.collect::<Result<_, _>>()?, next: None }))
}
