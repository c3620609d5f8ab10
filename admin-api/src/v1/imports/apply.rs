//! Applying an import that was checked, or that failed.

use directory::access::ManageIdentities;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Import;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// How a checked import is applied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    /// Whether rows in error are left out; else nothing is done while there is one.
    #[serde(default)]
    leave_out_errors: bool,
}

/// Applies an import that was checked. A row that does not fit any more, because somebody changed
/// something since, is in error then; the others go on. One that failed goes on where it was, as long
/// as its rows are kept, for a week: what was applied is not applied again.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/imports/{import}/apply",
    tag = "Imports",
    params(IfMatch),
    request_body = Application,
    responses((status = 200, description = "It is being applied.", body = Import)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn apply_import(
    within: Within<ManageIdentities>,
    Item(import): Item,
    IfMatch(revision): IfMatch,
    Body(how): Body<Application>,
) -> Result<Revised<Import>, Problem> {
    let organization = within.organization;
    let applied = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut imports = grant.imports();
        let id = imports.id_of(import)?;
        imports.apply(id, revision, how.leave_out_errors)
    });
    Import::revised(applied.await?)
}
