use serde_json::{Value, json};

use super::world::World;
use crate::routes;

#[tokio::test]
async fn every_route_refuses_nobody() {
    let world = World::new();
    for route in routes().into_iter().filter(|route| !route.public) {
        let answer = world.call("", route.method, &filled(&route.path), Value::Null).await;
        answer.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn every_route_that_changes_asks_for_the_permission_that_it_names() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let reader = world.admin(&root, "read_only", json!("all")).await;
    let stranger = world.admin(&root, "administrator", json!("none")).await;
    for route in routes() {
        let Some(permission) = route.permission else { continue };
        let path = filled(&route.path.replace("/v1/organizations/{organization}", &acme));
        if permission != "view" {
            let answer = world.call(&reader, route.method, &path, Value::Null).await;
            let problem = answer.is_problem(403, "forbidden");
            assert_eq!(problem["permission"], permission, "{} {path}", route.method);
        }
        if route.path.contains("{organization}") {
            let answer = world.call(&stranger, route.method, &path, Value::Null).await;
            answer.is_problem(404, "not-found");
        }
    }
}

#[test]
fn only_what_must_is_public_or_needs_no_permission() {
    let named = |public: bool| {
        let routes = routes().into_iter();
        let routes = routes.filter(|route| route.public == public && route.permission.is_none());
        let mut named: Vec<String> =
            routes.map(|route| format!("{} {}", route.method, route.path)).collect();
        named.sort();
        named
    };
    assert_eq!(
        named(true),
        [
            "GET /v1/docs",
            "GET /v1/health",
            "GET /v1/invitations",
            "GET /v1/openapi.json",
            "GET /v1/revocation-lists/{revocation_list}",
            "POST /v1/invitations",
            "POST /v1/invitations/second-factor",
            "POST /v1/sign-in",
            "POST /v1/sign-in/enrolment",
            "POST /v1/sign-in/passkey",
            "POST /v1/sign-in/passkey/begin",
        ]
    );
    assert_eq!(
        named(false),
        [
            "DELETE /v1/me/api-keys/{id}",
            "DELETE /v1/me/passkeys/{id}",
            "DELETE /v1/me/sessions",
            "GET /v1/me",
            "GET /v1/me/api-keys",
            "GET /v1/me/can-i",
            "GET /v1/me/passkeys",
            "GET /v1/me/passkeys/{id}",
            "GET /v1/me/sessions",
            "GET /v1/policy",
            "GET /v1/profiles",
            "GET /v1/reply-attributes",
            "GET /v1/reply-presets",
            "PATCH /v1/me/passkeys/{id}",
            "POST /v1/me/api-keys",
            "POST /v1/me/authenticator",
            "POST /v1/me/authenticator/confirm",
            "POST /v1/me/passkeys",
            "POST /v1/me/passkeys/begin",
            "POST /v1/me/passkeys/{id}/activate",
            "POST /v1/me/recovery-codes",
            "POST /v1/sign-out",
            "PUT /v1/me/password",
        ]
    );
}

/// A path whose placeholders are ids that nobody has.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        true => "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
        false => part,
    });
    parts.collect::<Vec<_>>().join("/")
}
