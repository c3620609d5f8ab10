//! What stands above the columns of a list in CSV, which programs want of an empty list as well.

use serde_json::Value;

use crate::document::{Operation, Schemas};
use crate::failure::Failure;
use crate::grammar::FIELDS;
use crate::output::Format;
use crate::place::Place;

/// Prints an answer, of which a table shows some columns; of a list without anything in CSV what
/// stands above it.
///
/// # Errors
/// When nothing can be written.
pub(crate) fn print(
    place: &Place<'_>,
    operation: &Operation,
    (format, columns): (Format, &[&str]),
    shown: &Value,
    query: &[(String, String)],
) -> Result<(), Failure> {
    if format != Format::Csv || shown.as_array().is_none_or(|items| !items.is_empty()) {
        return format.print(shown, columns);
    }
    let headings = headings(place.schemas(), operation, asked(query));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    format.print(shown, &headings)
}

/// The members that were asked for, as they were typed; nothing where all are wanted.
pub(crate) fn asked(query: &[(String, String)]) -> Option<Vec<String>> {
    let (_, fields) = query.iter().find(|(name, _)| name == FIELDS)?;
    let mut members = Vec::<String>::new();
    for field in fields.split(',') {
        let member = field.trim().split('.').next().unwrap_or_default();
        if !members.iter().any(|known| known == member) {
            members.push(member.to_owned());
        }
    }
    Some(members)
}

/// What CSV shows of a list, in the order in which a list has it that is there as a whole; nothing
/// where the API's document does not tell.
pub(crate) fn headings(
    schemas: &Schemas,
    operation: &Operation,
    asked: Option<Vec<String>>,
) -> Vec<String> {
    match asked {
        Some(mut members) => {
            members.sort_unstable();
            members
        }
        None => {
            operation.answer.iter().flat_map(|answer| schemas.members_of_items(answer)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn a_table_has_the_members_that_were_asked_for() {
        let asked_for = |fields: &str| asked(&[("fields".to_owned(), fields.to_owned())]);
        let members = asked_for("success, at,subject.name,subject.kind").unwrap();
        assert_eq!(members, ["success", "at", "subject"]);
        assert_eq!(asked(&[("actor".to_owned(), "ada".to_owned())]), None);
    }

    #[test]
    fn what_is_asked_for_stands_above_a_list_or_else_all_that_its_items_have() {
        let document = Document::read().unwrap();
        let above = |operation: &str, asked: Option<Vec<String>>| {
            headings(&document.schemas, document.operation(operation).unwrap(), asked)
        };
        let asked = Some(vec!["login".to_owned(), "custom".to_owned()]);
        assert_eq!(above("list_users", asked), ["custom", "login"]);
        let all = above("list_users", None);
        assert!(["login", "mail", "state"].iter().all(|name| all.contains(&(*name).to_owned())));
        assert!(all.is_sorted(), "{all:?}");
        assert!(above("delete_user", None).is_empty(), "it answers nothing");
    }
}
