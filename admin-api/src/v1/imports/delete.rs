//! Forgetting an import.

use axum::http::StatusCode;
use directory::access::ManageIdentities;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Forgets an import that is over, and what became of its rows.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/imports/{import}",
    tag = "Imports",
    params(IfMatch),
    responses((status = 204, description = "Forgotten.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn delete_import(
    within: Within<ManageIdentities>,
    Item(import): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut imports = grant.imports();
        let id = imports.id_of(import)?;
        imports.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
