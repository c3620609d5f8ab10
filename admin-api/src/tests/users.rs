//! Lives of users over HTTP: invited, deleted, restored, and how many there may be.

use serde_json::json;

use super::world::World;

const CHOSEN: &str = "quite another horse";

#[tokio::test]
async fn an_invited_user_chooses_a_password_without_a_token_of_an_admin() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let body =
        json!({"login": "ada", "display_name": "Ada", "surname": "Lovelace", "staged": true});
    let made = world.must(&root, "POST", &format!("{acme}/users"), body).await;
    assert_eq!(made["state"], "staged");
    let ada = format!("{acme}/users/{}", made["id"].as_str().unwrap());
    let invitation = format!("{ada}/invitation");
    assert_eq!(world.get(&root, &invitation).await.json["invited"], false);
    let refused = world.call(&root, "POST", &invitation, json!({"seconds": 1})).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/seconds");
    let invited = world.must(&root, "POST", &invitation, json!({"seconds": 3_600})).await;
    let token = invited["token"].as_str().unwrap();
    assert_eq!(invited["link"], format!("https://in.example/v1/invitations#{token}"));
    assert_eq!(world.get(&root, &invitation).await.json["expires"], invited["expires"]);
    let accept = |token: &str, password: &str| {
        let body = json!({"token": token, "password": password});
        let world = &world;
        async move { world.call("", "POST", "/v1/invitations", body).await }
    };
    let short = accept(token, "short").await;
    assert_eq!(short.is_problem(422, "invalid")["pointer"], "/password");
    let unknown = accept("tninv_1_1_nonsense", "short").await;
    unknown.is_problem(404, "not-found");
    assert_eq!(accept(token, CHOSEN).await.status, 204);
    assert_eq!(world.get(&root, &ada).await.json["state"], "active");
    let again = accept(token, CHOSEN).await;
    assert_eq!(again.is_problem(404, "not-found"), unknown.is_problem(404, "not-found"));
    let page = world.get("", "/v1/invitations").await;
    assert!(page.text.contains("Choose your password") && !page.text.contains("{nonce}"));
    let known = world.call(&root, "POST", &invitation, json!({})).await;
    known.is_problem(409, "rule");
    for _ in 0..30 {
        accept("x", CHOSEN).await;
    }
    let slowed = accept("x", CHOSEN).await;
    slowed.is_problem(429, "too-often");
    assert!(!slowed.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_link_of_the_help_desk_lets_a_user_enrol_with_the_password_in_use() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let body =
        json!({"login": "ada", "display_name": "Ada", "surname": "Lovelace", "password": CHOSEN});
    let made = world.must(&root, "POST", &format!("{acme}/users"), body).await;
    let factor = format!("{acme}/users/{}/second-factor", made["id"].as_str().unwrap());
    let desk = world.admin(&root, "help_desk", json!("all")).await;
    let link = format!("{factor}/invitation");
    let invited = world.must(&desk, "POST", &link, json!({"seconds": 3_600})).await;
    let token = invited["token"].as_str().unwrap();
    assert_eq!(invited["link"], format!("https://in.example/v1/invitations#{token}"));
    let shown = format!("{}/invitation", factor.trim_end_matches("/second-factor"));
    assert_eq!(world.get(&root, &shown).await.json["second_factor"], true);
    let send = |path: &'static str, more: serde_json::Value| {
        let (world, mut body) = (&world, more);
        body["token"] = json!(token);
        async move { world.call("", "POST", path, body).await }
    };
    let (begin, confirm) = ("/v1/invitations", "/v1/invitations/second-factor");
    let nothing = json!({"asks": "password", "otpauth_uri": null, "qr_code": null, "secret": null});
    assert_eq!(send(begin, json!({})).await.json, nothing);
    let early = send(confirm, json!({"code": "123456"})).await;
    early.is_problem(409, "rule");
    let wrong = send(begin, json!({"password": "wrong"})).await;
    assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/password");
    let begun = send(begin, json!({"password": CHOSEN})).await;
    assert_eq!((begun.status.as_u16(), &begun.json["asks"]), (200, &json!("code")));
    let uri = begun.json["otpauth_uri"].as_str().unwrap();
    let secret = begun.json["secret"].as_str().unwrap();
    assert!(uri.contains(secret), "{uri}");
    let picture = begun.json["qr_code"].as_str().unwrap();
    assert!(picture.ends_with("</svg>") && !picture.contains(secret), "{picture}");
    let wrong = send(confirm, json!({"code": "no code"})).await;
    assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/code");
    assert_eq!(world.get(&root, &factor).await.json["enrolled"], false);
    let code = json!({"code": world.code(uri)});
    assert_eq!(send(confirm, code.clone()).await.status, 204);
    assert_eq!(world.get(&root, &factor).await.json["enrolled"], true);
    for (path, more) in [(begin, json!({})), (begin, json!({"password": CHOSEN})), (confirm, code)]
    {
        send(path, more).await.is_problem(404, "not-found");
    }
    world.call(&desk, "POST", &link, json!({})).await.is_problem(409, "rule");
    for _ in 0..30 {
        send(confirm, json!({"code": "123456"})).await;
    }
    let slowed = send(confirm, json!({"code": "123456"})).await;
    slowed.is_problem(429, "too-often");
}

#[tokio::test]
async fn a_deleted_user_is_listed_and_restored_unless_the_name_is_taken() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let ada = world.user(&root, &acme, "ada").await;
    let id = ada.rsplit('/').next().unwrap().to_owned();
    let deleted = format!("{acme}/deleted-users/{id}");
    world.get(&root, &deleted).await.is_problem(404, "not-found");
    world.must(&root, "DELETE", &ada, json!({})).await;
    let list = world.get(&root, &format!("{acme}/deleted-users?name=ADA")).await;
    assert_eq!(list.json["items"][0]["id"], id);
    assert_eq!(world.get(&root, &deleted).await.json["login"], "ada");
    world.user(&root, &acme, "ada").await;
    let restore = format!("{deleted}/restore");
    let body = json!({"uid_number": 77_777});
    let taken = world.call(&root, "POST", &restore, body).await;
    assert_eq!(taken.is_problem(409, "taken")["pointer"], "/login");
    let other = json!({
        "login": "eve", "display_name": "Eve", "surname": "L", "uid_number": 77_776
    });
    world.must(&root, "POST", &format!("{acme}/users"), other).await;
    let body = json!({"login": "ada.l", "uid_number": 77_776});
    let taken = world.call(&root, "POST", &restore, body).await;
    let taken = taken.is_problem(409, "taken");
    assert_eq!(taken["pointer"], "/uid_number");
    assert_eq!(taken["detail"], "This uid number is taken; choose another.");
    let body = json!({"login": "ada.l", "uid_number": 77_777});
    let restored = world.must(&root, "POST", &restore, body).await;
    assert_eq!((&restored["id"], &restored["login"]), (&json!(id), &json!("ada.l")));
    world.call(&root, "DELETE", &deleted, json!({})).await.is_problem(404, "not-found");
    world.must(&root, "DELETE", &ada, json!({})).await;
    assert_eq!(world.call(&root, "DELETE", &deleted, json!({})).await.status, 204);
    world.get(&root, &deleted).await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_list_shows_who_is_locked_whatever_it_is_asked_for() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let users = format!("{acme}/users");
    for login in ["ada", "bob"] {
        let body = json!({"login": login, "display_name": login, "surname": login,
            "password": CHOSEN});
        let made = world.call(&root, "POST", &users, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        if login == "ada" {
            let lock = format!("{users}/{}/lock", made.json["id"].as_str().unwrap());
            world.must(&root, "POST", &lock, json!({"seconds": 600})).await;
        }
    }
    for (query, shown) in [
        ("filter=login%20eq%20%22ada%22", &["ada"][..]),
        ("filter=sign_in.locked_until%20pr", &["ada"]),
        ("filter=not%20(sign_in.locked_until%20pr)", &["bob"]),
        ("sort=-login", &["bob", "ada"]),
        ("sort=-sign_in.locked_until", &["ada", "bob"]),
        ("sort=login&fields=login,sign_in", &["ada", "bob"]),
        ("fields=login,sign_in.locked_until", &["ada", "bob"]),
    ] {
        let list = world.get(&root, &format!("{users}?{query}")).await;
        let items = list.json["items"].as_array().unwrap();
        assert_eq!(items.iter().map(|it| &it["login"]).collect::<Vec<_>>(), shown, "{query}");
        for item in items {
            let is_locked = item["sign_in"]["locked_until"].is_string();
            assert_eq!(is_locked, item["login"] == "ada", "{query}: {item}");
        }
    }
    let cut = world.get(&root, &format!("{users}?sort=login&fields=login")).await;
    assert_eq!(cut.json["items"], json!([{"login": "ada"}, {"login": "bob"}]));
}

#[tokio::test]
async fn a_cap_warns_or_refuses() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let cap = format!("{acme}/user-cap");
    let nothing = world.get(&root, &cap).await;
    assert_eq!(nothing.json, json!({"most": null, "kind": "soft", "users": 0, "passed": false}));
    world.must(&root, "PUT", &cap, json!({"most": 1, "kind": "hard"})).await;
    world.user(&root, &acme, "ada").await;
    let users = format!("{acme}/users");
    let bob = json!({"login": "bob", "display_name": "Bob", "surname": "Builder"});
    let full = world.call(&root, "POST", &users, bob.clone()).await;
    assert!(full.is_problem(409, "user-cap")["detail"].as_str().unwrap().contains("1 user "));
    world.must(&root, "PUT", &cap, json!({"most": 1})).await;
    assert_eq!(world.get(&root, &users).await.header("x-tenantry-warning"), "");
    let made = world.call(&root, "POST", &users, bob).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let warning = "the organization has 2 users; its cap is 1";
    assert_eq!(made.header("x-tenantry-warning"), warning);
    assert_eq!(world.get(&root, &users).await.header("x-tenantry-warning"), warning);
    let used = world.get(&root, &cap).await;
    assert_eq!((&used.json["users"], &used.json["passed"]), (&json!(2), &json!(true)));
    let stale = super::world::request(&root, "PUT", &cap, &json!({"most": 5}));
    let (mut parts, body) = stale.into_parts();
    parts.headers.insert("if-match", "\"1\"".parse().unwrap());
    let stale = world.send(axum::http::Request::from_parts(parts, body)).await;
    stale.is_problem(412, "stale");
}

#[tokio::test]
async fn a_cap_of_devices_warns_or_refuses_likewise() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let cap = format!("{acme}/device-cap");
    let nothing = world.get(&root, &cap).await;
    assert_eq!(nothing.json, json!({"most": null, "kind": "soft", "devices": 0, "passed": false}));
    world.must(&root, "PUT", &cap, json!({"most": 1, "kind": "hard"})).await;
    let devices = format!("{acme}/devices");
    world.must(&root, "POST", &devices, json!({"name": "laptop"})).await;
    let phone = json!({"name": "phone"});
    let full = world.call(&root, "POST", &devices, phone.clone()).await;
    assert!(full.is_problem(409, "device-cap")["detail"].as_str().unwrap().contains("1 device "));
    world.must(&root, "PUT", &cap, json!({"most": 1})).await;
    assert_eq!(world.get(&root, &devices).await.header("x-tenantry-warning"), "");
    let made = world.call(&root, "POST", &devices, phone).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let warning = "the organization has 2 devices; its cap is 1";
    assert_eq!(made.header("x-tenantry-warning"), warning);
    assert_eq!(world.get(&root, &devices).await.header("x-tenantry-warning"), warning);
    let users = world.get(&root, &format!("{acme}/users")).await;
    assert_eq!(users.header("x-tenantry-warning"), "", "users are as many as there may be");
    let used = world.get(&root, &cap).await;
    assert_eq!((&used.json["devices"], &used.json["passed"]), (&json!(2), &json!(true)));
    let too_many = world.call(&root, "PUT", &cap, json!({"most": 10_000_001})).await;
    assert_eq!(too_many.is_problem(422, "invalid")["pointer"], "/most");
}
