//! Entity tags: a change that names one by `If-Match` is made when that is still the one, or not at
//! all, at every operation that takes it; which ones do stands in the OpenAPI document.

use serde_json::{Value, json};

use crate::harness::authority::{Authority, Holder};
use crate::harness::office::Office;
use crate::refusals::{Route, Site};

/// What nothing ever has been.
const NEVER: &str = "If-Match: \"18446744073709551615\"";

/// The tests have no passkey, which takes a browser: `tests/admin_api/v1/passkeys.rs` has one.
const ELSEWHERE: [&str; 1] = ["PATCH /v1/me/passkeys/{id}"];

/// The operations of the document, of which those that take `If-Match` are told apart.
fn operations(office: &Office) -> Vec<(Route, bool)> {
    let document = office.demo.https(None).get("/v1/openapi.json").json();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let is_conditional = parameters.into_iter().any(|it| it["name"] == "If-Match");
            let (method, path) = (method.to_uppercase(), path.clone());
            let route = Route { method, path, permission: None, public: false };
            operations.push((route, is_conditional));
        }
    }
    operations
}

/// What is agreed with an organization stands in the organization.
const AGREEMENTS: &str = "/v1/billing/agreements";

/// The nearest place above what an operation changes that shows something.
fn shown(site: &Site, operations: &[(Route, bool)], route: &Route) -> String {
    if route.path == AGREEMENTS {
        return site.office.path("billing/agreements");
    }
    let mut path = route.path.as_str();
    loop {
        let shows = |(it, _): &&(Route, bool)| it.method == "GET" && it.path == path;
        if let Some((it, _)) = operations.iter().find(shows) {
            return site.ours(it);
        }
        path = path.rsplit_once('/').unwrap().0;
    }
}

/// A body that an operation takes.
fn body(site: &Site, route: &Route) -> Value {
    let ends = |end: &str| route.path.ends_with(end);
    if route.path == AGREEMENTS {
        json!({"organization": site.office.id, "plan": null, "since": "2999-12"})
    } else if ends("/password") {
        json!({"password": "another long enough password"})
    } else if ends("/secret") {
        json!({"secret": "a secret of many letters"})
    } else if ends("/client-certificate") {
        Authority::new("authority.example").client()
    } else if ends("/server-certificate") {
        let dns = Some("radius.acme.example");
        let server = Holder { common_name: "radius", dns, server: true, ..Holder::default() };
        let authority = Authority::new("authority.example");
        let issued = authority.issue(&server);
        let text = |file| std::fs::read_to_string(file).unwrap();
        json!({"certificate": text(&issued.certificate), "private_key": text(&issued.key)})
    } else if ends("/certificates") {
        let octet = if ends("{user}/certificates") { "ab" } else { "cd" };
        json!({"fingerprints": [octet.repeat(32)]})
    } else if ends("/confirm") {
        json!({"code": "123456"})
    } else if ends("/revocations") {
        json!({"list": "none"})
    } else if ends("/lock") {
        json!({"seconds": 60})
    } else if ends("/user-cap") || ends("/device-cap") {
        json!({"most": 7})
    } else if ends("/event-retention") {
        json!({"retention": 86_400_000_u64 * 30})
    } else if ends("/event-sampling") {
        json!({"one_in": 7, "values": true})
    } else if ends("/presentation") {
        json!({"layout": "rfc2307"})
    } else if ends("/aliases") {
        json!({"aliases": []})
    } else {
        json!({})
    }
}

#[test]
fn whoever_has_seen_something_else_changes_nothing_at_any_operation() {
    let site = Site::new();
    let operations = operations(&site.office);
    let top = &site.office.top;
    let mut tried = 0;
    for (route, _) in operations.iter().filter(|(_, is_conditional)| *is_conditional) {
        if ELSEWHERE.contains(&route.name().as_str()) {
            continue;
        }
        let (place, mut path) = (shown(&site, &operations, route), site.ours(route));
        if route.name() == "DELETE /v1/organizations/{organization}" {
            path += "?confirmation=anything";
        }
        let before = top.get(&place);
        let response = top.send_with(&route.method, &path, &[NEVER], Some(&body(&site, route)));
        assert_eq!(response.status, 412, "{} {response:?}", route.name());
        assert_eq!(response.json()["type"], "/problems/stale", "{}", route.name());
        let after = top.get(&place);
        let seen = (after.status, &after.body, after.header("etag"));
        let expected = (before.status, &before.body, before.header("etag"));
        assert_eq!(seen, expected, "{}", route.name());
        tried += 1;
    }
    assert!(tried > 60, "only {tried} operations take If-Match");
}

#[test]
fn what_the_document_gives_a_tag_has_one() {
    let site = Site::new();
    let document = site.office.demo.https(None).get("/v1/openapi.json").json();
    let mut looked_at = 0;
    for (route, _) in operations(&site.office).iter().filter(|(route, _)| route.method == "GET") {
        let ok = &document["paths"][&route.path]["get"]["responses"]["200"];
        let in_common = "#/components/headers/EntityTag";
        if ok["headers"]["ETag"]["$ref"] != in_common || ELSEWHERE[0].ends_with(&route.path) {
            continue;
        }
        let response = site.office.top.get(&site.ours(route));
        let tag = response.header("etag");
        assert!(response.status == 200 && tag.is_some(), "{} {response:?}", route.name());
        looked_at += 1;
    }
    assert!(looked_at > 20, "only {looked_at} things have a tag");
}

/// Operations that change what is no member of what has the tag.
const BESIDE: [&str; 18] = [
    "PUT /v1/organizations/{organization}/users/{user}/certificates",
    "PUT /v1/organizations/{organization}/users/{user}/password",
    "POST /v1/organizations/{organization}/users/{user}/lock",
    "POST /v1/organizations/{organization}/users/{user}/unlock",
    "POST /v1/organizations/{organization}/users/{user}/require-password-change",
    "POST /v1/organizations/{organization}/users/{user}/second-factor",
    "DELETE /v1/organizations/{organization}/users/{user}/second-factor",
    "PUT /v1/organizations/{organization}/service-accounts/{service_account}/certificates",
    "POST /v1/organizations/{organization}/service-accounts/{service_account}/rotate",
    "DELETE /v1/organizations/{organization}/service-accounts/{service_account}/previous-password",
    "POST /v1/organizations/{organization}/radius-clients/{radius_client}/secret/rotate",
    "PUT /v1/organizations/{organization}/radius-clients/{radius_client}/secret",
    "PUT /v1/organizations/{organization}/admins/{admin}/password",
    "POST /v1/organizations/{organization}/admins/{admin}/reset-mfa",
    "PUT /v1/organizations/{organization}/event-retention",
    "PUT /v1/organizations/{organization}/event-sampling",
    "POST /v1/organizations/{organization}/event-destinations/{event_destination}/secret/rotate",
    "PUT /v1/organizations/{organization}/server-certificate",
];

#[test]
fn a_tag_is_good_for_one_change_of_what_is_kept_beside_a_thing_as_well() {
    let site = Site::new();
    let operations = operations(&site.office);
    // With a session of a moment ago, which is needed for what lets other admins in.
    let top = &site.office.chief();
    for name in BESIDE {
        let (route, _) = operations.iter().find(|(route, _)| route.name() == name).unwrap();
        let (place, path) = (shown(&site, &operations, route), site.ours(route));
        let tag = top.get(&place).header("etag").expect(name).to_owned();
        let change = || {
            let seen = format!("If-Match: {tag}");
            top.send_with(&route.method, &path, &[seen.as_str()], Some(&body(&site, route)))
        };
        let first = change();
        assert!(matches!(first.status, 200 | 204), "{name}: {first:?}");
        // Each change is an event, and names the request that it came of.
        let request = first.header("x-request-id").expect(name);
        site.office.read("events/chain");
        let told = site.office.read(&format!("events?request_id={request}"));
        assert_ne!(told["items"], json!([]), "{name} leaves no event");
        let second = change();
        assert_eq!(second.status, 412, "{name}: {second:?}");
        assert_ne!(top.get(&place).header("etag"), Some(&*tag), "{name}");
    }
}

/// Operations that say how something is to be, and change nothing where it is so.
const SETTLING: [&str; 10] = [
    "POST /v1/billing/agreements",
    "PUT /v1/organizations/{organization}/users/{user}/certificates",
    "POST /v1/organizations/{organization}/users/{user}/require-password-change",
    "DELETE /v1/organizations/{organization}/users/{user}/second-factor",
    "PUT /v1/organizations/{organization}/service-accounts/{service_account}/certificates",
    "DELETE /v1/organizations/{organization}/service-accounts/{service_account}/previous-password",
    "PUT /v1/organizations/{organization}/event-retention",
    "PUT /v1/organizations/{organization}/event-sampling",
    "PUT /v1/organizations/{organization}/event-destinations/{event_destination}/client-certificate",
    "PUT /v1/organizations/{organization}/server-certificate",
];

#[test]
fn what_is_so_already_is_not_changed_and_not_told_again() {
    let site = Site::new();
    let operations = operations(&site.office);
    let top = &site.office.top;
    for name in SETTLING {
        let (route, _) = operations.iter().find(|(route, _)| route.name() == name).expect(name);
        let (place, path) = (shown(&site, &operations, route), site.ours(route));
        let asked = body(&site, route);
        let settle = || top.send(&route.method, &path, Some(&asked));
        let first = settle();
        assert!(matches!(first.status, 200 | 204), "{name}: {first:?}");
        let tag = top.get(&place).header("etag").expect(name).to_owned();
        let again = settle();
        assert_eq!(again.status, first.status, "{name}: {again:?}");
        assert_eq!(top.get(&place).header("etag"), Some(&*tag), "{name}");
        let request = again.header("x-request-id").expect(name);
        site.office.read("events/chain");
        let told = site.office.read(&format!("events?request_id={request}"));
        assert_eq!(told["items"], json!([]), "{name}: {told}");
    }
}

#[test]
fn of_two_who_set_a_password_at_once_with_the_same_tag_one_does() {
    let office = Office::new();
    let place = office.path(&format!("users/{}", office.user("ada", "correct horse battery")));
    let tag = office.top.get(&place).header("etag").unwrap().to_owned();
    let header = format!("If-Match: {tag}");
    let done: Vec<u16> = std::thread::scope(|scope| {
        let set = |number: usize| {
            let top = office.top.with_token(office.top.token());
            let (path, header) = (format!("{place}/password"), &header);
            scope.spawn(move || {
                let body = json!({"password": format!("a long enough password {number}")});
                top.send_with("PUT", &path, &[header], Some(&body)).status
            })
        };
        let racing: Vec<_> = (0..4).map(set).collect();
        racing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(done.iter().filter(|status| **status == 204).count(), 1, "{done:?}");
    assert_eq!(done.iter().filter(|status| **status == 412).count(), 3, "{done:?}");
}
