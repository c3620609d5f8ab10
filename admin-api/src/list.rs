//! Lists: a page at a time, with a cursor that only this API reads.

mod find;
mod whole;

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::AdminId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::Api;
use crate::problem::Problem;

pub(crate) use whole::Chosen;

/// The most items of a page.
const LARGEST_PAGE: usize = 200;
/// The items of a page when the query does not say.
const USUAL_PAGE: usize = 50;
/// So many octets of a cursor show that it is one of ours.
const TAG: usize = 16;

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
    #[param(max_length = 1024)]
    filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends. Items
    /// without the member come last. Without it things come in the order in which they were made.
    sort: Option<String>,
    /// Only these members of each item, parted by commas.
    fields: Option<String>,
    /// What else a list is asked for, as text: cursors are for that alone.
    #[serde(skip)]
    #[param(ignore)]
    also: String,
}

/// Which page of a list of things without names, or which of them, in which order, and what of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlainQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<usize>,
    /// Where the page starts: `next` of the page before, with the same `filter` and `sort`.
    pub(crate) cursor: Option<String>,
    /// Only items of which this is true, as in lists of things with names.
    #[param(max_length = 1024)]
    pub(crate) filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends.
    pub(crate) sort: Option<String>,
    /// Only these members of each item, parted by commas.
    pub(crate) fields: Option<String>,
}

impl From<PlainQuery> for NamedQuery {
    fn from(query: PlainQuery) -> Self {
        let PlainQuery { limit, cursor, filter, sort, fields } = query;
        Self { limit, cursor, name: None, filter, sort, fields, also: String::new() }
    }
}

/// Which items of a list that is one page, in which order, and what of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WholeQuery {
    /// Only items of which this is true, as in lists of things with names.
    #[param(max_length = 1024)]
    filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends.
    sort: Option<String>,
    /// Only these members of each item, parted by commas.
    fields: Option<String>,
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

/// What a list is asked for, and what cursors are made with.
pub(crate) struct Asked {
    query: NamedQuery,
    asking: Asking,
}

/// Who asks for which list: cursors are for them and it.
pub(crate) struct Asking {
    pub(crate) api: Api,
    /// The admin.
    pub(crate) admin: Option<AdminId>,
    /// The path of the list.
    pub(crate) path: Arc<str>,
    /// The organization that the path names, in whose line it waits.
    pub(crate) whose: Option<Uuid>,
}

impl NamedQuery {
    /// The same of the things with a name.
    pub(crate) fn called(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// The same of a list that has questions of its own, which are these.
    pub(crate) fn with(self, also: &[Option<String>]) -> Self {
        let is_asked = also.iter().any(Option::is_some);
        let also = if is_asked { format!("{also:?}") } else { String::new() };
        Self { also, ..self }
    }

    /// The same of a list with a member for which, where it is to be shown, all that there are have to be
    /// looked at.
    pub(crate) fn looking_at_all_for(self, member: &str) -> Self {
        let is_shown = self.fields.as_ref().is_some_and(|fields| fields.contains(member));
        self.with(&[is_shown.then(|| member.to_owned())])
    }

    /// Answers a list. What has to look through many records does so on a thread for such work, and no
    /// more of these at once than the machine has to spare for it.
    pub(crate) async fn answer<T: Send + 'static>(
        self,
        asking: Asking,
        work: impl FnOnce(&Asked) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let api = asking.api.clone();
        let asked = Asked { query: self, asking };
        if asked.query.looks_at_few() {
            return work(&asked);
        }
        let turn = api.looking.take(asked.asking.whose).await?;
        let looking = api.blocking(move |_| {
            let answered = work(&asked);
            drop(turn);
            answered
        });
        looking.await
    }
}

impl NamedQuery {
    /// Whether no more is looked at than is shown.
    fn looks_at_few(&self) -> bool {
        self.filter.is_none() && self.sort.is_none() && self.also.is_empty()
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
            let detail = "must be `next` of the page before, from the same list with the same \
                          questions, asked by the same admin";
            return Err(Problem::invalid("/cursor", detail));
        }
        Ok(Some(body.to_owned()))
    }

    fn tag(&self, body: &[u8]) -> [u8; TAG] {
        let NamedQuery { name, filter, sort, also, .. } = &self.query;
        let asked = [name, filter, sort].map(|part| part.as_deref().unwrap_or_default().as_bytes());
        let [name, filter, sort] = asked;
        let Asking { api, admin, path, .. } = &self.asking;
        let admin = format!("{admin:?}");
        let by = [b"list".as_slice(), admin.as_bytes(), path.as_bytes()];
        let parts = [&by[..], &[name, filter, sort, also.as_bytes(), body]].concat();
        let mut tag = [0; TAG];
        let made = api.directory.tools().lasting_tag(&parts);
        tag.iter_mut().zip(made).for_each(|(to, from)| *to = from);
        tag
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_all_have_to_be_looked_at_for_takes_a_turn() {
        let is_quick = |query: Value| {
            let query: NamedQuery = serde_json::from_value(query).unwrap();
            query.looking_at_all_for("weaknesses").looks_at_few()
        };
        assert!(is_quick(json!({})) && is_quick(json!({"fields": "id,name"})));
        assert!(!is_quick(json!({"fields": "id,weaknesses"})));
        assert!(!is_quick(json!({"filter": "weaknesses pr"})));
    }
}
