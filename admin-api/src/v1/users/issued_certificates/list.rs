//! The list of them.

use directory::access::View;

use crate::body::Params;
use crate::caller::{Item, Within};
use crate::list::{List, Listed, WholeQuery};
use crate::problem::Problem;
use crate::v1::issued_certificates::IssuedCertificate;

/// Lists the certificates that were issued to a user, those included that count no more.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/issued-certificates",
    tag = "Users",
    params(WholeQuery),
    responses((status = 200, description = "All of them.", body = List<IssuedCertificate>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_user_certificates(
    within: Within<View>,
    Item(user): Item,
    Params(query): Params<WholeQuery>,
) -> Result<Listed<IssuedCertificate>, Problem> {
    let (organization, now) = (within.organization, within.caller.now());
    let reading = within.caller.read()?;
    let id = reading.authorize::<View>(organization)?.users().id_of(user)?;
    let certificates = reading.authorize::<View>(organization)?.issued_certificates();
    let items = certificates.of_user(id)?.into_iter();
    let items = items.map(|record| IssuedCertificate::of(record, &reading, organization, now));
    query.of(items.collect::<Result<Vec<_>, _>>()?)
}
