//! Making a user change their password.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;

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
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let required = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account_seen(user, revision)?;
        grant.passwords().require_change(id)
    });
    required.await?;
    Ok(StatusCode::NO_CONTENT)
}
