//! Issuing one.

use axum::Json;
use axum::http::StatusCode;
use directory::UserId;
use directory::access::ManageIdentities;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::v1::issued_certificates::{IssuedIdentity, NewCertificate, owner};

/// Issues a certificate to a user by the organization's own authority: at most 8 that count.
///
/// What it says of its owner is decided here, and nothing of it is taken from a request.
/// Needs more than setting a password does: a certificate proves the user without a second factor,
/// for longer than until the next password, and without the user noticing.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/issued-certificates",
    tag = "Users",
    request_body = NewCertificate,
    responses((status = 201, description = "Issued.", body = IssuedIdentity)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn issue_user_certificate(
    within: Within<ManageIdentities>,
    Item(user): Item,
    Body(new): Body<NewCertificate>,
) -> Result<(StatusCode, Json<IssuedIdentity>), Problem> {
    owner::issue::<UserId>(&within, user, new).await
}
