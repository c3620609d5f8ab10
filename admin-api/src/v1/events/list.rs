//! The list of events, the newest first.

use directory::access::View;
use directory::events::{EventPage, SubjectKind};
use serde::Deserialize;

use super::Event;
use super::query::Asked;
use crate::body::Params;
use crate::caller::Home;
use crate::list::{Chosen, List, Listed, page_size, read_cursor, write_cursor};
use crate::moment::Moment;
use crate::problem::Problem;

/// Which events.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
    /// Only what was done or tried like this; several are parted by commas.
    #[param(example = "sign_in")]
    action: Option<String>,
    /// Only what this one did or tried: a login, a name or an id.
    actor: Option<String>,
    /// Only what was done to this one: a name or an id.
    subject: Option<String>,
    /// Only what was done to such things.
    #[param(value_type = Option<String>, example = "user")]
    subject_kind: Option<SubjectKind>,
    /// Only what came from this address or network.
    #[param(example = "192.0.2.0/24")]
    source: Option<String>,
    /// Only what was done, or only what was not.
    success: Option<bool>,
    /// Only what came of this request: the `X-Request-Id` of its answer, or the one that its client
    /// gave it.
    request_id: Option<String>,
    /// Only events in which this stands, without case.
    text: Option<String>,
    /// Only what happened then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// Only what happened earlier.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Moment>,
    /// Only these members of each event, parted by commas.
    #[param(example = "at,action,actor.name")]
    fields: Option<String>,
}

/// Lists events, the newest first.
///
/// With a filter a page may hold few items, or none, and still have a `next`: so many events at
/// most are looked at for one page.
#[utoipa::path(
    get,
    path = "/events",
    tag = "Events",
    params(ListQuery),
    responses((status = 200, description = "A page of events.", body = List<Event>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_events(
    home: Home<View>,
    Params(query): Params<ListQuery>,
) -> Result<Listed<Event>, Problem> {
    let limit = page_size(query.limit)?;
    let chosen = Chosen::<Event>::read(query.fields.as_deref())?;
    let before = query.cursor.as_deref().map(read_cursor).transpose()?.map(u64::from_be_bytes);
    let ListQuery { action, actor, subject, subject_kind, source, success, request_id, .. } = query;
    let (text, from, until) = (query.text, query.from, query.until);
    let who = (actor, subject, subject_kind);
    let query = Asked { action, who, source, success, request_id, text, from, until }.query()?;
    let place = home.place;
    let context = home.caller.context;
    let page = home.caller.api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<View>(place)?;
        Ok::<_, Problem>(grant.find_events(&query, before, limit)?)
    });
    let EventPage { events, next } = page.await?;
    let next = next.map(|next| write_cursor(&next.to_be_bytes()));
    chosen.page(events.into_iter().map(Event::from), next)
}
