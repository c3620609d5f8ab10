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

/// The most octets of a filter.
const FILTER: usize = 8 << 10;
/// The most attributes that are asked for.
const ATTRIBUTES: usize = 256;

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
    if request.filter.as_ref().is_some_and(|filter| filter.len() > FILTER) {
        return Err(Problem::invalid("/filter", format!("must have at most {FILTER} octets")));
    }
    if request.attributes.len() > ATTRIBUTES {
        let detail = format!("must be at most {ATTRIBUTES} attributes");
        return Err(Problem::invalid("/attributes", detail));
    }
    let (organization, context) = (within.organization, within.caller.context);
    let (api, explainer) = (&within.caller.api, within.caller.api.ldap.clone());
    let turn = api.explaining.take(within.caller.whose).await;
    let turn = turn.map_err(|_| Problem::explaining())?;
    let explained = api.blocking(move |directory| {
        let _turn = turn;
        explainer(&directory.read(context)?, organization, &request)
    });
    Ok(Json(explained.await?))
}
