//! Resetting a user's second factor.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;

use super::for_recovery;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Resets a user's second factor: the user has none until another is enrolled.
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
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let (organization, id) = (within.organization, for_recovery(&within, user, &if_match)?);
    let reset = within.caller.change(move |change| {
        change.authorize::<RecoverAccounts>(organization)?.second_factors().reset(id)
    });
    reset.await?;
    Ok(StatusCode::NO_CONTENT)
}
