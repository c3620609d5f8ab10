//! `filter`, `sort` and `fields`, the same on every list, and how often somebody may ask.

use serde_json::{Value, json};

use super::world::{PASSWORD, World, request};
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

/// The organization's path, and what stands in the paths of lists that are about one thing.
async fn things(world: &World, root: &str) -> (String, [(&'static str, String); 7]) {
    let acme = world.organization(root, "acme").await;
    let make = |path: &'static str, body: Value| {
        let path = format!("{acme}/{path}");
        async move {
            let made = world.must(root, "POST", &path, body).await;
            made["id"].as_str().unwrap().to_owned()
        }
    };
    let group = make("groups", json!({"name": "staff"})).await;
    let user = world.user(root, &acme, "ada").await.rsplit('/').next().unwrap().to_owned();
    let members = json!({"add": {"users": [user]}});
    world.must(root, "PATCH", &format!("{acme}/groups/{group}/members"), members).await;
    let admin =
        json!({"login": "own", "display_name": "Own", "role": "read_only", "password": PASSWORD});
    let receiver = json!({
        "name": "siem", "kind": "webhook", "webhook": {"url": "https://siem.example/events"}
    });
    let things = [
        ("{device}", make("devices", json!({"name": "laptop"})).await),
        ("{security_policy}", make("security-policies", json!({"name": "base"})).await),
        ("{import}", make("imports", json!({"name": "file", "format": "ldif"})).await),
        ("{admin}", make("admins", admin).await),
        ("{group}", group),
        ("{user}", user),
        ("{event_destination}", make("event-destinations", receiver).await),
    ];
    (acme, things)
}

/// Every list; those of events have questions of their own in the place of a filter.
#[tokio::test]
async fn every_collection_speaks_the_same_language() {
    let world = World::new();
    let root = world.root().await;
    let (acme, things) = things(&world, &root).await;
    let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    let mut tried = 0;
    for route in routes().into_iter().filter(|route| route.method == "GET") {
        let operation = &document["paths"][&route.path]["get"];
        let answer =
            &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let is_list = answer.as_str().is_some_and(|name| name.contains("/List_"));
        let has = |name: &str| {
            let parameters = operation["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|it| it["name"] == name))
        };
        if !is_list {
            assert!(!has("filter") && !has("cursor"), "{}", route.path);
            continue;
        }
        assert!(has("fields") && has("limit") == has("cursor"), "{}", route.path);
        if route.path.ends_with("events") {
            assert!(has("sort") && !has("filter"), "{}", route.path);
            continue;
        }
        // That is a question itself, of which no more is judged than indices know.
        if route.path == "/v1/all-users" {
            assert!(has("text") && !has("sort") && !has("filter"));
            continue;
        }
        assert!(has("filter") && has("sort"), "{}", route.path);
        let mut path = route.path.replace("/v1/organizations/{organization}", &acme);
        things.iter().for_each(|(name, id)| path = path.replace(name, id));
        // What is the provider's is other than what is the organization's.
        if path.starts_with("/v1/admins/") || path.starts_with("/v1/event-destinations/") {
            continue;
        }
        let member = match path.rsplit('/').next() {
            Some("rows") => "line",
            Some("agreements") => "since",
            _ => "id",
        };
        let query = format!(
            "filter={member}%20pr%20or%20not%20({member}%20pr)&sort=-{member}&fields={member}"
        );
        let page = world.must(&root, "GET", &format!("{path}?{query}"), Value::Null).await;
        for item in page["items"].as_array().unwrap() {
            assert!(item.as_object().unwrap().keys().eq([member]), "{path}: {item}");
        }
        for wrong in ["filter=nonsense%20pr", "sort=nonsense", "fields=nonsense"] {
            let refused = world.get(&root, &format!("{path}?{wrong}")).await;
            refused.is_problem(422, "invalid");
        }
        tried += 1;
    }
    assert!(tried >= 25, "only {tried} lists have a filter");
}

#[tokio::test]
async fn questions_of_a_lists_own_go_together_with_those_of_all() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let devices = format!("{acme}/devices");
    for (name, os, suspended) in [
        ("a1", "linux", false),
        ("a2", "macos", true),
        ("a3", "linux", true),
        ("b1", "linux", true),
    ] {
        let body =
            json!({"name": name, "os": os, "suspended": suspended, "serial": format!("S {name}")});
        world.must(&root, "POST", &devices, body).await;
    }
    let names = async |query: &str| {
        let (mut found, mut next) = (Vec::new(), String::new());
        loop {
            let path = format!("{devices}?limit=1&{query}{next}");
            let page = world.must(&root, "GET", &path, Value::Null).await;
            let items = page["items"].as_array().unwrap();
            found.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return found,
            }
        }
    };
    assert_eq!(names("suspended=true").await, ["a2", "a3", "b1"]);
    assert_eq!(names("os=linux&sort=-name").await, ["b1", "a3", "a1"]);
    let filtered = format!("suspended=true&filter={}&sort=-name", escaped("name sw \"a\""));
    assert_eq!(names(&filtered).await, ["a3", "a2"]);
    assert_eq!(
        names(&format!("os=linux&filter={}", escaped("serial sw \"s a\""))).await,
        ["a1", "a3"]
    );
    assert_eq!(names("name=A3&os=macos").await, Vec::<String>::new());
    let page = world.get(&root, &format!("{devices}?limit=1&suspended=true")).await.json;
    let cursor = page["next"].as_str().unwrap();
    let other =
        world.get(&root, &format!("{devices}?limit=1&suspended=false&cursor={cursor}")).await;
    assert_eq!(other.is_problem(422, "invalid")["pointer"], "/cursor");
}

#[tokio::test]
async fn members_are_found_by_name_and_sorted_with_nested_groups_among_them() {
    let world = World::new();
    let root = world.root().await;
    let (acme, things) = things(&world, &root).await;
    let group = |name: &str| json!({"name": name});
    let inner = world.must(&root, "POST", &format!("{acme}/groups"), group("Alpha")).await;
    let members = format!("{acme}/groups/{}/members", things[4].1);
    world.must(&root, "PATCH", &members, json!({"add": {"groups": [inner["id"]]}})).await;
    world.user(&root, &acme, "alan").await;
    let names = async |query: String| {
        let page = world.must(&root, "GET", &format!("{members}?{query}"), Value::Null).await;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(String::new()).await, ["ada", "Alpha"]);
    assert_eq!(names("sort=-name".into()).await, ["Alpha", "ada"]);
    assert_eq!(
        names(format!("filter={}", escaped("name sw \"al\""))).await,
        ["Alpha"],
        "alan is none"
    );
    assert_eq!(names(format!("filter={}", escaped("kind eq \"user\""))).await, ["ada"]);
    assert_eq!(names(format!("filter={}", escaped("name eq \"ADA\""))).await, ["ada"]);
    let groups = format!("{acme}/users/{}/groups", things[5].1);
    let page = world.get(&root, &format!("{groups}?name=STAFF&fields=name")).await.json;
    assert_eq!(page["items"], json!([{"name": "staff"}]));
    let page = world.get(&root, &format!("{groups}?name=alpha")).await.json;
    assert_eq!(page["items"], json!([]), "a group that the user is not in");
}

#[tokio::test]
async fn events_are_cut_to_the_wanted_members() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    world.user(&root, &acme, "ada").await;
    let wanted = json!([{"action": "created", "actor": {"name": "root"}}]);
    for path in [format!("{acme}/events"), "/v1/all-events".to_owned()] {
        let query = format!("{path}?limit=1&action=created&fields=action,actor.name");
        assert_eq!(world.get(&root, &query).await.json["items"], wanted, "{path}");
    }
    let refused = world.get(&root, &format!("{acme}/events?fields=nonsense")).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/fields");
}

#[tokio::test]
async fn a_cursor_is_for_one_admin_and_one_list() {
    let world = World::new();
    let root = world.root().await;
    let other = world.admin(&root, "administrator", json!("all")).await;
    let (acme, beta) =
        (world.organization(&root, "acme").await, world.organization(&root, "beta").await);
    for organization in [&acme, &beta] {
        for login in ["ada", "bob"] {
            world.user(&root, organization, login).await;
        }
    }
    let page = world.get(&root, &format!("{acme}/users?limit=1")).await.json;
    let cursor = page["next"].as_str().unwrap();
    for (token, list) in [(&other, &acme), (&root, &beta)] {
        let answer = world.get(token, &format!("{list}/users?limit=1&cursor={cursor}")).await;
        assert_eq!(answer.is_problem(422, "invalid")["pointer"], "/cursor");
    }
    let rest = world.get(&root, &format!("{acme}/users?limit=1&cursor={cursor}")).await.json;
    assert_eq!(rest["items"][0]["login"], "bob");
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
