//! `/v1/admins` and `/v1/organizations/{organization}/admins`.

use serde_json::{Value, json};

use crate::harness::admin::{Admin, PASSWORD};
use crate::harness::curl::Api;
use crate::harness::demo::Demo;
use crate::harness::office::{Office, id_of};
use crate::harness::totp;

const TOP: &str = "administrator_with_billing";

#[test]
fn the_last_administrator_with_billing_is_neither_deleted_demoted_nor_suspended() {
    // Of its own: nobody else may be at the top here.
    let Some(demo) = Demo::own() else { return };
    let top = demo.api_as_top();
    let me = top.get("/v1/me").json();
    let place = format!("/v1/admins/{}", me["id"].as_str().unwrap());
    for (method, path, body) in [
        ("DELETE", place.clone(), None),
        ("PATCH", place.clone(), Some(json!({"role": "administrator"}))),
        ("PATCH", place.clone(), Some(json!({"scope": "none"}))),
        ("PATCH", place.clone(), Some(json!({"api_access": false}))),
        ("POST", format!("{place}/suspend"), None),
    ] {
        let response = top.send(method, &path, body.as_ref());
        assert_eq!(response.status, 409, "{method} {path}: {response:?}");
        assert_eq!(response.json()["type"], "/problems/rule");
    }
    let now = top.get("/v1/me").json();
    assert_eq!((&now["role"], &now["api_access"]), (&json!(TOP), &json!(true)));
}

#[test]
fn nobody_deletes_suspends_or_raises_themselves() {
    let office = Office::new();
    let admin = office.provider_admin(TOP, &json!("all"));
    for (method, rest, body) in [
        ("DELETE", "", None),
        ("POST", "/suspend", None),
        ("PATCH", "", Some(json!({"role": "read_only"}))),
        ("PATCH", "", Some(json!({"scope": "none"}))),
        ("PATCH", "", Some(json!({"api_access": true}))),
    ] {
        let path = format!("{}{rest}", admin.place);
        let response = admin.session.send(method, &path, body.as_ref());
        assert_eq!(response.status, 409, "{method} {path} {body:?}: {response:?}");
    }
    let renamed = json!({"display_name": "Somebody Else"});
    assert_eq!(admin.session.send("PATCH", &admin.place, Some(&renamed)).status, 200);
}

#[test]
fn nobody_grants_a_scope_that_is_wider_than_their_own() {
    let (office, other) = (Office::new(), Office::new());
    let scoped = office.provider_admin(TOP, &json!({"organizations": [office.id]}));
    let unscoped = office.provider_admin(TOP, &json!("none"));
    let new = |scope: Value| {
        let login = format!("new-{}", office.slug);
        json!({"login": login, "display_name": "New", "role": "read_only", "scope": scope,
            "password": PASSWORD})
    };
    let create =
        |who: &Admin, scope| who.session.send("POST", "/v1/admins", Some(&new(scope))).status;
    assert_eq!(create(&scoped, json!("all")), 409);
    assert_eq!(create(&scoped, json!({"organizations": [other.id]})), 422);
    assert_eq!(create(&unscoped, json!("all")), 409);
    assert_eq!(create(&unscoped, json!({"organizations": [office.id]})), 422);
    // Nor takes over an admin who has it.
    let wide = office.provider_admin("read_only", &json!("all"));
    let password = json!({"password": "another long password"});
    for (method, rest, body) in
        [("PUT", "/password", Some(&password)), ("POST", "/reset-mfa", None), ("DELETE", "", None)]
    {
        let path = format!("{}{rest}", wide.place);
        let response = scoped.session.send(method, &path, body);
        assert_eq!(response.status, 409, "{method} {path}: {response:?}");
    }
    assert_eq!(wide.session.get("/v1/me").status, 200);
    assert_eq!(create(&scoped, json!({"organizations": [office.id]})), 201);
}

#[test]
fn what_is_changed_about_an_admin_counts_from_the_next_request_of_an_open_session_on() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let group = json!({"name": "one"});
    let (groups, change) = (office.path("groups"), |fields: Value| {
        let done = office.top.send("PATCH", &admin.place, Some(&fields));
        assert_eq!(done.status, 200, "{done:?}");
    });
    assert_eq!(admin.session.send("POST", &groups, Some(&group)).status, 201);
    change(json!({"role": "read_only"}));
    let group = json!({"name": "two"});
    assert_eq!(admin.session.send("POST", &groups, Some(&group)).status, 403);
    assert_eq!(admin.session.get(&groups).status, 200);
    change(json!({"scope": "none"}));
    assert_eq!(admin.session.get(&groups).status, 404);
    change(json!({"scope": {"organizations": [office.id]}, "role": "manager"}));
    assert_eq!(admin.session.send("POST", &groups, Some(&group)).status, 201);
    let act = |verb: &str| {
        let path = format!("{}/{verb}", admin.place);
        assert_eq!(office.top.send("POST", &path, None).status, 200);
    };
    act("suspend");
    assert_eq!(admin.session.get("/v1/me").status, 401);
    act("activate");
    assert_eq!(admin.session.get("/v1/me").status, 401, "a session does not come back");
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let credentials = json!({"login": admin.login, "password": PASSWORD, "code": code});
    let anew = office.demo.api_as_nobody().post("/v1/sign-in", &credentials);
    assert_eq!(anew.status, 200, "{anew:?}");
    let anew = office.demo.api(anew.json()["token"].as_str().unwrap());
    assert_eq!(anew.get("/v1/me").status, 200);
    let password = json!({"password": "another long password"});
    let path = format!("{}/password", admin.place);
    assert_eq!(office.chief().send("PUT", &path, Some(&password)).status, 204);
    assert_eq!(anew.get("/v1/me").status, 401);
    assert_eq!(office.top.send("DELETE", &admin.place, None).status, 204);
    assert_eq!(office.top.get(&admin.place).status, 404);
}

#[test]
fn a_new_admin_has_no_scope_and_no_api_access() {
    let office = Office::new();
    let (id, _) = office.add_admin("/v1/admins", &json!({"role": "manager"}));
    let shown = office.top.get(&format!("/v1/admins/{id}"));
    let body = shown.json();
    assert_eq!((&body["scope"], &body["api_access"]), (&json!("none"), &json!(false)));
    assert!(!shown.body.contains("password"), "{shown:?}");
}

#[test]
fn admins_of_an_organization_are_its_own_and_have_no_other_scope() {
    let office = Office::new();
    let admin = office.admin(TOP);
    let shown = admin.session.get(&admin.place).json();
    assert_eq!(shown.get("scope"), None);
    let widened = admin.session.send("PATCH", &admin.place, Some(&json!({"scope": "all"})));
    assert_eq!(widened.status, 422, "{widened:?}");
    assert_eq!(widened.json()["pointer"], "/scope");
    let me = admin.session.get("/v1/me").json();
    assert_eq!(me["organization"], json!(office.id));
    let listed = admin.session.get(&office.path("admins")).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[test]
fn who_gains_before_enrolling_is_invited_anew_whoever_has_kept_the_link() {
    let office = Office::new();
    let here = json!({"organizations": [office.id]});
    let inviter = office.provider_admin(TOP, &here).session.curl();
    let login = format!("invited-{}", office.slug);
    let fields = json!({"login": login, "display_name": "Invited", "role": "manager",
        "scope": here});
    let made = inviter.post("/v1/admins", &fields);
    assert_eq!(made.status, 201, "{made:?}");
    let (place, kept) = (format!("/v1/admins/{}", id_of(&made.json())), made.json());
    let kept = &kept["invitation"]["token"];
    let chief = office.demo.chief().curl();
    let alter = |fields: Value| {
        let changed = chief.send("PATCH", &place, Some(&fields));
        assert_eq!(changed.status, 200, "{changed:?}");
        changed.json()["invited_until"].clone()
    };
    assert!(alter(json!({"role": "help_desk"})).is_string(), "nothing was gained");
    assert_eq!(alter(json!({"scope": "all"})), Value::Null);
    let nobody = office.demo.api_as_nobody();
    let accept = |token: &Value| {
        let acceptance = json!({"token": token, "password": PASSWORD});
        nobody.post("/v1/invitations", &acceptance).status
    };
    assert_eq!(accept(kept), 404);
    let told = format!("/v1/events?action=invitation_revoked&subject={}", id_of(&made.json()));
    assert_eq!(chief.get(&told).json()["items"][0]["subject"]["name"], json!(login));
    let anew = chief.post(&format!("{place}/invitation"), &json!({}));
    assert_eq!(anew.status, 201, "{anew:?}");
    assert_eq!(accept(&anew.json()["token"]), 204);
    // Who has the link may be somebody else, and comes no further than a first password.
    let signs_in = || nobody.post("/v1/sign-in", &json!({"login": login, "password": PASSWORD}));
    assert_eq!(signs_in().status, 202);
    alter(json!({"role": "administrator"}));
    assert_eq!(signs_in().status, 401);
    let invited = chief.post(&format!("{place}/invitation"), &json!({}));
    assert_eq!(invited.status, 201, "there is no password any more: {invited:?}");
}

#[test]
fn no_api_key_lets_in_who_manages_admins() {
    let office = Office::new();
    let (key, chief) = (office.demo.api_as_top(), office.demo.chief().curl());
    for collection in ["/v1/admins".to_owned(), office.path("admins")] {
        let refused = |method: &str, path: &str, body: Option<&Value>| {
            let refused = key.send(method, path, body);
            assert_eq!(refused.status, 409, "{method} {path}: {refused:?}");
            let problem = refused.json();
            assert_eq!(problem["type"], "/problems/rule");
            assert!(problem["detail"].as_str().unwrap().contains("API key"), "{problem}");
        };
        let does = |who: &Api, method: &str, path: &str, body: Value| {
            let done = who.send(method, path, Some(&body).filter(|body| !body.is_null()));
            assert!(matches!(done.status, 200 | 201 | 204), "{method} {path}: {done:?}");
            done.json()
        };
        let named = |who: &str, role: &str| {
            let login = format!("{who}-{}", office.slug);
            json!({"login": login, "display_name": "Somebody", "role": role})
        };
        refused("POST", &collection, Some(&named("boss", TOP)));
        let boss = does(&chief, "POST", &collection, named("boss", TOP));
        let boss = format!("{collection}/{}", id_of(&boss));
        refused("POST", &format!("{boss}/invitation"), Some(&json!({})));
        refused("PATCH", &boss, Some(&json!({"api_access": true})));
        does(&key, "POST", &format!("{boss}/suspend"), Value::Null);
        refused("POST", &format!("{boss}/activate"), None);
        does(&chief, "POST", &format!("{boss}/activate"), Value::Null);
        let staff = does(&key, "POST", &collection, named("staff", "help_desk"));
        let staff = format!("{collection}/{}", id_of(&staff));
        refused("PATCH", &staff, Some(&json!({"role": TOP})));
        does(&key, "PATCH", &staff, json!({"role": "administrator", "api_access": true}));
        does(&chief, "PATCH", &staff, json!({"role": TOP}));
        does(&key, "PATCH", &staff, json!({"role": "read_only"}));
    }
}
