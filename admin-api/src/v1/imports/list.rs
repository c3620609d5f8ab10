//! The list of imports.

use axum::Json;
use directory::access::View;

use super::Import;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, PageQuery};
use crate::problem::Problem;

/// Lists the imports that are kept, in the order in which they were asked for: 20 at most.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/imports",
    tag = "Imports",
    params(PageQuery),
    responses((status = 200, description = "A page of imports.", body = List<Import>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_imports(
    within: Within<View>,
    Params(query): Params<PageQuery>,
) -> Result<Json<List<Import>>, Problem> {
    let (limit, after) = (query.limit()?, query.after()?);
    let all = within.caller.read()?.authorize::<View>(within.organization)?.imports().all()?;
    let behind = all.into_iter().filter(|(id, _)| after.is_none_or(|after| *id > after));
    let mut page: Vec<_> = behind.take(limit.saturating_add(1)).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|(id, _)| List::<Import>::cursor(*id));
    let items = page.into_iter().map(|(_, import)| Import::of(import));
    Ok(Json(List { items: items.collect::<Result<_, _>>()?, next }))
}
