use axum::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::world::{Answer, World, request};

#[tokio::test]
async fn if_match_protects_from_lost_updates() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let user = world.user(&root, &acme, "ada").await;
    let seen = world.get(&root, &user).await;
    assert_eq!(seen.header("etag"), "\"1\"");
    let title = json!({"title": "Countess"});
    let changed = matched(&world, &root, "PATCH", &user, "\"1\"", &title).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.header("etag"), "\"2\"");
    for (tag, status, kind) in [
        ("\"1\"", 412, "stale"),
        ("W/\"2\"", 412, "stale"),
        ("\"x\", \"1\"", 412, "stale"),
        ("2", 400, "malformed"),
        ("", 400, "malformed"),
        ("\"1\", \"2\"", 400, "malformed"),
    ] {
        for method in ["PATCH", "DELETE"] {
            let answer = matched(&world, &root, method, &user, tag, &title).await;
            answer.is_problem(status, kind);
        }
    }
    let password = json!({"password": "correct horse battery"});
    let path = format!("{user}/password");
    matched(&world, &root, "PUT", &path, "\"1\"", &password).await.is_problem(412, "stale");
    let list = "\"x\", \"2\"";
    assert!(matched(&world, &root, "PUT", &path, list, &password).await.status.is_success());
    matched(&world, &root, "PUT", &path, "\"2\"", &password).await.is_problem(412, "stale");
    let any = matched(&world, &root, "PATCH", &user, "*", &json!({"title": null})).await;
    assert_eq!(any.json["title"], Value::Null);
    assert!(
        matched(&world, &root, "DELETE", &user, "\"4\"", &Value::Null).await.status.is_success()
    );
    world.get(&root, &user).await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_clears() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let user = world.user(&root, &acme, "ada").await;
    let patch = json!({"phone": "+44 20", "mail": ["ada@acme.example"], "login": "ada, countess"});
    let changed = world.must(&root, "PATCH", &user, patch).await;
    assert_eq!(changed["dn"], "uid=ada\\, countess,ou=people,dc=acme,dc=example");
    assert_eq!(changed["surname"], "ada");
    let cleared = world.must(&root, "PATCH", &user, json!({"phone": null})).await;
    assert_eq!(cleared["phone"], Value::Null);
    assert_eq!(cleared["mail"], json!(["ada@acme.example"]));
    let refused = world.call(&root, "PATCH", &user, json!({"login": null})).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/login");
}

#[tokio::test]
async fn users_are_suspended_activated_unlocked_and_given_passwords() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let user = world.user(&root, &acme, "ada").await;
    let suspended = world.must(&root, "POST", &format!("{user}/suspend"), Value::Null).await;
    assert_eq!(suspended["state"], "suspended");
    let active = world.must(&root, "POST", &format!("{user}/activate"), Value::Null).await;
    assert_eq!(active["state"], "active");
    let helper = world.admin(&root, "help_desk", json!("all")).await;
    world.must(&helper, "POST", &format!("{user}/unlock"), Value::Null).await;
    let password = json!({"password": "correct horse battery"});
    world.must(&helper, "PUT", &format!("{user}/password"), password).await;
    let refused = world.call(&helper, "POST", &format!("{user}/suspend"), Value::Null).await;
    assert_eq!(refused.is_problem(403, "forbidden")["permission"], "manage_identities");
}

#[tokio::test]
async fn a_deleted_organization_is_restored_once_under_a_key() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let gone = format!("{acme}?confirmation=acme");
    world.must(&root, "DELETE", &gone, Value::Null).await;
    let restore = async |key: &'static str| {
        let mut asked = request(&root, "POST", &format!("{acme}/restore"), &Value::Null);
        asked.headers_mut().insert("idempotency-key", HeaderValue::from_static(key));
        world.send(asked).await
    };
    let first = restore("one").await;
    assert_eq!(first.json["state"], "suspended", "{}", first.text);
    let again = restore("one").await;
    assert_eq!((again.status, &again.text), (StatusCode::OK, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    restore("two").await.is_problem(409, "rule");
}

#[tokio::test]
async fn a_help_desk_neither_issues_certificates_nor_locks_for_as_long_as_suspending() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let user = world.user(&root, &acme, "ada").await;
    let helper = world.admin(&root, "help_desk", json!("all")).await;
    let authority = json!({"name": "Acme Wi-Fi"});
    let built_in = format!("{acme}/certificate-authorities/built-in");
    world.must(&root, "POST", &built_in, authority).await;
    let certificates = format!("{user}/issued-certificates");
    let issued = world.must(&root, "POST", &certificates, json!({})).await;
    let own = format!("{certificates}/{}", issued["certificate"]["id"].as_str().unwrap());
    for path in [certificates.clone(), format!("{own}/renew")] {
        let refused = world.call(&helper, "POST", &path, json!({})).await;
        assert_eq!(refused.is_problem(403, "forbidden")["permission"], "manage_identities");
    }
    let revoked = world.must(&helper, "POST", &format!("{own}/revoke"), json!({})).await;
    assert_eq!(revoked["state"], "revoked");
    let manager = world.admin(&root, "manager", json!("all")).await;
    world.must(&manager, "POST", &certificates, json!({})).await;

    let lock = format!("{user}/lock");
    let locked = |seconds: u32| json!({"seconds": seconds});
    world.must(&helper, "POST", &lock, locked(86_400)).await;
    let refused = world.call(&helper, "POST", &lock, locked(86_401)).await;
    assert_eq!(refused.is_problem(403, "forbidden")["permission"], "manage_identities");
    world.must(&manager, "POST", &lock, locked(2_592_000)).await;
}

#[tokio::test]
async fn secrets_are_shown_when_made_and_by_their_own_route_alone() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let accounts = format!("{acme}/service-accounts");
    let made = world.must(&root, "POST", &accounts, json!({"name": "nextcloud"})).await;
    assert_eq!(made["dn"], "cn=nextcloud,ou=services,dc=acme,dc=example");
    assert_eq!(made["visibility"], "everything");
    let password = made["password"].as_str().unwrap();
    let account = format!("{accounts}/{}", made["id"].as_str().unwrap());
    assert!(!world.get(&root, &account).await.text.contains(password));
    let rotated = world.must(&root, "POST", &format!("{account}/rotate"), Value::Null).await;
    assert_ne!(rotated["password"], password);

    let clients = format!("{acme}/radius-clients");
    let body = json!({"name": "wifi", "sources": ["192.0.2.0/24", "2001:db8::1"]});
    let made = world.must(&root, "POST", &clients, body).await;
    assert_eq!(made["sources"], json!(["192.0.2.0/24", "2001:db8::1/128"]));
    let secret = made["secret"].as_str().unwrap();
    let client = format!("{clients}/{}", made["id"].as_str().unwrap());
    assert!(!world.get(&root, &client).await.text.contains(secret));
    let reveal = format!("{client}/secret/reveal");
    assert_eq!(world.must(&root, "POST", &reveal, Value::Null).await["secret"], secret);
    let chosen = json!({"secret": "a secret of my own choice"});
    world.must(&root, "PUT", &format!("{client}/secret"), chosen.clone()).await;
    assert_eq!(world.must(&root, "POST", &reveal, Value::Null).await["secret"], chosen["secret"]);
    let events = world.get(&root, &format!("{acme}/events")).await;
    assert!(events.text.contains("secret_revealed"));
    assert!(!events.text.contains(secret) && !events.text.contains("my own choice"));
}

#[tokio::test]
async fn gear_refers_to_groups_and_profiles_by_their_ids() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let group =
        world.must(&root, "POST", &format!("{acme}/groups"), json!({"name": "staff"})).await;
    let attribute = json!({"vendor": 9, "number": 1, "value": {"text": "shell:priv-lvl=15"}});
    let profile = json!({"name": "p", "vlan": "20", "vendor_attributes": [attribute]});
    let profile = world.must(&root, "POST", &format!("{acme}/reply-profiles"), profile).await;
    assert_eq!(profile["vendor_attributes"], json!([attribute]));
    let client = json!({
        "name": "wifi", "sources": ["192.0.2.0/24"],
        "allowed_groups": [group["id"]], "reply_profile": profile["id"]
    });
    let clients = format!("{acme}/radius-clients");
    let made = world.must(&root, "POST", &clients, client).await;
    assert_eq!(made["allowed_groups"], json!([group["id"]]));
    assert_eq!(made["reply_profile"], profile["id"]);
    let path = format!("{clients}/{}", made["id"].as_str().unwrap());
    let wrong = world.call(&root, "PATCH", &path, json!({"allowed_groups": [profile["id"]]})).await;
    assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/allowed_groups/0");
    let cleared = world.must(&root, "PATCH", &path, json!({"reply_profile": null})).await;
    assert_eq!(cleared["reply_profile"], Value::Null);

    let account = json!({"name": "app", "visibility": {"groups": [group["id"]]}});
    let made = world.must(&root, "POST", &format!("{acme}/service-accounts"), account).await;
    assert_eq!(made["visibility"], json!({"groups": [group["id"]]}));
}

#[tokio::test]
async fn an_organization_is_deleted_by_name_and_restored() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let wrong = world.call(&root, "DELETE", &format!("{acme}?confirmation=x"), Value::Null).await;
    assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/confirmation");
    world.must(&root, "DELETE", &format!("{acme}?confirmation=acme"), Value::Null).await;
    world.get(&root, &acme).await.is_problem(404, "not-found");
    let listed = world.must(&root, "GET", "/v1/organizations", Value::Null).await;
    assert_eq!(listed["items"][0]["state"], "deleted");
    let restored = world.must(&root, "POST", &format!("{acme}/restore"), Value::Null).await;
    assert_eq!(restored["state"], "suspended");
    let active = world.must(&root, "POST", &format!("{acme}/activate"), Value::Null).await;
    assert_eq!(active["state"], "active");
}

#[tokio::test]
async fn settings_are_changed_one_by_one() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let path = format!("{acme}/settings");
    let before = world.must(&root, "GET", &path, Value::Null).await;
    let patch = json!({"password_minimum": 14, "lockout": {"threshold": 5}});
    let after = world.must(&root, "PATCH", &path, patch).await;
    assert_eq!(after["password_minimum"], 14);
    assert_eq!(after["lockout"]["threshold"], 5);
    assert_eq!(after["lockout"]["window"], before["lockout"]["window"]);
    let wrong = world.call(&root, "PATCH", &path, json!({"password_minimum": 0})).await;
    assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/password_minimum");
}

#[tokio::test]
async fn a_time_of_the_settings_that_is_no_second_long_is_refused_with_the_unit() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let path = format!("{acme}/settings");
    let before = world.must(&root, "GET", &path, Value::Null).await;
    let least = "must be 1000 (a second) at least, in milliseconds";
    for (patch, pointer, or) in [
        (json!({"lockout": {"duration": 5}}), "/lockout/duration", ""),
        (json!({"lockout": {"window": 0}}), "/lockout/window", ""),
        (json!({"remember_verified": 300}), "/remember_verified", ", or 0 for not at all"),
        (json!({"deleted_users_kept": 30}), "/deleted_users_kept", ", or 0 for not at all"),
        (
            json!({"password_policy": {"warning": 7}}),
            "/password_policy/warning",
            ", or 0 for not at all",
        ),
        (
            json!({"password_policy": {"longest_age": 90}}),
            "/password_policy/longest_age",
            ", or 0 for ever",
        ),
        (
            json!({"password_policy": {"shortest_age": 1}}),
            "/password_policy/shortest_age",
            ", or 0 for no time",
        ),
        (
            json!({"second_factor": {"enrolment_grace": 14}}),
            "/second_factor/enrolment_grace",
            ", or 0 for not at all",
        ),
    ] {
        let refused = world.call(&root, "PATCH", &path, patch).await;
        let problem = refused.is_problem(422, "invalid");
        let told = (problem["pointer"].as_str(), problem["detail"].as_str());
        assert_eq!(told, (Some(pointer), Some(format!("{least}{or}").as_str())));
    }
    for (patch, pointer) in [
        (json!({"invitation_life": 7}), "/invitation_life"),
        (json!({"admin_sessions": {"idle": 15}}), "/admin_sessions/idle"),
    ] {
        let refused = world.call(&root, "PATCH", &path, patch).await;
        assert_eq!(refused.is_problem(422, "invalid")["pointer"], pointer);
    }
    assert_eq!(world.must(&root, "GET", &path, Value::Null).await, before);
    let patch = json!({"lockout": {"duration": 1_000}, "remember_verified": 0});
    let after = world.must(&root, "PATCH", &path, patch).await;
    assert_eq!(
        (&after["lockout"]["duration"], &after["remember_verified"]),
        (&json!(1_000), &json!(0))
    );
    let policies = format!("{acme}/password-policies");
    let strict = json!({"name": "strict", "lockout": {"duration": 15}});
    let refused = world.call(&root, "POST", &policies, strict).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/lockout/duration");
    let strict = json!({"name": "strict", "lockout": {"duration": 60_000}});
    let made = world.must(&root, "POST", &policies, strict).await;
    let policy = format!("{policies}/{}", made["id"].as_str().unwrap());
    let patch = json!({"lockout": {"window": 15}});
    let refused = world.call(&root, "PATCH", &policy, patch).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/lockout/window");
}

#[tokio::test]
async fn a_suspended_admin_is_out_with_the_next_request() {
    let world = World::new();
    let root = world.root().await;
    let manager = world.admin(&root, "manager", json!("all")).await;
    let me = world.must(&manager, "GET", "/v1/me", Value::Null).await;
    let path = format!("/v1/admins/{}", me["id"].as_str().unwrap());
    let shown = world.must(&root, "GET", &path, Value::Null).await;
    assert_eq!(shown["scope"], "all");
    let changed = world.must(&root, "PATCH", &path, json!({"role": "read_only"})).await;
    assert_eq!(changed["role"], "read_only");
    let refused = world.call(&manager, "POST", "/v1/organizations", json!({})).await;
    refused.is_problem(403, "forbidden");
    world.must(&root, "POST", &format!("{path}/suspend"), Value::Null).await;
    world.get(&manager, "/v1/me").await.is_problem(401, "unauthenticated");
    world.must(&root, "POST", &format!("{path}/activate"), Value::Null).await;
    world.must(&root, "POST", &format!("{path}/reset-mfa"), Value::Null).await;
    let password = json!({"password": super::world::GIVEN});
    world.must(&root, "PUT", &format!("{path}/password"), password).await;
    world.enrol(None, "manager \"all\"").await;
}

async fn matched(
    world: &World,
    token: &str,
    method: &str,
    path: &str,
    tag: &str,
    body: &Value,
) -> Answer {
    let mut request = request(token, method, path, body);
    request.headers_mut().insert("if-match", tag.parse().unwrap());
    world.send(request).await
}
