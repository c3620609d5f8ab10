//! Setting a user's password.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;
use crate::secret_text::SecretText;

/// A password to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "correct horse battery", "must_change": true}))]
pub(crate) struct NewUserPassword {
    /// The password in clear.
    password: SecretText,
    /// Whether the user must change it before anything else; the organization's policy says when
    /// absent.
    #[serde(default)]
    must_change: Option<bool>,
}

/// Sets a user's password and lifts a lock.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/users/{user}/password",
    tag = "Users",
    params(IfMatch),
    request_body = NewUserPassword,
    responses((status = 204, description = "Set.")),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn set_user_password(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
    Body(new): Body<NewUserPassword>,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let must_change = new.must_change;
    let password = within.caller.hash(new.password).await?;
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account(user, revision)?;
        grant.passwords().set(id, password, must_change)
    });
    set.await?;
    Ok(StatusCode::NO_CONTENT)
}
