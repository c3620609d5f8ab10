//! `filter`, `sort` and `fields`, the same on every list, and how often somebody may ask.

use serde_json::{Value, json};

use super::world::{World, request};
use crate::routes;

async fn people(world: &World, root: &str) -> String {
    let acme = world.organization(root, "acme").await;
    let users = format!("{acme}/users");
    let made = [
        ("ada", "Lovelace", Some("ada@acme.example"), 5_000),
        ("bob", "Builder", Some("bob@b.example"), 5_003),
        ("Eve", "Adams", None, 5_001),
        ("äon", "Zeta", Some("z@acme.example"), 5_002),
    ];
    for (login, surname, mail, number) in made {
        let body = json!({
            "login": login, "display_name": format!("{login} {surname}"), "surname": surname,
            "mail": mail.map_or(Vec::new(), |mail| vec![mail, "all@acme.example"]),
            "uid_number": number,
        });
        world.must(root, "POST", &users, body).await;
        world.pass(1_000);
    }
    let eve = world.get(root, &format!("{users}?name=eve")).await.json["items"][0]["id"].clone();
    let suspend = format!("{users}/{}/suspend", eve.as_str().unwrap());
    world.must(root, "POST", &suspend, Value::Null).await;
    users
}

fn escaped(text: &str) -> String {
    text.bytes().map(|octet| format!("%{octet:02x}")).collect()
}

/// The logins of all pages of a size.
async fn logins(world: &World, root: &str, users: &str, query: &str, limit: usize) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("{users}?limit={limit}&{query}{next}");
        let page = world.must(root, "GET", &path, Value::Null).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(items.iter().map(|item| item["login"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_filter_finds_what_it_says_page_by_page() {
    let world = World::new();
    let root = world.root().await;
    let users = people(&world, &root).await;
    let first = world.get(&root, &users).await.json["items"][0].clone();
    let (id, created) = (first["id"].as_str().unwrap(), first["created"].as_str().unwrap());
    let (by_id, later) = (format!("id eq \"{id}\""), format!("created gt \"{created}\""));
    let cases: [(&str, &[&str]); 20] = [
        ("login eq \"ADA\"", &["ada"]),
        ("login sw \"e\" or login eq \"bob\"", &["bob", "Eve"]),
        ("mail co \"@ACME\"", &["ada", "bob", "äon"]),
        ("mail eq \"all@acme.example\" and not (surname sw \"b\")", &["ada", "äon"]),
        ("mail sw \"ada@\"", &["ada"]),
        ("not (mail pr)", &["Eve"]),
        ("mail eq null", &["Eve"]),
        ("mail ne null AND surname EW \"a\"", &["äon"]),
        ("state eq \"suspended\"", &["Eve"]),
        ("state ne \"suspended\" and login sw \"a\"", &["ada"]),
        ("uid_number ge 5001 and uid_number lt 5003", &["Eve", "äon"]),
        ("(login eq \"ada\" or login eq \"bob\") and surname sw \"B\"", &["bob"]),
        ("sign_in.must_change_password eq false and login eq \"bob\"", &["bob"]),
        ("sign_in.must_change_password eq true", &[]),
        ("custom.badge pr", &[]),
        ("login eq \"\u{c4}ON\"", &["äon"]),
        ("surname gt \"c\"", &["ada", "äon"]),
        ("login sw \"\"", &["ada", "bob", "Eve", "äon"]),
        (&by_id, &["ada"]),
        (&later, &["bob", "Eve", "äon"]),
    ];
    for (filter, wanted) in cases {
        let query = format!("filter={}", escaped(filter));
        for limit in [1, 2, 200] {
            assert_eq!(logins(&world, &root, &users, &query, limit).await, wanted, "{filter}");
        }
    }
}

#[tokio::test]
async fn a_list_is_sorted_by_several_members_and_goes_on_where_it_was() {
    let world = World::new();
    let root = world.root().await;
    let users = people(&world, &root).await;
    let cases: [(&str, &[&str]); 7] = [
        ("sort=login", &["ada", "bob", "Eve", "äon"]),
        ("sort=-login", &["äon", "Eve", "bob", "ada"]),
        ("sort=surname", &["Eve", "bob", "ada", "äon"]),
        ("sort=-created", &["äon", "Eve", "bob", "ada"]),
        ("sort=state,-uid_number", &["bob", "äon", "ada", "Eve"]),
        // Who has no mail comes last, whichever the direction.
        ("sort=-mail", &["äon", "bob", "ada", "Eve"]),
        ("sort=surname&filter=mail%20pr", &["bob", "ada", "äon"]),
    ];
    for (query, wanted) in cases {
        for limit in [1, 3, 200] {
            assert_eq!(logins(&world, &root, &users, query, limit).await, wanted, "{query}");
        }
    }
    // What was there when a page ended may be gone when the next one begins.
    let page = world.get(&root, &format!("{users}?sort=login&limit=2")).await.json;
    let bob = page["items"][1]["id"].as_str().unwrap();
    world.must(&root, "DELETE", &format!("{users}/{bob}"), Value::Null).await;
    let rest = format!("sort=login&cursor={}", page["next"].as_str().unwrap());
    let rest = world.get(&root, &format!("{users}?{rest}")).await.json;
    assert_eq!(rest["items"][0]["login"], "Eve");
}

#[tokio::test]
async fn only_the_wanted_members_are_shown() {
    let world = World::new();
    let root = world.root().await;
    let users = people(&world, &root).await;
    let query = "fields=login,sign_in.must_change_password&filter=login%20eq%20%22ada%22";
    for sort in ["", "&sort=login"] {
        let page = world.get(&root, &format!("{users}?{query}{sort}")).await.json;
        let wanted = json!({"login": "ada", "sign_in": {"must_change_password": false}});
        assert_eq!(page["items"], json!([wanted]));
    }
}

#[tokio::test]
async fn what_no_list_has_and_what_no_filter_is_are_refused_with_their_place() {
    let world = World::new();
    let root = world.root().await;
    let users = people(&world, &root).await;
    let deep = format!("{}login pr{}", "(".repeat(9), ")".repeat(9));
    let long = format!("login eq \"{}\"", "x".repeat(1_100));
    let many = vec!["login pr"; 33].join(" or ");
    for filter in [
        "",
        "login",
        "login eq",
        "login eq ada",
        "login like \"ada\"",
        "nonsense eq \"x\"",
        "login eq \"ada\" and",
        "(login pr",
        "login pr)",
        "not login pr",
        "login eq \"ada\" \"b\"",
        "uid_number eq \"5000\"",
        "uid_number co 5",
        "login eq 5",
        "created gt \"yesterday\"",
        "login gt null",
        "state.x pr",
        "login.x pr",
        "sign_in eq \"x\"",
        "login eq \"\\ud800\"",
        &deep,
        &long,
        &many,
    ] {
        let answer = world.get(&root, &format!("{users}?filter={}", escaped(filter))).await;
        let pointer = &answer.is_problem(422, "invalid")["pointer"];
        assert_eq!(pointer, "/filter", "{filter}: {}", answer.text);
    }
    for (query, pointer) in [
        ("sort=nonsense", "/sort"),
        ("sort=", "/sort"),
        ("sort=login,login,login,login,login", "/sort"),
        ("fields=nonsense", "/fields"),
        ("fields=login,", "/fields"),
    ] {
        let answer = world.get(&root, &format!("{users}?{query}")).await;
        assert_eq!(answer.is_problem(422, "invalid")["pointer"], pointer, "{query}");
    }
    let page = world.get(&root, &format!("{users}?limit=1&sort=login")).await.json;
    let cursor = page["next"].as_str().unwrap();
    let tampered = format!("{}A", &cursor[..cursor.len() - 1]);
    for query in [
        format!("limit=1&cursor={cursor}"),
        format!("limit=1&sort=-login&cursor={cursor}"),
        format!("limit=1&sort=login&filter=mail%20pr&cursor={cursor}"),
        format!("limit=1&sort=login&cursor={tampered}x"),
        "limit=1&cursor=AAAAAAAAAAE".to_owned(),
    ] {
        let answer = world.get(&root, &format!("{users}?{query}")).await;
        assert_eq!(answer.is_problem(422, "invalid")["pointer"], "/cursor", "{query}");
    }
}

/// Every list that has a filter, and takes nothing but an organization to be found.
#[tokio::test]
async fn every_collection_speaks_the_same_language() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    let mut tried = 0;
    for route in routes().into_iter().filter(|route| route.method == "GET") {
        let parameters = &document["paths"][&route.path]["get"]["parameters"];
        let has = |name: &str| {
            parameters.as_array().is_some_and(|all| all.iter().any(|it| it["name"] == name))
        };
        if !has("filter") {
            continue;
        }
        assert!(has("sort") && has("fields") && has("cursor"), "{}", route.path);
        let path = route.path.replace("/v1/organizations/{organization}", &acme);
        assert!(!path.contains('{'), "{path}");
        let query = "filter=id%20pr%20or%20not%20(id%20pr)&sort=-id&fields=id";
        let page = world.must(&root, "GET", &format!("{path}?{query}"), Value::Null).await;
        for item in page["items"].as_array().unwrap() {
            assert!(item.as_object().unwrap().keys().eq(["id"]), "{path}: {item}");
        }
        tried += 1;
    }
    assert!(tried >= 14, "only {tried} lists have a filter");
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back_and_nobody_else_is() {
    let world = World::allowing(600);
    let root = world.root().await;
    let other = world.admin(&root, "read_only", json!("all")).await;
    let first = world.get(&other, "/v1/me").await;
    assert_eq!(first.header("ratelimit-policy"), "\"requests\";q=600;w=60");
    assert_eq!(first.header("ratelimit"), "\"requests\";r=599;t=1");
    for _ in 0..599 {
        assert_eq!(world.get(&other, "/v1/me").await.status, 200);
    }
    let refused = world.get(&other, "/v1/me").await;
    refused.is_problem(429, "too-often");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit"), "\"requests\";r=0;t=1");
    assert_eq!(world.get(&root, "/v1/me").await.status, 200);
    world.pass(100);
    assert_eq!(world.get(&other, "/v1/me").await.status, 200);
    world.get(&other, "/v1/me").await.is_problem(429, "too-often");
}

#[tokio::test]
async fn an_id_of_the_clients_stands_beside_ours_if_it_may_stand_in_a_log() {
    let world = World::new();
    let ask = |id: &str| {
        let mut asked = request("", "GET", "/v1/health", &Value::Null);
        asked.headers_mut().insert("x-request-id", id.parse().unwrap());
        world.send(asked)
    };
    let known = ask("trace-7.a_B").await;
    assert_eq!(known.header("x-client-request-id"), "trace-7.a_B");
    assert_eq!(known.header("x-request-id").len(), 16);
    for id in ["a b", "a\tb", "id=\"x\"", "", &"x".repeat(65)] {
        let answer = ask(id).await;
        assert_eq!(answer.header("x-client-request-id"), "", "{id}");
        assert_eq!(answer.header("x-request-id").len(), 16);
    }
}
