//! Users who enrol a second factor alone, by a link, as LDAP and RADIUS see it.

use std::path::Path;

use serde_json::{Value, json};

use super::user_lives::says;
use crate::harness::browser::Browser;
use crate::harness::curl::Response;
use crate::harness::ldap::Ldap;
use crate::harness::office::{Client, Office, id_of};
use crate::harness::qr_code;
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery";
const BEGIN: &str = "/v1/invitations";
const CONFIRM: &str = "/v1/invitations/second-factor";

/// An organization that demands a second factor of everybody, of a demonstration of its own: one source
/// may try invitations so often in a minute alone.
fn office() -> Option<Office> {
    let office = Office::alone()?;
    office.set(&json!({"second_factor": {"demand": "required"}}));
    Some(office)
}

/// Somebody who has the token of a link, and nothing else.
struct Holder<'o> {
    office: &'o Office,
    token: Value,
}

impl<'o> Holder<'o> {
    /// Whom the help desk sends a link.
    fn of_help_desk(office: &'o Office, user: &str) -> Self {
        let desk = office.admin("help_desk");
        let path = office.path(&format!("users/{user}/second-factor/invitation"));
        let made = desk.session.send("POST", &path, Some(&json!({})));
        assert_eq!(made.status, 201, "{made:?}");
        Self { office, token: made.json()["token"].clone() }
    }

    fn send(&self, path: &str, mut body: Value) -> Response {
        body["token"] = self.token.clone();
        self.office.demo.https(None).send("POST", path, Some(&body))
    }

    fn gives(&self, password: &str) -> Response {
        self.send(BEGIN, json!({"password": password}))
    }

    /// What an app scans that the link shows for the password.
    fn scans(&self) -> String {
        let shown = self.gives(PASSWORD);
        assert_eq!((shown.status, &shown.json()["asks"]), (200, &json!("code")), "{shown:?}");
        shown.json()["otpauth_uri"].as_str().unwrap().to_owned()
    }

    fn types(&self, code: &str) -> Response {
        self.send(CONFIRM, json!({"code": code}))
    }

    /// Confirms with the code of the step before this one, so that those of this step and the next are
    /// left.
    fn confirms(&self, uri: &str) {
        // A step may end on the way.
        let is_taken = |_| self.types(&totp::code_beside(uri, -1)).status == 204;
        assert!((0..3).any(is_taken), "the code is not taken");
    }

    /// Whether the link leads nowhere, whatever it is tried with.
    fn is_gone(&self) -> bool {
        let answers = [self.send(BEGIN, json!({})), self.gives(PASSWORD), self.types("123456")];
        answers.iter().all(|answer| answer.status == 404)
    }
}

fn bind(office: &Office, login: &str, password: &str) -> i32 {
    let uri = format!("ldap://{}", office.demo.ldap);
    let ldap = Ldap::at(uri, &office.demo.ca_file, false);
    ldap.bound(&office.user_dn(login), password).who_am_i().code
}

/// The password alone is refused at both doors, and lets in with a code.
fn assert_needs_code(office: &Office, client: &Client, login: &str, uri: &str) {
    assert_eq!(bind(office, login, PASSWORD), 49);
    assert!(office.login(client, login, PASSWORD).is("Access-Reject"));
    let with_code = |steps| format!("{PASSWORD},{}", totp::code_beside(uri, steps));
    assert_eq!(bind(office, login, &with_code(0)), 0);
    let reply = office.login(client, login, &with_code(1));
    assert!(reply.is("Access-Accept"), "{reply:?}");
}

/// The events of an action that the user with a login is the actor of.
fn told_by(office: &Office, action: &str, login: &str) -> Vec<Value> {
    let is_told = |event: &Value| {
        let actor = &event["actor"];
        event["action"] == action && actor["kind"] == "user" && actor["name"] == login
    };
    office.events().into_iter().filter(is_told).collect()
}

#[test]
fn an_invited_user_enrols_behind_the_first_password_and_nobody_else_sees_the_seed() {
    let Some(office) = office() else { return };
    let client = office.client("wifi", &json!({}));
    let staged = json!({"login": "ada", "display_name": "A", "surname": "L", "staged": true});
    let ada = id_of(&office.make("users", &staged));
    let invited = office.make(&format!("users/{ada}/invitation"), &json!({}));
    let holder = Holder { office: &office, token: invited["token"].clone() };
    assert_eq!(holder.send(BEGIN, json!({})).status, 204, "a first password is asked for");
    assert_eq!(holder.types("123456").status, 404, "not yet");
    let seen = holder.scans();
    assert_eq!(bind(&office, "ada", PASSWORD), 49, "nothing is enrolled yet");
    // Whoever comes again has to give the password that was chosen, and is shown another seed.
    assert_eq!(holder.send(BEGIN, json!({})).json()["asks"], "password");
    assert_eq!(holder.gives("another horse battery").status, 422);
    let uri = holder.scans();
    assert_ne!(seen, uri);
    holder.confirms(&uri);
    assert_needs_code(&office, &client, "ada", &uri);
    assert!(holder.is_gone(), "a link counts once");
    assert_eq!(told_by(&office, "invitation_accepted", "ada").len(), 1);
    assert_eq!(told_by(&office, "secret_revealed", "ada").len(), 2, "of each seed");
    let enrolled = told_by(&office, "mfa_enrolled", "ada");
    assert!(enrolled.iter().any(|event| event["success"] == true), "{enrolled:?}");
    let secret = uri.split(['?', '&']).find_map(|part| part.strip_prefix("secret=")).unwrap();
    assert!(!Value::from(office.events()).to_string().contains(secret));
}

#[test]
fn who_has_a_password_enrols_by_a_link_that_the_help_desk_makes() {
    let Some(office) = office() else { return };
    let client = office.client("wifi", &json!({}));
    let ada = office.user("ada", PASSWORD);
    let desk = office.admin("help_desk");
    let first = office.path(&format!("users/{ada}/invitation"));
    let refused = desk.session.send("POST", &first, Some(&json!({})));
    assert_eq!(refused.status, 403, "a first password is not the help desk's: {refused:?}");
    let holder = Holder::of_help_desk(&office, &ada);
    assert_eq!(office.read(&format!("users/{ada}/invitation"))["second_factor"], true);
    let early = holder.types("123456");
    assert_eq!((early.status, &early.json()["type"]), (409, &json!("/problems/rule")), "{early:?}");
    let wrong = holder.gives("wrong");
    assert_eq!((wrong.status, &wrong.json()["pointer"]), (422, &json!("/password")), "{wrong:?}");
    let uri = holder.scans();
    let wrong = holder.types("no code");
    assert_eq!((wrong.status, &wrong.json()["pointer"]), (422, &json!("/code")), "{wrong:?}");
    assert_eq!(bind(&office, "ada", PASSWORD), 49);
    holder.confirms(&uri);
    assert_eq!(office.read(&format!("users/{ada}/second-factor"))["enrolled"], true);
    assert_needs_code(&office, &client, "ada", &uri);
    assert!(holder.is_gone());
    let failed = told_by(&office, "mfa_enrolled", "ada");
    for reason in ["the password is wrong", "the code is wrong"] {
        assert!(failed.iter().any(|event| event["reason"] == reason), "{reason}: {failed:?}");
    }
    let again = desk.session.send(
        "POST",
        &office.path(&format!("users/{ada}/second-factor/invitation")),
        Some(&json!({})),
    );
    assert_eq!(again.status, 409, "who is enrolled is reset first: {again:?}");
}

#[test]
fn a_link_ends_with_a_suspension_a_deletion_a_reset_and_another_link() {
    let Some(office) = office() else { return };
    let users = ["ada", "bob", "eve", "joe"].map(|login| office.user(login, PASSWORD));
    let [ada, bob, eve, joe] = &users;
    let suspended = Holder::of_help_desk(&office, ada);
    suspended.scans();
    office.act("POST", &format!("users/{ada}/suspend"), None);
    assert!(suspended.is_gone());
    office.act("POST", &format!("users/{ada}/activate"), None);
    assert!(suspended.is_gone(), "it does not come back");
    let deleted = Holder::of_help_desk(&office, bob);
    office.act("DELETE", &format!("users/{bob}"), None);
    assert!(deleted.is_gone());
    let reset = Holder::of_help_desk(&office, eve);
    reset.scans();
    office.act("DELETE", &format!("users/{eve}/second-factor"), None);
    assert!(reset.is_gone());
    let replaced = Holder::of_help_desk(&office, joe);
    let next = Holder::of_help_desk(&office, joe);
    assert!(replaced.is_gone());
    next.scans();
}

#[test]
fn wrong_codes_of_a_link_lock_as_wrong_ones_behind_a_password_do() {
    let Some(office) = office() else { return };
    office.set(&json!({"second_factor": {"demand": "if_enrolled"}, "lockout": {"threshold": 3}}));
    let ada = office.user("ada", PASSWORD);
    let holder = Holder::of_help_desk(&office, &ada);
    let uri = holder.scans();
    assert_eq!(bind(&office, "ada", PASSWORD), 0);
    for _ in 0..3 {
        assert_eq!(holder.types("no code").status, 422);
    }
    assert_eq!(office.event("locked")["subject"]["name"], "ada");
    assert_eq!(bind(&office, "ada", PASSWORD), 49);
    let right = holder.types(&totp::code(&uri));
    assert_eq!(right.status, 422, "nobody guesses on: {right:?}");
    office.act("POST", &format!("users/{ada}/unlock"), None);
    holder.confirms(&uri);
}

#[test]
fn an_invited_person_enrols_in_a_browser() {
    let Some(office) = office() else { return };
    let staged = json!({"login": "ada", "display_name": "A", "surname": "L", "staged": true});
    let ada = id_of(&office.make("users", &staged));
    let bob = office.user("bob", PASSWORD);
    let page = office.demo.admin_api.url.replace("127.0.0.1", "localhost");
    let link = |made: &Value| format!("{page}/v1/invitations#{}", made["token"].as_str().unwrap());
    let adas = link(&office.make(&format!("users/{ada}/invitation"), &json!({})));
    let bobs = link(&office.make(&format!("users/{bob}/second-factor/invitation"), &json!({})));
    let browser = Browser::new(&[Path::new(&office.demo.ca_file)]);
    let open = |link: &str| {
        browser.open("about:blank");
        browser.open(link);
    };
    // Types what the app shows that has scanned the page, and signs in with the next code.
    let enrols = |login: &str| {
        says(&browser, "The key is shown to you alone.");
        assert_eq!(browser.text("#form"), "", "no password is asked for any more");
        let key = browser.text("#secret").replace(' ', "");
        let uri = qr_code::scanned(&browser.picture("#picture"));
        let link = "return document.querySelector('#scan').getAttribute('href');";
        assert_eq!(browser.run(link, &json!([])), uri);
        assert!(uri.contains(&format!("secret={key}&")), "{uri}");
        browser.write("#code", &totp::code(&uri));
        browser.click("#confirm");
        says(&browser, "Your second factor is set up.");
        assert_eq!(browser.text("#factor"), "", "the form is gone");
        assert_eq!(bind(&office, login, PASSWORD), 49);
        let with_code = format!("{PASSWORD},{}", totp::code_beside(&uri, 1));
        assert_eq!(bind(&office, login, &with_code), 0);
    };
    open(&adas);
    for field in ["#password", "#again"] {
        browser.write(field, PASSWORD);
    }
    browser.click("#send");
    enrols("ada");

    open(&bobs);
    says(&browser, "Enter the password that you sign in with.");
    assert_eq!(browser.text("#repeated"), "", "once is enough");
    browser.write("#password", "wrong");
    browser.click("#send");
    says(&browser, "The password is not the one in use.");
    open(&bobs);
    says(&browser, "Enter the password that you sign in with.");
    browser.write("#password", PASSWORD);
    browser.click("#send");
    enrols("bob");
    open(&bobs);
    says(&browser, "it was used, or its time is over");
}
