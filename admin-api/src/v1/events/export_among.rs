//! All events of several organizations that are wanted, as a file.

use axum::response::Response;
use directory::Place;
use serde::Deserialize;

use super::export::{Export, ExportFormat};
use super::query::EventParams;
use super::whose::Whose;
use crate::body::BothParams;
use crate::caller::Caller;
use crate::problem::Problem;

/// How events are written, and whose.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportAmongQuery {
    /// What the file is written in; lines of JSON when absent.
    #[param(inline)]
    format: Option<ExportFormat>,
    /// Of these organizations, ids parted by commas; all in the caller's scope when absent. Ten
    /// thousand at most.
    organizations: Option<String>,
}

/// Exports events of several organizations: one organization after another, of each the oldest
/// first.
///
/// Each line says whose it is. The events of each organization are a chain of their own, which is
/// verified by itself. An organization outside of the caller's scope is not found.
#[utoipa::path(
    get,
    path = "/all-events/export",
    tag = "Events",
    params(EventParams, ExportAmongQuery),
    responses((
        status = 200,
        description = "The events, of the format's media type.",
        content((String = "application/jsonl"), (String = "text/csv"))
    )),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn export_all_events(
    caller: Caller,
    BothParams(wanted, query): BothParams<EventParams, ExportAmongQuery>,
) -> Result<Response, Problem> {
    let ExportAmongQuery { format, organizations } = query;
    let whose = Whose::read(organizations.as_deref())?;
    let query = wanted.query()?;
    let (context, api) = (caller.context, caller.api);
    let found = api.blocking(move |directory| {
        let organizations = whose.find(directory, context)?;
        let until = directory.read(context)?.export_end_among(&organizations)?;
        Ok::<_, Problem>((organizations, until))
    });
    let (organizations, until) = found.await?;
    let places = organizations.into_iter().map(|(id, _)| Place::from(id)).collect();
    let format = format.unwrap_or_default();
    let whose = None;
    Ok(Export { api, context, query, format, places, until, says_whose: true, whose }.answer())
}
