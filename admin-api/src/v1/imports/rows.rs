//! What becomes of an import's rows.

use directory::access::View;
use directory::imports::{RowKind, RowOutcome, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Params;
use crate::caller::{Item, Within};
use crate::list::{List, Listed, NamedQuery, PlainQuery};
use crate::problem::Problem;

/// Which rows.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowQuery {
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before, with the same questions but `fields`.
    cursor: Option<String>,
    /// Only items of which this is true, as in other lists.
    #[param(max_length = 1024, example = "kind eq \"group\"")]
    filter: Option<String>,
    /// Members to sort by, the first first, parted by commas, with `-` before one that descends.
    #[param(example = "-line")]
    sort: Option<String>,
    /// Only these members of each item, parted by commas.
    #[param(example = "line,reason")]
    fields: Option<String>,
    /// Only those of which this becomes: `create`, `update`, `unchanged`, `skip` or `error`.
    #[param(value_type = Option<String>, example = "error")]
    outcome: Option<Outcome>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportOutcome)]
pub(crate) enum Outcome {
    /// A user or a group is made.
    Create,
    /// One is changed.
    Update,
    /// It is as the row says already.
    Unchanged,
    /// It is there and left alone.
    Skip,
    /// The row is in error.
    Error,
}

/// A row, and what becomes of it or became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportRow {
    /// The line of the file where it begins.
    line: u64,
    /// What it is about: `user`, `group`, or `unknown` where it could not be read.
    #[schema(value_type = String, example = "user")]
    kind: RowKind,
    /// The login of the user, or the name of the group.
    name: String,
    /// What becomes of it.
    outcome: Outcome,
    /// The column or the attribute that is in error.
    #[schema(required)]
    column: Option<String>,
    /// Why it is in error.
    #[schema(required)]
    reason: Option<String>,
    /// What is left out.
    notes: Vec<String>,
    /// What changes of a user or a group that is there, or what one that is made begins with: that is
    /// told until all rows are applied, and then by its event.
    changes: Vec<ImportChange>,
}

/// A value before and after.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportChange {
    /// The field.
    field: String,
    /// Its value before, as JSON.
    #[schema(required)]
    before: Option<String>,
    /// Its value after, as JSON; `+3` where so many come into groups. Of a password it tells how it
    /// comes, in `clear` or as a `hash`, or that `none` does.
    #[schema(required)]
    after: Option<String>,
}

/// Lists what becomes of the rows, or became of them, in the order of the file.
///
/// A page of one outcome may hold few rows, or none, and still have a `next`.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/imports/{import}/rows",
    tag = "Imports",
    params(RowQuery),
    responses((status = 200, description = "A page of rows.", body = List<ImportRow>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_import_rows(
    within: Within<View>,
    Item(import): Item,
    Params(query): Params<RowQuery>,
) -> Result<Listed<ImportRow>, Problem> {
    let verdict = query.outcome.map(|outcome| match outcome {
        Outcome::Create => Verdict::Create,
        Outcome::Update => Verdict::Update,
        Outcome::Unchanged => Verdict::Unchanged,
        Outcome::Skip => Verdict::Skip,
        Outcome::Error => Verdict::Error,
    });
    let RowQuery { limit, cursor, filter, sort, fields, outcome } = query;
    let (asking, organization) = (within.caller.asking(), within.organization);
    let query = NamedQuery::from(PlainQuery { limit, cursor, filter, sort, fields });
    let query = query.with(&[outcome.map(|outcome| format!("{outcome:?}"))]);
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let grant = reading.authorize::<View>(organization)?;
        let rows = grant.rows_of(grant.imports().id_of(import)?, verdict);
        asked.find(&rows, |_, row| Ok(ImportRow::from(row)))
    });
    looking.await
}

impl From<RowOutcome> for ImportRow {
    fn from(row: RowOutcome) -> Self {
        let changes = row.changes.into_iter().map(|change| ImportChange {
            field: change.field,
            before: change.before,
            after: change.after,
        });
        Self {
            line: row.line,
            kind: row.kind,
            name: row.name,
            outcome: match row.verdict {
                Verdict::Create => Outcome::Create,
                Verdict::Update => Outcome::Update,
                Verdict::Unchanged => Outcome::Unchanged,
                Verdict::Skip => Outcome::Skip,
                Verdict::Error => Outcome::Error,
            },
            column: row.column,
            reason: row.reason,
            notes: row.notes,
            changes: changes.collect(),
        }
    }
}
