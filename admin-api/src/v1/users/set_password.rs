//! Setting a user's password.

use axum::http::StatusCode;
use directory::access::RecoverAccounts;
use serde::Deserialize;
use utoipa::ToSchema;

use super::for_recovery;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;
use crate::secret_text::SecretText;

/// A password to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub(crate) struct NewUserPassword {
    /// The password in clear.
    password: SecretText,
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
    if_match: IfMatch,
    Body(new): Body<NewUserPassword>,
) -> Result<StatusCode, Problem> {
    let (organization, id) = (within.organization, for_recovery(&within, user, &if_match)?);
    let password = within.caller.api.hash(new.password).await?;
    let set = within.caller.change(move |change| {
        change.authorize::<RecoverAccounts>(organization)?.passwords().set(id, password)
    });
    set.await?;
    Ok(StatusCode::NO_CONTENT)
}
