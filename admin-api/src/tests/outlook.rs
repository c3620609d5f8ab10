//! What is told of who may let others in is what happens.

use serde_json::{Value, json};

use super::world::{Answer, World};
use crate::routes;

/// What is told of an operation: whether it may be done, and the codes of what is in the way.
async fn told(world: &World, token: &str, operation: &str) -> (bool, Vec<String>) {
    let path = format!("/v1/me/can-i?operation={operation}");
    let answer = world.must(token, "GET", &path, Value::Null).await["answers"][0].clone();
    let reasons = answer["reasons"].as_array().unwrap().iter();
    let codes = reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect();
    (answer["allowed"].as_bool().unwrap(), codes)
}

/// The path of a new admin of the provider's.
async fn made(world: &World, root: &str, login: &str, role: &str) -> String {
    let body = json!({"login": login, "display_name": "Somebody", "role": role});
    let made = world.must(root, "POST", "/v1/admins", body).await;
    format!("/v1/admins/{}", made["id"].as_str().unwrap())
}

async fn change(world: &World, token: &str, path: &str, body: Value) -> Answer {
    world.call(token, "PATCH", path, body).await
}

#[tokio::test]
async fn of_a_session_of_long_ago_it_is_told_that_it_raises_nobody() {
    let world = World::new();
    let root = world.root().await;
    let grace = made(&world, &root, "grace", "manager").await;
    let boss = made(&world, &root, "boss", "administrator_with_billing").await;
    world.must(&root, "POST", &format!("{boss}/suspend"), Value::Null).await;
    world.must(&root, "POST", &format!("{grace}/suspend"), Value::Null).await;
    let nothing = (true, Vec::new());
    for operation in ["create_admin", "update_admin", "activate_admin"] {
        assert_eq!(told(&world, &root, operation).await, nothing, "{operation}");
    }
    world.pass(15 * 60_000);
    let fresh = vec!["fresh_session".to_owned()];
    assert_eq!(told(&world, &root, "create_admin").await, (false, fresh.clone()));
    let (may, why) = told(&world, &root, "update_admin").await;
    assert_eq!((may, &why), (true, &fresh), "a part of it");
    let renamed = change(&world, &root, &grace, json!({"display_name": "Grace Hopper"})).await;
    assert!(renamed.status.is_success(), "{}", renamed.text);
    for raised in
        [json!({"api_access": true}), json!({"role": "administrator"}), json!({"scope": "all"})]
    {
        change(&world, &root, &grace, raised).await.is_problem(409, "rule");
    }
    assert_eq!(told(&world, &root, "activate_admin").await, (true, fresh));
    world.must(&root, "POST", &format!("{grace}/activate"), Value::Null).await;
    let back = world.call(&root, "POST", &format!("{boss}/activate"), Value::Null).await;
    back.is_problem(409, "rule");
}

#[tokio::test]
async fn of_a_help_desk_it_is_told_that_it_spares_nobody_what_the_policy_demands() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let path = format!("{}/password", world.user(&root, &acme, "ada").await);
    let asked = format!("set_user_password&organization={}", acme.rsplit('/').next().unwrap());
    let key = json!({"name": "desk", "expires": "2027-06-30T00:00:00Z", "role": "help_desk"});
    let key = world.must(&root, "POST", "/v1/me/api-keys", key).await;
    let key = key["token"].as_str().unwrap().to_owned();
    let (desk, above) = (
        world.admin(&root, "help_desk", json!("all")).await,
        world.admin(&root, "administrator", json!("all")).await,
    );
    let password = json!({"password": "told by telephone"});
    let sparing = json!({"password": "told by telephone", "must_change": false});
    let (nothing, all) = ((true, Vec::new()), [&desk, &key, &above]);
    for token in all {
        assert_eq!(told(&world, token, &asked).await, nothing, "no policy demands anything");
        world.must(token, "PUT", &path, sparing.clone()).await;
    }
    let policy = json!({"password_policy": {"change_after_reset": true}});
    world.must(&root, "PATCH", &format!("{acme}/settings"), policy).await;
    for (token, code) in [(&desk, "permission"), (&key, "key_role")] {
        assert_eq!(told(&world, token, &asked).await, (true, vec![code.to_owned()]));
        world.must(token, "PUT", &path, password.clone()).await;
        let refused = world.call(token, "PUT", &path, sparing.clone()).await;
        assert_eq!(refused.is_problem(403, "forbidden")["permission"], "manage_authentication");
    }
    assert_eq!(told(&world, &above, &asked).await, nothing);
    world.must(&above, "PUT", &path, sparing).await;
}

#[tokio::test]
async fn of_a_help_desk_it_is_told_as_is_refused_that_a_lock_of_days_takes_what_suspending_takes() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let path = format!("{}/lock", world.user(&root, &acme, "ada").await);
    let asked = format!("lock_user&organization={}", acme.rsplit('/').next().unwrap());
    let key = json!({"name": "desk", "expires": "2027-06-30T00:00:00Z", "role": "help_desk"});
    let key = world.must(&root, "POST", "/v1/me/api-keys", key).await;
    let key = key["token"].as_str().unwrap().to_owned();
    let (desk, above) = (
        world.admin(&root, "help_desk", json!("all")).await,
        world.admin(&root, "manager", json!("all")).await,
    );
    let (day, longer) = (json!({"seconds": 86_400}), json!({"seconds": 86_401}));
    for (token, code) in [(&desk, "permission"), (&key, "key_role")] {
        assert_eq!(told(&world, token, &asked).await, (true, vec![code.to_owned()]));
        world.must(token, "POST", &path, day.clone()).await;
        let refused = world.call(token, "POST", &path, longer.clone()).await;
        assert_eq!(refused.is_problem(403, "forbidden")["permission"], "manage_identities");
    }
    assert_eq!(told(&world, &above, &asked).await, (true, Vec::new()));
    world.must(&above, "POST", &path, longer).await;
}

#[tokio::test]
async fn a_key_is_told_as_is_refused_that_it_signs_nobody_out_and_a_narrowed_one_ends_itself_alone()
{
    let world = World::new();
    let root = world.root().await;
    let made = async |narrowing: Value| {
        let mut key = json!({"name": "ci", "expires": "2027-06-30T00:00:00Z"});
        key["role"] = narrowing;
        let made = world.must(&root, "POST", "/v1/me/api-keys", key).await;
        let text = |member: &str| made[member].as_str().unwrap().to_owned();
        (text("token"), format!("/v1/me/api-keys/{}", text("id")))
    };
    let ((whole, other), (low, own)) = (made(Value::Null).await, made(json!("read_only")).await);
    let asked = async |token: &str, operation: &str| {
        let question = format!("/v1/me/can-i?operation={operation}");
        let answer = world.must(token, "GET", &question, Value::Null).await["answers"][0].clone();
        let detail = answer["reasons"][0]["detail"].as_str().unwrap_or_default().to_owned();
        (answer["allowed"] == true, detail)
    };
    let (yes, no) = ((true, String::new()), |detail: &str| (false, detail.to_owned()));
    let refused = async |token: &str, method: &str, path: &str, detail: &str| {
        let refused = world.call(token, method, path, Value::Null).await;
        assert_eq!(refused.is_problem(409, "rule")["detail"], detail, "{method} {path}");
    };
    let detail = "an API key is deleted, not signed out";
    for key in [&whole, &low] {
        assert_eq!(asked(key, "sign_out").await, no(detail));
        refused(key, "POST", "/v1/sign-out", detail).await;
    }
    let detail = "a narrowed key ends no sessions";
    assert_eq!(asked(&low, "end_own_sessions").await, no(detail));
    refused(&low, "DELETE", "/v1/me/sessions", detail).await;
    let detail = "a narrowed key ends no key but itself";
    assert_eq!(asked(&low, "delete_own_key").await, (true, detail.to_owned()), "a part");
    refused(&low, "DELETE", &other, detail).await;
    world.must(&low, "DELETE", &own, Value::Null).await;
    assert_eq!(asked(&whole, "end_own_sessions").await, yes);
    world.must(&whole, "DELETE", "/v1/me/sessions", Value::Null).await;
    assert_eq!(asked(&whole, "delete_own_key").await, yes);
    world.must(&whole, "DELETE", &other, Value::Null).await;
}

#[tokio::test]
async fn who_has_some_organizations_is_told_as_is_refused_that_a_chain_of_events_takes_all() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let scope = json!({"organizations": [acme.rsplit('/').next().unwrap()]});
    let some = world.admin(&root, "read_only", scope).await;
    let question = "/v1/me/can-i?operation=export_events";
    let answer = world.must(&some, "GET", question, Value::Null).await["answers"][0].clone();
    assert_eq!(
        (&answer["allowed"], &answer["reasons"][0]["code"]),
        (&json!(true), &json!("scope_of_all"))
    );
    let refused = world.get(&some, "/v1/events/export").await;
    let refused = refused.is_problem(422, "invalid");
    assert_eq!(refused["detail"], answer["reasons"][0]["detail"]);
    let table = world.get(&some, "/v1/events/export?format=csv").await;
    assert!(table.status.is_success(), "{}", table.text);
    assert_eq!(told(&world, &root, "export_events").await, (true, Vec::new()));
    let chain = world.get(&root, "/v1/events/export").await;
    assert!(chain.status.is_success(), "{}", chain.text);
}

#[tokio::test]
async fn of_the_providers_destinations_it_is_told_as_is_refused_that_they_take_all_organizations() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let id = acme.rsplit('/').next().unwrap();
    let some = world.admin(&root, "administrator", json!({"organizations": [id]})).await;
    let path = "/v1/event-destinations";
    let receiver = json!({
        "name": "siem", "kind": "webhook", "webhook": {"url": "https://siem.example/events"}
    });
    let siem = world.must(&root, "POST", path, receiver.clone()).await;
    let siem = siem["id"].as_str().unwrap();
    let changing = |path: &str, permission: Option<&str>| {
        path.starts_with("/v1/event-destinations") && permission == Some("manage_configuration")
    };
    let changing: Vec<_> =
        routes().into_iter().filter(|route| changing(&route.path, route.permission)).collect();
    assert_eq!(changing.len(), 9);
    let nothing = (true, Vec::new());
    for route in changing {
        let operation = route.operation.as_str();
        let said = (false, vec!["scope_of_all".to_owned()]);
        assert_eq!(told(&world, &some, operation).await, said, "{operation}");
        assert_eq!(told(&world, &root, operation).await, nothing, "{operation}");
        let body = match operation {
            "create_event_destination" => receiver.clone(),
            "delete_event_destination" | "remove_event_client_certificate" => Value::Null,
            // It wants a certificate first, and then does what taking one away does.
            "set_event_client_certificate" => continue,
            _ => json!({}),
        };
        let path = route.path.replace("{event_destination}", siem);
        let refused = world.call(&some, route.method, &path, body).await;
        let detail = refused.is_problem(409, "rule")["detail"].to_string();
        assert!(detail.contains("the scope of all organizations"), "{operation}: {detail}");
    }
    let own = format!("create_organization_event_destination&organization={id}");
    assert_eq!(told(&world, &some, &own).await, nothing);
    world.must(&some, "POST", &format!("{acme}/event-destinations"), receiver).await;
    world.must(&root, "DELETE", &format!("{path}/{siem}"), Value::Null).await;
}

#[tokio::test]
async fn an_organizations_own_admin_is_told_as_is_true_that_what_is_in_scope_is_shown() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let own = json!({
        "login": "it", "display_name": "IT", "role": "read_only", "password": super::world::GIVEN
    });
    world.must(&root, "POST", &format!("{acme}/admins"), own).await;
    let own = world.enrol(Some("acme"), "it").await;
    let id = acme.rsplit('/').next().unwrap();
    let key = json!({
        "name": "acme", "expires": "2027-06-30T00:00:00Z", "organizations": [id]
    });
    let key = world.must(&root, "POST", "/v1/me/api-keys", key).await;
    let key = key["token"].as_str().unwrap();
    for (operation, path) in [
        ("count_all_events", "/v1/all-events/counts"),
        ("export_all_events", "/v1/all-events/export"),
        ("find_users", "/v1/all-users?text=ada"),
        ("list_all_events", "/v1/all-events"),
        ("list_organizations", "/v1/organizations"),
    ] {
        for token in [own.as_str(), key] {
            assert_eq!(told(&world, token, operation).await, (true, Vec::new()), "{operation}");
            let done = world.get(token, path).await;
            assert!(done.status.is_success(), "{operation}: {}", done.text);
        }
    }
    assert_eq!(
        told(&world, &own, "export_events").await,
        (false, vec!["provider_only".to_owned()])
    );
    world.get(&own, "/v1/events/export").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn of_an_api_key_it_is_told_that_it_lets_in_nobody_who_manages_admins() {
    let world = World::new();
    let root = world.root().await;
    let key = json!({"name": "ci", "expires": "2027-06-30T00:00:00Z"});
    let key = world.must(&root, "POST", "/v1/me/api-keys", key).await;
    let key = key["token"].as_str().unwrap();
    let fresh = vec!["fresh_session".to_owned()];
    for operation in ["create_admin", "invite_admin", "update_admin", "activate_admin"] {
        assert_eq!(told(&world, key, operation).await, (true, fresh.clone()), "{operation}");
    }
    let grace = made(&world, key, "grace", "help_desk").await;
    let top = json!({"role": "administrator_with_billing"});
    let refused = change(&world, key, &grace, top).await;
    let detail = refused.is_problem(409, "rule")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("API key"), "{detail}");
    let raised = change(&world, key, &grace, json!({"role": "administrator"})).await;
    assert!(raised.status.is_success(), "{}", raised.text);
}
