//! Who has no token of ours, and what is no route.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Route, Site, routes};
use crate::harness::admin::PASSWORD;
use crate::harness::https::Https;

#[test]
fn nobody_and_whoever_has_no_token_of_ours_gets_401_everywhere_but_at_public_routes() {
    let site = Site::new();
    let nobody = site.office.demo.https(None);
    let top = &site.office.demo.admin_api.tokens.administrator_with_billing;
    let enrolling = {
        let (_, login) = site.office.add_admin("/v1/admins", &json!({"role": "read_only"}));
        let credentials = json!({"login": login, "password": PASSWORD});
        let asked = nobody.send("POST", "/v1/sign-in", Some(&credentials)).json();
        asked["enrolment_token"].as_str().unwrap().to_owned()
    };
    let tokens =
        ["", "x", &top[..top.len() - 1], &format!("{top}x"), &top.to_uppercase(), &enrolling];
    let mut strangers: Vec<Https> =
        tokens.iter().map(|token| site.office.top.with_token(token)).collect();
    strangers.push(nobody);
    for route in routes(&site.office).iter().filter(|route| !route.public) {
        for stranger in &strangers {
            let response = route.as_someone(stranger, &site.ours(route));
            assert_eq!(response.status, 401, "{} {response:?}", route.name());
            assert_eq!(response.json()["type"], "/problems/unauthenticated");
            assert_eq!(response.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[test]
fn public_routes_answer_without_a_token() {
    let site = Site::new();
    let nobody = site.office.demo.https(None);
    for route in routes(&site.office).iter().filter(|route| route.public) {
        let response = route.as_someone(&nobody, &site.ours(route));
        assert!(matches!(response.status, 200 | 422), "{} {response:?}", route.name());
    }
}

#[test]
fn paths_that_are_no_routes_and_methods_that_are_none_are_problems_too() {
    let site = Site::new();
    let (nobody, top) = (site.office.demo.https(None), &site.office.top);
    for path in ["/", "/v1", "/v2/organizations", "/v1/organisations", "/v1/organizations/x/y/z"] {
        for who in [&nobody, top] {
            let response = who.get(path);
            assert_eq!(response.status, 404, "{path} {response:?}");
            assert_eq!(response.json()["type"], "/problems/not-found", "{path}");
        }
    }
    let documented: BTreeSet<String> = routes(&site.office).iter().map(Route::name).collect();
    for route in routes(&site.office) {
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if documented.contains(&format!("{method} {}", route.path)) {
                continue;
            }
            let response = top.send(method, &site.ours(&route), None);
            assert_eq!(response.status, 405, "{method} {} {response:?}", route.path);
            assert_eq!(response.header("content-type"), Some("application/problem+json"));
            let allowed = response.header("allow").unwrap();
            assert!(allowed.split(',').any(|allowed| allowed == route.method), "{allowed}");
        }
    }
}
