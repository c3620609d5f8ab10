//! All events that are wanted, as a file.

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use directory::Place;
use directory::access::{Context, Obstacle, View};
use directory::events::{EventLines, EventQuery};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::query::EventParams;
use super::table;
use crate::api::Api;
use crate::body::BothParams;
use crate::caller::Home;
use crate::flow::{Flow, flow};
use crate::problem::Problem;

/// What a file is written in.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    /// A line of JSON for each event: canonical (RFC 8785), with the hash.
    #[default]
    Jsonl,
    /// A table (RFC 4180).
    Csv,
}

/// How events are written.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// What the file is written in; lines of JSON when absent.
    #[param(inline)]
    format: Option<ExportFormat>,
}

/// Exports events, the oldest first.
///
/// Lines of JSON can be verified by themselves: the hash of each is SHA-256 of the line without the
/// hash, and names the one before it. A filter other than a time leaves lines out of the chain; with
/// a time alone all from the first event of that time to the last are there, even if some between
/// happened at another.
///
/// Of the provider's events those about organizations outside of your scope are left out. Where your
/// scope is not all of them, lines of JSON take a filter other than a time: what is left is no chain.
#[utoipa::path(
    get,
    path = "/events/export",
    tag = "Events",
    params(EventParams, ExportQuery),
    responses((
        status = 200,
        description = "The events, of the format's media type.",
        content((String = "application/jsonl"), (String = "text/csv"))
    )),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn export_events(
    home: Home<View>,
    BothParams(wanted, query): BothParams<EventParams, ExportQuery>,
) -> Result<Response, Problem> {
    let format = query.format.unwrap_or_default();
    let query = wanted.query()?;
    let (place, context, whose) = (home.place, home.caller.context, home.caller.whose);
    let (api, is_chain) = (home.caller.api, is_chain(format, &query));
    let end = api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<View>(place)?;
        if is_chain && !grant.shows_all_events()? {
            return Err(no_chain());
        }
        Ok::<_, Problem>(grant.export_end()?)
    });
    let (until, places) = (end.await?, vec![place]);
    Ok(Export { api, context, query, format, places, until, says_whose: false, whose }.answer())
}

/// For who is shown a part of the events alone, and gets no lines of JSON.
fn no_chain() -> Problem {
    Problem::invalid("/format", Obstacle::ScopeOfAllForChain.to_string())
}

/// Whether an export is to be verified by itself.
fn is_chain(format: ExportFormat, query: &EventQuery) -> bool {
    matches!(format, ExportFormat::Jsonl) && query.is_everything()
}

/// An export under way.
pub(super) struct Export {
    pub(super) api: Api,
    pub(super) context: Context,
    pub(super) query: EventQuery,
    pub(super) format: ExportFormat,
    /// Whose events it has, one after another.
    pub(super) places: Vec<Place>,
    /// The last number that is looked at.
    pub(super) until: u64,
    /// Whether a table says of each event whose it is, as lines of JSON do.
    pub(super) says_whose: bool,
    /// The organization in whose line it waits for its turns.
    pub(super) whose: Option<Uuid>,
}

/// What comes next of it.
struct Piece {
    text: Bytes,
    /// What is left of the place's; none at the end.
    rest: Option<Rest>,
}

/// What is left of a place's events.
#[derive(Default)]
struct Rest {
    /// The number behind which it goes on, and the last one; none before it was found out.
    range: Option<(u64, u64)>,
    /// The hash of the last event so far.
    last: Option<Value>,
}

impl Export {
    /// The answer, which is made while it is sent.
    pub(super) fn answer(self) -> Response {
        let (kind, file) = match self.format {
            ExportFormat::Jsonl => ("application/jsonl", "attachment; filename=\"events.jsonl\""),
            ExportFormat::Csv => {
                ("text/csv; charset=utf-8; header=present", "attachment; filename=\"events.csv\"")
            }
        };
        let (sender, body) = flow();
        tokio::spawn(self.run(sender));
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(file));
        response
    }

    async fn run(self, sender: Flow) {
        let header = || Bytes::from(table::header(self.says_whose));
        if matches!(self.format, ExportFormat::Csv) && !sender.send(header()).await {
            return;
        }
        for place in &self.places {
            if !self.send(*place, &sender).await {
                return;
            }
        }
        sender.end().await;
    }

    /// Sends the events of a place; `false` when that is the end of all. A part is read when the one
    /// before it has been taken. Rights are looked at for each part, and nothing is held in between.
    async fn send(&self, place: Place, sender: &Flow) -> bool {
        let mut rest = Rest::default();
        loop {
            // Where nothing is found nothing is sent, by which that would be known.
            if !sender.is_heard() {
                return false;
            }
            match self.piece(place, rest).await {
                Ok(piece) => {
                    if !piece.text.is_empty() && !sender.send(piece.text).await {
                        return false;
                    }
                    match piece.rest {
                        Some(left) => rest = left,
                        None => return true,
                    }
                }
                // What was begun has no other way to say that it is not whole.
                Err(problem) => {
                    tracing::info!(?problem, "an export was broken off");
                    return false;
                }
            }
        }
    }

    async fn piece(&self, place: Place, rest: Rest) -> Result<Piece, Problem> {
        let (format, says_whose, until) = (self.format, self.says_whose, self.until);
        let context = Context { now: self.api.now(), ..self.context };
        let query = self.query.clone();
        // What was begun is not broken off because others look for something.
        let turn = self.api.searching.wait(self.whose).await?;
        let piece = self.api.blocking(move |directory| {
            let _turn = turn;
            let reading = directory.read(context)?;
            let grant = reading.authorize_at::<View>(place)?;
            let Rest { range, mut last } = rest;
            let (after, until) = match range {
                Some(range) => range,
                None => grant.export_range(&query, until)?,
            };
            let EventLines { lines, next, is_whole } =
                grant.export_events(&query, (after, until))?;
            if is_chain(format, &query) && !is_whole {
                return Err(no_chain());
            }
            let mut text = String::new();
            for line in lines {
                let previous = line.members.get("previous");
                let broken = is_whole && last.is_some() && last.as_ref() != previous;
                if broken {
                    return Err(Problem::internal(&"what is exported was forgotten meanwhile"));
                }
                match format {
                    ExportFormat::Jsonl => text.push_str(&line.json()),
                    ExportFormat::Csv => table::write(&line.members, says_whose, &mut text),
                }
                text.push_str(if matches!(format, ExportFormat::Csv) { "\r\n" } else { "\n" });
                last = line.members.get("hash").cloned();
            }
            let rest = next.map(|after| Rest { range: Some((after, until)), last });
            Ok::<_, Problem>(Piece { text: Bytes::from(text), rest })
        });
        piece.await
    }
}
