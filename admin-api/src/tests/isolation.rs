use serde_json::{Value, json};

use super::world::{World, request};

#[tokio::test]
async fn a_foreign_organization_answers_byte_for_byte_like_one_that_never_was() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let orbit = world.organization(&root, "orbit").await;
    let user = world.user(&root, &orbit, "ada").await;
    let id = acme.rsplit('/').next().unwrap();
    let stranger = world.admin(&root, "administrator", json!({"organizations": [id]})).await;
    let absent = "/v1/organizations/0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";
    let ada = user.rsplit('/').next().unwrap();
    for (method, rest, body) in [
        ("GET", String::new(), Value::Null),
        ("PATCH", String::new(), json!({"name": "x"})),
        ("GET", "/settings".into(), Value::Null),
        ("GET", "/users?limit=9999".into(), Value::Null),
        ("GET", format!("/users/{ada}"), Value::Null),
        ("PATCH", format!("/users/{ada}"), json!({"nonsense": true})),
        ("POST", "/users".into(), json!("no user at all")),
        ("PUT", format!("/users/{ada}/password"), json!({"password": "correct horse"})),
        ("GET", "/events".into(), Value::Null),
        ("GET", "/admins".into(), Value::Null),
    ] {
        let foreign = format!("{orbit}{rest}");
        let foreign = world.call(&stranger, method, &foreign, body.clone()).await;
        foreign.is_problem(404, "not-found");
        for never in [absent, "/v1/organizations/nonsense"] {
            let never =
                world.call(&stranger, method, &format!("{never}{rest}"), body.clone()).await;
            assert_eq!(never.text, foreign.text, "{method} {rest}");
            assert_eq!(never.status, foreign.status);
            let mut names: Vec<_> = never.headers.keys().collect();
            let mut others: Vec<_> = foreign.headers.keys().collect();
            names.sort_by_key(|name| name.as_str());
            others.sort_by_key(|name| name.as_str());
            assert_eq!(names, others);
        }
    }
    let unknown = world.get(&stranger, "/v1/nothing").await;
    assert_eq!(unknown.text, world.get(&stranger, &orbit).await.text);
}

#[tokio::test]
async fn a_foreign_organizations_body_is_not_even_read() {
    let world = World::new();
    let root = world.root().await;
    let orbit = world.organization(&root, "orbit").await;
    let stranger = world.admin(&root, "administrator", json!("none")).await;
    let mut untyped = request(&stranger, "POST", &format!("{orbit}/users"), &json!({}));
    untyped.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    world.send(untyped).await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_record_of_one_organization_is_nothing_in_another() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let orbit = world.organization(&root, "orbit").await;
    let user = world.user(&root, &acme, "ada").await;
    let id = user.rsplit('/').next().unwrap();
    world.get(&root, &format!("{orbit}/users/{id}")).await.is_problem(404, "not-found");
    let group = world.must(&root, "POST", &format!("{orbit}/groups"), json!({"name": "g"})).await;
    let members = format!("{orbit}/groups/{}/members", group["id"].as_str().unwrap());
    let body = json!({"add": {"users": [id]}});
    let refused = world.call(&root, "PATCH", &members, body).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/add/users/0");
}

/// What a request names anywhere: in the path behind what is one's own, in the query, in the body.
#[tokio::test]
async fn what_is_somebody_elses_answers_byte_for_byte_like_what_never_was() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let orbit = world.organization(&root, "orbit").await;
    let make = async |path: String, body: Value| {
        let made = world.must(&root, "POST", &path, body).await;
        made["id"].as_str().unwrap().to_owned()
    };
    let first = async |path: String| {
        let all = world.must(&root, "GET", &path, Value::Null).await;
        all["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let named = json!({"name": "laptops"});
    let own_policy = make(format!("{acme}/security-policies"), named.clone()).await;
    let policy = make(format!("{orbit}/security-policies"), named.clone()).await;
    let version = first(format!("{orbit}/security-policies/{policy}/versions")).await;
    let profile = make(format!("{orbit}/reply-profiles"), named.clone()).await;
    let group = make(format!("{acme}/groups"), named).await;
    let ada = world.user(&root, &orbit, "ada").await.rsplit('/').next().unwrap().to_owned();
    let body = json!({
        "login": "it", "display_name": "IT", "role": "administrator_with_billing",
        "password": super::world::GIVEN
    });
    let admin = make(format!("{acme}/admins"), body).await;
    let it = world.enrol(Some("acme"), "it").await;
    let key = json!({"name": "root", "expires": "2027-06-30T00:00:00Z"});
    let key = make("/v1/me/api-keys".into(), key).await;
    let session = first("/v1/me/sessions".into()).await;
    let (versions, members) = (
        format!("{acme}/security-policies/{own_policy}/versions"),
        format!("{acme}/groups/{group}/members"),
    );
    let never = "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";
    for (method, path, body, id) in [
        ("GET", format!("{acme}/users/THING"), Value::Null, &ada),
        ("GET", format!("{acme}/security-policies/THING/versions/{version}"), Value::Null, &policy),
        ("GET", format!("{versions}/THING"), Value::Null, &version),
        ("POST", format!("{versions}/THING/restore"), json!({}), &version),
        ("DELETE", "/v1/me/api-keys/THING".to_owned(), Value::Null, &key),
        ("DELETE", "/v1/me/sessions?session=THING".to_owned(), Value::Null, &session),
        ("DELETE", format!("{acme}/admins/{admin}/api-keys?api_key=THING"), Value::Null, &key),
        ("DELETE", format!("{acme}/admins/{admin}/sessions?session=THING"), Value::Null, &session),
        ("PATCH", members, json!({"add": {"users": ["THING"]}}), &ada),
        (
            "POST",
            format!("{acme}/radius-clients"),
            json!({"name": "gate", "sources": ["192.0.2.9/32"], "reply_profile": "THING"}),
            &profile,
        ),
    ] {
        let ask = async |id: &str| {
            let body = body.to_string().replace("THING", id);
            let body = serde_json::from_str(&body).unwrap();
            let answer = world.call(&it, method, &path.replace("THING", id), body).await;
            assert!(
                matches!(answer.status.as_u16(), 404 | 422),
                "{method} {path}: {}",
                answer.text
            );
            let of_this_request = ["x-request-id", "ratelimit"];
            let headers =
                answer.headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
            let headers: Vec<_> =
                headers.filter(|(name, _)| !of_this_request.contains(&name.as_str())).collect();
            (answer.status, answer.text, headers)
        };
        assert_eq!(ask(id).await, ask(never).await, "{method} {path}");
    }
}

#[tokio::test]
async fn an_organizations_own_admin_sees_nothing_of_the_provider() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let body = json!({
        "login": "it", "display_name": "IT", "role": "administrator_with_billing",
        "password": super::world::GIVEN
    });
    let made = world.must(&root, "POST", &format!("{acme}/admins"), body).await;
    assert!(made.get("scope").is_none());
    let it = world.enrol(Some("acme"), "it").await;
    for path in ["/v1/admins", "/v1/events"] {
        world.get(&it, path).await.is_problem(404, "not-found");
    }
    let listed = world.must(&it, "GET", "/v1/organizations", Value::Null).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let refused = world.call(&it, "PATCH", &acme, json!({"name": "Mine"})).await;
    assert_eq!(refused.is_problem(403, "forbidden")["permission"], "manage_organizations");
    world.must(&it, "GET", &format!("{acme}/admins"), Value::Null).await;
}

#[tokio::test]
async fn nobody_gives_a_scope_that_is_wider_than_their_own() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let orbit = world.organization(&root, "orbit").await;
    let (acme, orbit) = (acme.rsplit('/').next().unwrap(), orbit.rsplit('/').next().unwrap());
    let scope = json!({"organizations": [acme]});
    let narrow = world.admin(&root, "administrator_with_billing", scope).await;
    let eve = |scope: Value| {
        json!({
            "login": "eve", "display_name": "Eve", "role": "manager", "scope": scope,
            "password": super::world::PASSWORD
        })
    };
    world.call(&narrow, "POST", "/v1/admins", eve(json!("all"))).await.is_problem(409, "rule");
    let wider = eve(json!({"organizations": [acme, orbit]}));
    let refused = world.call(&narrow, "POST", "/v1/admins", wider).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/scope/organizations/1");
}
