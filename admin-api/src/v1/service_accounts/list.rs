//! The list of service accounts.

use directory::access::View;

use super::ServiceAccount;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
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
) -> Result<Listed<ServiceAccount>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let accounts = reading.authorize::<View>(within.organization)?.service_accounts();
        let show = |_, record| ServiceAccount::of(record, &reading, within.organization);
        asked.find(&accounts, show)
    });
    looking.await
}
