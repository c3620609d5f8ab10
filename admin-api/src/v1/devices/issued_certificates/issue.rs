//! Issuing one.

use axum::Json;
use axum::http::StatusCode;
use directory::DeviceId;
use directory::access::ManageIdentities;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedIdentity, NewCertificate, owner};

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
    owner::issue::<DeviceId>(&within, device, new).await
}
