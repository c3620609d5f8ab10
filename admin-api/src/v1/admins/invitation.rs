//! Inviting an admin anew, who has chosen no password yet.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::access::ManageAdmins;

use crate::body::Body;
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::v1::invitations::{MadeInvitation, NewInvitation};

/// Invites an admin, who has no password yet, to choose one; an invitation from before counts no more.
///
/// It needs an API key, or a session that was begun in the last 15 minutes; for who manages admins such
/// a session. A key that is narrowed to networks invites admins who work from within these.
#[utoipa::path(
    post,
    path = "/admins/{admin}/invitation",
    tag = "Admins",
    request_body = NewInvitation,
    responses((status = 201, description = "Invited.", body = MadeInvitation)),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn invite_admin(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    Body(new): Body<NewInvitation>,
) -> Result<Response, Problem> {
    let (place, life) = (home.place, new.life());
    let invited = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        admins.invite(id, life)
    });
    let made = MadeInvitation::of(invited.await?, &home.caller.api);
    Ok((StatusCode::CREATED, Json(made)).into_response())
}
