//! What the organizations' own authorities revoked, for whoever asks.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_revocation_list))
}

/// Where the lists stand, as a path of this API.
pub(crate) const LISTS: &str = "/v1/revocation-lists/";

/// Shows the list of certificates that an authority revoked, in DER (RFC 5280 section 5). It counts
/// for seven days and is signed anew with each change and each day.
#[utoipa::path(
    get,
    path = "/revocation-lists/{revocation_list}",
    tag = "Certificate authorities",
    security(()),
    params(("revocation_list" = String, Path, description = "As the authority shows it.")),
    responses((
        status = 200,
        description = "The list.",
        body = Vec<u8>,
        content_type = "application/pkix-crl"
    ))
)]
pub(crate) async fn show_revocation_list(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let Some((home, authority)) = read(&name) else { return Err(Problem::not_found()) };
    let now = api.now();
    let found = api.blocking(move |directory| directory.revocation_list(home, authority, now));
    let list = found.await?.ok_or_else(Problem::not_found)?;
    let kind = HeaderValue::from_static("application/pkix-crl");
    Ok(([(CONTENT_TYPE, kind)], list.der.clone()).into_response())
}

/// The organization and the authority in a list's name.
fn read(name: &str) -> Option<(Uuid, Uuid)> {
    let ids = name.strip_suffix(".crl")?;
    let (home, authority) = ids.split_at_checked(32)?;
    let one = |text: &str| (text.len() == 32).then(|| Uuid::try_parse(text).ok()).flatten();
    Some((one(home)?, one(authority)?))
}
