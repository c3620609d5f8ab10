//! Issuing another in place of one.

use axum::Json;
use axum::http::StatusCode;
use directory::access::RecoverAccounts;

use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedIdentity, RenewedCertificate, Wanted, packed};

/// Issues a certificate to a user in place of another.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/issued-certificates/\
            {issued_certificate}/renew",
    tag = "Users",
    request_body = RenewedCertificate,
    responses((status = 201, description = "Issued.", body = IssuedIdentity)),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn renew_user_certificate(
    within: Within<RecoverAccounts>,
    Pair(user, former): Pair,
    Body(new): Body<RenewedCertificate>,
) -> Result<(StatusCode, Json<IssuedIdentity>), Problem> {
    let organization = within.organization;
    let reading = within.caller.read()?;
    let id = reading.authorize::<RecoverAccounts>(organization)?.users().id_of(user)?;
    drop(reading);
    let revoke = new.revoke_former;
    let Wanted { wish, packing } = new.wanted(&within)?;
    let issued = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        grant.user_certificates().renew(id, former, wish, revoke)
    });
    let issued = issued.await?;
    let identity = packed(&within, issued, packing, move |change, issued| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        grant.user_certificates().take_back(id, issued)
    });
    let identity = identity.await?;
    Ok((StatusCode::CREATED, Json(identity)))
}
