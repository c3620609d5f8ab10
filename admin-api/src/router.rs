//! The router: all routes, and what wraps them.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use directory::Directory;
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::{Addresses, Api, Clock, Doors, Limits};
use crate::layers::{observe, one_host, panicked, unknown_route};
use crate::openapi::learn_operations;
use crate::problem::{PATH, explain_problem};
use crate::repeat::repeat;
use crate::v1;

/// Makes the admin API over a directory.
///
/// It asks for `ConnectInfo<SocketAddr>` with each request: sources count in throttling, in
/// narrowed API keys and in events. Of forwarding headers `X-Forwarded-For` is believed, from the proxies
/// of `addresses` alone.
pub fn router(
    directory: Directory,
    clock: Clock,
    doors: Doors,
    limits: Limits,
    addresses: Addresses<'_>,
) -> Router {
    over(Api::new(directory, clock, doors, limits, addresses))
}

/// The routes over what stands behind them.
pub(crate) fn over(api: Api) -> Router {
    let (routes, document) = v1::routes().split_for_parts();
    learn_operations(document);
    routes
        .route(PATH, get(explain_problem))
        .fallback(unknown_route)
        .layer(from_fn_with_state(api.clone(), repeat))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(one_host))
        .layer(from_fn_with_state(api.clone(), observe))
        .with_state(api)
}
