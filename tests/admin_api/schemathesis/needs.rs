//! What operations need that are done once, in one state or in a session alone: each is about a thing
//! of its own, which no other one changes, or is asked in a session of its own.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::admin::{Admin, PASSWORD};
use crate::harness::authority::{Authority, List};
use crate::harness::browser::{ANSWER, Browser, MAKE};
use crate::harness::calendar::in_days;
use crate::harness::https::Https;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver::{self, comes};

/// The code in the examples of the document. `hooks.py` sends what the app shows in its place.
const SAMPLE: &str = "123456";
const USER_PASSWORD: &str = "correct horse battery";

/// What an operation needs to be done.
#[derive(Default)]
pub(super) struct Need {
    /// The path of what it is about.
    pub(super) path: Option<String>,
    /// What it takes.
    pub(super) body: Option<Value>,
    /// Who asks, where it is not whoever may do everything and has a key.
    pub(super) token: Option<String>,
    /// What the authenticator app has scanned whose code is sent.
    pub(super) otpauth_uri: Option<String>,
}

/// What operations need, by their names.
pub(super) fn of(office: Office) -> BTreeMap<String, Need> {
    let mut needs = Needs { office, all: BTreeMap::new() };
    needs.certificates();
    needs.revocations();
    needs.destinations();
    needs.accounts();
    needs.imports();
    needs.invitations();
    needs.admins();
    needs.oneself();
    needs.codes();
    needs.sign_in();
    // Last, since browsers' answers count for five minutes.
    needs.passkeys();
    needs.all
}

struct Needs {
    office: Office,
    all: BTreeMap<String, Need>,
}

impl Needs {
    fn named(&mut self, name: &str) -> &mut Need {
        self.all.entry(name.to_owned()).or_default()
    }

    /// Has an operation be about a thing of the organization, or about a part of it.
    fn about(&mut self, method: &str, template: &str, thing: &str, part: &str) -> &mut Need {
        let path = self.office.path(&format!("{thing}{part}"));
        let name = format!("{method} /v1/organizations/{{organization}}/{template}{part}");
        let need = self.named(&name);
        need.path = Some(path);
        need
    }

    /// Has an admin's session ask.
    fn asks(&mut self, name: &str, admin: &Admin) -> &mut Need {
        let need = self.named(name);
        need.token = Some(admin.session.token().to_owned());
        need
    }

    fn made(&self, collection: &str, fields: &Value) -> String {
        format!("{collection}/{}", id_of(&self.office.make(collection, fields)))
    }

    fn certificates(&mut self) {
        let list = self.office.built_in("own").list;
        self.named("GET /v1/revocation-lists/{revocation_list}").path = Some(list);
        let user = format!("users/{}", self.office.user("ada", USER_PASSWORD));
        let device = self.made("devices", &json!({"name": "laptop"}));
        for (owners, owner) in [("users/{user}", user), ("devices/{device}", device)] {
            let [renewed, revoked] =
                [(); 2].map(|()| self.office.hand_out(&owner, &json!({})).path);
            let template = format!("{owners}/issued-certificates/{{issued_certificate}}");
            self.about("POST", &template, &renewed, "/renew");
            self.about("POST", &template, &revoked, "/revoke");
        }
    }

    fn revocations(&mut self) {
        let [(open, list), (forgotten, other)] = ["open", "forgotten"].map(|name| {
            let issuer = Authority::new(name);
            let fields =
                json!({"name": name, "certificate": issuer.pem(), "holder": "user_by_mail"});
            let list = json!({"list": issuer.list(&List::default())});
            (self.made("certificate-authorities", &fields), list)
        });
        self.office.act("PUT", &format!("{forgotten}/revocations"), Some(&other));
        let template = "certificate-authorities/{certificate_authority}";
        self.about("PUT", template, &open, "/revocations").body = Some(list);
        self.about("DELETE", template, &forgotten, "/revocations");
    }

    fn destinations(&mut self) {
        let own = self.made("event-destinations", &receiver::nobody(&self.office.slug));
        let own = self.office.path(&own);
        let id = receiver::nobody_at_provider(&self.office);
        let providers = format!("/v1/event-destinations/{id}");
        let client = Authority::new("senders").client();
        for (within, place) in [("/v1", providers), ("/v1/organizations/{organization}", own)] {
            let place = format!("{place}/client-certificate");
            let set = self.office.top.send("PUT", &place, Some(&client));
            assert_eq!(set.status, 200, "{set:?}");
            let template = "event-destinations/{event_destination}/client-certificate";
            self.named(&format!("DELETE {within}/{template}")).path = Some(place);
        }
    }

    fn accounts(&mut self) {
        let account = self.made("service-accounts", &json!({"name": "wiki"}));
        let rotation = json!({"keep_previous_seconds": 3_600});
        self.office.act("POST", &format!("{account}/rotate"), Some(&rotation));
        let template = "service-accounts/{service_account}";
        self.about("DELETE", template, &account, "/previous-password");
    }

    fn imports(&mut self) {
        let fields = json!({"name": "people.csv", "format": "csv", "dry_run": true});
        let [open, checked, unwanted, over] = [(); 4].map(|()| self.made("imports", &fields));
        let office = &self.office;
        let content = office.path(&format!("{checked}/content"));
        let file = "login,display_name,surname\nida,Ida,I\n";
        let sent = office.demo.api_as_top().upload(&content, "text/csv", file);
        assert_eq!(sent.status, 200, "{sent:?}");
        let is_checked = || office.read(&checked)["state"] == "checked";
        assert!(comes(is_checked), "{}", office.read(&checked));
        office.act("POST", &format!("{over}/cancel"), None);
        let template = "imports/{import}";
        self.about("PUT", template, &open, "/content");
        self.about("POST", template, &checked, "/apply");
        self.about("POST", template, &unwanted, "/cancel");
        self.about("DELETE", template, &over, "");
    }

    fn invitations(&mut self) {
        let [invited, uninvited, unwanted] = ["bob", "eve", "zoe"].map(|login| {
            let fields =
                json!({"login": login, "display_name": login, "surname": login, "staged": true});
            self.made("users", &fields)
        });
        let [made, _] = [invited, unwanted.clone()]
            .map(|user| self.office.make(&format!("{user}/invitation"), &json!({})));
        self.named("POST /v1/invitations").body = Some(json!({"token": made["token"]}));
        self.about("POST", "users/{user}", &uninvited, "/invitation");
        self.about("DELETE", "users/{user}", &unwanted, "/invitation");
        let [asked, enrolling] =
            ["ned", "ted"].map(|login| format!("users/{}", self.office.user(login, USER_PASSWORD)));
        self.about("POST", "users/{user}", &asked, "/second-factor/invitation");
        let link = format!("{enrolling}/second-factor/invitation");
        let token = self.office.make(&link, &json!({}))["token"].clone();
        let proof = json!({"token": token, "password": USER_PASSWORD});
        let begun = self.office.demo.https(None).send("POST", "/v1/invitations", Some(&proof));
        assert_eq!(begun.status, 200, "{begun:?}");
        let confirmation = self.named("POST /v1/invitations/second-factor");
        confirmation.body = Some(json!({"token": token, "code": SAMPLE}));
        confirmation.otpauth_uri = Some(scanned(&begun.json()));
    }

    /// Admins who have no password yet, and who replaces what lets others in.
    fn admins(&mut self) {
        let login = format!("{}-invited", self.office.slug);
        let fields = json!({"login": login, "display_name": "Invited", "role": "manager"});
        let chief = self.office.chief().token().to_owned();
        let own = self.office.path("admins");
        let template = "/v1/organizations/{organization}/admins";
        for (collection, place) in [("/v1/admins", "/v1/admins"), (template, own.as_str())] {
            let made = self.office.top.send("POST", place, Some(&fields));
            assert_eq!(made.status, 201, "{made:?}");
            let invitation = format!("{place}/{}/invitation", id_of(&made.json()));
            let item = format!("{collection}/{{admin}}");
            self.named(&format!("POST {item}/invitation")).path = Some(invitation);
            for name in [format!("POST {item}/reset-mfa"), format!("PUT {item}/password")] {
                self.named(&name).token = Some(chief.clone());
            }
        }
    }

    /// What admins do about themselves, and how their sessions end.
    fn oneself(&mut self) {
        let [own, leaving, ending, changing] = [(); 4].map(|()| self.office.admin("manager"));
        let access = json!({"api_access": true});
        let let_in = self.office.top.send("PATCH", &own.place, Some(&access));
        assert_eq!(let_in.status, 200, "{let_in:?}");
        let fields = json!({"name": "key", "expires": in_days(90)});
        let key = own.session.send("POST", "/v1/me/api-keys", Some(&fields));
        assert_eq!(key.status, 201, "{key:?}");
        let place = format!("/v1/me/api-keys/{}", id_of(&key.json()));
        self.asks("DELETE /v1/me/api-keys/{id}", &own).path = Some(place);
        self.asks("POST /v1/me/api-keys", &own).body = Some(fields);
        self.asks("POST /v1/me/passkeys/begin", &own);
        self.asks("POST /v1/me/recovery-codes", &own);
        self.asks("POST /v1/sign-out", &leaving);
        self.asks("DELETE /v1/me/sessions", &ending);
        let next = json!({"current_password": PASSWORD, "password": "another horse, and a staple"});
        self.asks("PUT /v1/me/password", &changing).body = Some(next);
    }

    /// Authenticator apps in the place of others, and of a user.
    fn codes(&mut self) {
        let [beginning, confirming] = [(); 2].map(|()| self.office.admin("manager"));
        let [proof, other] = [&beginning, &confirming].map(|admin| {
            let made = admin.session.send("POST", "/v1/me/recovery-codes", None);
            assert_eq!(made.status, 201, "{made:?}");
            json!({"recovery_code": made.json()["codes"][0]})
        });
        self.asks("POST /v1/me/authenticator", &beginning).body = Some(proof);
        let begun = confirming.session.send("POST", "/v1/me/authenticator", Some(&other));
        assert_eq!(begun.status, 201, "{begun:?}");
        let confirmation = self.asks("POST /v1/me/authenticator/confirm", &confirming);
        confirmation.otpauth_uri = Some(scanned(&begun.json()));
        let user = format!("users/{}", self.office.user("tom", USER_PASSWORD));
        let begun = self.office.act("POST", &format!("{user}/second-factor"), None);
        let confirmation = self.about("POST", "users/{user}", &user, "/second-factor/confirm");
        confirmation.otpauth_uri = Some(scanned(&begun));
    }

    /// Admins who have enrolled nothing yet.
    fn sign_in(&mut self) {
        let office = &self.office;
        let [newcomer, enrolling] = [(); 2].map(|()| {
            let (_, login) = office.add_admin(&office.path("admins"), &json!({"role": "manager"}));
            json!({"organization": office.slug, "login": login, "password": PASSWORD})
        });
        let asked = office.demo.https(None).send("POST", "/v1/sign-in", Some(&enrolling));
        assert_eq!(asked.status, 202, "{asked:?}");
        let asked = asked.json();
        self.named("POST /v1/sign-in").body = Some(newcomer);
        let enrolment = self.named("POST /v1/sign-in/enrolment");
        enrolment.body = Some(json!({"enrolment_token": asked["enrolment_token"], "code": SAMPLE}));
        enrolment.otpauth_uri = Some(scanned(&asked));
    }

    fn passkeys(&mut self) {
        let admin = self.office.admin("manager");
        let demo = &self.office.demo;
        let browser = Browser::new(&[Path::new(&demo.ca_file)]);
        // Passkeys are for names.
        let here = demo.admin_api.url.replace("127.0.0.1", "localhost");
        browser.open(&format!("{here}/v1/docs"));
        // An authenticator makes one passkey of an admin's, and a browser has one authenticator.
        let made = |name: &str| {
            let authenticator = browser.authenticator();
            let options = begun(&admin.session, "/v1/me/passkeys/begin", None);
            let credential = browser.run(MAKE, &json!([options]));
            (authenticator, json!({"name": name, "credential": credential}))
        };
        let [unwanted, next] = ["unwanted", "next"].map(|name| {
            let (authenticator, made) = made(name);
            browser.remove(authenticator);
            made
        });
        let (_, kept) = made("kept");
        let [unwanted, kept] = [unwanted, kept].map(|made| {
            let registered = admin.session.send("POST", "/v1/me/passkeys", Some(&made));
            assert_eq!(registered.status, 201, "{registered:?}");
            format!("/v1/me/passkeys/{}", id_of(&registered.json()))
        });
        let options = begun(&demo.https(None), "/v1/sign-in/passkey/begin", Some(&json!({})));
        let used = json!({"credential": browser.run(ANSWER, &json!([options]))});
        self.named("POST /v1/sign-in/passkey").body = Some(used);
        self.asks("POST /v1/me/passkeys", &admin).body = Some(next);
        self.asks("DELETE /v1/me/passkeys/{id}", &admin).path = Some(unwanted);
        for method in ["GET", "PATCH"] {
            let name = format!("{method} /v1/me/passkeys/{{id}}");
            self.asks(&name, &admin).path = Some(kept.clone());
        }
        let activation = self.asks("POST /v1/me/passkeys/{id}/activate", &admin);
        activation.path = Some(format!("{kept}/activate"));
    }
}

/// What an app scans.
fn scanned(begun: &Value) -> String {
    begun["otpauth_uri"].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned()
}

/// What a browser is asked for.
fn begun(who: &Https, path: &str, body: Option<&Value>) -> Value {
    let begun = who.send("POST", path, body);
    assert_eq!(begun.status, 200, "{begun:?}");
    begun.json()["options"].clone()
}
