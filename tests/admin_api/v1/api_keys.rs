//! `/v1/me/api-keys`, `/v1/admins/{admin}/api-keys`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::admin::Admin;
use crate::harness::calendar::{at, in_days, seconds};
use crate::harness::client::Client;
use crate::harness::https::Https;
use crate::harness::office::Office;
use crate::harness::pause;
use crate::harness::tenantry::Tenantry;

/// An admin who may have keys.
pub(super) fn owner(office: &Office, role: &str) -> Admin {
    let admin = office.provider_admin(role, &json!("all"));
    let access = json!({"api_access": true});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&access)).status, 200);
    admin
}

/// Makes a key; tells its id and who uses it.
pub(super) fn key(owner: &Admin, fields: &Value) -> (String, Https) {
    let mut all = json!({"name": "key", "expires": in_days(90)});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let made = owner.session.send("POST", "/v1/me/api-keys", Some(&all));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let text = made["token"].as_str().unwrap();
    (made["id"].as_str().unwrap().to_owned(), owner.session.with_token(text))
}

#[test]
fn without_api_access_there_are_no_keys_and_with_it_they_end_at_once() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let fields = json!({"name": "key", "expires": in_days(90)});
    let refused = admin.session.send("POST", "/v1/me/api-keys", Some(&fields));
    assert_eq!(refused.status, 409, "{refused:?}");
    let admin = owner(&office, "manager");
    let (_, user) = key(&admin, &json!({}));
    assert_eq!(user.get("/v1/me").status, 200);
    let off = json!({"api_access": false});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&off)).status, 200);
    assert_eq!(user.get("/v1/me").status, 401);
    assert_eq!(admin.session.get("/v1/me").status, 200);
}

#[test]
fn a_key_can_be_narrowed_and_never_widened() {
    let (office, other) = (Office::new(), Office::new());
    let admin = owner(&office, "manager");
    let narrow = json!({"role": "read_only", "organizations": [office.id]});
    let (_, user) = key(&admin, &narrow);
    let me = user.get("/v1/me").json();
    assert_eq!(me["role"], "read_only");
    assert_eq!(me["scope"], json!({"organizations": [office.id]}), "{me}");
    assert_eq!(me["sources"], json!([]));
    assert_eq!(user.get(&office.path("users")).status, 200);
    assert_eq!(user.send("POST", &office.path("groups"), Some(&json!({"name": "x"}))).status, 403);
    assert_eq!(user.get(&other.path("users")).status, 404);
    let list = user.get("/v1/organizations").json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(user.get("/v1/admins").status, 404);
    let more = json!({"name": "more", "expires": in_days(90)});
    assert_eq!(user.send("POST", "/v1/me/api-keys", Some(&more)).status, 409);
    let above = json!({"name": "x", "expires": in_days(90), "role": "administrator"});
    let refused = admin.session.send("POST", "/v1/me/api-keys", Some(&above));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/role")));
    for empty in ["organizations", "sources"] {
        let mut fields = more.clone();
        fields[empty] = json!([]);
        let refused = admin.session.send("POST", "/v1/me/api-keys", Some(&fields));
        let at = json!(format!("/{empty}"));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &at), "{refused:?}");
    }
    for expires in ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "tomorrow"] {
        let fields = json!({"name": "x", "expires": expires});
        let refused = admin.session.send("POST", "/v1/me/api-keys", Some(&fields));
        assert_eq!(refused.status, 422, "{expires}: {refused:?}");
    }
}

#[test]
fn a_key_works_only_from_the_networks_it_was_narrowed_to() {
    let office = Office::new();
    let admin = owner(&office, "manager");
    let (_, there) = key(&admin, &json!({"sources": ["192.0.2.0/24"]}));
    let (_, here) = key(&admin, &json!({"sources": ["192.0.2.0/24", "127.0.0.0/8"]}));
    assert_eq!(there.get("/v1/me").status, 401);
    let me = here.get("/v1/me");
    assert_eq!(me.status, 200);
    assert_eq!(me.json()["sources"], json!(["192.0.2.0/24", "127.0.0.0/8"]));
}

#[test]
fn a_key_works_from_where_its_admin_and_the_key_itself_are_both_allowed() {
    let office = Office::new();
    let admin = owner(&office, "manager");
    let (_, wide) = key(&admin, &json!({}));
    let (_, narrow) = key(&admin, &json!({"sources": ["127.0.0.2/32", "127.0.0.3/32"]}));
    let url = format!("{}/v1/me", office.demo.admin_api.url);
    let from = |who: &Https, address: &str| {
        let bearer = format!("Authorization: Bearer {}", who.token());
        let said = Client::new("curl", "curl")
            .args(["-s", "--http1.1", "--cacert", &office.demo.ca_file, "--interface", address])
            .args(["-o", "/dev/null", "-w", "%{http_code}", "-H", &bearer, &url])
            .run();
        said.stdout.parse::<u16>().unwrap_or_else(|_| panic!("{said:?}"))
    };
    let answers =
        |who: &Https| ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map(|address| from(who, address));
    assert_eq!(answers(&wide), [200, 200, 200]);
    assert_eq!(answers(&narrow), [401, 200, 200]);
    let allowed = json!({"sources": ["127.0.0.1/32", "127.0.0.2/32"]});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&allowed)).status, 200);
    assert_eq!(answers(&wide), [200, 200, 401]);
    assert_eq!(answers(&narrow), [401, 200, 401]);
    assert_eq!(answers(&admin.session), [200, 200, 401]);
}

#[test]
fn a_key_counts_until_the_time_that_it_was_made_for_and_no_longer() {
    let office = Office::new();
    let admin = owner(&office, "manager");
    let end = seconds() + 4;
    let (id, user) = key(&admin, &json!({"expires": at(end)}));
    let listed = admin.session.get("/v1/me/api-keys").json();
    assert_eq!(listed["items"][0]["id"], json!(id));
    assert_eq!(listed["items"][0]["expires"], json!(at(end)));
    let me = user.get("/v1/me");
    assert_eq!(me.status, 200, "it is not over");
    assert_eq!(me.json()["expires"], json!(at(end)));
    let refused = loop {
        let asked = seconds();
        let answer = user.get("/v1/me");
        if answer.status != 200 {
            break answer;
        }
        assert!(asked < end, "it goes on after its end");
        pause(Duration::from_millis(100));
    };
    assert!(seconds() >= end, "it ends before its time");
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!(refused.json()["type"], "/problems/unauthenticated");
    let staff = Tenantry::with_key(&office.demo, user.token());
    assert_eq!(staff.run("org list").code, 3);
    assert_eq!(admin.session.get("/v1/me").status, 200, "the session has another end");
}

#[test]
fn a_deleted_key_ends_with_the_next_request_and_its_text_is_shown_once() {
    let office = Office::new();
    let admin = owner(&office, "help_desk");
    let (id, user) = key(&admin, &json!({}));
    let list = admin.session.get("/v1/me/api-keys");
    assert!(list.body.contains(&id), "{list:?}");
    assert!(!list.body.contains(user.token()), "{list:?}");
    assert_eq!(user.get("/v1/me").status, 200);
    let place = format!("/v1/me/api-keys/{id}");
    let other = owner(&office, "help_desk");
    assert_eq!(other.session.send("DELETE", &place, None).status, 404);
    let (narrow, narrowed) = key(&admin, &json!({"role": "read_only"}));
    assert_eq!(narrowed.send("DELETE", &place, None).status, 409);
    assert_eq!(user.get("/v1/me").status, 200);
    let own = format!("/v1/me/api-keys/{narrow}");
    assert_eq!(narrowed.send("DELETE", &own, None).status, 204);
    assert_eq!(narrowed.get("/v1/me").status, 401);
    assert_eq!(admin.session.send("DELETE", &place, None).status, 204);
    assert_eq!(user.get("/v1/me").status, 401);
}

#[test]
fn who_manages_admins_sees_and_ends_keys_of_others_one_by_one() {
    let office = Office::new();
    let admin = owner(&office, "manager");
    let (one, user) = key(&admin, &json!({"name": "backup", "role": "read_only"}));
    let (other, second) = key(&admin, &json!({"name": "monitoring"}));
    assert_eq!(user.get("/v1/me").status, 200);
    let place = format!("{}/api-keys", admin.place);
    let list = office.top.get(&place);
    assert_eq!(list.status, 200, "{list:?}");
    assert!(!list.body.contains(user.token()), "{list:?}");
    let listed = list.json()["items"].clone();
    assert_eq!((&listed[0]["id"], &listed[1]["id"]), (&json!(one), &json!(other)));
    assert_eq!((&listed[0]["name"], &listed[0]["role"]), (&json!("backup"), &json!("read_only")));
    let helper = office.provider_admin("administrator", &json!("all"));
    let which = format!("{place}?api_key={one}");
    assert_eq!(helper.session.get(&place).status, 403);
    assert_eq!(helper.session.send("DELETE", &which, None).status, 403);
    let limited = office.provider_admin("administrator_with_billing", &json!("none"));
    assert_eq!(limited.session.get(&place).status, 409, "whose scope is wider than one's own");
    assert_eq!(limited.session.send("DELETE", &which, None).status, 409);
    assert_eq!(office.top.send("DELETE", &which, None).status, 204);
    assert_eq!((user.get("/v1/me").status, second.get("/v1/me").status), (401, 200));
    assert_eq!(office.top.send("DELETE", &which, None).status, 404);
    let told = office.top.get(&format!("/v1/events?action=deleted&subject={one}")).json();
    let expected = json!({"kind": "api_key", "id": one, "name": admin.login});
    assert_eq!(told["items"][0]["subject"], expected, "{told}");
    let differs = told["items"][0]["differences"].as_array().unwrap();
    let said = |field: &str, before: &str| {
        differs.iter().any(|it| it["field"] == field && it["before"] == before)
    };
    assert!(said("name", "backup") && said("role", "read_only"), "{told}");
    assert!(!told.to_string().contains(user.token()));
    let tenantry = Tenantry::with_key(&office.demo, office.top.token());
    let line = format!("admin api-keys {}", admin.login);
    assert_eq!(tenantry.shows(&line)[0]["id"], json!(other));
    tenantry.does(&format!("admin end-api-keys {} --api-key {other} --yes", admin.login));
    assert_eq!(second.get("/v1/me").status, 401);
    assert_eq!(admin.session.get("/v1/me").status, 200, "the session goes on");
}

#[test]
fn keys_of_an_organizations_own_admins_are_its_own_to_end() {
    let office = Office::new();
    let admin = office.admin("manager");
    let access = json!({"api_access": true});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&access)).status, 200);
    let (id, user) = key(&admin, &json!({}));
    let chief = office.admin("administrator_with_billing");
    let place = format!("{}/api-keys", admin.place);
    assert_eq!(chief.session.get(&place).json()["items"][0]["id"], json!(id));
    assert_eq!(chief.session.send("DELETE", &place, None).status, 204);
    assert_eq!(user.get("/v1/me").status, 401);
}

#[test]
fn activating_an_organization_brings_neither_sessions_nor_keys_of_its_own_admins_back() {
    let office = Office::new();
    let admin = office.admin("manager");
    let access = json!({"api_access": true});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&access)).status, 200);
    let (_, user) = key(&admin, &json!({}));
    assert_eq!((admin.session.get("/v1/me").status, user.get("/v1/me").status), (200, 200));
    let state = |verb: &str| {
        let path = format!("/v1/organizations/{}/{verb}", office.id);
        assert_eq!(office.top.send("POST", &path, None).status, 200);
    };
    state("suspend");
    assert_eq!(office.top.get("/v1/me").status, 200);
    let place = format!("{}/sessions", admin.place);
    assert_eq!(office.top.get(&place).json()["items"], json!([]), "there is none to come back");
    state("activate");
    assert_eq!((admin.session.get("/v1/me").status, user.get("/v1/me").status), (401, 401));
    let mut credentials = admin.credentials(&office);
    credentials["cookie"] = json!(false);
    let anew = office.demo.https(None).send("POST", "/v1/sign-in", Some(&credentials));
    assert_eq!(anew.status, 200, "{anew:?}");
}

#[test]
fn a_key_is_bound_by_what_its_admin_is_now() {
    let office = Office::new();
    let admin = owner(&office, "manager");
    let (_, user) = key(&admin, &json!({}));
    let group =
        |name: &str| user.send("POST", &office.path("groups"), Some(&json!({"name": name})));
    assert_eq!(group("one").status, 201);
    let demoted = json!({"role": "read_only"});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&demoted)).status, 200);
    assert_eq!(group("two").status, 403);
}
