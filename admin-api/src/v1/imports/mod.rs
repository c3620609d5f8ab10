//! Imports: users and groups out of files.

mod apply;
mod cancel;
mod create;
mod delete;
mod list;
mod rows;
mod show;
mod size;
mod upload;

use std::collections::BTreeMap;

use directory::records::{
    self, ImportCounts, ImportState, MissingMembers, OnConflict, PasswordsOf,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::import::{Format, Holds, Manner};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::Revised;

pub(crate) use upload::no_file;

/// Why an import does not go on though it is under way.
const WAITS: &str = "the database takes no changes at the moment (its disk may be full); the import goes \
                     on by itself when it does";

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_imports, create::create_import))
        .routes(routes!(show::show_import, delete::delete_import))
        .routes(routes!(upload::upload_import))
        .routes(routes!(rows::list_import_rows))
        .routes(routes!(apply::apply_import))
        .routes(routes!(cancel::cancel_import))
}

/// An import. Its rows are checked as a whole before the first of them changes anything.
#[derive(Serialize, ToSchema)]
pub(crate) struct Import {
    /// The import's id.
    id: Uuid,
    /// When it was asked for.
    created: Moment,
    /// When it last went on to another state.
    modified: Moment,
    /// What it is called.
    name: String,
    /// How far it is: `receiving` its file, `checking` all rows, `checked` and waiting, `applying`
    /// them, or over: `done`, `cancelled`, `failed`.
    #[schema(example = "applying")]
    state: &'static str,
    /// Why it failed, or does not go on at the moment, if so.
    #[schema(required)]
    reason: Option<String>,
    /// Who asked for it.
    asked_by: String,
    /// What the file is made of.
    format: Format,
    /// What the lines of a table are about.
    holds: Holds,
    /// What headings and attributes say.
    mapping: BTreeMap<String, Option<String>>,
    /// What becomes of rows whose user or group is there already.
    #[schema(value_type = String, example = "update")]
    on_conflict: OnConflict,
    /// Whose passwords come along.
    #[schema(value_type = String, example = "new_users")]
    passwords: PasswordsOf,
    /// What becomes of members that nobody knows.
    #[schema(value_type = String, example = "error")]
    missing_members: MissingMembers,
    /// Whether rows in error are left out.
    leave_out_errors: bool,
    /// Whether it waits after the check.
    dry_run: bool,
    /// So many rows came.
    rows: u64,
    /// So many entries of the file are neither users nor groups.
    ignored: u64,
    /// So many rows were checked.
    checked: u64,
    /// So many rows were applied.
    applied: u64,
    /// So many of these have their memberships.
    joined: u64,
    /// What is to be done, by the check.
    planned: Counts,
    /// What was done.
    done: Counts,
}

/// Rows by what becomes of them.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportCounts)]
pub(crate) struct Counts {
    /// Users and groups that are made.
    create: u64,
    /// Those that are changed.
    update: u64,
    /// Those that are as the row says already.
    unchanged: u64,
    /// Those that are there and left alone.
    skip: u64,
    /// Rows in error.
    error: u64,
}

impl From<ImportCounts> for Counts {
    fn from(counts: ImportCounts) -> Self {
        let ImportCounts { create, update, unchanged, skip, error } = counts;
        Self { create, update, unchanged, skip, error }
    }
}

/// How an import's file is read.
fn manner(import: &records::Import) -> Result<Manner, Problem> {
    serde_json::from_str(&import.fields.reading).map_err(|error| Problem::internal(&error))
}

impl Import {
    fn of(import: records::Import) -> Result<Self, Problem> {
        let Manner { format, holds, mapping, .. } = manner(&import)?;
        let records::Import { uuid, stamp, state, fields, asked_by, rows, .. } = import;
        let name_of_state = state.name();
        let reason = match state {
            ImportState::Failed(reason) => Some(reason),
            ImportState::Receiving
            | ImportState::Checking
            | ImportState::Checked
            | ImportState::Applying
            | ImportState::Done
            | ImportState::Cancelled => None,
        };
        Ok(Self {
            id: uuid,
            created: Moment(stamp.created),
            modified: Moment(stamp.modified),
            name: fields.name,
            state: name_of_state,
            reason,
            asked_by,
            format,
            holds,
            mapping,
            on_conflict: fields.on_conflict,
            passwords: fields.passwords,
            missing_members: fields.missing_members,
            leave_out_errors: fields.leave_out_errors,
            dry_run: fields.dry_run,
            rows,
            ignored: import.ignored,
            checked: import.checked,
            applied: import.applied,
            joined: import.joined,
            planned: import.planned.into(),
            done: import.done.into(),
        })
    }

    /// The same, which says that it waits for the database where it does.
    fn waiting(self, is_stalled: bool) -> Self {
        let is_under_way = ["checking", "applying"].contains(&self.state);
        let reason = (is_stalled && is_under_way).then(|| WAITS.to_owned());
        Self { reason: self.reason.or(reason), ..self }
    }

    fn revised(import: records::Import) -> Result<Revised<Self>, Problem> {
        Ok(Revised::new(import.stamp.revision, Self::of(import)?))
    }
}
