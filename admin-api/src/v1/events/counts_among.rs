//! How many events of several organizations happened when.

use axum::Json;
use directory::events::CountBy;
use serde::Deserialize;

use super::counts::{By, Counts, Interval};
use super::query::EventParams;
use super::whose::Whose;
use crate::body::BothParams;
use crate::caller::Caller;
use crate::problem::Problem;

/// How events are counted, and whose.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountsAmongQuery {
    /// What is counted together; what happened within an hour when absent.
    #[param(inline)]
    interval: Option<Interval>,
    /// By what is counted; all together when absent.
    #[param(inline)]
    by: Option<By>,
    /// Of these organizations, ids parted by commas; all in the caller's scope when absent. Ten
    /// thousand at most.
    organizations: Option<String>,
}

/// Counts events of several organizations by interval.
///
/// So much is looked at for all of them together as for one alone. Where that is not everything, the
/// newest are counted, whosever they are. An organization outside of the caller's scope is not found.
#[utoipa::path(
    get,
    path = "/all-events/counts",
    tag = "Events",
    params(EventParams, CountsAmongQuery),
    responses((status = 200, description = "The counts.", body = Counts)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn count_all_events(
    caller: Caller,
    BothParams(wanted, query): BothParams<EventParams, CountsAmongQuery>,
) -> Result<Json<Counts>, Problem> {
    let CountsAmongQuery { interval, by, organizations } = query;
    let (interval, by) = (interval.unwrap_or_default(), by.map_or(CountBy::Nothing, Into::into));
    let whose = Whose::read(organizations.as_deref())?;
    let query = wanted.query()?;
    let context = caller.context;
    let turn = caller.api.searching.take(caller.whose).await?;
    let counts = caller.api.blocking(move |directory| {
        let _turn = turn;
        let organizations = whose.find(directory, context)?;
        let reading = directory.read(context)?;
        let start = |at| interval.start(at);
        Ok::<_, Problem>(reading.count_events_among(&organizations, &query, &start, by)?)
    });
    Ok(Json(counts.await?.into()))
}
