//! Revoking one.

use axum::Json;
use directory::access::RecoverAccounts;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedCertificate, Reason};

/// Why a user's certificate is revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserCertificateRevoking, example = json!({"reason": "key_compromise"}))]
pub(crate) struct Revoking {
    /// Why.
    #[serde(default)]
    reason: Reason,
}

/// Revokes a certificate of a user: it proves nobody from the next login on, and stands in the
/// list that its authority signs.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/issued-certificates/\
            {issued_certificate}/revoke",
    tag = "Users",
    request_body = Revoking,
    responses((status = 200, description = "Revoked.", body = IssuedCertificate)),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn revoke_user_certificate(
    within: Within<RecoverAccounts>,
    Pair(user, certificate): Pair,
    Body(revoking): Body<Revoking>,
) -> Result<Json<IssuedCertificate>, Problem> {
    let organization = within.organization;
    let reading = within.caller.read()?;
    let id = reading.authorize::<RecoverAccounts>(organization)?.users().id_of(user)?;
    drop(reading);
    let reason = revoking.reason.into();
    let revoked = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        grant.user_certificates().revoke(id, certificate, reason)
    });
    let (record, now) = (revoked.await?, within.caller.now());
    let reading = within.caller.read()?;
    Ok(Json(IssuedCertificate::of(record, &reading, organization, now)?))
}
