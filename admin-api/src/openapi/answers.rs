//! What operations answer beside what they are asked for: how they fail, by what they take and who may
//! ask them, and the headers that answers have in common.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Components, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Type,
};

use super::{BEARER, JSON, OTHERWISE, operations_mut, permission, problems, schema_of};
use crate::problem::KINDS;

/// The failures that operations are said to have, as the document calls them. Any may fail otherwise
/// as well, when the server does or what was sent took too long: that is the answer `default`.
const FAILURES: [(u16, &str, &str); 11] = [
    (400, "Malformed", "The request cannot be read."),
    (401, "Unauthenticated", "Nobody is signed in with what was sent."),
    (403, "Forbidden", "The caller may not; `permission` names the one that is missing."),
    (404, "NotFound", "There is no such thing, or the caller may not know of it."),
    (409, "Conflict", "What there is stands against it."),
    (412, "Stale", "It is not as `If-Match` says any more; nothing was done."),
    (413, "TooLarge", "What was sent is too large."),
    (415, "UnsupportedMediaType", "What was sent is of another media type."),
    (422, "Invalid", "A value is not acceptable; `pointer` says where."),
    (429, "TooManyRequests", "Asked too often; `Retry-After` says when to come back."),
    (503, "Busy", "Too much of it is under way; `Retry-After` says when to come back."),
];

/// The operations of which so many are worked on at once, beside the lists that can be filtered: they
/// hash a password, look through much, take a file, or go on with who was looked at before.
const WAITING: [&str; 25] = [
    "accept_invitation",
    "begin_own_authenticator",
    "change_own_password",
    "confirm_invited_second_factor",
    "count_all_events",
    "count_compliance",
    "count_events",
    "count_organization_events",
    "create_admin",
    "create_organization_admin",
    "create_service_account",
    "create_user",
    "explain_ldap_request",
    "find_users",
    "list_all_events",
    "list_events",
    "list_organization_events",
    "rotate_service_account",
    "set_admin_password",
    "set_organization_admin_password",
    "set_user_password",
    "show_event_delivery",
    "show_organization_event_delivery",
    "sign_in",
    "upload_import",
];

/// The headers that answers have in common: what the document calls them, their names, and what they
/// say.
const ENTITY_TAG: (&str, &str, &str) =
    ("EntityTag", "ETag", "The revision: send it as `If-Match` to change only what you have seen.");
const RETRY_AFTER: (&str, &str, &str) =
    ("RetryAfter", "Retry-After", "After so many seconds it is worth asking again.");
const RATE_LIMIT: (&str, &str, &str) = (
    "RateLimit",
    "RateLimit",
    "What is left of the requests of the token, and after how many seconds all of them are to be had.",
);
const RATE_LIMIT_POLICY: (&str, &str, &str) = (
    "RateLimitPolicy",
    "RateLimit-Policy",
    "How many requests of a token are answered in a minute.",
);

/// Says of each operation how it fails, and of answers which headers they have.
pub(super) fn describe(document: &mut OpenApi) {
    let revised = revised(document);
    for item in document.paths.paths.values_mut() {
        for (method, operation) in operations_mut(item) {
            let with_token = needs_token(operation);
            for response in operation.responses.responses.values_mut() {
                let RefOr::T(response) = response else { continue };
                if with_token {
                    add_header(response, RATE_LIMIT);
                    add_header(response, RATE_LIMIT_POLICY);
                }
                let answer = schema_of(response.content.get(JSON));
                if answer.is_some_and(|schema| revised.contains(&schema)) {
                    add_header(response, ENTITY_TAG);
                }
            }
            for (status, name, _) in failures(method, operation) {
                let failure = RefOr::Ref(Ref::from_response_name(name));
                operation.responses.responses.entry(status.to_string()).or_insert(failure);
            }
        }
    }
    if let Some(components) = &mut document.components {
        let headers = [ENTITY_TAG, RETRY_AFTER, RATE_LIMIT, RATE_LIMIT_POLICY];
        for (name, _, says) in headers {
            components.headers.insert(name.into(), RefOr::T(header(says)));
        }
        for (status, name, says) in FAILURES {
            components.responses.insert(name.into(), RefOr::T(failure(status, says)));
        }
        if let Some(RefOr::T(otherwise)) = components.responses.get_mut(OTHERWISE) {
            add_header(otherwise, RATE_LIMIT);
            add_header(otherwise, RATE_LIMIT_POLICY);
        }
        list_kinds(components);
    }
}

/// How an operation fails, by what it takes and who may ask it.
fn failures(
    method: &'static str,
    operation: &Operation,
) -> impl Iterator<Item = (u16, &'static str, &'static str)> + use<> {
    let parameters = || {
        operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
    };
    let takes = |name: &str| parameters().any(|parameter| parameter.name == name);
    let is_in = |place: &str| {
        let is = |value: Value| value.as_str() == Some(place);
        parameters().any(|it| serde_json::to_value(&it.parameter_in).is_ok_and(is))
    };
    let (with_token, has_body) = (needs_token(operation), operation.request_body.is_some());
    let (needs_permission, changes) = (permission(operation).is_some(), method != "GET");
    let (has_query, is_keyed) = (is_in("query"), takes("Idempotency-Key"));
    let is_conditional = takes("If-Match");
    let waits = operation.operation_id.as_deref().is_some_and(|id| WAITING.contains(&id));
    let waits = waits || takes("filter");
    let names_something = is_in("path") || takes("organization") || takes("session");
    FAILURES.into_iter().filter(move |(status, _, _)| match status {
        400 => has_body || has_query || is_keyed || is_conditional,
        401 => with_token,
        // Pages of other origins change nothing with a browser's cookie.
        403 => needs_permission || (with_token && changes),
        404 => needs_permission || names_something,
        409 => with_token && changes,
        412 => is_conditional,
        413 | 415 => has_body,
        422 => has_body || has_query || is_keyed,
        429 => with_token || changes,
        503 => waits,
        _ => false,
    })
}

fn needs_token(operation: &Operation) -> bool {
    let scopes: [&str; 0] = [];
    let bearer = SecurityRequirement::new(BEARER, scopes);
    operation.security.as_ref().is_some_and(|security| security.contains(&bearer))
}

/// The schemas of what has a revision: what changes that take `If-Match` answer with, or else what is
/// shown nearest above them.
fn revised(document: &mut OpenApi) -> BTreeSet<String> {
    let (mut shown, mut changed) = (BTreeMap::new(), Vec::new());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_mut(item) {
            let schema = operation.responses.responses.get("200").and_then(|it| match it {
                RefOr::T(response) => schema_of(response.content.get(JSON)),
                RefOr::Ref(_) => None,
            });
            if failures(method, operation).any(|(status, _, _)| status == 412) {
                changed.push((path.clone(), schema));
            } else if method == "GET" {
                shown.extend(schema.map(|schema| (path.clone(), schema)));
            }
        }
    }
    let nearest = |mut path: &str| loop {
        if let Some(schema) = shown.get(path) {
            return Some(schema.clone());
        }
        path = path.rsplit_once('/')?.0;
    };
    let all = changed.into_iter().filter_map(|(path, answer)| answer.or_else(|| nearest(&path)));
    // What is shown when it is made alone, such as a new secret, has none.
    all.filter(|schema| shown.values().any(|shown| shown == schema)).collect()
}

fn add_header(response: &mut Response, (component, name, _): (&str, &str, &str)) {
    let place = Ref::new(format!("#/components/headers/{component}"));
    response.headers.entry(name.into()).or_insert(RefOr::Ref(place));
}

fn header(says: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(text)).description(Some(says)).build()
}

/// A failure, with the kinds of problems that it may be.
fn failure(status: u16, says: &str) -> Response {
    let kinds = KINDS.iter().filter(|kind| kind.status == status);
    let kinds: Vec<String> = kinds.map(|kind| format!("`{}`", kind.name)).collect();
    let content = problems::content(|of, _| of == u64::from(status));
    let mut response = ResponseBuilder::new()
        .description(format!("{says} {}.", kinds.join(", ")))
        .content("application/problem+json", content)
        .build();
    if matches!(status, 429 | 503) {
        add_header(&mut response, RETRY_AFTER);
    }
    if status != 401 {
        add_header(&mut response, RATE_LIMIT);
        add_header(&mut response, RATE_LIMIT_POLICY);
    }
    response
}

/// Names every kind of problem where its member is described.
fn list_kinds(components: &mut Components) {
    let Some(problem) = components.schemas.get_mut("Problem") else { return };
    let Ok(mut written) = serde_json::to_value(&*problem) else { return };
    let member = written.pointer_mut("/properties/type").and_then(Value::as_object_mut);
    let Some(member) = member else { return };
    let kinds: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    member.insert("enum".into(), kinds.into_iter().collect());
    if let Ok(read) = serde_json::from_value(written) {
        *problem = read;
    }
}
