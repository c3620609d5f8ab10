//! The list of service accounts.

use axum::Json;
use directory::access::View;

use super::ServiceAccount;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
use crate::problem::Problem;

/// Lists service accounts in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/service-accounts",
    tag = "Service accounts",
    params(NamedQuery),
    responses((
        status = 200,
        description = "A page of service accounts.",
        body = List<ServiceAccount>
    )),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_service_accounts(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Json<List<ServiceAccount>>, Problem> {
    let reading = within.caller.read()?;
    let grant = reading.authorize::<View>(within.organization)?;
    let page = grant.service_accounts().page(query.name(), query.after()?, query.limit()?)?;
    let show = |record| ServiceAccount::of(record, &reading, within.organization);
    Ok(Json(List::try_of(page, show)?))
}
