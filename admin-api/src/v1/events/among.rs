//! Events of several organizations at once.

use std::sync::Arc;

use directory::OrganizationId;
use directory::access::View;
use directory::events::{AMONG, EventsAmong};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Event;
use super::query::EventParams;
use crate::body::BothParams;
use crate::caller::Caller;
use crate::list::{Chosen, List, Listed, page_size, read_cursor, write_cursor};
use crate::problem::Problem;

/// Which page of events, and what of each.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AmongQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
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

/// Lists events of several organizations, the newest first.
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
    let before = query.cursor.as_deref().map(read_cursor).transpose()?.map(u64::from_be_bytes);
    let named = query.organizations.as_deref().map(ids).transpose()?;
    let query = wanted.query()?;
    let context = caller.context;
    let turn = Arc::clone(&caller.api.searching).acquire_owned().await;
    let found = caller.api.blocking(move |directory| {
        let _turn = turn;
        let organizations: Vec<(OrganizationId, Uuid)> = match named {
            Some(ids) => {
                let admit = |id| Ok((directory.admit::<View>(context, id)?, id));
                ids.into_iter().map(admit).collect::<Result<_, Problem>>()?
            }
            None => directory.read(context)?.organizations_to_view(AMONG + 1)?,
        };
        if organizations.len() > AMONG {
            let detail = format!("there are more than {AMONG} in your scope: name {AMONG} at most");
            return Err(Problem::invalid("/organizations", detail));
        }
        let reading = directory.read(context)?;
        Ok::<_, Problem>(reading.find_events_among(&organizations, &query, before, limit)?)
    });
    let EventsAmong { events, next } = found.await?;
    let events = events
        .into_iter()
        .map(|(organization, event)| EventAmong { organization, event: event.into() });
    let next = next.map(|next| write_cursor(&next.to_be_bytes()));
    chosen.page(events, next)
}

fn ids(text: &str) -> Result<Vec<Uuid>, Problem> {
    let ids: Result<Vec<Uuid>, _> = text.split(',').map(|id| Uuid::try_parse(id.trim())).collect();
    let mut ids = ids.map_err(|_| Problem::not_found())?;
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > AMONG {
        let detail = format!("names {}; {AMONG} at most", ids.len());
        return Err(Problem::invalid("/organizations", detail));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_that_is_named_twice_counts_once() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(ids(&format!("{other},{one}, {other}")).unwrap(), [one, other]);
        let many = |count: u128| (0..count).map(|n| Uuid::from_u128(n).to_string());
        let text = |count| many(count).collect::<Vec<_>>().join(",");
        assert!(ids(&text(AMONG as u128)).is_ok() && ids(&text(AMONG as u128 + 1)).is_err());
    }
}
