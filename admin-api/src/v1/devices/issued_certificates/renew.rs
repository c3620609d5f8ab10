//! Issuing another in place of one.

use axum::Json;
use axum::http::StatusCode;
use directory::DeviceId;
use directory::access::ManageIdentities;

use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedIdentity, RenewedCertificate, owner};

/// Issues a certificate to a device in place of another.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/devices/{device}/issued-certificates/\
            {issued_certificate}/renew",
    tag = "Devices",
    request_body = RenewedCertificate,
    responses((status = 201, description = "Issued.", body = IssuedIdentity)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn renew_device_certificate(
    within: Within<ManageIdentities>,
    Pair(device, former): Pair,
    Body(new): Body<RenewedCertificate>,
) -> Result<(StatusCode, Json<IssuedIdentity>), Problem> {
    owner::renew::<DeviceId>(&within, (device, former), new).await
}
