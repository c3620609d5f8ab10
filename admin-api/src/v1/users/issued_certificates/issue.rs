//! Issuing one.

use axum::Json;
use axum::http::StatusCode;
use directory::UserId;
use directory::access::RecoverAccounts;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedIdentity, NewCertificate, owner};

/// Issues a certificate to a user by the organization's own authority: at most 8 that count.
///
/// What it says of its owner is decided here, and nothing of it is taken from a request.
/// Needs what resetting a password needs: a certificate proves the user as a password does, and
/// without a second factor.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/issued-certificates",
    tag = "Users",
    request_body = NewCertificate,
    responses((status = 201, description = "Issued.", body = IssuedIdentity)),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn issue_user_certificate(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    Body(new): Body<NewCertificate>,
) -> Result<(StatusCode, Json<IssuedIdentity>), Problem> {
    owner::issue::<UserId>(&within, user, new).await
}
