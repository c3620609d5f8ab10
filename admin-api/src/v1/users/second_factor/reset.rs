//! Resetting a user's second factor.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Resets a user's second factor: the user has none until another is enrolled. An invitation to enrol one
/// ends.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/users/{user}/second-factor",
    tag = "Users",
    params(IfMatch),
    responses((status = 204, description = "None is enrolled.")),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn reset_second_factor(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let reset = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account_seen(user, revision)?;
        grant.second_factors().reset(id)
    });
    reset.await?;
    Ok(StatusCode::NO_CONTENT)
}
