//! What failures look like: an example of each kind of problem, as it is made when it happens.

use serde_json::Value;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{Content, Ref, RefOr};

use crate::problem::Problem;

/// The content of a failure, with examples of those kinds that are meant, by status and by the last
/// part of what they are called.
pub(super) fn content(is_meant: impl Fn(u64, &str) -> bool) -> Content {
    let mut content = Content::new(Some(Ref::from_schema_name("Problem")));
    for problem in Problem::each() {
        let example = serde_json::to_value(&problem).ok().and_then(Failure::of);
        if let Some(example) = example.filter(|it| is_meant(it.status, &it.name)) {
            content.examples.insert(example.name, RefOr::T(example.shown));
        }
    }
    content
}

struct Failure {
    status: u64,
    name: String,
    shown: Example,
}

impl Failure {
    /// A problem as it is sent.
    fn of(sent: Value) -> Option<Self> {
        let status = sent.get("status")?.as_u64()?;
        let name = sent.get("type")?.as_str()?.rsplit('/').next()?.to_owned();
        let title = sent.get("title")?.as_str()?.to_owned();
        let shown = ExampleBuilder::new().summary(title).value(Some(sent)).build();
        Some(Self { status, name, shown })
    }
}
