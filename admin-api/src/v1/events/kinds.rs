//! What is done, and to what kinds of things: the words of events.

use directory::events;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::words::words;

/// What was done or tried.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Action(pub(crate) events::Action);

impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What was done or tried. Later versions may have more of them."))
            .examples([Value::from("created"), Value::from("sign_in"), Value::from("refused")])
            .enum_values(Some(words::<events::Action>().iter().copied()))
            .into()
    }
}

impl ToSchema for Action {}

/// What did something.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ActorKind(pub(crate) events::ActorKind);

impl PartialSchema for ActorKind {
    fn schema() -> RefOr<Schema> {
        let says = "What did something. Later versions may have more of them.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(says))
            .examples([Value::from("admin")])
            .enum_values(Some(words::<events::ActorKind>().iter().copied()))
            .into()
    }
}

impl ToSchema for ActorKind {}

/// What kind of thing something was done to.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SubjectKind(pub(crate) events::SubjectKind);

impl PartialSchema for SubjectKind {
    fn schema() -> RefOr<Schema> {
        let says = "What something was done to. Later versions may have more of them.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(says))
            .examples([Value::from("user")])
            .enum_values(Some(words::<events::SubjectKind>().iter().copied()))
            .into()
    }
}

impl ToSchema for SubjectKind {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words in the first column of the tables of a page.
    fn listed(page: &str) -> Vec<&str> {
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        rows.map(|(word, _)| word).collect()
    }

    #[test]
    fn the_page_about_events_lists_every_word_and_none_that_there_is_not() {
        let page = include_str!("../../../../docs/events.md");
        let (_, behind) = page.split_once("\n## What is told\n").unwrap();
        let (about_actions, rest) = behind.split_once("\n### By whom\n").unwrap();
        let (about_actors, rest) = rest.split_once("\n### To what\n").unwrap();
        let about_things = rest.split("\n## ").next().unwrap();
        for (about, known, least) in [
            (about_actions, words::<events::Action>(), 41),
            (about_actors, words::<events::ActorKind>(), 7),
            (about_things, words::<events::SubjectKind>(), 16),
        ] {
            let (mut listed, mut known) = (listed(about), known.to_vec());
            listed.sort_unstable();
            known.sort_unstable();
            assert!(known.len() >= least, "{known:?}");
            assert_eq!(listed, known);
        }
    }
}
