//! What lists may be asked: examples of filters, orders and members that each of them knows.

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterBuilder};

use super::{NESTED, Things, is};
use crate::openapi::list_of;

/// Members that things are found by, the best first.
const NAMES: [&str; 5] = ["login", "name", "plan", "author", "reason"];
/// Members that say of which sort things are, the best first.
const SORTS: [&str; 2] = ["state", "kind"];
/// Members that say when things came about, the best first.
const TIMES: [&str; 3] = ["created", "at", "deleted"];

/// Gives what a list is asked examples, but where it has some of its own.
pub(super) fn give(operation: &mut Operation, things: &Things<'_>) {
    let Some(questions) = list_of(operation).and_then(|list| Questions::of(things, &list)) else {
        return;
    };
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let example = match parameter.name.as_str() {
            "filter" => questions.filter(),
            "sort" => questions.sort(),
            "fields" => questions.fields(),
            _ => None,
        };
        let written = serde_json::to_value(&*parameter).unwrap_or_default();
        if example.is_some() && written.get("example").is_none() {
            let example = example.map(Value::from);
            *parameter = ParameterBuilder::from(parameter.clone()).example(example).build();
        }
    }
}

/// What the things of a list may be told apart by.
struct Questions {
    /// Whether they have an id.
    have_ids: bool,
    /// A name, and what it is.
    name: Option<(String, String)>,
    /// A sort, and which one.
    sort: Option<(String, String)>,
    /// A time, and which one.
    time: Option<(String, String)>,
}

impl Questions {
    /// Those of a list; none of what is no list.
    fn of(things: &Things<'_>, list: &str) -> Option<Self> {
        let item = things.known.get(list)?.pointer("/properties/items/items")?;
        let shown = things.example("", "", item, NESTED)?;
        let members = things.members(item);
        let held = |name: &str| Some((name.to_owned(), shown.get(name)?.as_str()?.to_owned()));
        let sort = best(&members, &SORTS, is_text).or_else(|| any(&members, is_sort));
        let time = best(&members, &TIMES, is_time).or_else(|| any(&members, is_time));
        Some(Self {
            have_ids: members.iter().any(|(name, _)| *name == "id"),
            name: best(&members, &NAMES, is_text).and_then(held),
            sort: sort.and_then(held),
            time: time.and_then(held),
        })
    }

    fn filter(&self) -> Option<String> {
        let sort = self.sort.iter().map(|(member, sort)| format!("{member} eq {}", quoted(sort)));
        let name = self.name.iter().map(|(member, name)| {
            let begins: String = name.chars().take(1).collect();
            format!("{member} sw {}", quoted(&begins))
        });
        let both: Vec<String> = sort.chain(name).collect();
        if !both.is_empty() {
            return Some(both.join(" and "));
        }
        self.time.as_ref().map(|(member, time)| format!("{member} ge {}", quoted(time)))
    }

    fn sort(&self) -> Option<String> {
        let name = self.name.iter().map(|(member, _)| member.clone());
        let time = self.time.iter().map(|(member, _)| format!("-{member}"));
        let both: Vec<String> = name.chain(time).collect();
        (!both.is_empty()).then(|| both.join(","))
    }

    fn fields(&self) -> Option<String> {
        let id = self.have_ids.then_some("id");
        let others = self.name.iter().chain(&self.time).chain(&self.sort);
        let all = id.into_iter().chain(others.map(|(member, _)| member.as_str()));
        let two: Vec<&str> = all.take(2).collect();
        (!two.is_empty()).then(|| two.join(","))
    }
}

/// The first of these names that a member of such a kind has.
fn best<'n>(
    members: &[(&str, &Value)],
    names: &[&'n str],
    is_such: fn(&Value) -> bool,
) -> Option<&'n str> {
    let has = |name: &str| members.iter().any(|(it, schema)| *it == name && is_such(schema));
    names.iter().copied().find(|name| has(name))
}

/// The first member of such a kind.
fn any<'m>(members: &[(&'m str, &Value)], is_such: fn(&Value) -> bool) -> Option<&'m str> {
    members.iter().find(|(_, schema)| is_such(schema)).map(|(name, _)| *name)
}

fn is_text(schema: &Value) -> bool {
    is(schema, "string") && schema.get("format").is_none()
}

fn is_sort(schema: &Value) -> bool {
    is_text(schema) && schema.get("enum").is_some()
}

fn is_time(schema: &Value) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("date-time")
}

/// A text as filters have it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
