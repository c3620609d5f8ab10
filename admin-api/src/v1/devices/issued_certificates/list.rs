//! The list of them.

use directory::access::View;

use crate::body::Params;
use crate::caller::{Item, Within};
use crate::list::{List, Listed, WholeQuery};
use crate::problem::Problem;
use crate::v1::issued_certificates::IssuedCertificate;

/// Lists the certificates that were issued to a device, those included that count no more.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/devices/{device}/issued-certificates",
    tag = "Devices",
    params(WholeQuery),
    responses((status = 200, description = "All of them.", body = List<IssuedCertificate>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_device_certificates(
    within: Within<View>,
    Item(device): Item,
    Params(query): Params<WholeQuery>,
) -> Result<Listed<IssuedCertificate>, Problem> {
    let (organization, now) = (within.organization, within.caller.now());
    let reading = within.caller.read()?;
    let id = reading.authorize::<View>(organization)?.devices().id_of(device)?;
    let certificates = reading.authorize::<View>(organization)?.issued_certificates();
    let items = certificates.of_device(id)?.into_iter();
    let items = items.map(|record| IssuedCertificate::of(record, &reading, organization, now));
    query.of(items.collect::<Result<Vec<_>, _>>()?)
}
