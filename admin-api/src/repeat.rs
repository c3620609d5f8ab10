//! `Idempotency-Key`: who heard no answer asks again, and what was made is not made twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use directory::{Earlier, OrganizationId, Repeatable};
use tracing::Instrument;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};
use uuid::Uuid;

use crate::api::Api;
use crate::body::receive;
use crate::caller::Caller;
use crate::problem::Problem;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key.
const KEY_LENGTH: usize = 255;
/// The headers that are kept of an answer.
const KEPT: [HeaderName; 2] = [CONTENT_TYPE, ETAG];

/// What a request that changes something is to remember with its first change.
#[derive(Clone)]
pub(crate) struct ToRemember {
    pub(crate) wanted: Repeatable,
    is_remembered: Arc<AtomicBool>,
}

impl ToRemember {
    /// Whether nothing of the request was changed yet.
    pub(crate) fn is_due(&self) -> bool {
        !self.is_remembered.load(Ordering::Relaxed)
    }

    pub(crate) fn done(&self) {
        self.is_remembered.store(true, Ordering::Relaxed);
    }
}

/// Ends of paths where a key is not heeded: doing it again does no harm, or it is to be an event each
/// time, and what is answered is not kept.
const PLAIN: [&str; 7] = [
    "/secret/reveal",
    "/recovery-codes",
    "/passkeys/begin",
    "/me/authenticator",
    "/disconnect",
    "/change",
    "/test",
];

/// Whether a key makes a difference at a path.
pub(crate) fn heeds_keys(path: &str) -> bool {
    !PLAIN.iter().any(|end| path.ends_with(end))
}

enum Asked {
    /// Not with a key that counts.
    Plainly(Request),
    FirstTime(Request, ToRemember),
    Again(Response),
}

/// Answers what was asked for under a key before as it was answered then.
pub(crate) async fn repeat(State(api): State<Api>, request: Request, next: Next) -> Response {
    let is_keyed = *request.method() == Method::POST && request.headers().contains_key(KEY);
    if !is_keyed || !heeds_keys(request.uri().path()) {
        return next.run(request).await;
    }
    match look(&api, request).await {
        Ok(Asked::Plainly(request)) => next.run(request).await,
        Ok(Asked::FirstTime(request, remembered)) => {
            // Who hangs up meanwhile is who asks again: the answer is kept all the same.
            let answering = async move {
                let response = next.run(request).await;
                match remembered.is_due() || !response.status().is_success() {
                    true => response,
                    false => keep(&api, remembered.wanted, response).await,
                }
            };
            match tokio::spawn(answering.in_current_span()).await {
                Ok(response) => response,
                Err(error) => Problem::internal(&error).into_response(),
            }
        }
        Ok(Asked::Again(response)) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn look(api: &Api, request: Request) -> Result<Asked, Problem> {
    let (mut parts, body) = request.into_parts();
    let plainly = |parts, body| Ok(Asked::Plainly(Request::from_parts(parts, body)));
    // Whoever is not let in is told so by the route.
    let Ok(caller) = Caller::from_request_parts(&mut parts, api).await else {
        return plainly(parts, body);
    };
    let key = key(&parts)?;
    let Some(organization) = organization(&caller, parts.uri.path()) else {
        return plainly(parts, body);
    };
    let octets = receive(body, api).await?;
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let asked = [target.as_bytes(), octets.as_ref()];
    let Some(wanted) = Repeatable::new(&caller.context, organization, &key, &asked) else {
        return plainly(parts, Body::from(octets));
    };
    match caller.read()?.earlier(&wanted)? {
        Earlier::Never => {
            let remembered = ToRemember { wanted, is_remembered: Arc::default() };
            parts.extensions.insert(remembered.clone());
            Ok(Asked::FirstTime(Request::from_parts(parts, Body::from(octets)), remembered))
        }
        Earlier::Another => Err(key_reused()),
        Earlier::Unanswered => Err(Problem::repeated()),
        Earlier::Answered(answer) => {
            read(answer.expose()).map(Asked::Again).ok_or_else(Problem::repeated)
        }
    }
}

fn key(parts: &Parts) -> Result<Bytes, Problem> {
    let mut values = parts.headers.get_all(KEY).iter();
    let key = values.next().filter(|_| values.next().is_none()).map(HeaderValue::as_bytes);
    let fits = |key: &&[u8]| (1..=KEY_LENGTH).contains(&key.len());
    key.filter(fits).map(Bytes::copy_from_slice).ok_or_else(no_key)
}

pub(crate) fn no_key() -> Problem {
    let detail = format!("Send one `Idempotency-Key` of 1 to {KEY_LENGTH} letters.");
    let status = StatusCode::BAD_REQUEST;
    Problem::new(status, "/problems/key", "The key is not acceptable", detail)
}

pub(crate) fn key_reused() -> Problem {
    let detail = "Another request was made with this key; take a fresh key for each.";
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "/problems/key-reused", "The key was used", detail)
}

/// The organization of a path, where it has one, as far as the caller sees it in lists: a deleted one
/// too, whose being restored is asked for again like all else.
fn organization(caller: &Caller, path: &str) -> Option<Option<OrganizationId>> {
    let Some(rest) = path.strip_prefix("/v1/organizations/") else { return Some(None) };
    let uuid = Uuid::try_parse(rest.split('/').next()?).ok()?;
    caller.read().ok()?.seen_organization(uuid).ok().map(Some)
}

/// Keeps an answer and hands it on.
async fn keep(api: &Api, wanted: Repeatable, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let octets = match to_bytes(body, usize::MAX).await {
        Ok(octets) => octets,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let mut answer = parts.status.as_u16().to_be_bytes().to_vec();
    for name in KEPT {
        let value = parts.headers.get(name).map_or(&[][..], HeaderValue::as_bytes);
        let length = u16::try_from(value.len()).unwrap_or(0);
        answer.extend(length.to_be_bytes());
        answer.extend(value.iter().take(usize::from(length)));
    }
    answer.extend(&octets);
    // It was done all the same: who asks again is told so.
    let _unkept = api.blocking(move |directory| directory.keep_answer(wanted, answer)).await;
    Response::from_parts(parts, Body::from(octets))
}

fn read(answer: &[u8]) -> Option<Response> {
    let (status, mut rest) = answer.split_first_chunk()?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(u16::from_be_bytes(*status)).ok()?;
    for name in KEPT {
        let (length, behind) = rest.split_first_chunk()?;
        let (value, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        if !value.is_empty() {
            response.headers_mut().insert(name, HeaderValue::from_bytes(value).ok()?);
        }
        rest = behind;
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    *response.body_mut() = Body::from(rest.to_vec());
    Some(response)
}

/// The header, as the document describes it.
pub(crate) fn parameter() -> Parameter {
    let about = "A text of your choice, fresh for each change: who heard no answer and asks again with \
                 it within a day has nothing made twice; within an hour, with the same session or API \
                 key, the answer is the one of before.";
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(KEY_LENGTH))
        .build();
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}
