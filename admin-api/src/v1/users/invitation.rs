//! The invitation of a user: a link with which the user chooses a first password.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::access::{ManageIdentities, View};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::v1::invitations::{MadeInvitation, NewInvitation};

/// Whether a user is invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Whether there is an invitation that was not used and has not ended.
    invited: bool,
    /// When it was made.
    #[schema(required)]
    created: Option<Moment>,
    /// When it ends.
    #[schema(required)]
    expires: Option<Moment>,
}

/// Invites a user to choose a first password; an invitation from before counts no more.
///
/// A staged user becomes active with it. Who has a password and is active is not invited.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/invitation",
    tag = "Users",
    request_body = NewInvitation,
    responses((status = 201, description = "Invited.", body = MadeInvitation)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn invite_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    Body(new): Body<NewInvitation>,
) -> Result<Response, Problem> {
    let organization = within.organization;
    let life = new.life();
    let invited = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut users = grant.users();
        let id = users.id_of(user)?;
        users.invite(id, life)
    });
    let made = MadeInvitation::of(invited.await?, &within.caller.api);
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Shows whether a user is invited to choose a first password.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/users/{user}/invitation",
    tag = "Users",
    responses((status = 200, description = "The invitation.", body = Invitation)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_invitation(
    within: Within<View>,
    Item(user): Item,
) -> Result<Json<Invitation>, Problem> {
    let reading = within.caller.read()?;
    let users = reading.authorize::<View>(within.organization)?.users();
    let found = users.invitation(users.id_of(user)?)?;
    let created = found.as_ref().map(|found| Moment(found.created));
    let expires = found.as_ref().map(|found| Moment(found.expires));
    Ok(Json(Invitation { invited: found.is_some(), created, expires }))
}

/// Ends the invitation of a user: its link leads nowhere any more.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/users/{user}/invitation",
    tag = "Users",
    responses((status = 204, description = "Ended.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn revoke_invitation(
    within: Within<ManageIdentities>,
    Item(user): Item,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let revoked = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut users = grant.users();
        let id = users.id_of(user)?;
        users.revoke_invitation(id)
    });
    revoked.await?;
    Ok(StatusCode::NO_CONTENT)
}
