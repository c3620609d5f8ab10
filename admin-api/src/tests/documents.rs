use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::world::World;
use crate::openapi::operation_at;
use crate::problem::KINDS;
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
            let otherwise = &operation["responses"]["default"]["$ref"];
            assert_eq!(otherwise, "#/components/responses/Problem", "{at}");
            if let Some(permission) = operation["x-permission"].as_str() {
                assert!(operation["description"].as_str().unwrap().contains(permission), "{at}");
            }
        }
    }
    assert_eq!(count, routes().len());
    let problem = &document["components"]["responses"]["Problem"]["content"];
    let schema = &problem["application/problem+json"]["schema"]["$ref"];
    assert_eq!(schema, "#/components/schemas/Problem");
}

#[test]
fn an_operation_is_found_by_its_method_and_path() {
    let _router = World::new();
    for route in routes() {
        let found = operation_at(route.method, &route.path);
        assert_eq!(found, Some(route.operation.as_str()), "{} {}", route.method, route.path);
    }
    assert_eq!(operation_at("HEAD", "/v1/me"), operation_at("GET", "/v1/me"));
    assert_eq!(operation_at("PATCH", "/v1/health"), None);
}

#[test]
fn an_operation_names_each_of_its_parameters_once_and_each_part_of_its_path() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    for route in routes() {
        let at = format!("{} {}", route.method, route.path);
        let operation = &document["paths"][&route.path][route.method.to_lowercase()];
        let (mut names, mut parts) = (BTreeSet::new(), BTreeSet::new());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, place) = (parameter["name"].as_str(), parameter["in"].as_str());
            let (name, place) = (name.expect(&at), place.expect(&at));
            assert!(names.insert((place, name)), "{at}: {name} is there twice");
            if place == "path" {
                parts.insert(format!("{{{name}}}"));
            }
        }
        let wanted = route.path.split('/').filter(|part| part.starts_with('{'));
        assert_eq!(parts, wanted.map(ToOwned::to_owned).collect(), "{at}");
    }
    let list = &document["paths"]["/v1/revocation-lists/{revocation_list}"]["get"];
    let named = &list["parameters"][0];
    assert_eq!(named["name"], "revocation_list");
    assert_eq!(named["schema"]["format"], Value::Null, "its name is no id");
}

#[test]
fn the_words_of_events_are_listed() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let words =
        |schema: &Value| -> Vec<String> { serde_json::from_value(schema["enum"].clone()).unwrap() };
    let actions = words(&document["components"]["schemas"]["Action"]);
    let kinds = words(&document["components"]["schemas"]["SubjectKind"]);
    assert!(actions.len() > 40 && actions.contains(&"network_session_ended".to_owned()));
    assert!(kinds.len() > 15 && kinds.contains(&"radius_client".to_owned()));
    let parameters = document["paths"]["/v1/events"]["get"]["parameters"].as_array().unwrap();
    let actors = words(&document["components"]["schemas"]["ActorKind"]);
    assert!(actors.len() == 7 && actors.contains(&"service_account".to_owned()), "{actors:?}");
    for (name, listed) in [("subject_kind", &kinds), ("actor_kind", &actors)] {
        let asked = parameters.iter().find(|it| it["name"] == name).unwrap();
        assert_eq!(words(&asked["schema"]), *listed);
    }
}

#[test]
fn what_is_made_heeds_a_key_or_says_why_not() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let (mut heeding, mut plain) = (0, Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["post"];
        if operation["responses"]["201"].is_null() {
            continue;
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        if parameters.into_iter().any(|it| it["name"] == "Idempotency-Key") {
            heeding += 1;
        } else {
            let says = operation["description"].as_str().unwrap();
            assert!(says.contains("heeds no `Idempotency-Key`"), "{path}: {says}");
            plain.push(path.as_str());
        }
    }
    assert!(heeding > 20, "only {heeding}");
    assert_eq!(plain, ["/v1/me/authenticator", "/v1/me/recovery-codes"]);
}

/// The statuses by which an operation is said to fail.
fn failures(operation: &Value) -> BTreeSet<u16> {
    let statuses = operation["responses"].as_object().unwrap().keys();
    statuses.filter_map(|status| status.parse().ok()).filter(|status| *status >= 400).collect()
}

/// What a handler calls that waits for its turn, and hears of it where that takes too long.
const TURNS: [&str; 9] = [
    ".hash(",
    ".turn_to_hash(",
    ".generate_password(",
    "proven(",
    "looking.take(",
    "searching.take(",
    "explaining.take(",
    "uploads.begin(",
    "Problem::busy(",
];

/// The operations whose handlers in a file's text wait for their turn.
fn waiting_in(text: &str, waiting: &mut BTreeSet<String>) {
    let code = text.split("#[cfg(test)]").next().unwrap();
    for handler in code.split("#[utoipa::path(").skip(1) {
        let called = handler.split("async fn ").nth(1).unwrap().split('(').next().unwrap();
        if TURNS.iter().any(|turn| handler.contains(turn)) {
            waiting.insert(called.to_owned());
        }
    }
}

#[test]
fn whatever_waits_for_its_turn_says_that_it_may_be_refused() {
    let mut waiting = BTreeSet::new();
    for_each_file(|_, text| waiting_in(text, &mut waiting));
    assert!(waiting.len() > 15 && waiting.contains("sign_in"), "{waiting:?}");
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut saying = BTreeSet::new();
    for route in routes() {
        let operation = &document["paths"][&route.path][route.method.to_lowercase()];
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let is_filtered = parameters.into_iter().any(|it| it["name"] == "filter");
        if failures(operation).contains(&503) && !is_filtered {
            saying.insert(route.operation.replacen("_organization_", "_", 1));
        }
    }
    assert_eq!(saying, waiting);
}

/// The operations that strangers are let in by, or not.
const LETTING_IN: [&str; 3] = ["sign_in", "confirm_enrolment", "sign_in_with_passkey"];

#[test]
fn what_answers_strangers_says_how_they_are_refused() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    for (path, wanted) in [
        ("/v1/sign-in", &[401, 403][..]),
        ("/v1/sign-in/enrolment", &[401, 403]),
        ("/v1/sign-in/passkey", &[401, 403, 409]),
        ("/v1/sign-in/passkey/begin", &[409]),
        ("/v1/invitations", &[404, 429]),
        ("/v1/invitations/second-factor", &[404, 409, 422, 429, 503]),
    ] {
        let operation = &document["paths"][path]["post"];
        let failures = failures(operation);
        assert!(wanted.iter().all(|status| failures.contains(status)), "{path}: {failures:?}");
    }
}

#[test]
fn every_operation_says_how_it_fails_by_what_it_takes_and_who_may_ask() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    for route in routes() {
        let operation = &document["paths"][&route.path][route.method.to_lowercase()];
        let (at, failures) = (format!("{} {}", route.method, route.path), failures(operation));
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let is_conditional = parameters.into_iter().any(|it| it["name"] == "If-Match");
        let has_body = operation["requestBody"].is_object();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let is_filtered = parameters.into_iter().any(|it| it["name"] == "filter");
        assert!(!is_filtered || failures.contains(&503), "{at}");
        let lets_in = LETTING_IN.contains(&route.operation.as_str());
        assert_eq!(failures.contains(&401), !route.public || lets_in, "{at}");
        assert_eq!(failures.contains(&412), is_conditional, "{at}");
        assert_eq!(failures.contains(&415), has_body, "{at}");
        assert!(!has_body || failures.is_superset(&[400, 413, 422].into()), "{at}: {failures:?}");
        assert!(route.public || failures.contains(&429), "{at}");
        if route.permission.is_some() {
            assert!(failures.is_superset(&[403, 404].into()), "{at}: {failures:?}");
            // A GET may say so of a file that needs more than there is, and of an admin whose scope
            // is wider than the caller's.
            let saying = ["/wifi-profile", "/admins/{admin}/sessions", "/admins/{admin}/api-keys"];
            let says = saying.iter().any(|end| route.path.ends_with(end));
            let conflicts = route.method != "GET" || says;
            assert_eq!(failures.contains(&409), conflicts, "{at}");
        }
    }
    let user = &document["paths"]["/v1/organizations/{organization}/users/{user}"];
    assert_eq!(failures(&user["get"]), [401, 403, 404, 429].into());
    let all = [400, 401, 403, 404, 409, 412, 413, 415, 422, 429];
    assert_eq!(failures(&user["patch"]), all.into());
    assert_eq!(
        user["patch"]["responses"]["412"]["$ref"], "#/components/responses/Stale",
        "said once, not at each operation"
    );
    for later in ["TooManyRequests", "Busy"] {
        let later = &document["components"]["responses"][later];
        assert!(later["headers"]["Retry-After"].is_object(), "{later}");
    }
    for name in ["ETag", "RateLimit", "RateLimit-Policy"] {
        assert!(user["get"]["responses"]["200"]["headers"][name].is_object(), "{name}");
    }
    let list = &document["paths"]["/v1/organizations/{organization}/users"]["get"];
    assert!(list["responses"]["200"]["headers"]["ETag"].is_null(), "lists have none");
}

/// Looks at the files of this crate and their text, but for those of tests.
fn for_each_file(mut look: impl FnMut(&Path, &str)) {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                look(&path, &std::fs::read_to_string(&path).unwrap());
                files += 1;
            }
        }
    }
    assert!(files > 100, "only {files} files were looked at");
}

/// The kinds of problems that a file's text makes, but for its tests.
fn made_in(text: &str, kinds: &mut BTreeSet<String>) {
    let code = text.split("#[cfg(test)]").next().unwrap();
    for rest in code.split("\"/problems/").skip(1) {
        kinds.insert(format!("/problems/{}", rest.split('"').next().unwrap()));
    }
}

#[test]
fn every_kind_of_problem_is_listed_and_every_one_that_is_listed_is_made() {
    let mut made = BTreeSet::new();
    for_each_file(|path, text| {
        if !path.ends_with("problem/kinds.rs") {
            made_in(text, &mut made);
        }
    });
    let listed: BTreeSet<String> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(made, listed);
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let named = &document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"];
    let named: BTreeSet<String> = serde_json::from_value(named.clone()).unwrap();
    assert_eq!(named, listed);
    for of in &KINDS {
        let said = document["components"]["responses"].as_object().unwrap().values();
        let kind = format!("`{}`", of.name);
        let said = said.filter(|it| it["description"].as_str().unwrap().contains(&kind)).count();
        assert_eq!(said, usize::from(!matches!(of.status, 405 | 408 | 500)), "{kind}");
    }
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
