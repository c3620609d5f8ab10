//! Unlocking a user.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Lifts the lock of a user who tried too many wrong passwords, or whom an admin locked out.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/unlock",
    tag = "Users",
    params(IfMatch),
    responses((status = 204, description = "Not locked.")),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn unlock_user(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let unlocked = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account_seen(user, revision)?;
        grant.passwords().unlock(id)
    });
    unlocked.await?;
    Ok(StatusCode::NO_CONTENT)
}
