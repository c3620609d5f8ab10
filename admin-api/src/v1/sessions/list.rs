//! The list of sessions.

use axum::Json;
use directory::access::View;
use directory::collections::SessionQuery;
use serde::Deserialize;
use uuid::Uuid;

use super::{Session, heard};
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, page_size, read_cursor, write_cursor};
use crate::problem::Problem;
use crate::reference::dangling;

/// Which sessions.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionsQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
    /// Only those that go on, or only those that ended.
    open: Option<bool>,
    /// Only those of this login, as gear told it.
    login: Option<String>,
    /// Only those that this RADIUS client told of.
    radius_client: Option<Uuid>,
}

/// Lists sessions on the network in the order in which they were first heard of.
///
/// With a filter a page may hold few items, or none, and still have a `next`.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/sessions",
    tag = "Sessions",
    params(SessionsQuery),
    responses((status = 200, description = "A page of sessions.", body = List<Session>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_sessions(
    within: Within<View>,
    Params(query): Params<SessionsQuery>,
) -> Result<Json<List<Session>>, Problem> {
    let organization = within.organization;
    let context = within.caller.context;
    heard(&within.caller.api).await;
    let page = within.caller.api.blocking(move |directory| {
        let limit = page_size(query.limit)?;
        let after = query.cursor.as_deref().map(read_cursor).transpose()?;
        let reading = directory.read(context)?;
        let grant = reading.authorize::<View>(organization)?;
        let client = match query.radius_client {
            Some(uuid) => {
                let found = grant.radius_clients().id_of(uuid);
                Some(found.map_err(|error| dangling(error, "/radius_client", "RADIUS client"))?)
            }
            None => None,
        };
        let wanted = SessionQuery { open: query.open, login: query.login, client };
        let page = grant.sessions(&wanted, after.map(u64::from_be_bytes), limit)?;
        let items = page.sessions.into_iter();
        let items = items.map(|session| Session::of(session, &reading, organization));
        let next = page.next.map(|next| write_cursor(&next.to_be_bytes()));
        Ok::<_, Problem>(List { items: items.collect::<Result<_, _>>()?, next })
    });
    Ok(Json(page.await?))
}
