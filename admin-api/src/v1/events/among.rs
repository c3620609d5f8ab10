//! Events of several organizations at once.

use directory::events::EventsAmong;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::query::EventParams;
use super::whose::Whose;
use super::{Event, start};
use crate::body::BothParams;
use crate::caller::Caller;
use crate::list::{Chosen, List, Listed, page_size};
use crate::problem::Problem;

/// Which page of events, and what of each.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AmongQuery {
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
    /// Of these organizations, ids parted by commas; all in the caller's scope when absent. Ten
    /// thousand at most.
    organizations: Option<String>,
    /// Only these members of each event, parted by commas.
    #[param(example = "at,action,actor.name")]
    fields: Option<String>,
}

/// An event, and whose it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventAmong {
    /// The organization's id.
    organization: Uuid,
    /// The event.
    #[serde(flatten)]
    event: Event,
}

/// Lists events of several organizations, the newest first unless asked otherwise.
///
/// With a filter, or of many organizations, a page may hold few items, or none, and still have a
/// `next`. An organization outside of the caller's scope is not found.
#[utoipa::path(
    get,
    path = "/all-events",
    tag = "Events",
    params(EventParams, AmongQuery),
    responses((status = 200, description = "A page of events.", body = List<EventAmong>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_all_events(
    caller: Caller,
    BothParams(wanted, query): BothParams<EventParams, AmongQuery>,
) -> Result<Listed<EventAmong>, Problem> {
    let limit = page_size(query.limit)?;
    let chosen = Chosen::<EventAmong>::read(query.fields.as_deref())?;
    let start = start::read(query.sort.as_deref(), query.cursor.as_deref(), query.after)?;
    let whose = Whose::read(query.organizations.as_deref())?;
    let query = wanted.query()?;
    let context = caller.context;
    let turn = caller.api.searching.take(caller.whose).await?;
    let found = caller.api.blocking(move |directory| {
        let _turn = turn;
        let organizations = whose.find(directory, context)?;
        let reading = directory.read(context)?;
        Ok::<_, Problem>(reading.find_events_among(&organizations, &query, start, limit)?)
    });
    let EventsAmong { events, next } = found.await?;
    let events = events
        .into_iter()
        .map(|(organization, event)| EventAmong { organization, event: event.into() });
    let next = next.map(|behind| start::write(start, behind));
    chosen.page(events, next)
}
