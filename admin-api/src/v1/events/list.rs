//! The list of events, the newest first.

use axum::Json;
use directory::access::View;
use directory::events::Numbered;
use serde::Deserialize;

use super::{Action, Actor, Event};
use crate::body::Params;
use crate::caller::Home;
use crate::list::{List, page_size, read_cursor, write_cursor};
use crate::problem::Problem;

/// Which events.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
    /// Only what was done or tried like this.
    #[param(value_type = Option<String>, example = "sign_in")]
    action: Option<Action>,
    /// Only what this one did or tried: a login, a name or an id.
    actor: Option<String>,
}

/// The most events that a page with a filter looks at; it may then hold fewer items than asked
/// for and still have a `next`.
const LOOK_THROUGH: usize = 2_000;

/// Lists events, the newest first.
///
/// With a filter a page may hold few items, or none, and still have a `next`.
#[utoipa::path(
    get,
    path = "/events",
    tag = "Events",
    params(EventQuery),
    responses((status = 200, description = "A page of events.", body = List<Event>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_events(
    home: Home<View>,
    Params(query): Params<EventQuery>,
) -> Result<Json<List<Event>>, Problem> {
    let limit = page_size(query.limit)?;
    let before = query.cursor.as_deref().map(read_cursor).transpose()?.map(u64::from_be_bytes);
    let place = home.place;
    let context = home.caller.context;
    let page = home.caller.api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<View>(place)?;
        let wanted = if query.is_filter() { LOOK_THROUGH } else { limit.saturating_add(1) };
        Ok::<_, Problem>(query.pick(grant.events(before, wanted)?, wanted, limit))
    });
    Ok(Json(page.await?))
}

impl EventQuery {
    fn is_filter(&self) -> bool {
        self.action.is_some() || self.actor.is_some()
    }

    /// Picks what the query asks for; the page ends with what was looked at last.
    fn pick(&self, looked_at: Vec<Numbered>, wanted: usize, limit: usize) -> List<Event> {
        let more = looked_at.len() >= wanted;
        let (mut items, mut last, mut rest) = (Vec::new(), None, looked_at.into_iter());
        for numbered in rest.by_ref() {
            last = Some(numbered.sequence);
            if self.admits(&numbered) {
                items.push(Event::from(numbered));
            }
            if items.len() == limit {
                break;
            }
        }
        let more = more || rest.next().is_some();
        let next = last.filter(|_| more).map(|last| write_cursor(&last.to_be_bytes()));
        List { items, next }
    }

    fn admits(&self, numbered: &Numbered) -> bool {
        let action = self.action.is_none_or(|action| action.0 == numbered.event.action);
        let by = |wanted: &String| {
            let actor = Actor::from(numbered.event.actor.clone());
            actor.name.as_ref() == Some(wanted)
                || actor.id.is_some_and(|id| id.to_string() == *wanted)
        };
        action && self.actor.as_ref().is_none_or(by)
    }
}
