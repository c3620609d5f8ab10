//! Making a user change their password.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;

use super::for_recovery;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Makes a user change their password before anything else: over LDAP nothing but that is open to
/// them, and the network lets them in only afterwards.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/require-password-change",
    tag = "Users",
    params(IfMatch),
    responses((status = 204, description = "The user must change the password.")),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn require_password_change(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let (organization, id) = (within.organization, for_recovery(&within, user, &if_match)?);
    let required = within.caller.change(move |change| {
        change.authorize::<RecoverAccounts>(organization)?.passwords().require_change(id)
    });
    required.await?;
    Ok(StatusCode::NO_CONTENT)
}
