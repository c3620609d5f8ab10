//! Saying which client certificates prove a service account.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::fingerprint::Certificates;
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Says which client certificates prove a service account; those of before do not any more.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/service-accounts/{service_account}/certificates",
    tag = "Service accounts",
    params(IfMatch),
    request_body = Certificates,
    responses((status = 204, description = "Set.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn set_service_account_certificates(
    within: Within<ManageConfiguration>,
    Item(service_account): Item,
    IfMatch(revision): IfMatch,
    Body(certificates): Body<Certificates>,
) -> Result<StatusCode, Problem> {
    let (organization, fingerprints) = (within.organization, certificates.parse()?);
    let set = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut service_accounts = grant.service_accounts();
        let id = service_accounts.id_of(service_account)?;
        service_accounts.require_seen(id, revision)?;
        service_accounts.set_certificates(id, fingerprints)
    });
    set.await?;
    Ok(StatusCode::NO_CONTENT)
}
