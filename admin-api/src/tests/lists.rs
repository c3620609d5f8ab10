use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::world::World;
use crate::Limits;

#[tokio::test]
async fn pages_hold_every_user_once() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    for number in 0..7 {
        world.user(&root, &acme, &format!("user{number}")).await;
    }
    let logins = collect(&world, &root, &format!("{acme}/users?limit=3"), "login").await;
    let wanted: Vec<String> = (0..7).map(|number| format!("user{number}")).collect();
    assert_eq!(logins, wanted);
}

#[tokio::test]
async fn pages_hold_every_member_once_and_the_groups_of_a_user_nested_ones_included() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let groups = format!("{acme}/groups");
    let mut ids = Vec::new();
    for name in ["outer", "inner", "other"] {
        let made = world.must(&root, "POST", &groups, json!({"name": name})).await;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let user = world.user(&root, &acme, "ada").await;
    let ada = user.rsplit('/').next().unwrap();
    let outer = format!("{groups}/{}/members", ids[0]);
    let inner = format!("{groups}/{}/members", ids[1]);
    let add = json!({"add": {"users": [ada], "groups": [ids[1], ids[2]]}});
    world.must(&root, "PATCH", &outer, add).await;
    world.must(&root, "PATCH", &inner, json!({"add": {"users": [ada]}})).await;
    let names = collect(&world, &root, &format!("{outer}?limit=1"), "name").await;
    assert_eq!(names, ["ada", "inner", "other"]);
    let names = collect(&world, &root, &format!("{user}/groups?limit=1"), "name").await;
    assert_eq!(names, ["outer", "inner"]);

    let circle = json!({"add": {"users": [ada], "groups": [ids[0]]}});
    let refused = world.call(&root, "PATCH", &inner, circle).await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/add/groups/0");
    world.must(&root, "PATCH", &outer, json!({"remove": {"groups": [ids[1]]}})).await;
    assert_eq!(collect(&world, &root, &format!("{outer}?limit=2"), "name").await, ["ada", "other"]);
}

#[tokio::test]
async fn a_page_is_of_a_sensible_size_and_a_cursor_is_one_of_ours() {
    let world = World::new();
    let root = world.root().await;
    for (query, pointer) in
        [("limit=0", "/limit"), ("limit=201", "/limit"), ("cursor=!", "/cursor")]
    {
        let answer = world.get(&root, &format!("/v1/admins?{query}")).await;
        assert_eq!(answer.is_problem(422, "invalid")["pointer"], pointer);
    }
    let number = "must be a whole number from 0 on";
    for (query, pointer, detail) in [
        ("admins?limit=many", "/limit", number),
        ("admins?sort=login&limit=", "/limit", number),
        ("admins?order=name", "/order", "unknown parameter `order`, expected "),
        ("admins?limit=1&limit=2", "/limit", "duplicate parameter `limit`"),
        ("events?success=maybe", "/success", "must be `true` or `false`"),
        ("events?from=yesterday", "/from", "must be "),
    ] {
        let answer = world.get(&root, &format!("/v1/{query}")).await;
        let problem = answer.is_problem(400, "query");
        assert_eq!(problem["pointer"], pointer, "{query}");
        assert!(problem["detail"].as_str().unwrap().starts_with(detail), "{query}: {problem}");
    }
}

#[tokio::test]
async fn organizations_outside_of_the_scope_are_not_listed() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let orbit = world.organization(&root, "orbit").await;
    let id = acme.rsplit('/').next().unwrap();
    let narrow = world.admin(&root, "manager", json!({"organizations": [id]})).await;
    assert_eq!(collect(&world, &narrow, "/v1/organizations?limit=1", "slug").await, ["acme"]);
    let all = collect(&world, &root, "/v1/organizations?limit=1", "slug").await;
    assert_eq!(all, ["acme", "orbit"]);
    // Nor by what an index finds.
    let orbit = orbit.rsplit('/').next().unwrap();
    let found = async |token: &str, filter: &str| {
        let filter = filter.replace(' ', "%20").replace('"', "%22");
        let path = format!("/v1/organizations?filter={filter}");
        collect(&world, token, &path, "slug").await
    };
    for filter in ["slug eq \"ORBIT\"", "slug sw \"or\"", &format!("id eq \"{orbit}\"")] {
        assert_eq!(found(&root, filter).await, ["orbit"], "{filter}");
        assert!(found(&narrow, filter).await.is_empty(), "{filter}");
    }
    let any = "slug eq \"orbit\" or slug sw \"ac\"";
    assert_eq!(found(&root, any).await, ["acme", "orbit"]);
    assert_eq!(found(&narrow, any).await, ["acme"]);
}

#[tokio::test]
async fn events_come_newest_first_and_filtered() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let user = world.user(&root, &acme, "ada").await;
    world.must(&root, "PATCH", &user, json!({"title": "Countess"})).await;
    let events = format!("{acme}/events");
    let listed = world.must(&root, "GET", &format!("{events}?limit=2"), Value::Null).await;
    let newest = &listed["items"][0];
    assert_eq!(newest["action"], "changed");
    assert_eq!(newest["actor"]["name"], "root");
    assert_eq!(newest["source"], "192.0.2.1");
    assert_eq!(newest["subject"]["name"], "ada");
    let title = json!([{"field": "title", "before": null, "after": "Countess"}]);
    assert_eq!(newest["differences"], title);
    let actions = collect(&world, &root, &format!("{events}?limit=1"), "action").await;
    assert_eq!(actions, ["changed", "created", "created"]);
    let created = format!("{events}?limit=1&action=created&actor=root");
    assert_eq!(collect(&world, &root, &created, "action").await, ["created", "created"]);
    let others = format!("{events}?actor=somebody");
    assert!(collect(&world, &root, &others, "action").await.is_empty());
}

#[tokio::test]
async fn the_providers_log_says_nothing_of_organizations_outside_of_the_scope() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let beta = world.organization(&root, "beta").await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let (acme, beta) = (id(&acme), id(&beta));
    let scoped = world.admin(&root, "read_only", json!({"organizations": [acme]})).await;
    for path in [
        "/v1/events?limit=200",
        "/v1/events?subject_kind=organization&sort=sequence",
        "/v1/events/counts?by=subject",
        "/v1/events/export?format=csv",
        "/v1/events/export?subject_kind=organization",
    ] {
        let (some, all) = (world.get(&scoped, path).await, world.get(&root, path).await);
        assert!(all.text.contains(&acme) && all.text.contains(&beta), "{path}: {}", all.text);
        assert!(some.text.contains(&acme) && !some.text.contains(&beta), "{path}: {}", some.text);
    }
    let refused = world.get(&scoped, "/v1/events/export?from=2001-01-01T00:00:00Z").await;
    assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/format", "it is no chain");
    assert_eq!(world.get(&root, "/v1/events/export").await.status, StatusCode::OK);
}

#[tokio::test]
async fn events_come_in_either_order_of_their_numbers_and_in_no_other() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let beta = world.organization(&root, "beta").await;
    for (organization, login) in [(&acme, "ada"), (&beta, "bob"), (&acme, "carl")] {
        world.user(&root, organization, login).await;
    }
    for list in [format!("{acme}/events"), "/v1/all-events".to_owned()] {
        let numbers = async |query: &str| {
            let (mut found, mut next) = (Vec::new(), String::new());
            loop {
                let page = world.get(&root, &format!("{list}?limit=2{query}{next}")).await.json;
                let items = page["items"].as_array().unwrap();
                found.extend(items.iter().map(|item| item["sequence"].as_u64().unwrap()));
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&cursor={cursor}"),
                    None => return found,
                }
            }
        };
        let newest = numbers("").await;
        assert!(newest.len() > 1 && newest.is_sorted_by(|one, other| one > other), "{newest:?}");
        assert_eq!(numbers("&sort=-sequence").await, newest);
        let oldest = numbers("&sort=sequence").await;
        assert!(oldest.iter().rev().eq(&newest), "{oldest:?}");
        let page = world.get(&root, &format!("{list}?limit=1&sort=sequence")).await.json;
        let cursor = page["next"].as_str().unwrap();
        let other = world.get(&root, &format!("{list}?limit=1&cursor={cursor}")).await;
        assert_eq!(other.is_problem(422, "invalid")["pointer"], "/cursor", "of another order");
        let behind = format!("&after={}", oldest[0]);
        assert_eq!(numbers(&behind).await, oldest[1..]);
        assert_eq!(numbers(&format!("{behind}&sort=sequence")).await, oldest[1..]);
        assert!(numbers(&format!("&after={}", newest[0])).await.is_empty());
        let other = world.get(&root, &format!("{list}?sort=-sequence{behind}")).await;
        assert_eq!(other.is_problem(422, "invalid")["pointer"], "/after", "of another order");
        for wrong in ["at", "time", "action", "-sequence,at"] {
            let refused = world.get(&root, &format!("{list}?sort={wrong}")).await;
            assert_eq!(refused.is_problem(422, "invalid")["pointer"], "/sort", "{wrong}");
        }
    }
}

#[tokio::test]
async fn events_are_looked_for_by_turns_and_a_page_of_all_waits_for_none() {
    let mut world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let patience = Duration::from_millis(1);
    let api = world.limit(Limits { searching: 1, patience, ..Limits::default() });
    let held = api.searching.wait(None).await.unwrap();
    for list in ["/v1/events".to_owned(), format!("{acme}/events")] {
        for query in ["", "?limit=1", "?sort=sequence&after=1", "?fields=at&sort=-sequence"] {
            let page = world.get(&root, &format!("{list}{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{query}: {}", page.text);
        }
        for query in [
            "action=created",
            "actor=root",
            "actor_kind=admin",
            "subject=ada",
            "subject_kind=user",
            "source=192.0.2.1",
            "success=true",
            "request_id=ticket-7",
            "text=ada",
            "from=2001-01-01T00:00:00Z",
            "until=2001-01-01T00:00:00Z",
        ] {
            let busy = world.get(&root, &format!("{list}?{query}")).await;
            busy.is_problem(503, "busy");
            assert_ne!(busy.header("retry-after"), "", "{query}");
        }
        world.get(&root, &format!("{list}/counts")).await.is_problem(503, "busy");
    }
    drop(held);
    let path = format!("{acme}/events?actor=root");
    let found = world.must(&root, "GET", &path, Value::Null).await;
    assert_eq!(found["items"][0]["actor"]["name"], "root");
}

#[tokio::test]
async fn events_of_all_organizations_in_scope_are_counted_and_exported() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let beta = world.organization(&root, "beta").await;
    for (organization, login) in [(&acme, "ada"), (&beta, "bob"), (&beta, "carl")] {
        world.user(&root, organization, login).await;
    }
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let (acme, beta) = (id(&acme), id(&beta));
    let narrow = world.admin(&root, "manager", json!({"organizations": [acme]})).await;
    let asked = "subject_kind=user&action=created";
    for (token, organizations, of_acme, of_beta) in [
        (&root, String::new(), 1, 2),
        (&root, format!("&organizations={acme},{beta}"), 1, 2),
        (&root, format!("&organizations={beta}"), 0, 2),
        (&narrow, String::new(), 1, 0),
    ] {
        let query = format!("{asked}{organizations}");
        let path = format!("/v1/all-events/counts?{query}&by=organization&interval=day");
        let counts = world.must(token, "GET", &path, Value::Null).await;
        let items = counts["items"].as_array().unwrap();
        let count = |id: &str| {
            let of_it = items.iter().filter(|item| item["key"] == id);
            of_it.map(|item| item["count"].as_u64().unwrap()).sum::<u64>()
        };
        assert_eq!((count(&acme), count(&beta)), (of_acme, of_beta), "{query}: {counts}");
        assert_eq!(counts["complete"], true);
        let lines = world.get(token, &format!("/v1/all-events/export?{query}")).await;
        assert_eq!(lines.header("content-type"), "application/jsonl");
        let whose = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["organization"].as_str().unwrap().to_owned()
        };
        let whose: Vec<String> = lines.text.lines().map(whose).collect();
        let exported = |id: &String| whose.iter().filter(|it| *it == id).count() as u64;
        assert_eq!((exported(&acme), exported(&beta)), (of_acme, of_beta), "{}", lines.text);
        assert!(whose.chunk_by(|one, other| one == other).count() <= 2, "one after another");
        let table = world.get(token, &format!("/v1/all-events/export?{query}&format=csv")).await;
        assert!(table.text.starts_with("organization,sequence,at,"), "{}", table.text);
        assert_eq!(table.text.lines().count() as u64, 1 + of_acme + of_beta);
        assert_eq!(table.text.matches(&format!("\n{beta},")).count() as u64, of_beta);
    }
    for what in ["counts", "export"] {
        let others = format!("/v1/all-events/{what}?organizations={beta}");
        world.get(&narrow, &others).await.is_problem(404, "not-found");
        let wrong = format!("/v1/all-events/{what}?limit=1");
        assert_eq!(world.get(&root, &wrong).await.is_problem(400, "query")["pointer"], "/limit");
    }
}

#[tokio::test]
async fn a_refused_change_is_an_event() {
    let world = World::new();
    let root = world.root().await;
    let reader = world.admin(&root, "read_only", json!("all")).await;
    let body = json!({"slug": "acme", "name": "Acme", "base": "dc=acme"});
    world.call(&reader, "POST", "/v1/organizations", body).await.is_problem(403, "forbidden");
    let listed = world.must(&root, "GET", "/v1/events?action=refused", Value::Null).await;
    let reason = listed["items"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("needs manage_organizations"), "{reason}");
}

/// One field of every item of every page.
async fn collect(world: &World, token: &str, path: &str, field: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = world.must(token, "GET", &format!("{path}{next}"), Value::Null).await;
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| item[field].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

/// Who is found, and where, page by page.
async fn found(world: &World, token: &str, query: &str) -> Vec<(String, String)> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = world.get(token, &format!("/v1/all-users?limit=2&{query}{next}")).await.json;
        for item in page["items"].as_array().unwrap() {
            let text = |member: &str| item[member].as_str().unwrap().to_owned();
            found.push((text("organization_slug"), text("login")));
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn people_are_found_in_all_organizations_in_scope_and_in_no_other() {
    let world = World::new();
    let root = world.root().await;
    for slug in ["acme", "beta", "gone", "idle"] {
        let path = world.organization(&root, slug).await;
        for login in ["ada", "adam", "bob"] {
            let body = json!({"login": login, "display_name": format!("{login} of {slug}"),
                "surname": login, "mail": [format!("{login}@{slug}.example")]});
            world.must(&root, "POST", &format!("{path}/users"), body).await;
        }
        match slug {
            "gone" => {
                let delete = format!("{path}?confirmation=gone");
                let deleted = world.call(&root, "DELETE", &delete, Value::Null).await;
                assert!(deleted.status.is_success(), "{}", deleted.text);
            }
            "idle" => {
                world.must(&root, "POST", &format!("{path}/suspend"), Value::Null).await;
            }
            _ => {}
        }
    }
    let pairs = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(slug, login)| ((*slug).to_owned(), (*login).to_owned())).collect()
    };
    let everywhere = [("acme", "ada"), ("acme", "adam"), ("beta", "ada"), ("beta", "adam")];
    let everywhere = [&everywhere[..], &[("idle", "ada"), ("idle", "adam")]].concat();
    assert_eq!(found(&world, &root, "text=ADA").await, pairs(&everywhere), "names begin so too");
    assert_eq!(found(&world, &root, "text=bob@beta.example").await, pairs(&[("beta", "bob")]));
    assert_eq!(found(&world, &root, "text=ada%20of%20a").await, pairs(&[("acme", "ada")]));
    assert!(found(&world, &root, "text=da").await.is_empty(), "a part is none");
    let organizations = world.get(&root, "/v1/organizations?name=beta").await.json;
    let beta = organizations["items"][0]["id"].clone();
    let narrow = world.admin(&root, "read_only", json!({"organizations": [beta]})).await;
    let own = pairs(&[("beta", "ada"), ("beta", "adam")]);
    assert_eq!(found(&world, &narrow, "text=ada").await, own);
    assert!(found(&world, &narrow, "text=ada@acme.example").await.is_empty());
    let none = world.admin(&root, "manager", json!("none")).await;
    assert!(found(&world, &none, "text=ada").await.is_empty());
    // A cursor of others begins somewhere, and shows nobody more.
    let page = world.get(&root, "/v1/all-users?text=ada&limit=1").await.json;
    let behind = format!("text=ada&cursor={}", page["next"].as_str().unwrap());
    let theirs = world.get(&narrow, &format!("/v1/all-users?{behind}")).await.json;
    assert_eq!(theirs["items"].as_array().unwrap().len(), 2);
    let wrong = [("text=", "/text"), ("text=+", "/text"), ("text=a&limit=0", "/limit")];
    for (wrong, pointer) in wrong {
        let refused = world.get(&root, &format!("/v1/all-users?{wrong}")).await;
        assert_eq!(refused.is_problem(422, "invalid")["pointer"], pointer, "{wrong}");
    }
}
