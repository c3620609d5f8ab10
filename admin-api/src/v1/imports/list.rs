//! The list of imports.

use directory::access::View;

use super::Import;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists the imports that are kept, in the order in which they were asked for: 20 at most.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/imports",
    tag = "Imports",
    params(NamedQuery),
    responses((status = 200, description = "A page of imports.", body = List<Import>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_imports(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<Import>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let imports = reading.authorize::<View>(within.organization)?.imports();
        asked.find(&imports, |id, record| Ok(Import::of(record)?.waiting(imports.is_stalled(id))))
    });
    looking.await
}
