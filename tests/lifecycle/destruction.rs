//! The end of a deleted organization.

use std::time::Duration;

use serde_json::{Value, json};

use super::ahead::served;
use super::crash::is_sound;
use super::refusal::files_with;
use crate::harness::demo::Demo;
use crate::harness::https::Https;
use crate::harness::office::{Client, Office, id_of};
use crate::harness::pause;
use crate::harness::receiver::{self, comes};
use crate::harness::server::{Server, Site};
use crate::harness::wire::{ACCEPT, Request, Wire};

/// A deleted organization is kept for three seconds, and the house is kept at each start.
const SETTING: &str = "deleted_organizations_kept = \"3s\"";
/// So long a deleted organization is kept where nothing is set.
const GRACE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Somebody who is in no other organization.
const LOGIN: &str = "odette";
const PASSWORD: &str = "correct horse battery";

#[test]
fn a_deleted_organization_can_be_restored_for_as_long_as_is_set_and_is_then_destroyed() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let token = demo.admin_api.tokens.administrator_with_billing.clone();
    let site = Site::of_demo(demo.folder()).unwrap().set("admin_api", SETTING);
    let top = |server: &Server| Https::at(&server.admin_api, &server.ca_file, Some(&token));
    let (acme, globex) = (demo.acme(), demo.globex());
    let place = format!("/v1/organizations/{}", acme.id);
    let restore =
        |server: &Server| top(server).send("POST", &format!("{place}/restore"), None).status;
    let delete = |server: &Server| {
        let name = top(server).get(&place).json()["name"].as_str().unwrap().replace(' ', "%20");
        let path = format!("{place}?confirmation={name}");
        assert_eq!(top(server).send("DELETE", &path, None).status, 204);
    };
    let mut server = site.serve();
    delete(&server);
    assert_eq!(restore(&server), 200, "at once");
    delete(&server);
    pause(Duration::from_millis(3_200));
    assert_eq!(restore(&server), 409, "too late");
    server.daemon.stop();
    let server = site.serve();
    // The house is kept while the doors open.
    let is_gone = (0..100).any(|_| {
        pause(Duration::from_millis(50));
        restore(&server) == 404
    });
    assert!(is_gone, "it is destroyed at the next start");
    let user = &globex.users[0];
    let bound = server.ldaps().bound(&user.dn, &user.password).who_am_i();
    assert_eq!(bound.code, 0, "others go on: {bound:?}");
    let fields = json!({"slug": "acme", "name": "Another", "base": acme.base});
    let made = top(&server).send("POST", "/v1/organizations", Some(&fields));
    assert_eq!(made.status, 201, "its names are free: {made:?}");
}

/// What lets somebody in for as long as the organization is there.
struct Keys {
    gear: Client,
    /// The name of an application, and its password.
    application: [String; 2],
    /// What requests to a receiver of events are signed with.
    signing: String,
}

impl Keys {
    fn of(office: &Office) -> Self {
        office.user(LOGIN, PASSWORD);
        let account = office.make("service-accounts", &json!({"name": "wiki"}));
        let destination = office.make("event-destinations", &receiver::nobody("siem"));
        let text = |shown: &Value, member: &str| shown[member].as_str().unwrap().to_owned();
        Self {
            gear: office.client("gate", &json!({})),
            application: ["dn", "password"].map(|member| text(&account, member)),
            signing: text(&destination, "secret"),
        }
    }

    /// Asserts that a user and an application are let in by LDAP and the user by RADIUS, or that the
    /// one door says that there are no such and the other one nothing.
    fn are_good(&self, office: &Office, server: &Server, are: bool) {
        let user = [office.user_dn(LOGIN), PASSWORD.to_owned()];
        for [dn, password] in [&user, &self.application] {
            let bound = server.ldaps().bound(dn, password).who_am_i();
            assert_eq!(bound.code, if are { 0 } else { 49 }, "{dn}: {bound:?}");
        }
        let wire = Wire::from(office.address, &server.radius_auth);
        let login = Request::login(&self.gear.secret, LOGIN, PASSWORD);
        if are {
            assert_eq!(wire.ask(&login).code, ACCEPT);
        } else {
            let honest = Wire::to(&server.radius_auth);
            let another = &office.demo.globex().gear().secret;
            assert!(wire.meets_silence(&login.encode(), &honest, another));
        }
    }

    fn all(&self) -> [String; 4] {
        let [_, password] = &self.application;
        [self.gear.secret.as_str(), password, &self.signing, PASSWORD].map(str::to_owned)
    }
}

fn place(office: &Office) -> String {
    format!("/v1/organizations/{}", office.id)
}

/// Deletes an organization, whose name is typed again.
fn delete(office: &Office) {
    let shown = office.top.get(&place(office)).json();
    let name = shown["name"].as_str().unwrap().replace(' ', "%20");
    let path = format!("{}?confirmation={name}", place(office));
    let deleted = office.top.send("DELETE", &path, None);
    assert_eq!(deleted.status, 204, "{deleted:?}");
}

/// The state in which the list of all organizations shows one, if it does.
fn listed(office: &Office) -> Option<Value> {
    let list = office.top.get("/v1/organizations?limit=200").json();
    let shown = list["items"].as_array().unwrap().iter().find(|it| it["id"] == office.id)?;
    Some(shown["state"].clone())
}

/// Asserts that nobody gets at what is in it.
fn is_closed(office: &Office, keys: &Keys, server: &Server) {
    keys.are_good(office, server, false);
    let reveal = format!("radius-clients/{}/secret/reveal", keys.gear.id);
    for (method, rest) in [("POST", reveal.as_str()), ("GET", "users"), ("GET", "events")] {
        let answer = office.top.send(method, &office.path(rest), None);
        assert_eq!(answer.status, 404, "{method} {rest}: {answer:?}");
        assert!(!answer.body.contains(&keys.gear.secret));
    }
    let found = office.top.get(&format!("/v1/all-users?text={LOGIN}")).json();
    assert_eq!(found["items"], json!([]), "{found}");
}

/// Deletes an organization, restores it, and deletes it again.
fn comes_back_once(office: &Office, keys: &Keys, server: &Server) {
    keys.are_good(office, server, true);
    delete(office);
    assert_eq!(listed(office), Some(json!("deleted")));
    is_closed(office, keys, server);
    for (verb, state) in [("restore", "suspended"), ("activate", "active")] {
        let done = office.top.send("POST", &format!("{}/{verb}", place(office)), None);
        assert_eq!((done.status, &done.json()["state"]), (200, &json!(state)), "{done:?}");
    }
    keys.are_good(office, server, true);
    delete(office);
}

/// Asserts that one that is made anew under the same names has nothing of what was.
fn begins_anew(office: &mut Office, keys: &Keys, server: &Server) {
    let fields = json!({"slug": office.slug, "name": "Another", "base": office.base});
    let made = office.top.send("POST", "/v1/organizations", Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let former = std::mem::replace(&mut office.id, id_of(&made.json()));
    assert_ne!(former, office.id);
    for collection in ["users", "deleted-users", "service-accounts", "event-destinations"] {
        assert_eq!(office.read(collection)["items"], json!([]), "{collection}");
    }
    keys.are_good(office, server, false);
    let gear = office.client("gate", &json!({}));
    assert_ne!(gear.secret, keys.gear.secret);
    let wire = || Wire::from(office.address, &server.radius_auth);
    let login = Request::login(&keys.gear.secret, LOGIN, PASSWORD);
    assert!(wire().meets_silence(&login.encode(), &wire(), &gear.secret));
}

#[test]
fn nothing_of_an_organization_that_was_deleted_for_good_is_left_or_comes_back() {
    let Some(mut office) = Office::alone() else { return };
    let keys = Keys::of(&office);
    office.stop();
    let (_site, mut server) = served(&mut office, ("admin_api", &[]), Duration::ZERO);
    comes_back_once(&office, &keys, &server);
    server.daemon.stop();

    // It is there for as long as is said, whoever asks.
    let (_site, mut server) = served(&mut office, ("admin_api", &[]), GRACE - HOUR);
    assert_eq!(listed(&office), Some(json!("deleted")));
    is_closed(&office, &keys, &server);
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), GRACE + HOUR);
    assert!(comes(|| listed(&office).is_none()), "{:?}", listed(&office));
    let restored = office.top.send("POST", &format!("{}/restore", place(&office)), None);
    assert_eq!(restored.status, 404, "{restored:?}");
    is_closed(&office, &keys, &server);
    let is_told = || {
        let told = office.top.get("/v1/events?action=deleted&limit=200").json();
        let of_daemon = |it: &Value| it["actor"]["kind"] == "daemon";
        let mut events = told["items"].as_array().unwrap().iter().filter(|it| of_daemon(it));
        events.any(|it| it["subject"]["id"] == office.id)
    };
    assert!(comes(is_told), "{:?}", office.top.get("/v1/events?limit=10"));
    begins_anew(&mut office, &keys, &server);
    server.daemon.stop();
    is_sound(&office.demo);
    let found = files_with(&keys.all(), office.demo.folder().join("demo/data"));
    assert!(found.is_empty(), "a secret stands in {found:?}");
}

#[test]
fn who_deleted_an_organization_is_told_while_it_can_be_restored_and_after_it_was_destroyed() {
    let Some(mut office) = Office::alone() else { return };
    let admin = office.provider_admin("administrator_with_billing", &json!("all"));
    let told = |office: &Office| -> Vec<Value> {
        let path = format!("/v1/events?action=deleted&subject={}", office.id);
        let answer = office.top.curl().get(&path);
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        let actors = page["items"].as_array().unwrap().iter().map(|it| it["actor"].clone());
        actors.map(|actor| json!([actor["kind"], actor["name"]])).collect()
    };
    assert_eq!(told(&office), [Value::Null; 0]);
    let name = office.top.get(&place(&office)).json()["name"].as_str().unwrap().replace(' ', "%20");
    let path = format!("{}?confirmation={name}", place(&office));
    let deleted = admin.session.curl().send("DELETE", &path, None);
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(office.top.curl().get(&office.path("events")).status, 404, "its own are not shown");
    let by_admin = json!(["admin", admin.login]);
    assert_eq!(told(&office), std::slice::from_ref(&by_admin));
    office.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), GRACE + HOUR);
    let both = [json!(["daemon", null]), by_admin];
    assert!(comes(|| told(&office) == both), "{:?}", told(&office));
    assert_eq!(listed(&office), None);
    server.daemon.stop();
}
