use axum::body::Body;
use serde_json::json;

use super::world::{World, request};
use crate::routes;

#[tokio::test]
async fn no_body_makes_the_server_fail() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let user = world.user(&root, &acme, "ada").await;
    let ada = user.rsplit('/').next().unwrap();
    let other = world.admin(&root, "manager", json!("none")).await;
    let other = world.must(&other, "GET", "/v1/me", json!(null)).await;
    let bodies = bodies();
    for route in routes() {
        let takes_none = matches!(route.method, "GET" | "DELETE");
        if takes_none || route.path == "/v1/sign-out" {
            continue;
        }
        let path = route.path.replace("/v1/organizations/{organization}", &acme);
        let path = path.replace("{user}", ada).replace("{admin}", other["id"].as_str().unwrap());
        let path = path.replace(['{', '}'], "");
        for body in &bodies {
            let mut request = request(&root, route.method, &path, &json!({}));
            *request.body_mut() = Body::from(body.clone());
            let answer = world.send(request).await;
            let at = format!("{} {path} {body:?}: {}", route.method, answer.text);
            assert!(!answer.status.is_server_error(), "{at}");
            if answer.status.is_client_error() {
                assert_eq!(answer.header("content-type"), "application/problem+json", "{at}");
            }
        }
        world.must(&root, "GET", &user, json!(null)).await;
    }
}

#[tokio::test]
async fn no_path_or_query_makes_the_server_fail() {
    let world = World::new();
    let root = world.root().await;
    for path in [
        "/v1/organizations/%ff",
        "/v1/organizations/%00/users",
        "/v1/organizations/..%2f..%2fadmins",
        "/v1/admins/%F0%9F%92%A9",
        "/v1/admins?cursor=AAAAAAAAAAA",
        "/v1/admins?cursor=__________8",
        "/v1/admins?limit=18446744073709551616",
        "/v1/admins?limit=1&limit=2",
        "/v1/events?cursor=AAAAAAAAAAA&action=refused",
        "/v1/events?action=nonsense",
        "/v1/events?actor=%ff",
        "/v1//admins",
        "//",
    ] {
        let answer = world.get(&root, path).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.text);
    }
}

fn bodies() -> Vec<Vec<u8>> {
    let shapes = [
        json!({}),
        json!([]),
        json!("text"),
        json!(-1),
        json!({"login": {}, "name": [], "password": null}),
        json!({"login": "x\u{0}", "name": "\u{0}", "display_name": "x", "surname": "x"}),
        json!({"login": "\u{202e}", "display_name": "\u{202e}", "surname": "\u{feff}"}),
        json!({"name": "x".repeat(3_000), "sources": ["::/0", "0.0.0.0/0"]}),
        json!({"name": "a", "sources": ["1.2.3.4/33"], "expires": "+999999-01-01T00:00:00Z"}),
        json!({"name": "a", "expires": "9999-12-31T23:59:59Z", "organizations": []}),
        json!({"remember_verified": u64::MAX, "lockout": {"threshold": u32::MAX}}),
        json!({"vendor_attributes": [{"vendor": u32::MAX, "number": 0, "value": {"text": ""}}]}),
        json!({"add": {"users": ["not-an-id"]}, "remove": {"groups": [7]}}),
        json!({"scope": {"organizations": [], "all": true}, "visibility": {"groups": "x"}}),
        json!({"code": "", "enrolment_token": "tnenr_4294967295_18446744073709551615_x"}),
        json!({"base": "dc=".repeat(100), "slug": "-", "name": " "}),
    ];
    let mut bodies: Vec<Vec<u8>> =
        shapes.iter().map(|shape| shape.to_string().into_bytes()).collect();
    bodies.extend([
        b"".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"{\"a\":1e999999}".to_vec(),
        b"{\"login\":\"a\",\"login\":\"b\"}".to_vec(),
        b"{\"login\":\"\\ud800\"}".to_vec(),
        "[".repeat(4_000).into_bytes(),
        vec![b' '; 5_000],
    ]);
    bodies
}
