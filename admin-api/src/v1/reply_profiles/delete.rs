//! Deleting a reply profile.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a reply profile that no RADIUS client replies with.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/reply-profiles/{reply_profile}",
    tag = "Reply profiles",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn delete_reply_profile(
    within: Within<ManageConfiguration>,
    Item(reply_profile): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut reply_profiles = grant.reply_profiles();
        let id = reply_profiles.id_of(reply_profile)?;
        reply_profiles.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
