//! Beginning the enrolment of a user's second factor.

use axum::Json;
use directory::access::RecoverAccounts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// A seed for an authenticator app, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserSeed {
    /// The seed as it is typed into an app: base32.
    secret: String,
    /// The seed as an app scans it.
    otpauth_uri: String,
}

/// Begins to enrol a second factor: makes a seed, shown this once, which counts once a code of it
/// is confirmed. One that was begun before ends; one that is enrolled has to be reset first.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/second-factor",
    tag = "Users",
    params(IfMatch),
    responses((status = 200, description = "The seed.", body = UserSeed)),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn begin_second_factor(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
) -> Result<Json<UserSeed>, Problem> {
    let organization = within.organization;
    let begun = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account(user, revision)?;
        grant.second_factors().begin(id)
    });
    let seed = begun.await?;
    let (secret, otpauth_uri) = (seed.secret.to_string(), seed.uri.to_string());
    Ok(Json(UserSeed { secret, otpauth_uri }))
}
