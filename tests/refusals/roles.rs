//! What each role may, and what needs none.

use serde_json::{Value, json};

use super::{BY_SCOPE, Route, Site, routes};
use crate::harness::curl::Response;

const ROLES: [&str; 5] =
    ["administrator_with_billing", "administrator", "manager", "help_desk", "read_only"];

#[test]
fn each_role_of_the_provider_is_let_through_where_the_policy_says_so_and_nowhere_else() {
    let site = Site::new();
    let policy = site.office.top.get("/v1/policy").json();
    let routes = routes(&site.office);
    for role in ROLES {
        let admin = site.office.provider_admin(role, &json!("all"));
        for route in &routes {
            let Some(permission) = &route.permission else { continue };
            let response = route.as_someone(&admin.session, &site.ours(route));
            if holders(&policy, permission).iter().any(|holder| holder == role) {
                assert_let_through(route, &response, role);
            } else {
                assert_missing(route, &response, permission, role);
            }
        }
    }
}

#[test]
fn each_role_of_an_organization_counts_there_alone() {
    let site = Site::new();
    let policy = site.office.top.get("/v1/policy").json();
    let routes = routes(&site.office);
    for role in ROLES {
        let admin = site.office.admin(role);
        for route in &routes {
            let Some(permission) = &route.permission else { continue };
            let response = route.as_someone(&admin.session, &site.ours(route));
            let holds = holders(&policy, permission).iter().any(|holder| holder == role);
            if BY_SCOPE.contains(&route.name().as_str()) {
                // Who is looked for was not said.
                let is_asked_nothing = || response.json()["pointer"] == "/text";
                assert!(response.status == 200 || is_asked_nothing(), "{response:?}");
            } else if !route.in_organization() {
                assert_eq!(response.status, 404, "{role}: {} {response:?}", route.name());
            } else if holds && permission != "manage_organizations" {
                assert_let_through(route, &response, role);
            } else {
                assert_missing(route, &response, permission, role);
                // Who reads it may hold the permission by the table, and never does here.
                let never = response.body.contains("which the provider's own admins alone hold");
                assert_eq!(never, permission == "manage_organizations", "{response:?}");
            }
        }
    }
}

#[test]
fn ones_own_account_needs_no_permission_and_a_session_ends_with_signing_out() {
    let site = Site::new();
    let routes = routes(&site.office);
    for role in ROLES {
        let admin = site.office.provider_admin(role, &json!("none"));
        for route in routes.iter().filter(|route| route.permission.is_none() && !route.public) {
            let response = match &*route.name() {
                "POST /v1/sign-out" | "DELETE /v1/me/sessions" => continue,
                "DELETE /v1/me/api-keys/{id}"
                | "DELETE /v1/me/passkeys/{id}"
                | "GET /v1/me/passkeys/{id}"
                | "POST /v1/me/passkeys/{id}/activate" => {
                    let response = route.as_someone(&admin.session, &site.ours(route));
                    assert_eq!(response.status, 404, "{response:?}");
                    continue;
                }
                _ => route.as_someone(&admin.session, &site.ours(route)),
            };
            assert!(matches!(response.status, 200 | 201 | 422), "{} {response:?}", route.name());
        }
        assert_eq!(admin.session.send("POST", "/v1/sign-out", None).status, 204);
        assert_eq!(admin.session.get("/v1/me").status, 401);
    }
}

/// The roles that hold a permission.
fn holders(policy: &Value, permission: &str) -> Vec<String> {
    let rows = policy["permissions"].as_array().unwrap();
    let row = rows.iter().find(|row| row["permission"] == permission).unwrap();
    serde_json::from_value(row["roles"].clone()).unwrap()
}

fn assert_missing(route: &Route, response: &Response, missing: &str, name: &str) {
    assert_eq!(response.status, 403, "{name}: {} {response:?}", route.name());
    let problem = response.json();
    assert_eq!(problem["type"], "/problems/forbidden");
    assert_eq!(problem["permission"], missing, "{name}: {}", route.name());
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with(&format!("needs {missing} on ")), "{detail}");
}

fn assert_let_through(route: &Route, response: &Response, name: &str) {
    let refused = matches!(response.status, 401 | 403 | 404 | 405 | 429 | 500..);
    assert!(!refused, "{name}: {} {response:?}", route.name());
}
