//! Locking a user out.

use std::time::Duration;

use axum::http::StatusCode;
use directory::access::{ManageIdentities, RecoverAccounts};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// How long a user is locked out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seconds": 3600}))]
pub(crate) struct UserLock {
    /// For so many seconds, at most 30 days; more than a day needs `manage_identities`.
    #[schema(minimum = 1, maximum = 2_592_000)]
    seconds: u32,
}

const DAY: u32 = 24 * 60 * 60;
const LONGEST: u32 = 30 * DAY;

/// Locks a user out for a time, like too many wrong passwords do.
///
/// For longer than a day it needs `manage_identities` too: that is what suspending needs, and comes
/// to the same.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/lock",
    tag = "Users",
    params(IfMatch),
    request_body = UserLock,
    responses((status = 204, description = "Locked.")),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn lock_user(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
    Body(UserLock { seconds }): Body<UserLock>,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    if !(1..=LONGEST).contains(&seconds) {
        return Err(Problem::invalid("/seconds", "must be 1 to 2592000: 30 days"));
    }
    let time = Duration::from_secs(seconds.into());
    let locked = within.caller.change(move |change| {
        if seconds > DAY {
            change.authorize::<ManageIdentities>(organization)?;
        }
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account(user, revision)?;
        grant.passwords().lock(id, time)
    });
    locked.await?;
    Ok(StatusCode::NO_CONTENT)
}
