//! How many events happened when.

use axum::Json;
use directory::Time;
use directory::access::View;
use directory::events::{CountBy, EventCounts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::query::EventParams;
use crate::body::BothParams;
use crate::caller::Home;
use crate::moment::Moment;
use crate::problem::Problem;

/// What is counted together.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Interval {
    /// What happened within a minute.
    Minute,
    /// Within an hour.
    #[default]
    Hour,
    /// Within a day of UTC.
    Day,
}

/// By what is counted.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// What was done or tried.
    Action,
    /// Who did it, by name, or else by what it is.
    Actor,
    /// To what it was done, by name.
    Subject,
    /// From where.
    Source,
    /// Whether it was done.
    Success,
    /// Whose it is, by the organization's id.
    Organization,
}

/// How events are counted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountsQuery {
    /// What is counted together; what happened within an hour when absent.
    #[param(inline)]
    interval: Option<Interval>,
    /// By what is counted; all together when absent.
    #[param(inline)]
    by: Option<By>,
}

/// How many events happened when.
#[derive(Serialize, ToSchema)]
pub(crate) struct Counts {
    /// The counts, the earliest first; intervals in which nothing happened are left out.
    items: Vec<Count>,
    /// Whether everything was counted: two million events are looked at (15 000 where a text is
    /// looked for), and ten thousand counts given at most, the newest first.
    complete: bool,
    /// When the earliest of the counted events happened.
    #[schema(required)]
    since: Option<Moment>,
}

/// How many events happened in an interval.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCount)]
pub(crate) struct Count {
    /// When the interval begins.
    start: Moment,
    /// What the events have in common; null where that is nothing.
    #[schema(required)]
    key: Option<String>,
    /// How many.
    count: u64,
}

/// Counts events by interval.
#[utoipa::path(
    get,
    path = "/events/counts",
    tag = "Events",
    params(EventParams, CountsQuery),
    responses((status = 200, description = "The counts.", body = Counts)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn count_events(
    home: Home<View>,
    BothParams(wanted, query): BothParams<EventParams, CountsQuery>,
) -> Result<Json<Counts>, Problem> {
    let CountsQuery { interval, by } = query;
    let query = wanted.query()?;
    let (interval, by) = (interval.unwrap_or_default(), by.map_or(CountBy::Nothing, Into::into));
    let (place, context) = (home.place, home.caller.context);
    let turn = home.caller.api.searching.take(home.caller.whose).await?;
    let counts = home.caller.api.blocking(move |directory| {
        let _turn = turn;
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<View>(place)?;
        Ok::<_, Problem>(grant.count_events(&query, &|at| interval.start(at), by)?)
    });
    Ok(Json(counts.await?.into()))
}

impl Interval {
    /// When the interval begins in which a time lies.
    pub(super) fn start(self, Time(at): Time) -> Time {
        let length = match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        };
        Time(at - at % length)
    }
}

impl From<EventCounts> for Counts {
    fn from(EventCounts { counts, complete, since }: EventCounts) -> Self {
        let items = counts.into_iter().map(|(start, key, count)| {
            let start = Moment(start);
            Count { start, key, count }
        });
        Self { items: items.collect(), complete, since: since.map(Moment) }
    }
}

impl From<By> for CountBy {
    fn from(by: By) -> Self {
        match by {
            By::Action => Self::Action,
            By::Actor => Self::Actor,
            By::Subject => Self::Subject,
            By::Source => Self::Source,
            By::Success => Self::Success,
            By::Organization => Self::Organization,
        }
    }
}
