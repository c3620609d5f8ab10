//! Lists: a page at a time, with a cursor that only this API reads.

mod find;

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::RecordId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::problem::Problem;

/// The most items of a page.
const LARGEST_PAGE: usize = 200;
/// The items of a page when the query does not say.
const USUAL_PAGE: usize = 50;
/// So many octets of a cursor show that it is one of ours.
const TAG: usize = 16;

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
}

/// Which page of a list of things, or which of them, in which order, and what of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NamedQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before, with the same `name`, `filter` and `sort`.
    cursor: Option<String>,
    /// Only the one with this name (a login or a slug, where there are such), compared without case.
    name: Option<String>,
    /// Only items of which this is true: members compared with JSON values by `eq`, `ne`, `co`
    /// (contains), `sw` (starts with), `ew` (ends with), `gt`, `ge`, `lt`, `le`, or followed by `pr`
    /// (is there), joined by `and`, `or`, `not (…)` and parentheses, as in SCIM (RFC 7644 section
    /// 3.4.2.2). Text is compared without case; of several values one has to be meant. A page may
    /// be short although there are more.
    #[param(max_length = 1024, example = "state eq \"suspended\" and login sw \"a\"")]
    filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends. Items
    /// without the member come last. Without it things come in the order in which they were made.
    #[param(example = "surname,-created")]
    sort: Option<String>,
    /// Only these members of each item, parted by commas.
    #[param(example = "id,login")]
    fields: Option<String>,
}

/// Which page of a list of things without names, or which of them, in which order, and what of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlainQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before, with the same `filter` and `sort`.
    cursor: Option<String>,
    /// Only items of which this is true, as in lists of things with names.
    #[param(max_length = 1024, example = "state eq \"revoked\"")]
    filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends.
    #[param(example = "-not_after")]
    sort: Option<String>,
    /// Only these members of each item, parted by commas.
    #[param(example = "id,serial")]
    fields: Option<String>,
}

impl From<PlainQuery> for NamedQuery {
    fn from(query: PlainQuery) -> Self {
        let PlainQuery { limit, cursor, filter, sort, fields } = query;
        Self { limit, cursor, name: None, filter, sort, fields }
    }
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// What the page holds.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; null on the last.
    #[schema(required)]
    pub(crate) next: Option<String>,
}

/// A page of a list as it was asked for.
#[derive(Serialize)]
pub(crate) struct Listed<T> {
    items: Items<T>,
    next: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Items<T> {
    Whole(Vec<T>),
    /// Some members of each.
    Picked(Vec<Value>),
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl PageQuery {
    /// The number of items.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        page_size(self.limit)
    }

    /// The record behind which the page starts.
    pub(crate) fn after<I: RecordId>(&self) -> Result<Option<I>, Problem> {
        self.cursor.as_deref().map(read_record).transpose()
    }

    /// The cursor as it came.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }
}

/// What a list is asked for, and what cursors are made with.
pub(crate) struct Asked {
    query: NamedQuery,
    api: Api,
}

impl NamedQuery {
    /// Answers a list. What has to look through many records does so on a thread for such work, and no
    /// more of these at once than the machine has to spare for it.
    pub(crate) async fn answer<T: Send + 'static>(
        self,
        api: &Api,
        work: impl FnOnce(&Asked) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let asked = Asked { query: self, api: api.clone() };
        if asked.query.filter.is_none() && asked.query.sort.is_none() {
            return work(&asked);
        }
        let turn = Arc::clone(&api.looking).acquire_owned().await;
        let looking = api.blocking(move |_| {
            let answered = work(&asked);
            drop(turn);
            answered
        });
        looking.await
    }
}

impl<T> List<T> {
    /// The cursor of the page behind a record.
    pub(crate) fn cursor<I: RecordId>(id: I) -> String {
        write_cursor(&id.record().to_be_bytes())
    }
}

/// The number of items that a query asks for.
pub(crate) fn page_size(limit: Option<usize>) -> Result<usize, Problem> {
    match limit {
        None => Ok(USUAL_PAGE),
        Some(limit @ 1..=LARGEST_PAGE) => Ok(limit),
        Some(_) => Err(Problem::invalid("/limit", format!("must be 1 to {LARGEST_PAGE}"))),
    }
}

/// Writes a cursor.
pub(crate) fn write_cursor(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// Reads a cursor of so many octets.
pub(crate) fn read_cursor<const N: usize>(cursor: &str) -> Result<[u8; N], Problem> {
    let octets = URL_SAFE_NO_PAD.decode(cursor).ok();
    octets.and_then(|octets| octets.try_into().ok()).ok_or_else(no_cursor)
}

/// Reads the cursor of the page behind a record.
pub(crate) fn read_record<I: RecordId>(cursor: &str) -> Result<I, Problem> {
    I::from_record(u64::from_be_bytes(read_cursor(cursor)?)).ok_or_else(no_cursor)
}

/// Says that a cursor is none of ours.
pub(crate) fn no_cursor() -> Problem {
    Problem::invalid("/cursor", "must be `next` of the page before")
}

impl Asked {
    /// Writes where a page starts, so that it counts for the same question alone.
    fn seal(&self, body: &[u8]) -> String {
        write_cursor(&[&self.tag(body)[..], body].concat())
    }

    /// Reads where the page starts.
    fn unseal(&self) -> Result<Option<Vec<u8>>, Problem> {
        let Some(cursor) = &self.query.cursor else { return Ok(None) };
        let octets = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| no_cursor())?;
        let (tag, body) = octets.split_at_checked(TAG).ok_or_else(no_cursor)?;
        if tag != self.tag(body) {
            let detail = "must be `next` of the page before, with the same name, filter and sort; \
                          begin anew after a restart of the server";
            return Err(Problem::invalid("/cursor", detail));
        }
        Ok(Some(body.to_owned()))
    }

    fn tag(&self, body: &[u8]) -> [u8; TAG] {
        let NamedQuery { name, filter, sort, .. } = &self.query;
        let asked = [name, filter, sort].map(|part| part.as_deref().unwrap_or_default().as_bytes());
        let [name, filter, sort] = asked;
        let parts = [b"list".as_slice(), name, filter, sort, body];
        let mut tag = [0; TAG];
        let made = self.api.directory.tools().passing_tag(&parts);
        tag.iter_mut().zip(made).for_each(|(to, from)| *to = from);
        tag
    }
}
