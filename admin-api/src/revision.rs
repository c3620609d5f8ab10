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
        let lines = parts.headers.get_all(IF_MATCH).iter();
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        if lines.is_empty() {
            return Ok(Self(None));
        }
        read(&lines.join(", ")).map(Self)
    }
}

/// The revision that is insisted on; none where any will do.
fn read(text: &str) -> Result<Option<u64>, Problem> {
    if text.trim() == "*" {
        return Ok(None);
    }
    let tags = entity_tags(text).filter(|tags| !tags.is_empty());
    let tags =
        tags.ok_or_else(|| unreadable("Send `*`, or the `ETag` that was seen as it came."))?;
    // Weak ones match nothing here, however they are spelled (RFC 9110 section 13.1.1).
    let strong = tags.into_iter().filter(|(is_weak, _)| !is_weak);
    let mut own: Vec<u64> = strong.filter_map(|(_, opaque)| revision(opaque)).collect();
    own.sort_unstable();
    own.dedup();
    match own.as_slice() {
        [] => Ok(Some(NO_REVISION)),
        [seen] => Ok(Some(*seen)),
        _ => Err(unreadable("It names several revisions; send the `ETag` that was seen.")),
    }
}

fn unreadable(what: &str) -> Problem {
    let detail = format!("`If-Match` is not acceptable. {what}");
    Problem::new(StatusCode::BAD_REQUEST, "/problems/malformed", "Malformed", detail)
}

/// The entity tags of a list (RFC 9110 sections 5.6.1 and 8.8.3), and which of them are weak; none
/// when it is no list of those.
fn entity_tags(mut rest: &str) -> Option<Vec<(bool, &str)>> {
    let mut tags = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(tags);
        }
        let weak = rest.strip_prefix("W/");
        let (opaque, behind) = weak.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        tags.push((weak.is_some(), opaque));
        rest = behind.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

/// The revision that a tag of ours stands for.
fn revision(opaque: &str) -> Option<u64> {
    let revision: u64 = opaque.parse().ok()?;
    (revision.to_string() == opaque).then_some(revision)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_read_and_what_is_none_is_refused() {
        for (text, revision) in [
            ("*", None),
            ("\"4\"", Some(4)),
            ("\"x\", \"4\"", Some(4)),
            ("\"4\",W/\"5\" ,\t\"a, b\",", Some(4)),
            ("\"4\", \"4\"", Some(4)),
            ("W/\"4\"", Some(NO_REVISION)),
            ("\"x\"", Some(NO_REVISION)),
            ("\"04\", \"+4\", \"\"", Some(NO_REVISION)),
        ] {
            assert_eq!(read(text).ok(), Some(revision), "{text}");
        }
        let two = "\"4\", \"5\"";
        for text in ["", ",", "4", "\"4", "4\"", "\"4\" \"4\"", "\"4\", *", "w/\"4\"", two] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
