//! Issuing one.

use axum::Json;
use axum::http::StatusCode;
use directory::access::{ManageIdentities, View};

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedIdentity, NewCertificate, Wanted, packed};

/// Issues a certificate to a device by the organization's own authority: at most 8 that count.
///
/// What it says of its owner is decided here, and nothing of it is taken from a request.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/devices/{device}/issued-certificates",
    tag = "Devices",
    request_body = NewCertificate,
    responses((status = 201, description = "Issued.", body = IssuedIdentity)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn issue_device_certificate(
    within: Within<ManageIdentities>,
    Item(device): Item,
    Body(new): Body<NewCertificate>,
) -> Result<(StatusCode, Json<IssuedIdentity>), Problem> {
    let organization = within.organization;
    let reading = within.caller.read()?;
    let id = reading.authorize::<View>(organization)?.devices().id_of(device)?;
    drop(reading);
    let Wanted { wish, packing } = new.wanted(&within)?;
    let issued = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        grant.device_certificates().issue(id, wish)
    });
    let issued = issued.await?;
    let identity = packed(&within, issued, packing, move |change, issued| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        grant.device_certificates().take_back(id, issued)
    });
    let identity = identity.await?;
    Ok((StatusCode::CREATED, Json(identity)))
}
