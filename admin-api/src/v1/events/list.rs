//! The list of events.

use directory::access::View;
use directory::events::EventPage;
use serde::Deserialize;

use super::query::EventParams;
use super::{Event, start};
use crate::body::BothParams;
use crate::caller::Home;
use crate::list::{Chosen, List, Listed, page_size};
use crate::problem::Problem;

/// Which page of events, and what of each.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before, with the same `sort`.
    cursor: Option<String>,
    /// `sequence` for the oldest first; `-sequence`, as without it, for the newest first. That is the
    /// order in which they were written.
    #[param(example = "sequence")]
    sort: Option<String>,
    /// Only those behind the event of this number, the oldest first: so goes on who has seen what
    /// was there, without looking at it again.
    after: Option<u64>,
    /// Only these members of each event, parted by commas.
    #[param(example = "at,action,actor.name")]
    fields: Option<String>,
}

/// Lists events, the newest first unless asked otherwise.
///
/// With a filter a page may hold few items, or none, and still have a `next`: so many events at
/// most are looked at for one page.
#[utoipa::path(
    get,
    path = "/events",
    tag = "Events",
    params(EventParams, ListQuery),
    responses((status = 200, description = "A page of events.", body = List<Event>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_events(
    home: Home<View>,
    BothParams(wanted, query): BothParams<EventParams, ListQuery>,
) -> Result<Listed<Event>, Problem> {
    let limit = page_size(query.limit)?;
    let chosen = Chosen::<Event>::read(query.fields.as_deref())?;
    let start = start::read(query.sort.as_deref(), query.cursor.as_deref(), query.after)?;
    let query = wanted.query()?;
    let place = home.place;
    let context = home.caller.context;
    // Of all there are a page costs next to nothing.
    let turn = match query.is_of_all() {
        true => None,
        false => Some(home.caller.api.searching.take(home.caller.whose).await?),
    };
    let page = home.caller.api.blocking(move |directory| {
        let _turn = turn;
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<View>(place)?;
        Ok::<_, Problem>(grant.find_events(&query, start, limit)?)
    });
    let EventPage { events, next } = page.await?;
    let next = next.map(|behind| start::write(start, behind));
    chosen.page(events.into_iter().map(Event::from), next)
}
