//! One's own open sessions.

use axum::Json;
use axum::http::StatusCode;

use crate::body::Params;
use crate::caller::Caller;
use crate::list::List;
use crate::open_session::{OpenSession, WhichOwn};
use crate::problem::Problem;

/// Lists one's own open sessions; there is one page of them.
#[utoipa::path(
    get,
    path = "/me/sessions",
    tag = "Own account",
    responses((status = 200, description = "The sessions.", body = List<OpenSession>))
)]
pub(crate) async fn list_own_sessions(caller: Caller) -> Result<Json<List<OpenSession>>, Problem> {
    let sessions = caller.read()?.oneself()?.sessions().list()?;
    Ok(Json(List { items: sessions.into_iter().map(Into::into).collect(), next: None }))
}

/// Ends one's own sessions, or one of them.
#[utoipa::path(
    delete,
    path = "/me/sessions",
    tag = "Own account",
    params(WhichOwn),
    responses((status = 204, description = "They have ended."))
)]
pub(crate) async fn end_own_sessions(
    caller: Caller,
    Params(which): Params<WhichOwn>,
) -> Result<StatusCode, Problem> {
    let ended = caller.change(move |change| {
        let mut oneself = change.oneself()?;
        let mut sessions = oneself.sessions()?;
        match which.session {
            Some(session) => sessions.end(session),
            None => sessions.end_all(which.keep_this).map(drop),
        }
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}
