//! `/v1/me/passkeys`, `/v1/sign-in/passkey`, and cookies, by a real browser.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::admin::Admin;
use crate::harness::authority::{Authority, Holder};
use crate::harness::browser::{Authenticator, Browser, OUT, REGISTER, SIGN_IN, USE};
use crate::harness::office::{Office, id_of};
use crate::harness::page::Page;

/// Where a browser finds the admin API: passkeys are for names.
fn origin(office: &Office) -> String {
    office.demo.admin_api.url.replace("127.0.0.1", "localhost")
}

/// Uses a passkey for options that are given, and tells the browser's answer.
const ANSWER: &str = "
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(given[0]);
    return (await navigator.credentials.get({publicKey: options})).toJSON();
";

/// Sends a form whose text is a body in JSON, into a frame.
const FORM: &str = r#"
    const frame = Object.assign(document.createElement('iframe'), {name: 'frame'});
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action: given[0], enctype: 'text/plain', target: 'frame'});
    const text = {name: '{"name":"form","description":"', value: '"}'};
    form.append(Object.assign(document.createElement('input'), text));
    document.body.append(frame, form);
    const sent = new Promise((resolve) => frame.addEventListener('load', resolve));
    form.submit();
    await sent;
    return null;
"#;

/// The last event of an action, once it is another than this.
fn next_event(office: &Office, action: &str, before: Option<&Value>) -> Value {
    let newest = |_| {
        let newest = office.events().into_iter().find(|event| event["action"] == action)?;
        (before != Some(&newest)).then_some(newest)
    };
    (0..10_000).find_map(newest).unwrap_or_else(|| panic!("no other {action} came"))
}

#[test]
fn a_browser_registers_a_passkey_and_signs_in_with_it_and_nobody_else_does() {
    let office = Office::new();
    let admin = office.admin("manager");
    let browser = Browser::new(&[Path::new(&office.demo.ca_file)]);
    let authenticator = browser.authenticator();
    let here = origin(&office);
    browser.open(&format!("{here}/v1/docs"));
    let no_name = browser.run(USE, &json!([{"organization": office.slug}]));
    assert_eq!((&no_name["status"], &no_name["json"]["pointer"]), (&json!(422), &json!("/login")));
    let refused = browser.run(REGISTER, &json!(["laptop"]));
    assert_eq!(refused["status"], 401, "{refused}");
    let signed_in = browser.run(SIGN_IN, &json!([admin.credentials(&office)]));
    assert_eq!(signed_in["status"], 200, "{signed_in}");
    let registered = browser.run(REGISTER, &json!(["laptop"]));
    assert_eq!(
        (&registered["status"], &registered["json"]["name"]),
        (&json!(201), &json!("laptop"))
    );
    let again = browser.run(REGISTER, &json!(["another"]));
    assert_eq!(again, "error: InvalidStateError", "its authenticator makes no other one");
    assert_eq!(office.event("created")["subject"]["kind"], "passkey");
    let me = "return await ask('GET', '/v1/me', null);";
    assert_eq!(browser.run(me, &json!([]))["json"]["passkeys"], 1);
    assert_eq!(browser.run(OUT, &json!([]))["status"], 204);
    assert_eq!(browser.run(me, &json!([]))["status"], 401);

    // By the passkey alone, and as who is named.
    let named = json!({"organization": office.slug, "login": admin.login});
    for owner in [json!({}), named.clone()] {
        let signed_in = browser.run(USE, &json!([owner]));
        assert_eq!(
            (&signed_in["status"], &signed_in["json"]["token"]),
            (&json!(200), &Value::Null)
        );
        assert_eq!(browser.run(me, &json!([]))["json"]["login"], admin.login);
        let sessions = browser.run("return await ask('GET', '/v1/me/sessions', null);", &json!([]));
        let sessions = sessions["json"]["items"].as_array().unwrap().clone();
        let this = sessions.iter().find(|session| session["this"] == true).unwrap();
        assert_eq!((&this["proof"], &this["cookie"]), (&json!("passkey"), &json!(true)));
        browser.run(OUT, &json!([]));
    }
    let other = json!({"organization": office.slug, "login": office.admin("manager").login});
    let never = json!({"organization": office.slug, "login": "nobody"});
    let refusals = [other, never].map(|owner| browser.run(USE, &json!([owner])));
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(refusals[0]["json"]["type"], "/problems/rejected", "{}", refusals[0]);

    // Whose owner the authenticator did not ask for.
    browser.verifies(&authenticator, false);
    assert_eq!(browser.run(USE, &json!([{}])), "error: NotAllowedError");
    browser.verifies(&authenticator, true);

    // On a page of the same name, which is not ours: what it gets lets nobody in here.
    let nobody = office.demo.api_as_nobody();
    let page = Page::plain();
    browser.open(&page.url);
    let asked = nobody.post("/v1/sign-in/passkey/begin", &named).json();
    let answer = browser.run(ANSWER, &json!([asked["options"]]));
    let before = office.event("sign_in");
    let stolen = nobody.post("/v1/sign-in/passkey", &json!({"credential": answer}));
    assert_eq!((stolen.status, &stolen.json()["type"]), (401, &json!("/problems/rejected")));
    let told = next_event(&office, "sign_in", Some(&before));
    assert!(told["reason"].as_str().unwrap().contains(&page.url), "{told}");

    copies_are_found_out(&office, &admin, (&browser, authenticator));
}

/// A copy whose counter stands where it stood before, and what becomes of the passkey then.
fn copies_are_found_out(
    office: &Office,
    admin: &Admin,
    (browser, authenticator): (&Browser, Authenticator),
) {
    browser.open(&format!("{}/v1/docs", origin(office)));
    let copy = browser.credentials(&authenticator).remove(0);
    assert_eq!(browser.run(USE, &json!([{}]))["status"], 200);
    browser.run(OUT, &json!([]));
    browser.remove(authenticator);
    let other = browser.authenticator();
    browser.put_credential(&other, &copy);
    let refused = browser.run(USE, &json!([{}]));
    assert_eq!(refused["json"]["type"], "/problems/rejected", "{refused}");
    let told = office.event("passkey_copied");
    assert_eq!((&told["subject"]["name"], &told["success"]), (&json!("laptop"), &json!(false)));
    // Further than before it may be the copy: nobody comes in until the owner decides.
    let refused = browser.run(USE, &json!([{}]));
    assert_eq!(refused["json"]["type"], "/problems/rejected", "{refused}");
    let own = admin.session.get("/v1/me/passkeys").json()["items"][0].clone();
    assert_eq!(own["suspended"], true, "{own}");
    let path = format!("/v1/me/passkeys/{}/activate", own["id"].as_str().unwrap());
    let activated = admin.session.send("POST", &path, None);
    assert_eq!((activated.status, &activated.json()["suspended"]), (200, &json!(false)));
    assert_eq!(browser.run(USE, &json!([{}]))["status"], 200, "further than before, it goes on");
    assert_renamed_once(admin, path.trim_end_matches("/activate"));
}

/// A name takes the place of the one that was seen, or is not given.
fn assert_renamed_once(admin: &Admin, place: &str) {
    let tag = admin.session.get(place).header("etag").unwrap().to_owned();
    let rename = |name: &str| {
        let (seen, body) = (format!("If-Match: {tag}"), json!({"name": name}));
        admin.session.send_with("PATCH", place, &[seen.as_str()], Some(&body))
    };
    assert_eq!(rename("watch").json()["name"], "watch");
    assert_eq!(rename("ring").json()["type"], "/problems/stale");
}

#[test]
fn whoever_came_in_by_a_passkey_is_out_once_its_owner_deletes_it() {
    let office = Office::new();
    let admin = office.admin("manager");
    let browser = Browser::new(&[Path::new(&office.demo.ca_file)]);
    let _authenticator = browser.authenticator();
    browser.open(&format!("{}/v1/docs", origin(&office)));
    let signed_in = browser.run(SIGN_IN, &json!([admin.credentials(&office)]));
    assert_eq!(signed_in["status"], 200, "{signed_in}");
    assert_eq!(browser.run(REGISTER, &json!(["laptop"]))["status"], 201);
    browser.run(OUT, &json!([]));
    assert_eq!(browser.run(USE, &json!([{}]))["status"], 200);
    let me = "return await ask('GET', '/v1/me', null);";
    assert_eq!(browser.run(me, &json!([]))["status"], 200);
    let own = id_of(&admin.session.get("/v1/me/passkeys").json()["items"][0]);
    let deleted = admin.session.send("DELETE", &format!("/v1/me/passkeys/{own}"), None);
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(browser.run(me, &json!([]))["status"], 401);
    assert_eq!(admin.session.get("/v1/me").status, 200, "who deletes it goes on");
    assert_eq!(office.event("session_ended")["subject"]["name"], json!(admin.login));
}

#[test]
fn passkeys_are_filtered_sorted_and_cut_as_other_lists_are() {
    let office = Office::new();
    let admin = office.admin("manager");
    let browser = Browser::new(&[Path::new(&office.demo.ca_file)]);
    browser.open(&format!("{}/v1/docs", origin(&office)));
    let signed_in = browser.run(SIGN_IN, &json!([admin.credentials(&office)]));
    assert_eq!(signed_in["status"], 200, "{signed_in}");
    for name in ["watch", "laptop"] {
        // One authenticator makes one passkey.
        let authenticator = browser.authenticator();
        let registered = browser.run(REGISTER, &json!([name]));
        assert_eq!(registered["status"], 201, "{registered}");
        browser.remove(authenticator);
    }
    let list = |query: &str| {
        let answer = admin.session.get(&format!("/v1/me/passkeys?{query}"));
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.json()["items"].as_array().unwrap().clone()
    };
    let names = |query: &str| -> Vec<Value> {
        list(query).into_iter().map(|passkey| passkey["name"].clone()).collect()
    };
    assert_eq!(names("sort=name"), ["laptop", "watch"]);
    assert_eq!(names("sort=-name"), ["watch", "laptop"]);
    assert_eq!(names("filter=name%20eq%20%22WATCH%22"), ["watch"]);
    assert!(names("filter=not%20(name%20pr)").is_empty());
    assert_eq!(
        list("sort=name&fields=name"),
        [json!({"name": "laptop"}), json!({"name": "watch"})]
    );
}

#[test]
fn a_browser_keeps_its_session_from_other_pages_of_the_same_name_too() {
    let office = Office::new();
    let admin = office.admin("manager");
    let issuer = Authority::new("another site");
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, issuer.pem()).unwrap();
    let holder =
        Holder { common_name: "page", dns: Some("localhost"), server: true, ..Holder::default() };
    let browser = Browser::new(&[Path::new(&office.demo.ca_file), &authority]);
    let here = origin(&office);
    browser.open(&format!("{here}/v1/docs"));
    let signed_in = browser.run(SIGN_IN, &json!([admin.credentials(&office)]));
    assert_eq!(signed_in["status"], 200, "{signed_in}");
    let cookies = browser.cookies();
    let kept = cookies.iter().find(|cookie| cookie["name"] == "__Host-tenantry").unwrap();
    for (attribute, value) in
        [("httpOnly", json!(true)), ("secure", json!(true)), ("sameSite", json!("Strict"))]
    {
        assert_eq!(kept[attribute], value, "{kept}");
    }
    assert_eq!(browser.run("return document.cookie;", &json!([])), "");
    let me =
        "return await ask('GET', given[0] + '/v1/me', null, {init: {credentials: 'include'}});";
    assert_eq!(browser.run(me, &json!([""]))["json"]["login"], admin.login);
    let groups = office.path("groups");
    let make = "return await ask('POST', given[0], {name: given[1]}, given[2] ? own : undefined);";
    let unguarded = browser.run(make, &json!([groups, "unguarded", false]));
    assert_eq!(unguarded["json"]["type"], "/problems/cross-site", "{unguarded}");
    assert_eq!(browser.run(make, &json!([groups, "own", true]))["status"], 201);

    // The same host, so that it is sent the cookie, but another origin; and another site.
    let (sibling, other) = (Page::with_tls(&issuer.issue(&holder)), Page::plain());
    for page in [&sibling, &other] {
        browser.open(&page.url);
        assert_eq!(browser.run(me, &json!([here])), "error: TypeError", "nothing is read");
        let write = "
            const body = JSON.stringify({name: given[1]});
            const headers = given[2];
            const init = {method: 'POST', credentials: 'include', mode: given[3], headers, body};
            return (await fetch(given[0], init)).type;
        ";
        let url = format!("{here}{groups}");
        let guarded = json!({"content-type": "application/json", "x-tenantry-request": "1"});
        let asked = browser.run(write, &json!([url, "guarded", guarded, "cors"]));
        assert_eq!(asked, "error: TypeError", "it is not even allowed to ask");
        let plain = json!({"content-type": "text/plain"});
        let sent = browser.run(write, &json!([url, "sent", plain, "no-cors"]));
        assert_eq!(sent, "opaque", "what it may send is not heeded");
        browser.run(FORM, &json!([url]));
    }
    let asked = sibling.asked();
    assert!(asked.iter().any(|head| head.contains("__Host-tenantry=")), "{asked:?}");
    let names: Vec<Value> = office.read("groups")["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["name"].clone())
        .collect();
    assert_eq!(names, ["own"]);
    browser.open(&format!("{here}/v1/docs"));
    assert_eq!(browser.run(me, &json!([""]))["status"], 200, "nobody signed the admin out");
}
