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
        let (about_actions, rest) = behind.split_once("\n### To what\n").unwrap();
        let about_things = rest.split("\n## ").next().unwrap();
        let (mut actions, mut things) = (listed(about_actions), listed(about_things));
        let mut known =
            (words::<events::Action>().to_vec(), words::<events::SubjectKind>().to_vec());
        for list in [&mut actions, &mut things, &mut known.0, &mut known.1] {
            list.sort_unstable();
        }
        assert!(known.0.len() > 40 && known.1.len() > 15, "{known:?}");
        assert_eq!(actions, known.0);
        assert_eq!(things, known.1);
    }
}
