//! Revoking one.

use axum::Json;
use directory::access::{ManageIdentities, View};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedCertificate, Reason};

/// Why a device's certificate is revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeviceCertificateRevoking, example = json!({"reason": "key_compromise"}))]
pub(crate) struct Revoking {
    /// Why.
    #[serde(default)]
    reason: Reason,
}

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
    let organization = within.organization;
    let reading = within.caller.read()?;
    let id = reading.authorize::<View>(organization)?.devices().id_of(device)?;
    drop(reading);
    let reason = revoking.reason.into();
    let revoked = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        grant.device_certificates().revoke(id, certificate, reason)
    });
    let (record, now) = (revoked.await?, within.caller.now());
    let reading = within.caller.read()?;
    Ok(Json(IssuedCertificate::of(record, &reading, organization, now)?))
}
