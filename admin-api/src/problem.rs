//! How a request fails on the wire (RFC 9457), and the one place that says so for each error.

mod each;
mod kinds;

use std::fmt::Display;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use directory::access::{Permission, Refusal};
use directory::authentication::HashingFailed;
use directory::records::Capped;
use directory::{Error, Invalid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::cookie;

pub(crate) use kinds::{KINDS, PATH, explain_problem};

/// Why a request was not done (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/invalid",
    "title": "A value is not acceptable",
    "status": 422,
    "detail": "must not be empty, nor start or end with a space",
    "pointer": "/login"
}))]
pub(crate) struct Problem {
    /// The kind of problem: stable, to be compared by programs, and a path of the server where it
    /// is explained to anybody.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind of problem in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time, and what to do about it.
    detail: String,
    /// Where in the request the offending value is (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The permission that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<&'static str>,
    #[serde(skip)]
    retry_after: Option<u64>,
    /// Whether the browser's cookie is good for nothing any more.
    #[serde(skip)]
    forgets_cookie: bool,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            pointer: None,
            permission: None,
            retry_after: None,
            forgets_cookie: false,
        }
    }

    /// The same, of the value at this place of the request (RFC 6901).
    pub(crate) fn at(self, pointer: String) -> Self {
        Self { pointer: Some(pointer), ..self }
    }

    /// The same, for a browser whose cookie is good for nothing any more.
    pub(crate) fn without_cookie(self) -> Self {
        Self { forgets_cookie: true, ..self }
    }

    /// The one answer for what does not exist and for what the caller may not know of.
    pub(crate) fn not_found() -> Self {
        let detail = "There is no such thing, or it is not for you.";
        Self::new(StatusCode::NOT_FOUND, "/problems/not-found", "Not found", detail)
    }

    pub(crate) fn unauthenticated() -> Self {
        let detail = "Sign in first, and send the token as `Authorization: Bearer …`.";
        Self::new(StatusCode::UNAUTHORIZED, "/problems/unauthenticated", "Not signed in", detail)
    }

    /// For an enrolment that was confirmed, or not in time, or that there never was.
    pub(crate) fn enrolment_over() -> Self {
        let detail = "The enrolment token is used or over; sign in again.";
        Self { detail: detail.to_owned(), ..Self::unauthenticated() }
    }

    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let title = "A value is not acceptable";
        Self {
            pointer: Some(pointer.into()),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "/problems/invalid", title, detail)
        }
    }

    pub(crate) fn stale() -> Self {
        let detail = "It was changed in between; read it again and repeat the change.";
        Self::new(StatusCode::PRECONDITION_FAILED, "/problems/stale", "Changed in between", detail)
    }

    /// For what was done before, where nobody knows what was answered.
    pub(crate) fn repeated() -> Self {
        let detail = "It was asked for with this key before, and is done or under way; repeat the \
                      request in a moment with the same key, which gives the answer. Where none \
                      comes, look at what there is, and ask for more with another key.";
        Self::new(StatusCode::CONFLICT, "/problems/repeated", "Done before", detail)
    }

    pub(crate) fn busy() -> Self {
        let detail = "Too many passwords are hashed at once; try again in a moment.";
        Self {
            retry_after: Some(1),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/busy", "Busy", detail)
        }
    }

    pub(crate) fn crowded() -> Self {
        let detail = "Too many look through much at once; try again in a moment.";
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/busy", "Busy", detail)
        }
    }

    pub(crate) fn explaining() -> Self {
        let detail = "Something else is being explained, which takes long; try again in a moment.";
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/busy", "Busy", detail)
        }
    }

    pub(crate) fn too_early(seconds: u64) -> Self {
        let time = counted(seconds);
        let detail = format!("Too many failures; the next attempt counts in {time}.");
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "/problems/too-early",
                "Too many failures",
                detail,
            )
        }
    }

    pub(crate) fn too_often(seconds: u64) -> Self {
        let time = counted(seconds);
        let detail = format!("Asked too often; the next request is answered in {time}.");
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "/problems/too-often",
                "Too many requests",
                detail,
            )
        }
    }

    /// The one answer to whatever certificate proves no device in the organization that was named.
    pub(crate) fn no_device() -> Self {
        let detail = "The certificate proves no device of this organization that is let in: it is \
                      unknown there, was revoked or has ended, or the device is suspended.";
        Self::new(StatusCode::FORBIDDEN, "/problems/certificate", "No such device", detail)
    }

    pub(crate) fn too_many_files() -> Self {
        let detail = "Too many files are being sent at once, of this organization or of all; send this \
                      one again when another has come.";
        Self {
            retry_after: Some(10),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/busy", "Busy", detail)
        }
    }

    /// Logs what failed and tells the client no more than that something did.
    pub(crate) fn internal(error: &impl Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::failed()
    }

    fn failed() -> Self {
        let detail = "The server failed; its log says why.";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/problems/internal",
            "The server failed",
            detail,
        )
    }

    fn full(of: Capped, most: u32, kept: u32) -> Self {
        let (kind, title) = match of {
            Capped::Users => ("/problems/user-cap", "The user cap is reached"),
            Capped::Devices => ("/problems/device-cap", "The device cap is reached"),
        };
        let some = if kept == 1 { "it" } else { "some" };
        let detail = format!(
            "The organization may have {} and has {kept}; delete {some}, or have who manages \
             organizations raise its cap.",
            of.counted(most)
        );
        Self::new(StatusCode::CONFLICT, kind, title, detail)
    }

    fn forbidden(missing: Permission, refusal: &Refusal) -> Self {
        let detail = refusal.to_string();
        Self {
            permission: Some(missing.name()),
            ..Self::new(
                StatusCode::FORBIDDEN,
                "/problems/forbidden",
                "A permission is missing",
                detail,
            )
        }
    }
}

/// So many seconds, in words.
fn counted(seconds: u64) -> String {
    if seconds == 1 { "a second".into() } else { format!("{seconds} seconds") }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Invalid(invalid) => invalid.into(),
            Error::Taken { pointer } => {
                // As people say it, so that no client takes it for a member.
                let name = match pointer.rsplit('/').next().unwrap_or_default() {
                    place if place.parse::<usize>().is_ok() => "value".to_owned(),
                    name => name.replace('_', " "),
                };
                let detail = format!("This {name} is taken; choose another.");
                let pointer = Some(pointer.into_owned());
                Self {
                    pointer,
                    ..Self::new(StatusCode::CONFLICT, "/problems/taken", "Taken", detail)
                }
            }
            Error::Full { of, most, kept } => Self::full(of, most, kept),
            Error::Repeated => Self::repeated(),
            Error::Missing => Self::not_found(),
            Error::Stale => Self::stale(),
            Error::InUse(detail) => {
                Self::new(StatusCode::CONFLICT, "/problems/in-use", "Still in use", detail)
            }
            Error::Forbidden(rule) => {
                Self::new(StatusCode::CONFLICT, "/problems/rule", "A rule forbids it", rule)
            }
            Error::Store(failure) => Self::internal(&failure),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            // Users change their passwords over LDAP; no token makes anybody one of them.
            Refusal::Unauthenticated | Refusal::ChangePasswordFirst => Self::unauthenticated(),
            Refusal::Hidden => Self::not_found(),
            Refusal::Forbidden { missing, .. } | Refusal::ProvidersAlone { missing, .. } => {
                Self::forbidden(missing, &refusal)
            }
        }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.pointer, invalid.message)
    }
}

impl From<HashingFailed> for Problem {
    fn from(failure: HashingFailed) -> Self {
        tracing::warn!(%failure, "a password was not hashed");
        Self::busy()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (retry_after, forgets_cookie) = (self.retry_after, self.forgets_cookie);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if forgets_cookie {
            headers.extend(cookie::forgotten().map(|cookie| (SET_COOKIE, cookie)));
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
