//! Entity tags: the revision that an answer shows, and the one that a change insists on.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use directory::Error;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use crate::api::Api;
use crate::problem::Problem;

/// A resource with its revision.
pub(crate) struct Revised<T> {
    pub(crate) revision: u64,
    pub(crate) resource: T,
}

/// A resource that was just made, with its revision.
pub(crate) struct Created<T>(pub(crate) Revised<T>);

/// The revision that `If-Match` insists on (RFC 9110 section 13.1.1), if any.
pub(crate) struct IfMatch(pub(crate) Option<u64>);

impl<T> Revised<T> {
    pub(crate) fn new(revision: u64, resource: T) -> Self {
        Self { revision, resource }
    }
}

impl IfMatch {
    /// Compares with the revision of what a change does not touch itself.
    pub(crate) fn check(&self, revision: u64) -> Result<(), Error> {
        match self.0 {
            Some(seen) if seen != revision => Err(Error::Stale),
            Some(_) | None => Ok(()),
        }
    }
}

impl<T: Serialize> IntoResponse for Revised<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.resource).into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.revision)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, self.0).into_response()
    }
}

/// Whether the caller has what has a tag (RFC 9110 section 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    let mut known = known.flat_map(|known| known.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// No record has this revision, so a tag that is none of ours matches nothing.
const NO_REVISION: u64 = 0;

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IF_MATCH) else {
            return Ok(Self(None));
        };
        let value = value.to_str().unwrap_or_default().trim();
        if value == "*" {
            return Ok(Self(None));
        }
        let tag = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Ok(Self(Some(tag.and_then(|tag| tag.parse().ok()).unwrap_or(NO_REVISION))))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let seen = "The `ETag` that was seen: nothing is done when it is another by now.";
        let parameter = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(seen))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
            .build();
        vec![parameter]
    }
}
