//! Reading a JSON body within its limits, and saying what is wrong with one.

use axum::body::{Body as Octets, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Query as AxumQuery, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use http_body::Body as _;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::Segment;
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use crate::api::Api;
use crate::complaint::{escaped, of_body, of_query, place};
use crate::problem::Problem;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON body, or none where it would say nothing.
pub(crate) struct OptionalBody<T>(pub(crate) T);

/// The query of a URL.
pub(crate) struct Params<T>(pub(crate) T);

/// The query of a URL in two parts: the parameters of which the first knows are its own, and all others
/// are the second's, which refuses what it does not know. A structure in a structure would let that
/// through, and take numbers for texts.
pub(crate) struct BothParams<A, B>(pub(crate) A, pub(crate) B);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts) {
            return Err(not_json());
        }
        parse(&receive(body, api).await?).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let octets = receive(body, api).await?;
        if octets.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json(&parts) {
            return Err(not_json());
        }
        Ok(Self(parse::<Option<T>>(&octets)?.unwrap_or_default()))
    }
}

pub(crate) fn not_json() -> Problem {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let detail = "Send the body with `Content-Type: application/json`.";
    Problem::new(status, "/problems/not-json", "Not JSON", detail)
}

impl<T: DeserializeOwned> FromRequestParts<Api> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        query_of(&parts.uri).map(Self)
    }
}

impl<A, B> FromRequestParts<Api> for BothParams<A, B>
where
    A: DeserializeOwned + IntoParams,
    B: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let (first, second) = parted::<A>(&parts.uri)?;
        Ok(Self(query_of(&first)?, query_of(&second)?))
    }
}

/// The parameters that a structure knows, and all others.
fn parted<A: IntoParams>(uri: &Uri) -> Result<(Uri, Uri), Problem> {
    let known = A::into_params(|| Some(ParameterIn::Query));
    let named: Vec<(String, String)> = query_of(uri)?;
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (pair, (name, _)) in pairs.zip(named) {
        let is_first = known.iter().any(|parameter| parameter.name == name);
        if is_first { first.push(pair) } else { second.push(pair) }
    }
    Ok((only(&first)?, only(&second)?))
}

fn only(pairs: &[&str]) -> Result<Uri, Problem> {
    let text = format!("/?{}", pairs.join("&"));
    Uri::try_from(text).map_err(|error| unacceptable(error.to_string()))
}

pub(crate) fn query_of<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match AxumQuery::<T>::try_from_uri(uri) {
        Ok(AxumQuery(query)) => Ok(query),
        Err(rejection) => Err(wrong_parameter(uri, &rejection)),
    }
}

/// Says which parameter is wrong, where it is about one, and what is wrong with it.
fn wrong_parameter(uri: &Uri, rejection: &QueryRejection) -> Problem {
    use std::error::Error;
    // Before what was complained of the rejection says that it is one.
    let said = rejection.source().map_or_else(|| rejection.body_text(), |it| it.to_string());
    let named = AxumQuery::<Vec<(String, String)>>::try_from_uri(uri);
    let named = named.map(|AxumQuery(pairs)| pairs).unwrap_or_default();
    let of_one = named.iter().find_map(|(name, _)| {
        let said = said.strip_prefix(name.as_str())?.strip_prefix(": ")?;
        Some((format!("/{}", escaped(name)), said))
    });
    let (above, said) = of_one.unwrap_or_else(|| (String::new(), said.as_str()));
    let (pointer, problem) = (place(&above, said), unacceptable(of_query(said)));
    if pointer.is_empty() { problem } else { problem.at(pointer) }
}

fn unacceptable(detail: String) -> Problem {
    let title = "The query is not acceptable";
    Problem::new(StatusCode::BAD_REQUEST, "/problems/query", title, detail)
}

fn is_json(parts: &Parts) -> bool {
    let value = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

pub(crate) async fn receive(body: Octets, api: &Api) -> Result<axum::body::Bytes, Problem> {
    let limits = api.limits;
    // Before anything is read: that would tell who asks whether to send it at all to do so.
    if body.size_hint().lower() > limits.body as u64 {
        return Err(too_large(limits.body));
    }
    match tokio::time::timeout(limits.body_time, to_bytes(body, limits.body)).await {
        Ok(Ok(octets)) => Ok(octets),
        Ok(Err(error)) if is_too_large(&error) => Err(too_large(limits.body)),
        Ok(Err(_)) => {
            let detail = "The body ended before it was complete.";
            Err(Problem::new(StatusCode::BAD_REQUEST, "/problems/malformed", "Not JSON", detail))
        }
        Err(_) => Err(too_slow()),
    }
}

pub(crate) fn too_large(most: usize) -> Problem {
    let detail = format!("The body has more than {most} octets; send less.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large", "Too large", detail)
}

pub(crate) fn too_slow() -> Problem {
    let detail = "The body took too long to arrive; send it again.";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "/problems/too-slow", "Too slow", detail)
}

fn is_too_large(error: &axum::Error) -> bool {
    use std::error::Error;
    error.source().is_some_and(|source| source.to_string().contains("limit exceeded"))
}

pub(crate) fn parse<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Problem> {
    // An array of the fields' values in their order would pass for an object.
    if octets.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::invalid("", "must be an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(octets);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        // A number where one of some words is wanted counts as broken JSON with the reader, too.
        if inner.is_data() || serde_json::from_slice::<IgnoredAny>(octets).is_ok() {
            wrong_value(&pointer(error.path()), inner)
        } else {
            malformed(inner)
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// The pointer says where it is: line and column, which are said as well, are left out.
fn wrong_value(above: &str, error: &serde_json::Error) -> Problem {
    let said = error.to_string();
    let at = format!(" at line {} column {}", error.line(), error.column());
    let said = said.strip_suffix(&at).unwrap_or(&said);
    Problem::invalid(place(above, said), of_body(said))
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "/problems/malformed", "Not JSON", error.to_string())
}

/// A path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&escaped(key));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, IntoParams)]
    #[serde(deny_unknown_fields)]
    struct First {
        told: Option<bool>,
        text: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Second {
        limit: Option<u8>,
    }

    fn read(query: &str) -> Option<(First, Second)> {
        let (first, second) = parted::<First>(&format!("/?{query}").parse().unwrap()).ok()?;
        Some((query_of(&first).ok()?, query_of(&second).ok()?))
    }

    #[test]
    fn each_parameter_is_for_the_structure_that_knows_it() {
        let (first, second) = read("limit=7&told=true&&text=a%26limit%3D9+b&").unwrap();
        let said = (first.told, first.text.as_deref(), second.limit);
        assert_eq!(said, (Some(true), Some("a&limit=9 b"), Some(7)));
        let (first, second) = read("t%6Fld=false").unwrap();
        assert_eq!((first.told, first.text, second.limit), (Some(false), None, None));
        assert!(read("").is_some());
        for refused in ["other=1", "told=2", "limit=x", "told=true&told=true", "limit=1&limit=1"] {
            assert!(read(refused).is_none(), "{refused}");
        }
    }
}
