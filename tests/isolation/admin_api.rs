//! The admin API: every route with the other organization's ids.

use serde_json::{Value, json};

use super::world::{Side, World};
use crate::harness::calendar::in_days;
use crate::harness::curl::Response;
use crate::harness::https::Https;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// What of an answer may be compared: all but what tells one request from another.
fn comparable(response: &Response) -> (u16, Vec<String>, String) {
    let of_this_request = |line: &&str| {
        ["x-request-id:", "date:", "ratelimit:"].iter().any(|name| line.starts_with(name))
    };
    let head = response.head.lines().filter(|line| !of_this_request(line));
    (response.status, head.map(ToOwned::to_owned).collect(), response.body.clone())
}

/// Every documented path, about the other organization, and about its things in ours.
fn paths(world: &World) -> Vec<String> {
    let document = world.with.https(None).get("/v1/openapi.json").json();
    let things = &world.theirs.things;
    let fill = |path: &str, organization: &str| {
        let path = path.replace("{organization}", organization);
        things.iter().fold(path, |path, (name, id)| path.replace(name, id))
    };
    let paths = document["paths"].as_object().unwrap().keys();
    let of_organizations = paths.filter(|path| path.contains("{organization}"));
    of_organizations
        .flat_map(|path| {
            let about_things = path.matches('{').count() > 1;
            let ours = about_things.then(|| fill(path, &world.ours.id));
            [Some(fill(path, &world.theirs.id)), ours]
        })
        .flatten()
        .collect()
}

fn answers(who: &Https, paths: &[String], body: &Value) -> Vec<(u16, Vec<String>, String)> {
    let of_path =
        |path: &String| METHODS.map(|method| comparable(&who.send(method, path, Some(body))));
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn every_method_on_every_path_answers_as_if_the_other_organization_never_was() {
    let Some(world) = World::shared() else { return };
    let paths = paths(&world);
    assert!(paths.len() > 40, "{paths:#?}");
    let bodies = [
        json!({}),
        json!({"password": "a long enough password"}),
        json!({"secret": "a secret of many letters"}),
    ];
    for admin in [&world.ours.admin, &world.ours.scoped] {
        for body in &bodies {
            let [with, without] = world.sides().map(|side| {
                let who = side.https(None).with_token(admin.session.token());
                answers(&who, &paths, body)
            });
            for (at, (one, other)) in with.iter().zip(&without).enumerate() {
                assert_eq!(one, other, "{} {}", METHODS[at % 5], paths[at / 5]);
                assert!(one.0 >= 400, "{} {}: {one:?}", METHODS[at % 5], paths[at / 5]);
            }
        }
    }
}

#[test]
fn ids_of_the_other_organization_in_a_body_are_ids_that_never_were() {
    let Some(world) = World::shared() else { return };
    let thing = |name: &str| {
        let found = world.theirs.things.iter().find(|(kind, _)| *kind == name);
        found.unwrap().1.clone()
    };
    let (user, group, profile) = (thing("{user}"), thing("{group}"), thing("{reply_profile}"));
    let own = format!("/v1/organizations/{}", world.ours.id);
    let staff = {
        let groups = world.without.https(None).with_token(world.ours.admin.session.token());
        let list = groups.get(&format!("{own}/groups")).json();
        list["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let sources = json!(["192.0.2.1/32"]);
    let attempts = [
        ("PATCH", format!("groups/{staff}/members"), json!({"add": {"users": [user]}})),
        ("PATCH", format!("groups/{staff}/members"), json!({"add": {"groups": [group]}})),
        ("PATCH", format!("groups/{staff}/members"), json!({"remove": {"users": [user]}})),
        (
            "POST",
            "service-accounts".into(),
            json!({"name": "x", "visibility": {"groups": [group]}}),
        ),
        (
            "POST",
            "radius-clients".into(),
            json!({"name": "x", "sources": sources, "allowed_groups": [group]}),
        ),
        (
            "POST",
            "radius-clients".into(),
            json!({"name": "x", "sources": sources, "reply_profile": profile}),
        ),
    ];
    let key = json!({
        "name": "key", "expires": in_days(90), "organizations": [world.theirs.id]
    });
    let [with, without] = world.sides().map(|side| {
        let who = side.https(None).with_token(world.ours.admin.session.token());
        let send = |(method, path, body): &(&str, String, Value)| {
            comparable(&who.send(method, &format!("{own}/{path}"), Some(body)))
        };
        let mut heard: Vec<_> = attempts.iter().map(send).collect();
        heard.push(comparable(&who.send("POST", "/v1/me/api-keys", Some(&key))));
        heard
    });
    assert_eq!(with, without);
    assert!(with.iter().all(|(status, ..)| *status == 422), "{with:#?}");
}

#[test]
fn lists_and_ones_own_account_tell_nothing_of_the_other_organization() {
    let Some(world) = World::shared() else { return };
    let read = |side: &Side, token: &str, path: &str| {
        let mut response = side.https(Some(token)).get(path);
        if path == "/v1/me" {
            // On each side the session ends some time after it was used there last.
            let mut me = response.json();
            me["expires"] = Value::Null;
            response.body = me.to_string();
            response.head = String::new();
        }
        comparable(&response)
    };
    let own = format!("/v1/organizations/{}", world.ours.id);
    for admin in [&world.ours.admin, &world.ours.scoped] {
        let token = admin.session.token();
        let mut paths = vec!["/v1/organizations".to_owned(), "/v1/me".into(), own.clone()];
        for list in ["users", "groups", "service-accounts", "radius-clients", "reply-profiles"] {
            paths.push(format!("{own}/{list}"));
        }
        // Where a page ends tells nothing of others either.
        paths.extend(["a", "ada", "ada&limit=1"].map(|text| format!("/v1/all-users?text={text}")));
        for path in paths {
            let [with, without] = world.sides().map(|side| read(side, token, &path));
            assert_eq!(with.0, 200, "{path}: {with:?}");
            assert_eq!(with, without, "{path}");
        }
    }
    // An organization's own admin has no list of the provider's.
    for path in ["/v1/admins", "/v1/events"] {
        let token = world.ours.admin.session.token();
        let [with, without] = world.sides().map(|side| read(side, token, path));
        assert_eq!((with.0, &with), (404, &without), "{path}");
    }
}

#[test]
fn signing_in_to_the_other_organization_fails_as_to_one_that_never_was() {
    let Some(world) = World::shared() else { return };
    let [with, without] = world.sides().map(|side| {
        let nobody = side.https(None);
        [("other", "chief"), ("other", "nobody"), ("never", "chief")].map(|(slug, login)| {
            let credentials = json!({"organization": slug, "login": login, "password": "a guess"});
            comparable(&nobody.send("POST", "/v1/sign-in", Some(&credentials)))
        })
    });
    assert_eq!(with, without);
    assert_eq!(with[0], with[2]);
    assert_eq!(with[0].0, 401);
}
