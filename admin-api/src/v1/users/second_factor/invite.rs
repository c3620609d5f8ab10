//! Inviting a user to enrol a second factor alone.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::access::RecoverAccounts;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::v1::invitations::{MadeInvitation, NewInvitation};

/// Invites a user, who has a password and no second factor, to enrol one: the link asks for the password,
/// and shows the seed to nobody else. An invitation from before counts no more.
///
/// It ends when the second factor is confirmed or reset, and when the user is suspended or deleted.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/second-factor/invitation",
    tag = "Users",
    request_body = NewInvitation,
    responses((status = 201, description = "Invited.", body = MadeInvitation)),
    extensions(("x-permission" = json!("recover_accounts")))
)]
pub(crate) async fn invite_second_factor(
    within: Within<RecoverAccounts>,
    Item(user): Item,
    Body(new): Body<NewInvitation>,
) -> Result<Response, Problem> {
    let (organization, life) = (within.organization, new.life());
    let invited = within.caller.change(move |change| {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        let id = grant.account_seen(user, None)?;
        grant.second_factors().invite(id, life)
    });
    let made = MadeInvitation::of(invited.await?, &within.caller.api);
    Ok((StatusCode::CREATED, Json(made)).into_response())
}
