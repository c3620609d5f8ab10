//! Pages for browsers, which take nothing from elsewhere.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::api::Api;
use crate::problem::Problem;

/// Answers with a page. Its script and its style are let in by a text that is made for each answer, and
/// stands in the page where `{nonce}` does.
pub(crate) fn answer(api: &Api, text: &str) -> Result<Response, Problem> {
    let nonce = api.directory.tools().password(22);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).map_err(|error| Problem::internal(&error))?;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [(CONTENT_TYPE, html), (CONTENT_SECURITY_POLICY, policy)];
    Ok((headers, text.replace("{nonce}", &nonce)).into_response())
}
