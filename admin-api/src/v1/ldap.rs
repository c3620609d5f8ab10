//! What LDAP would say to an application.

use axum::Json;
use directory::access::View;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::body::Body;
use crate::caller::Within;
use crate::ldap::{LdapExplanation, LdapRequest};
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(explain_ldap_request))
}

/// Says what LDAP would answer to a bind and a search, without a password and without anybody being
/// told: who binds, under which base and in which layout, how the filter is understood, what an index
/// serves, and which limit would end the search.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/ldap/explain",
    tag = "Service accounts",
    request_body = LdapRequest,
    responses((status = 200, description = "What LDAP would say.", body = LdapExplanation)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn explain_ldap_request(
    within: Within<View>,
    Body(request): Body<LdapRequest>,
) -> Result<Json<LdapExplanation>, Problem> {
    let named = [&request.bind, &request.service_account, &request.user];
    if named.into_iter().flatten().count() != 1 {
        let detail = "must be there, or else a service_account or a user, and only one of them";
        return Err(Problem::invalid("/bind", detail));
    }
    let (organization, reading) = (within.organization, within.caller.read()?);
    let explainer = within.caller.api.ldap.clone();
    let explained =
        within.caller.api.blocking(move |_| explainer(&reading, organization, &request));
    Ok(Json(explained.await?))
}
