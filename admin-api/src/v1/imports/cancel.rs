//! Putting an end to an import.

use directory::access::ManageIdentities;

use super::Import;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Puts an end to an import: what was applied stays, and the rest of its file is erased.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/imports/{import}/cancel",
    tag = "Imports",
    params(IfMatch),
    responses((status = 200, description = "It ended.", body = Import)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn cancel_import(
    within: Within<ManageIdentities>,
    Item(import): Item,
    IfMatch(revision): IfMatch,
) -> Result<Revised<Import>, Problem> {
    let organization = within.organization;
    let ended = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut imports = grant.imports();
        let id = imports.id_of(import)?;
        imports.cancel(id, revision)
    });
    Import::revised(ended.await?)
}
