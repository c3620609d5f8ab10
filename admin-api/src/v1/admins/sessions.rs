//! An admin's open sessions.

use axum::http::StatusCode;
use directory::access::ManageAdmins;

use crate::body::Params;
use crate::caller::{Home, Item};
use crate::list::{List, Listed, WholeQuery};
use crate::open_session::{OpenSession, Which};
use crate::problem::Problem;

/// Lists an admin's open sessions; there is one page of them.
#[utoipa::path(
    get,
    path = "/admins/{admin}/sessions",
    tag = "Admins",
    params(WholeQuery),
    responses(
        (status = 200, description = "The sessions.", body = List<OpenSession>),
        (
            status = 409,
            description = "The admin's scope is wider than the caller's own.",
            body = Problem,
            content_type = "application/problem+json"
        )
    ),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn list_admin_sessions(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    Params(query): Params<WholeQuery>,
) -> Result<Listed<OpenSession>, Problem> {
    let reading = home.caller.read()?;
    let grant = reading.authorize_at::<ManageAdmins>(home.place)?;
    let sessions = grant.sessions_of(grant.admin_number(admin)?)?.list()?;
    query.of(sessions.into_iter().map(Into::into))
}

/// Ends an admin's sessions, or one of them.
#[utoipa::path(
    delete,
    path = "/admins/{admin}/sessions",
    tag = "Admins",
    params(Which),
    responses((status = 204, description = "They have ended.")),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn end_admin_sessions(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    Params(which): Params<Which>,
) -> Result<StatusCode, Problem> {
    let place = home.place;
    let ended = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        let mut sessions = admins.sessions_of(id)?;
        match which.session {
            Some(session) => sessions.end(session).map(drop),
            None => sessions.end_all(false).map(drop),
        }
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}
