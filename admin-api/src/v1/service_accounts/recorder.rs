//! What a service account asked for and did not get.

use axum::Json;
use axum::http::StatusCode;
use directory::access::{ManageConfiguration, View};
use directory::{Line, Missed};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Item, Within};
use crate::moment::Moment;
use crate::problem::Problem;

/// What a service account asked for and did not get since the daemon started, the latest first;
/// 64 different things at most, and 8 controls for which binds in its name were refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recorder {
    /// The things.
    items: Vec<RecordedLine>,
}

/// One thing that a service account asked for and did not get.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordedLine {
    /// What it was.
    missed: What,
    /// Which one; no value that the application sent is in it.
    text: String,
    /// How often it was noticed; what one connection repeats within a second counts once.
    times: u64,
    /// When it was noticed first.
    first: Moment,
    /// When it was noticed last.
    last: Moment,
}

/// What a service account asked for and did not get.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Missed)]
pub(crate) enum What {
    /// An attribute that no entry can have, as the service account is shown entries.
    Attribute,
    /// A filter on an attribute that no entry can have, or a comparison with it.
    FilterAttribute,
    /// A filter by an object class that no entry has, by the name of the class.
    ObjectClass,
    /// A filter by a matching rule that is not known.
    MatchingRule,
    /// A filter that no index serves: many entries were looked through.
    FilterWithoutIndex,
    /// An order by an attribute, by its name, that entries cannot be sorted by.
    Order,
    /// More entries than a limit lets, or a longer search, in the words that told it.
    Limit,
    /// A name to search from, or to compare with, that there is not or that is none; values that
    /// could name somebody are masked.
    Base,
    /// A control that is not known.
    Control,
    /// An extended operation that is not known.
    Operation,
    /// A change.
    Change,
    /// A bind.
    Bind,
}

/// Shows what a service account asked for and did not get.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/service-accounts/{service_account}/recorder",
    tag = "Service accounts",
    responses((status = 200, description = "What it did not get.", body = Recorder)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_recorder(
    within: Within<View>,
    Item(service_account): Item,
) -> Result<Json<Recorder>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let account = grant.service_accounts().id_of(service_account)?;
    let items = grant.recorded(account)?.into_iter().map(Into::into).collect();
    Ok(Json(Recorder { items }))
}

/// Forgets what a service account asked for and did not get.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/service-accounts/{service_account}/recorder",
    tag = "Service accounts",
    responses((status = 204, description = "Forgotten.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn clear_recorder(
    within: Within<ManageConfiguration>,
    Item(service_account): Item,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let cleared = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let account = grant.service_accounts().id_of(service_account)?;
        grant.forget_recorded(account)
    });
    cleared.await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Line> for RecordedLine {
    fn from(line: Line) -> Self {
        Self {
            missed: match line.missed {
                Missed::Attribute => What::Attribute,
                Missed::FilterAttribute => What::FilterAttribute,
                Missed::ObjectClass => What::ObjectClass,
                Missed::Order => What::Order,
                Missed::Limit => What::Limit,
                Missed::MatchingRule => What::MatchingRule,
                Missed::Unserved => What::FilterWithoutIndex,
                Missed::Base => What::Base,
                Missed::Control => What::Control,
                Missed::Operation => What::Operation,
                Missed::Change => What::Change,
                Missed::Entrance => What::Bind,
            },
            text: line.text,
            times: line.times,
            first: Moment(line.first),
            last: Moment(line.last),
        }
    }
}
