//! Lists: a page at a time, with a cursor that only this API reads.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::RecordId;
use directory::collections::{Entity, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// The most items of a page.
const LARGEST_PAGE: usize = 200;
/// The items of a page when the query does not say.
const USUAL_PAGE: usize = 50;

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

/// Which page of a list of named things, or which of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NamedQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before.
    cursor: Option<String>,
    /// Only the one with this name (a login or a slug, where there are such), compared without case.
    name: Option<String>,
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

impl NamedQuery {
    /// The number of items.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        page_size(self.limit)
    }

    /// The record behind which the page starts.
    pub(crate) fn after<I: RecordId>(&self) -> Result<Option<I>, Problem> {
        self.cursor.as_deref().map(read_record).transpose()
    }

    /// The only one that is wanted.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl<T> List<T> {
    /// The cursor of the page behind a record.
    pub(crate) fn cursor<I: RecordId>(id: I) -> String {
        write_cursor(&id.record().to_be_bytes())
    }

    /// Shows a page of records.
    pub(crate) fn of<E: Entity>(page: Page<E>, show: impl Fn(E) -> T) -> Self {
        let next = page.next.map(Self::cursor);
        Self { items: page.records.into_iter().map(|(_, record)| show(record)).collect(), next }
    }

    /// Shows a page of records, each with a look into the store.
    pub(crate) fn try_of<E: Entity>(
        page: Page<E>,
        show: impl Fn(E) -> Result<T, Problem>,
    ) -> Result<Self, Problem> {
        let next = page.next.map(Self::cursor);
        let items = page.records.into_iter().map(|(_, record)| show(record));
        Ok(Self { items: items.collect::<Result<_, _>>()?, next })
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
