//! The API's description: as a document, and as a page to browse.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::openapi::openapi_json;
use crate::page;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show_openapi)).routes(routes!(show_docs))
}

/// Shows this document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "About",
    security(()),
    responses((
        status = 200,
        description = "The OpenAPI document.",
        body = serde_json::Value,
        example = json!({"openapi": "3.1.0", "info": {"title": "Tenantry admin API"}, "paths": {}})
    ))
)]
pub(crate) async fn show_openapi() -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], openapi_json()).into_response()
}

/// The page.
const PAGE: &str = include_str!("page.html");

/// Shows this document as a page to browse.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "About",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn show_docs(State(api): State<Api>) -> Result<Response, Problem> {
    page::answer(&api, PAGE)
}
