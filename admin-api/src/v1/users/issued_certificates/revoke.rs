//! Revoking one.

use axum::Json;
use directory::UserId;
use directory::access::RecoverAccounts;

use crate::body::Body;
use crate::caller::{Pair, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedCertificate, Revoking, owner};

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
    owner::revoke::<UserId>(&within, (user, certificate), revoking).await
}
