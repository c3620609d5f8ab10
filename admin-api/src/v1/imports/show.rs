//! An import.

use directory::access::View;

use super::Import;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows an import and how far it is.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/imports/{import}",
    tag = "Imports",
    responses((status = 200, description = "The import.", body = Import)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_import(
    within: Within<View>,
    Item(import): Item,
) -> Result<Revised<Import>, Problem> {
    let reading = within.caller.read()?;
    let imports = reading.authorize::<View>(within.organization)?.imports();
    let id = imports.id_of(import)?;
    let import = imports.read(id)?;
    let revision = import.stamp.revision;
    Ok(Revised::new(revision, Import::of(import)?.waiting(imports.is_stalled(id))))
}
