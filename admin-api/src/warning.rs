//! What an answer warns of: a header beside it.

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use directory::collections::CapUse;

/// The header.
const WARNING: HeaderName = HeaderName::from_static("x-tenantry-warning");

/// An answer, and what it warns of.
pub(crate) struct Warned<T> {
    answer: T,
    warning: Option<String>,
}

impl<T> Warned<T> {
    /// Warns where an organization has more users or devices than it should.
    pub(crate) fn of(answer: T, used: CapUse) -> Self {
        let most = used.cap.most.filter(|_| used.is_passed());
        let has = used.of.counted(used.kept);
        let warning = most.map(|most| format!("the organization has {has}; its cap is {most}"));
        Self { answer, warning }
    }

    /// Warns of one thing, if there is something to.
    pub(crate) fn with(answer: T, warning: Option<String>) -> Self {
        Self { answer, warning }
    }

    /// Warns of something else as well.
    pub(crate) fn and(self, more: Option<String>) -> Self {
        let all: Vec<String> = self.warning.into_iter().chain(more).collect();
        Self { warning: (!all.is_empty()).then(|| all.join("; ")), ..self }
    }
}

impl<T: IntoResponse> IntoResponse for Warned<T> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        let value = self.warning.and_then(|warning| HeaderValue::try_from(warning).ok());
        response.headers_mut().extend(value.map(|value| (WARNING, value)));
        response
    }
}
