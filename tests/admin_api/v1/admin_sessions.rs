//! `/v1/me/sessions`, `/v1/admins/{admin}/sessions`, `/v1/me/recovery-codes`, and cookies.

use serde_json::{Value, json};

use crate::harness::admin::{Admin, PASSWORD};
use crate::harness::client::Client;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;
use crate::harness::totp;

/// What an admin signs in with, the next code included.
fn credentials(admin: &Admin) -> Value {
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    json!({"login": admin.login, "password": PASSWORD, "code": code})
}

fn items(admin: &Admin, path: &str) -> Vec<Value> {
    let list = admin.session.get(path);
    assert_eq!(list.status, 200, "{list:?}");
    list.json()["items"].as_array().unwrap().clone()
}

#[test]
fn sessions_are_listed_with_where_they_come_from_and_ended() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let nobody = office.demo.api_as_nobody();
    let second = nobody.post("/v1/sign-in", &credentials(&admin));
    assert_eq!(second.status, 200, "{second:?}");
    let second = office.demo.api(second.json()["token"].as_str().unwrap());
    let listed = items(&admin, "/v1/me/sessions");
    assert_eq!(listed.len(), 2, "{listed:?}");
    let of = |this: bool| listed.iter().find(|session| session["this"] == this).unwrap();
    assert!(of(false)["user_agent"].as_str().unwrap().starts_with("curl/"), "{listed:?}");
    assert_eq!(of(true)["source"], "127.0.0.1");
    assert_eq!(of(false)["proof"], "totp");
    let me = admin.session.get("/v1/me").json();
    assert_eq!((&me["scope"], &me["sources"]), (&json!("all"), &json!([])), "{me}");
    // Zeros at the end of a time are left out, so that `Z` may stand where another has a digit.
    let until = |session: &Value| session["expires"].as_str().unwrap().replace('Z', "");
    assert!(until(&me) >= until(of(true)), "{me} {listed:?}");
    let one = format!("/v1/me/sessions?session={}", of(false)["id"].as_str().unwrap());
    assert_eq!(second.get("/v1/me").status, 200);
    assert_eq!(admin.session.send("DELETE", &one, None).status, 204);
    assert_eq!(second.get("/v1/me").status, 401);
    assert_eq!(admin.session.send("DELETE", &one, None).status, 404);
    assert_eq!(admin.session.send("DELETE", "/v1/me/sessions?keep_this=true", None).status, 204);
    assert_eq!(admin.session.get("/v1/me").status, 200);

    let theirs = format!("{}/sessions", admin.place);
    let seen = office.top.get(&theirs);
    assert_eq!(seen.json()["items"].as_array().unwrap().len(), 1, "{seen:?}");
    let helper = office.provider_admin("administrator", &json!("all"));
    assert_eq!(helper.session.get(&theirs).status, 403);
    assert_eq!(office.top.send("DELETE", &theirs, None).status, 204);
    assert_eq!(admin.session.get("/v1/me").status, 401);
}

#[test]
fn a_recovery_code_lets_in_once_when_the_authenticator_is_lost() {
    let office = Office::new();
    let admin = office.admin("help_desk");
    assert_eq!(admin.session.get("/v1/me").json()["recovery_codes_left"], 0);
    let made = admin.session.send("POST", "/v1/me/recovery-codes", None);
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let codes = made["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    let nobody = office.demo.api_as_nobody();
    let recover = || {
        let body = json!({"organization": office.slug, "login": admin.login, "password": PASSWORD,
            "recovery_code": codes[0]});
        nobody.post("/v1/sign-in", &body)
    };
    let session = recover();
    assert_eq!(session.status, 200, "{session:?}");
    assert_eq!(recover().status, 401, "it counts once");
    assert_eq!(admin.session.get("/v1/me").json()["recovery_codes_left"], 9);
    let seen = office.top.get(&admin.place).json();
    let factors = (&seen["second_factor_enrolled"], &seen["recovery_codes_left"]);
    assert_eq!(factors, (&json!(true), &json!(9)), "{seen}");
    assert_eq!(office.event("recovery_code_used")["subject"]["name"], admin.login);
    let both =
        json!({"login": admin.login, "password": PASSWORD, "code": "1", "recovery_code": "1"});
    assert_eq!(nobody.post("/v1/sign-in", &both).json()["pointer"], "/recovery_code");
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    let by_key = office.demo.api(key).send("POST", "/v1/me/recovery-codes", None);
    assert_eq!(by_key.status, 409, "a key is no session: {by_key:?}");
}

#[test]
fn an_admin_is_let_in_from_the_networks_that_are_allowed_and_nowhere_else() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let allow = |networks: Value| {
        let done = office.top.send("PATCH", &admin.place, Some(&json!({"sources": networks})));
        assert_eq!(done.status, 200, "{done:?}");
        done.json()["sources"].clone()
    };
    assert_eq!(allow(json!(["192.0.2.7"])), json!(["192.0.2.7/32"]));
    assert_eq!(admin.session.get("/v1/me").status, 401, "open sessions included");
    let nobody = office.demo.api_as_nobody();
    assert_eq!(nobody.post("/v1/sign-in", &credentials(&admin)).status, 401);
    allow(json!(["192.0.2.7", "127.0.0.0/8"]));
    assert_eq!(admin.session.get("/v1/me").status, 200);
    assert_eq!(nobody.post("/v1/sign-in", &credentials(&admin)).status, 200);
}

#[test]
fn a_browser_keeps_its_session_in_a_cookie_and_no_other_site_uses_it() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let folder = tempfile::tempdir().unwrap();
    let jar = folder.path().join("jar").to_str().unwrap().to_owned();
    let url = &office.demo.admin_api.url;
    let ask = |method: &str, path: &str, headers: &[&str], body: Option<&Value>| {
        let mut client = Client::new("curl", "curl")
            .args(["-s", "-i", "--http1.1", "--cacert", &office.demo.ca_file, "-X", method])
            .args(["-b", &jar, "-c", &jar]);
        for header in headers {
            client = client.args(["-H", header]);
        }
        if let Some(body) = body {
            let body = body.to_string();
            client = client.args(["-H", "Content-Type: application/json", "-d", &body]);
        }
        let answer = client.arg(format!("{url}{path}")).run().stdout;
        let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    };
    let origin = format!("Origin: {url}");
    let (own, guard) = ("Sec-Fetch-Site: same-origin", "X-Tenantry-Request: 1");
    let page = [own, origin.as_str(), guard];
    let mut credentials = credentials(&admin);
    credentials["cookie"] = json!(true);
    let foreign = [own, "Origin: https://evil.example", guard];
    let (status, answer) = ask("POST", "/v1/sign-in", &foreign, Some(&credentials));
    assert_eq!(status, 403, "nobody else signs anybody in: {answer}");
    let (status, answer) = ask("POST", "/v1/sign-in", &page, Some(&credentials));
    assert_eq!(status, 200, "{answer}");
    let cookie =
        answer.lines().find(|line| line.to_lowercase().starts_with("set-cookie:")).unwrap();
    for wanted in ["__Host-tenantry=tnses_", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(wanted), "{cookie}");
    }
    assert_eq!(answer.matches("tnses_").count(), 1, "in the cookie alone: {answer}");
    assert_eq!(ask("GET", "/v1/me", &[own], None).0, 200);
    let group = json!({"name": "staff"});
    let groups = office.path("groups");
    for wrong in [
        &[own, origin.as_str()][..],
        &["Sec-Fetch-Site: cross-site", &origin, guard],
        &["Sec-Fetch-Site: same-site", &origin, guard],
        &[own, "Origin: https://evil.example", guard],
        &[own, "Origin: null", guard],
        &[guard],
    ] {
        let (status, answer) = ask("POST", &groups, wrong, Some(&group));
        assert!(status == 403 && answer.contains("/problems/cross-site"), "{wrong:?}: {answer}");
    }
    assert_eq!(ask("POST", &groups, &page, Some(&group)).0, 201);
    assert!(!answer.to_lowercase().contains("access-control-allow"), "{answer}");
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    assert_eq!(office.demo.api(token).get("/v1/me").status, 401, "a cookie is no bearer token");
    let others = "/v1/me/sessions?keep_this=true";
    let (status, answer) = ask("DELETE", others, &page, None);
    assert!(status == 204 && !answer.contains("__Host-tenantry"), "{answer}");
    let (status, answer) = ask("DELETE", "/v1/me/sessions", &page, None);
    assert!(status == 204 && answer.contains("__Host-tenantry=; Max-Age=0"), "{answer}");
    assert_eq!(ask("GET", "/v1/me", &[own], None).0, 401);
    // Ended meanwhile by somebody else.
    let dead = format!("Cookie: __Host-tenantry={token}");
    let (status, answer) = ask("GET", "/v1/me", &[own, &dead], None);
    assert!(status == 401 && answer.contains("__Host-tenantry=; Max-Age=0"), "{answer}");
    let (status, answer) = ask("POST", "/v1/sign-out", &[guard, &dead], None);
    assert!(status == 403 && !answer.contains("Max-Age"), "no other site signs out: {answer}");
}

#[test]
fn a_browser_that_signs_out_forgets_its_cookie() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let url = &office.demo.admin_api.url;
    let page = office
        .demo
        .api_as_nobody()
        .header(&format!("Origin: {url}"))
        .header("Sec-Fetch-Site: same-origin")
        .header("X-Tenantry-Request: 1");
    let mut credentials = credentials(&admin);
    credentials["cookie"] = json!(true);
    let session = page.post("/v1/sign-in", &credentials);
    let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = page.header(&format!("Cookie: {cookie}"));
    assert_eq!(page.get("/v1/me").status, 200);
    let out = page.send("POST", "/v1/sign-out", None);
    assert_eq!(out.status, 204, "{out:?}");
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"), "{out:?}");
    assert_eq!(page.get("/v1/me").status, 401);
}

#[test]
fn an_organization_says_how_long_sessions_of_its_admins_last() {
    let office = Office::new();
    let (theirs, ours) =
        (office.admin("administrator"), office.provider_admin("manager", &json!("all")));
    let expires = |admin: &Admin| {
        let listed = items(admin, "/v1/me/sessions");
        listed[0]["expires"].as_str().unwrap().to_owned()
    };
    let (before, ours_before) = (expires(&theirs), expires(&ours));
    let settings = office.path("settings");
    assert_eq!(office.read("settings")["admin_sessions"], json!({"lifetime": null, "idle": null}));
    let lengths = json!({"admin_sessions": {"lifetime": 600_000, "idle": 300_000}});
    let set = theirs.session.send("PATCH", &settings, Some(&lengths));
    assert_eq!((set.status, &set.json()["admin_sessions"]), (200, &lengths["admin_sessions"]));
    assert!(expires(&theirs) < before, "an open session ends earlier as well");
    assert!(expires(&ours) >= ours_before, "the provider's sessions are the daemon's business");
    let tenantry =
        Tenantry::with_key(&office.demo, &office.demo.admin_api.tokens.administrator_with_billing)
            .within(&office.slug);
    let told = office.event("changed");
    assert_eq!(told["differences"][0]["field"], "admin_sessions", "{told}");
    let cleared = tenantry.shows("settings update --clear admin-sessions-lifetime");
    assert_eq!(cleared["admin_sessions"], json!({"lifetime": null, "idle": 300_000}));
    let longer = tenantry.run("settings update --admin-sessions-idle 3600001000");
    assert_ne!(longer.code, 0);
    assert!(longer.stderr.contains("the daemon's configuration says"), "{longer:?}");
}
