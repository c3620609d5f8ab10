//! Saying which client certificates prove a user.

use axum::http::StatusCode;
use directory::access::ManageIdentities;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::fingerprint::Certificates;
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Says which client certificates prove a user; those of before do not any more.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/users/{user}/certificates",
    tag = "Users",
    params(IfMatch),
    request_body = Certificates,
    responses((status = 204, description = "Set.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn set_user_certificates(
    within: Within<ManageIdentities>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
    Body(certificates): Body<Certificates>,
) -> Result<StatusCode, Problem> {
    let (organization, fingerprints) = (within.organization, certificates.parse()?);
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut users = grant.users();
        let id = users.id_of(user)?;
        users.require_seen(id, revision)?;
        users.set_certificates(id, fingerprints)
    });
    set.await?;
    Ok(StatusCode::NO_CONTENT)
}
