//! Asking for an import.

use std::collections::BTreeMap;

use directory::access::{ManageIdentities, View};
use directory::records::{ImportFields, MissingMembers, OnConflict, PasswordsOf};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Import;
use crate::body::Body;
use crate::caller::Within;
use crate::import::{Format, Holds, Manner, check_mapping};
use crate::problem::Problem;
use crate::revision::Created;

/// What is to be imported, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "people.csv", "format": "csv", "on_conflict": "update", "dry_run": true,
    "mapping": {"User name": "login", "Full name": "display_name", "Office": null}
}))]
pub(crate) struct NewImport {
    /// What it is called, the file's name for example.
    name: String,
    /// What the file is made of.
    format: Format,
    /// What the lines of a table are about: `users`, the default, or `groups`.
    #[serde(default)]
    holds: Holds,
    /// What parts the values of a line: a comma, the default, a semicolon or a tabulator.
    delimiter: Option<String>,
    /// What headings of a table or attributes of entries say: a field's name, or null where it is
    /// left out. Headings that are fields' names say these, and usual attributes what they
    /// usually do.
    #[serde(default)]
    mapping: BTreeMap<String, Option<String>>,
    /// What becomes of rows whose user or group is there already: `error`, the default, `skip` or
    /// `update`.
    on_conflict: Option<Conflict>,
    /// Whose passwords come along: those of `new_users`, the default, or of `all_users` that an
    /// update finds.
    passwords: Option<Passwords>,
    /// What becomes of members that neither the file nor the organization has: `error`, the
    /// default, or `leave_out`.
    missing_members: Option<Missing>,
    /// Whether rows in error are left out; else nothing is done while there is one.
    #[serde(default)]
    leave_out_errors: bool,
    /// Whether it waits after the check to be applied.
    #[serde(default)]
    dry_run: bool,
}

/// What becomes of rows whose user or group is there already.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportConflict)]
enum Conflict {
    Error,
    Skip,
    Update,
}

/// Whose passwords come along.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportPasswords)]
enum Passwords {
    NewUsers,
    AllUsers,
}

/// What becomes of members that nobody knows.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportMissing)]
enum Missing {
    Error,
    LeaveOut,
}

/// Asks for an import. Send its file to `content` next.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/imports",
    tag = "Imports",
    request_body = NewImport,
    responses((status = 201, description = "Asked for.", body = Import)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn create_import(
    within: Within<ManageIdentities>,
    Body(new): Body<NewImport>,
) -> Result<Created<Import>, Problem> {
    let organization = within.organization;
    let delimiter = match new.delimiter.as_deref() {
        None | Some(",") => ',',
        Some(";") => ';',
        Some("\t") => '\t',
        Some(_) => {
            let detail = "must be a comma, a semicolon or a tabulator";
            return Err(Problem::invalid("/delimiter", detail));
        }
    };
    let manner = Manner { format: new.format, holds: new.holds, delimiter, mapping: new.mapping };
    let schema = within.caller.read()?.authorize::<View>(organization)?.schema()?;
    check_mapping(&manner, &schema)?;
    let fields = ImportFields {
        name: new.name,
        reading: serde_json::to_string(&manner).map_err(|error| Problem::internal(&error))?,
        on_conflict: match new.on_conflict {
            None | Some(Conflict::Error) => OnConflict::Error,
            Some(Conflict::Skip) => OnConflict::Skip,
            Some(Conflict::Update) => OnConflict::Update,
        },
        passwords: match new.passwords {
            None | Some(Passwords::NewUsers) => PasswordsOf::NewUsers,
            Some(Passwords::AllUsers) => PasswordsOf::AllUsers,
        },
        missing_members: match new.missing_members {
            None | Some(Missing::Error) => MissingMembers::Error,
            Some(Missing::LeaveOut) => MissingMembers::LeaveOut,
        },
        leave_out_errors: new.leave_out_errors,
        dry_run: new.dry_run,
    };
    let made = within.caller.change(move |change| {
        change.authorize::<ManageIdentities>(organization)?.imports().create(fields)
    });
    Ok(Created(Import::revised(made.await?.1)?))
}
