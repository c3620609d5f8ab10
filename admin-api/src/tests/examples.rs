//! The examples of the documents: whatever is sent and answered has one, and each is such a thing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::query::{Fields, Filter, Shape, Sort};
use crate::{device_openapi_json, openapi_json};

/// The documents of both doors.
fn documents() -> [Value; 2] {
    [openapi_json(), device_openapi_json()].map(|text| serde_json::from_str(&text).unwrap())
}

/// The operations of a document, by method and path.
fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

/// What an operation takes, and what it answers when it is done, as JSON.
fn contents(operation: &Value) -> impl Iterator<Item = &Value> {
    let answers = operation["responses"].as_object().unwrap().iter();
    let done = answers.filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer);
    let all = [&operation["requestBody"]].into_iter().chain(done);
    all.map(|it| &it["content"]["application/json"]).filter(|content| !content.is_null())
}

/// What things are made of, by their names.
struct Schemas<'d>(&'d Value);

impl<'d> Schemas<'d> {
    fn of(document: &'d Value) -> Self {
        Self(&document["components"]["schemas"])
    }

    /// The example of what is sent or answered.
    fn example(&self, content: &'d Value) -> Option<&'d Value> {
        content.get("example").or_else(|| self.named(&content["schema"])?.get("example"))
    }

    /// What a schema refers to.
    fn named(&self, schema: &Value) -> Option<&'d Value> {
        self.0.get(schema["$ref"].as_str()?.rsplit('/').next()?)
    }

    /// What of a value is not as a schema says.
    fn wrong(&self, value: &Value, schema: &Value, at: &str) -> Vec<String> {
        if let Some(named) = self.named(schema) {
            return self.wrong(value, named, at);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let all = choices.iter().map(|choice| self.wrong(value, choice, at));
            return all.min_by_key(Vec::len).unwrap();
        }
        let (mut members, mut required) = (BTreeMap::new(), BTreeSet::new());
        self.gather(schema, &mut members, &mut required);
        let mut wrong = if is_such(value, schema) { Vec::new() } else { vec![at.to_owned()] };
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            wrong.extend(self.wrong(item, &schema["items"], &format!("{at}/{number}")));
        }
        // What has no members that the document knows may have any.
        let Some(held) = value.as_object().filter(|_| !members.is_empty()) else { return wrong };
        let missing = required.iter().filter(|name| !held.contains_key(**name));
        wrong.extend(missing.map(|name| format!("{at}/{name} is missing")));
        for (name, value) in held {
            match members.get(name.as_str()) {
                Some(schema) => wrong.extend(self.wrong(value, schema, &format!("{at}/{name}"))),
                None => wrong.push(format!("there is no {at}/{name}")),
            }
        }
        wrong
    }

    /// The members of a thing and of what it is put together from, and the names of those that it
    /// has in any case.
    fn gather<'s>(
        &self,
        schema: &'s Value,
        members: &mut BTreeMap<&'s str, &'s Value>,
        required: &mut BTreeSet<&'s str>,
    ) where
        'd: 's,
    {
        let schema = self.named(schema).unwrap_or(schema);
        let own = schema["properties"].as_object().into_iter().flatten();
        members.extend(own.map(|(name, schema)| (name.as_str(), schema)));
        let names = schema["required"].as_array().into_iter().flatten();
        required.extend(names.filter_map(Value::as_str));
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.gather(part, members, required);
        }
    }
}

/// Whether a value is of the kind that a schema wants, as far as the schema itself says.
fn is_such(value: &Value, schema: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_wanted = match &schema["type"] {
        Value::String(wanted) => wanted == kind,
        Value::Array(wanted) => wanted.iter().any(|wanted| wanted == kind),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    };
    let is_chosen = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let number = |bound: &str| schema[bound].as_f64();
    let is_within = value.as_f64().is_none_or(|value| {
        number("minimum").is_none_or(|least| least <= value)
            && number("maximum").is_none_or(|most| value <= most)
    });
    let is_formed = value.as_str().is_none_or(|text| match schema["format"].as_str() {
        Some("uuid") => text.parse::<Uuid>().is_ok(),
        Some("date-time") => text.parse::<Timestamp>().is_ok(),
        Some(_) | None => true,
    });
    is_wanted && is_chosen && is_within && is_formed
}

#[test]
fn whatever_is_sent_and_answered_as_json_has_an_example_that_is_such_a_thing() {
    let mut looked_at = 0;
    for document in &documents() {
        let schemas = Schemas::of(document);
        for (at, operation) in operations(document) {
            for content in contents(operation) {
                let schema = &content["schema"];
                let example = schemas.example(content);
                let example = example.unwrap_or_else(|| {
                    panic!(
                        "{at}: {schema} has no example: one of its texts is unknown to \
                         openapi/examples/samples.rs, and has none of its own"
                    )
                });
                assert_eq!(schemas.wrong(example, schema, ""), [""; 0], "{at}: {example}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 250, "only {looked_at}");
}

#[test]
fn what_is_not_such_a_thing_is_found() {
    let [document, _] = documents();
    let schemas = Schemas::of(&document);
    let user = &document["components"]["schemas"]["User"];
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut example = user["example"].clone();
        change(&mut example);
        schemas.wrong(&example, user, "")
    };
    assert_eq!(wrong(&|_: &mut Value| {}), [""; 0]);
    assert_eq!(wrong(&|it: &mut Value| it["colour"] = "red".into()), ["there is no /colour"]);
    assert_eq!(wrong(&|it: &mut Value| it["state"] = "asleep".into()), ["/state"]);
    assert_eq!(wrong(&|it: &mut Value| it["id"] = "7".into()), ["/id"]);
    assert_eq!(wrong(&|it: &mut Value| it["mail"][0] = 7.into()), ["/mail/0"]);
    let without_login = |it: &mut Value| drop(it.as_object_mut().unwrap().remove("login"));
    assert_eq!(wrong(&without_login), ["/login is missing"]);
}

#[test]
fn examples_of_what_lists_are_asked_name_members_that_they_have() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let (schemas, mut tried) = (Schemas::of(&document), 0);
    for (at, operation) in operations(&document) {
        let answer = &operation["responses"]["200"]["content"]["application/json"];
        let name = answer["schema"]["$ref"].as_str().and_then(|it| it.rsplit('/').next());
        let item = name.and_then(|name| name.strip_prefix("List_"));
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let asked = parameter["name"].as_str().unwrap();
            if !["filter", "sort", "fields"].contains(&asked) {
                continue;
            }
            let shape = Shape::called(item.unwrap_or_else(|| panic!("{at} is no list")));
            let example = parameter["example"].as_str();
            let example = example.unwrap_or_else(|| panic!("{at}: {asked} has no example"));
            let read = match asked {
                "filter" => Filter::read(example, shape).map(drop),
                "sort" => Sort::read(example, shape).map(drop),
                _ => Fields::read(example, shape).map(drop),
            };
            assert!(read.is_ok(), "{at}: {asked}={example}: {read:?}");
            tried += 1;
        }
        if let (Some(name), true) = (name, item.is_some()) {
            let list = &document["components"]["schemas"][name];
            assert!(schemas.example(answer).unwrap()["items"][0].is_object(), "{at}: {list}");
        }
    }
    assert!(tried > 100, "only {tried}");
}

#[test]
fn every_failure_is_shown_as_each_of_its_kinds() {
    let mut looked_at = 0;
    for document in &documents() {
        let schemas = Schemas::of(document);
        for (name, response) in document["components"]["responses"].as_object().unwrap() {
            let content = &response["content"]["application/problem+json"];
            if content.is_null() {
                continue;
            }
            let says = response["description"].as_str().unwrap();
            let examples = content["examples"].as_object().unwrap();
            for example in examples.values() {
                let problem = &example["value"];
                let wrong = schemas.wrong(problem, &content["schema"], "");
                assert_eq!(wrong, [""; 0], "{name}: {problem}");
                let is_named = says.contains(&format!("`{}`", problem["type"].as_str().unwrap()));
                assert!(is_named || name == "Problem", "{name}: {problem}");
                assert_eq!(example["summary"], problem["title"], "{name}");
                looked_at += 1;
            }
            let (kinds, shown) = (says.matches("`/problems/").count(), examples.len());
            assert!(shown > 0 && (shown == kinds || name == "Problem"), "{name}: {shown}");
        }
    }
    assert!(looked_at > 30, "only {looked_at}");
}
