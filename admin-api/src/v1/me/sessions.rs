//! One's own open sessions.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};

use crate::body::Params;
use crate::caller::Caller;
use crate::cookie;
use crate::list::{List, Listed, WholeQuery};
use crate::open_session::{OpenSession, WhichOwn};
use crate::problem::Problem;

/// Lists one's own open sessions; there is one page of them.
#[utoipa::path(
    get,
    path = "/me/sessions",
    tag = "Own account",
    params(WholeQuery),
    responses((status = 200, description = "The sessions.", body = List<OpenSession>))
)]
pub(crate) async fn list_own_sessions(
    caller: Caller,
    Params(query): Params<WholeQuery>,
) -> Result<Listed<OpenSession>, Problem> {
    let sessions = caller.read()?.oneself()?.sessions().list()?;
    query.of(sessions.into_iter().map(Into::into))
}

/// Ends one's own sessions, or one of them; a browser whose session is among them forgets its cookie.
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
) -> Result<Response, Problem> {
    let ended = caller.change(move |change| {
        let mut oneself = change.oneself()?;
        let mut sessions = oneself.sessions()?;
        match which.session {
            Some(session) => sessions.end(session),
            None => sessions.end_all(which.keep_this).map(|_| !which.keep_this),
        }
    });
    let forgets = ended.await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let forgotten = cookie::forgotten().filter(|_| forgets);
    response.headers_mut().extend(forgotten.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}
