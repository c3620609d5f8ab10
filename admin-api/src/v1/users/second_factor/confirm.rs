//! Confirming the enrolment of a user's second factor.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;
use crate::secret_text::SecretText;

/// The proof that an app has the seed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
pub(crate) struct UserCode {
    /// The code that the app shows.
    code: SecretText,
}

/// Confirms the enrolment of a second factor with a code of its seed. The code is used up.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/second-factor/confirm",
    tag = "Users",
    params(IfMatch),
    request_body = UserCode,
    responses((status = 204, description = "Enrolled.")),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn confirm_second_factor(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
    Body(first): Body<UserCode>,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let confirmed = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account(user, revision)?;
        grant.second_factors().confirm(id, first.code.expose())
    });
    confirmed.await?;
    Ok(StatusCode::NO_CONTENT)
}
