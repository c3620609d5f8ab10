//! Issuing another in place of one.

use axum::Json;
use axum::http::StatusCode;
use directory::UserId;
use directory::access::ManageIdentities;

use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedIdentity, RenewedCertificate, owner};

/// Issues a certificate to a user in place of another.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/issued-certificates/\
            {issued_certificate}/renew",
    tag = "Users",
    request_body = RenewedCertificate,
    responses((status = 201, description = "Issued.", body = IssuedIdentity)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn renew_user_certificate(
    within: Within<ManageIdentities>,
    Pair(user, former): Pair,
    Body(new): Body<RenewedCertificate>,
) -> Result<(StatusCode, Json<IssuedIdentity>), Problem> {
    owner::renew::<UserId>(&within, (user, former), new).await
}
