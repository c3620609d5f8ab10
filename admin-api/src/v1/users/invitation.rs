//! The invitation of a user: a link with which the user chooses a first password, or enrols a second
//! factor.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::access::{ManageIdentities, View};
use directory::records::Aim;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::v1::invitations::{MadeInvitation, milliseconds};

/// How long an invitation of a user counts, and for what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seconds": 86_400, "second_factor": true}))]
pub(crate) struct NewUserInvitation {
    /// For so many seconds; as the organization's settings say when absent.
    #[schema(minimum = 60, maximum = 7_776_000)]
    seconds: Option<u32>,
    /// Whether a second factor is enrolled behind the password; where the organization demands one of
    /// everybody it is in any case.
    #[serde(default)]
    second_factor: bool,
}

/// Whether a user is invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Whether there is an invitation that was not used and has not ended.
    invited: bool,
    /// Whether it asks for a second factor alone: the user has a password, or chose it with this one.
    second_factor: bool,
    /// When it was made.
    #[schema(required)]
    created: Option<Moment>,
    /// When it ends.
    #[schema(required)]
    expires: Option<Moment>,
}

/// Invites a user to choose a first password; an invitation from before counts no more.
///
/// A staged user becomes active with it. Who has a password and is active is not invited. A second factor
/// is enrolled behind the password where the organization demands one of everybody when it is chosen, or
/// `second_factor` says so.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users/{user}/invitation",
    tag = "Users",
    request_body = NewUserInvitation,
    responses((status = 201, description = "Invited.", body = MadeInvitation)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn invite_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    Body(new): Body<NewUserInvitation>,
) -> Result<Response, Problem> {
    let organization = within.organization;
    let (life, second_factor) = (new.seconds.map(milliseconds), new.second_factor);
    let invited = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut users = grant.users();
        let id = users.id_of(user)?;
        users.invite(id, life, second_factor)
    });
    let made = MadeInvitation::of(invited.await?, &within.caller.api);
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Shows whether a user is invited to choose a first password, or to enrol a second factor.
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
    let second_factor = found.as_ref().is_some_and(|found| found.aim == Aim::SecondFactor);
    Ok(Json(Invitation { invited: found.is_some(), second_factor, created, expires }))
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
