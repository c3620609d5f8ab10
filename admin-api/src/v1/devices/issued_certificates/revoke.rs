//! Revoking one.

use axum::Json;
use directory::DeviceId;
use directory::access::ManageIdentities;

use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedCertificate, Revoking, owner};

/// Revokes a certificate of a device: it proves nobody from the next login on, and stands in the
/// list that its authority signs.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/devices/{device}/issued-certificates/\
            {issued_certificate}/revoke",
    tag = "Devices",
    request_body = Revoking,
    responses((status = 200, description = "Revoked.", body = IssuedCertificate)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn revoke_device_certificate(
    within: Within<ManageIdentities>,
    Pair(device, certificate): Pair,
    Body(revoking): Body<Revoking>,
) -> Result<Json<IssuedCertificate>, Problem> {
    owner::revoke::<DeviceId>(&within, (device, certificate), revoking).await
}
