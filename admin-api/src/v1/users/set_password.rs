//! Setting a user's password.

use axum::http::StatusCode;
use directory::ResetTurn;
use directory::access::RecoverAccounts;
use directory::collections::{Guess, NewPassword, Reset};
use serde::Deserialize;
use tracing::Instrument;
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
    /// absent. Where the policy demands it (`change_after_reset`), `false` takes
    /// `manage_authentication` as well.
    #[serde(default)]
    must_change: Option<bool>,
}

/// Sets a user's password and lifts a lock. It must be none of those that the policy has the owner choose
/// no more (`history`).
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
    let reset = Reset { user, revision, must_change: new.must_change };
    // Whoever hangs up once it is compared with the one in use does not keep that from being replaced.
    let setting = tokio::spawn(set(within, reset, new.password).in_current_span());
    setting.await.map_err(|error| Problem::internal(&error))??;
    Ok(StatusCode::NO_CONTENT)
}

async fn set(
    within: Within<RecoverAccounts>,
    reset: Reset,
    text: SecretText,
) -> Result<(), Problem> {
    let organization = within.organization;
    let Reset { user, revision, must_change } = reset;
    let (password, guess) = prepare(&within, reset, &text).await?;
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account(user, revision)?;
        grant.passwords().set(id, password, must_change)
    });
    let done = set.await;
    if done.is_err() {
        within.caller.api.directory.note_unset(&within.caller.context, &guess);
    }
    done
}

/// Judges a password, compares it with those of before, and hashes it. Each hash has a turn of its own,
/// so that others wait for one of them.
async fn prepare(
    within: &Within<RecoverAccounts>,
    reset: Reset,
    text: &SecretText,
) -> Result<(NewPassword, Guess), Problem> {
    let caller = &within.caller;
    let (api, context) = (&caller.api, caller.context);
    let password = text.password()?;
    let mut chosen = api.directory.judge_reset(context, within.organization, &reset, password)?;
    loop {
        let turn = match api.turn_to_hash(caller.whose).await {
            Ok(turn) => turn,
            Err(busy) => {
                api.directory.note_unset(&context, &chosen.given_up());
                return Err(busy);
            }
        };
        let taken = api.blocking(move |directory| {
            let taken = directory.compare_or_hash(&context, chosen);
            drop(turn);
            taken
        });
        match taken.await? {
            ResetTurn::More(next) => chosen = next,
            ResetTurn::Hashed(hashed, guess) => return Ok((hashed, guess)),
            ResetTurn::Refused(invalid) => return Err(invalid.into()),
        }
    }
}
