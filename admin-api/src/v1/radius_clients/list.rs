//! The list of RADIUS clients.

use axum::Json;
use directory::access::View;

use super::RadiusClient;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
use crate::problem::Problem;

/// Lists RADIUS clients in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/radius-clients",
    tag = "RADIUS clients",
    params(NamedQuery),
    responses((status = 200, description = "A page of clients.", body = List<RadiusClient>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_radius_clients(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Json<List<RadiusClient>>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let page = grant.radius_clients().page(query.name(), query.after()?, query.limit()?)?;
    let show = |record| RadiusClient::of(record, &reading, within.organization);
    Ok(Json(List::try_of(page, show)?))
}
