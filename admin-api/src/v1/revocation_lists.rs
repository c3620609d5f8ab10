//! What the organizations' own authorities revoked, for whoever asks.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::caller::Peer;
use crate::problem::Problem;
use crate::revision::is_known;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_revocation_list))
}

/// Where the lists stand, as a path of this API.
pub(crate) const LISTS: &str = "/v1/revocation-lists/";

/// For how long a list is kept by those who fetched it, as they are told.
const KEPT: &str = "public, max-age=600";

/// Shows the list of certificates that an authority revoked, in DER (RFC 5280 section 5). It counts
/// for seven days and is signed anew with what was revoked and each day.
///
/// A source that asks too often is told when to come back (`[admin_api] revocation_lists_per_minute`).
#[utoipa::path(
    get,
    path = "/revocation-lists/{revocation_list}",
    tag = "Certificate authorities",
    security(()),
    params(
        ("revocation_list" = String, Path, description = "As the authority shows it."),
        ("If-None-Match" = Option<String>, Header, description = "What the caller has already."),
    ),
    responses(
        (
            status = 200,
            description = "The list.",
            body = Vec<u8>,
            content_type = "application/pkix-crl",
            headers(("ETag" = String), ("Cache-Control" = String))
        ),
        (status = 304, description = "The caller has it."),
        (status = 429, description = "Asked too often; `Retry-After` says when to come back.")
    )
)]
pub(crate) async fn show_revocation_list(
    State(api): State<Api>,
    Peer(peer): Peer,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = api.now();
    api.strangers.admit(peer, now).map_err(Problem::too_often)?;
    let Some((home, authority)) = read(&name) else { return Err(Problem::not_found()) };
    let found = api.blocking(move |directory| directory.revocation_list(home, authority, now));
    let list = found.await?.ok_or_else(Problem::not_found)?;
    let tag = format!("\"{}\"", list.tag);
    let has_it = is_known(&headers, &tag);
    let tag = HeaderValue::try_from(tag).map_err(|error| Problem::internal(&error))?;
    let about = [(ETAG, tag), (CACHE_CONTROL, HeaderValue::from_static(KEPT))];
    if has_it {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    let kind = HeaderValue::from_static("application/pkix-crl");
    Ok((about, [(CONTENT_TYPE, kind)], list.der.clone()).into_response())
}

/// The organization and the authority in a list's name.
fn read(name: &str) -> Option<(Uuid, Uuid)> {
    let ids = name.strip_suffix(".crl")?;
    let (home, authority) = ids.split_at_checked(32)?;
    let one = |text: &str| (text.len() == 32).then(|| Uuid::try_parse(text).ok()).flatten();
    Some((one(home)?, one(authority)?))
}
