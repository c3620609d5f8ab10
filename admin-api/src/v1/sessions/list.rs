//! The list of sessions.

use directory::access::View;
use directory::collections::SessionQuery;
use serde::Deserialize;
use uuid::Uuid;

use super::{Session, heard};
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery, PlainQuery};
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
    /// Where the page starts: `next` of the page before, with the same questions but `fields`.
    cursor: Option<String>,
    /// Only items of which this is true, as in other lists.
    #[param(max_length = 1024, example = "octets_out gt 1000000000")]
    filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends.
    #[param(example = "-started")]
    sort: Option<String>,
    /// Only these members of each item, parted by commas.
    #[param(example = "login,started")]
    fields: Option<String>,
    /// Only those that go on, or only those that ended.
    open: Option<bool>,
    /// Only those of this login, as gear told it.
    login: Option<String>,
    /// Only those that this RADIUS client told of.
    radius_client: Option<Uuid>,
}

/// Lists sessions on the network in the order in which they were first heard of.
///
/// A page that is filtered may hold few items, or none, and still have a `next`.
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
) -> Result<Listed<Session>, Problem> {
    let (asking, organization) = (within.caller.asking(), within.organization);
    heard(&within.caller.api).await;
    let SessionsQuery { limit, cursor, filter, sort, fields, open, login, radius_client } = query;
    let also =
        [open.map(|it| it.to_string()), login.clone(), radius_client.map(|it| it.to_string())];
    let query = NamedQuery::from(PlainQuery { limit, cursor, filter, sort, fields }).with(&also);
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(organization)?;
        let client = radius_client.map(|uuid| grant.radius_clients().id_of(uuid)).transpose();
        let client = client.map_err(|error| dangling(error, "/radius_client", "RADIUS client"))?;
        let wanted = grant.sessions_where(SessionQuery { open, login, client });
        asked.find(&wanted, |_, session| Session::of(session, &reading, organization))
    });
    looking.await
}
