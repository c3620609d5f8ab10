use std::collections::BTreeSet;

use serde_json::Value;

use super::world::World;
use crate::{openapi_json, routes};

#[test]
fn the_committed_openapi_document_is_the_one_that_the_handlers_make() {
    let committed = include_str!("../../openapi.json");
    let made = openapi_json();
    let first = committed.lines().zip(made.lines()).position(|(one, other)| one != other);
    assert!(
        committed == made,
        "admin-api/openapi.json differs from line {:?} on; \
         `cargo run -p daemon -- openapi > admin-api/openapi.json` writes it anew",
        first.map(|line| line + 1)
    );
}

#[test]
fn every_operation_is_named_once_described_and_fails_with_a_problem() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = BTreeSet::new();
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            count += 1;
            let at = format!("{method} {path}");
            let name = operation["operationId"].as_str().expect(&at).to_owned();
            assert!(names.insert(name), "{at}: the operation's name is another's");
            assert!(operation["summary"].is_string(), "{at}");
            assert!(operation["tags"][0].is_string(), "{at}");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{at}");
            if let Some(permission) = operation["x-permission"].as_str() {
                assert!(operation["description"].as_str().unwrap().contains(permission), "{at}");
            }
        }
    }
    assert_eq!(count, routes().len());
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                open.extend(map.values());
            }
            Value::Array(list) => open.extend(list),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let world = World::new();
    let page = world.get("", "/v1/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert_eq!(page.text.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    assert!(!page.text.contains("http://") && !page.text.contains("https://"));
    assert!(!page.text.contains("innerHTML") && !page.text.contains("{nonce}"));
    assert_ne!(world.get("", "/v1/docs").await.header("content-security-policy"), policy);
    assert_eq!(world.get("", "/v1/openapi.json").await.text, openapi_json());
}

#[tokio::test]
async fn the_policy_is_shown_as_data_to_admins() {
    let world = World::new();
    let root = world.root().await;
    let policy = world.must(&root, "GET", "/v1/policy", Value::Null).await;
    assert_eq!(policy["roles"].as_array().unwrap().len(), 5);
    let rows = policy["permissions"].as_array().unwrap();
    let held: Vec<usize> = rows.iter().map(|row| row["roles"].as_array().unwrap().len()).collect();
    assert_eq!(held, [1, 1, 1, 2, 2, 3, 4, 5]);
    assert_eq!(rows[7]["permission"], "view");
}
