//! What every answer gets: an id, headers, and a problem for a body where something failed.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use directory::access::RequestId;
use tracing::Instrument;

use crate::allowance::Left;
use crate::api::Api;
use crate::openapi::operation_at;
use crate::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What is left of the caller's allowance, once it is known who that is.
#[derive(Clone, Default)]
pub(crate) struct Noted(Arc<OnceLock<Left>>);

impl Noted {
    pub(crate) fn tell(&self, left: Left) {
        // A request is counted once.
        let _told_before = self.0.set(left);
    }
}

const HEADERS: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (REFERRER_POLICY, "no-referrer"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// Names the request in logs, in events and in the answer, and completes the answer.
///
/// The log has the route and no path: ids and what somebody put into a query stay out of it. The id is
/// always ours, so that no two requests have the same; one that the client gave stands beside it.
pub(crate) async fn observe(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let operation = matched.and_then(|path| operation_at(request.method().as_str(), path));
    let id = named(&request, RequestId::new(api.directory.tools().random::<8>()));
    let id = id.asking_for(operation);
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());
    request.extensions_mut().insert(id);
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let (own, client_id) = (id.text(), id.given_text());
    let method = request.method().clone();
    let span = tracing::info_span!("request", id = own, client_id, %method, route);
    let began = (api.clock.monotonic)();
    let mut response = next.run(request).instrument(span.clone()).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = method_not_allowed(&response);
    }
    let took_us = (api.clock.monotonic)().saturating_sub(began).as_micros();
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), took_us, "answered"));
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let told = [(REQUEST_ID, Some(own.as_str())), (CLIENT_REQUEST_ID, client_id)];
    for (name, text) in told {
        headers.extend(text.and_then(|text| Some((name, HeaderValue::try_from(text).ok()?))));
    }
    if let Some(left) = noted.0.get() {
        let policy = format!("\"requests\";q={};w=60", left.all);
        let state = format!("\"requests\";r={};t={}", left.now, left.whole_in);
        let told = [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)];
        let told = told.map(|(name, text)| HeaderValue::try_from(text).map(|text| (name, text)));
        headers.extend(told.into_iter().filter_map(Result::ok));
    }
    response
}

/// A request with what its client calls it, if that may stand in a log.
fn named(request: &Request, own: RequestId) -> RequestId {
    let mut given = request.headers().get_all(REQUEST_ID).iter();
    let only = given.next().filter(|_| given.next().is_none());
    let given = only.and_then(|given| own.given(given.to_str().ok()?));
    given.unwrap_or(own)
}

/// Refuses a request that does not say once for whom it is (RFC 9112 section 3.2): whoever handed
/// it on may have understood another.
pub(crate) async fn one_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(HOST).iter().count();
    if hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11) {
        return next.run(request).await;
    }
    let (status, detail) = (StatusCode::BAD_REQUEST, "Send one `Host` header.");
    Problem::new(status, "/problems/malformed", "Malformed", detail).into_response()
}

/// Answers a path that no route has.
pub(crate) async fn unknown_route() -> Problem {
    Problem::not_found()
}

/// Answers for a handler that panicked; what it said is for the log alone.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the panic's value")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(&said.unwrap_or("a handler panicked")).into_response()
}

/// Keeps the `Allow` header that the router wrote.
fn method_not_allowed(bare: &Response) -> Response {
    let mut response = no_such_method().into_response();
    if let Some(allow) = bare.headers().get(axum::http::header::ALLOW) {
        response.headers_mut().insert(axum::http::header::ALLOW, allow.clone());
    }
    response
}

pub(crate) fn no_such_method() -> Problem {
    let detail = "This path has other methods; the Allow header names them.";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    Problem::new(status, "/problems/method", "Method not allowed", detail)
}
