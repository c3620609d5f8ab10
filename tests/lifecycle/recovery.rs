//! A way back in for an admin who has lost it, by whoever owns the machine.

use serde_json::{Value, json};

use crate::harness::curl::Api;
use crate::harness::server::{Server, Site};
use crate::harness::totp::code;

const PASSWORD: &str = "correct horse battery staple";
const ANOTHER: &str = "another horse battery staple";
const RECOVER: [&str; 4] = ["admin", "recover", "--login", "root"];

/// What a sign-in with a password alone leads to.
fn tried(server: &Server, login: &str, password: &str) -> (u16, String) {
    let answer = server.api().post("/v1/sign-in", &json!({"login": login, "password": password}));
    (answer.status, answer.body)
}

/// Signs in with a new authenticator; tells the session's token.
fn enrolled(server: &Server, login: &str, password: &str) -> String {
    let (status, body) = tried(server, login, password);
    assert_eq!(status, 202, "{body}");
    let begun: Value = serde_json::from_str(&body).unwrap();
    let code = code(begun["otpauth_uri"].as_str().unwrap());
    let confirmation = json!({"enrolment_token": begun["enrolment_token"], "code": code});
    let session = server.api().post("/v1/sign-in/enrolment", &confirmation);
    assert_eq!(session.status, 200, "{session:?}");
    session.json()["token"].as_str().unwrap().to_owned()
}

/// Has another admin suspend the first one, and keep them from everywhere but a network.
fn shut_out(server: &Server, root: &Api) {
    let other = json!({"login": "other", "display_name": "Other",
        "role": "administrator_with_billing", "scope": "all"});
    let made = root.post("/v1/admins", &other);
    assert_eq!(made.status, 201, "{made:?}");
    let acceptance = json!({"token": made.json()["invitation"]["token"], "password": PASSWORD});
    assert_eq!(server.api().post("/v1/invitations", &acceptance).status, 204);
    let other = server.api().key(&enrolled(server, "other", PASSWORD));
    let found = other.get("/v1/admins?name=root").json();
    let place = format!("/v1/admins/{}", found["items"][0]["id"].as_str().unwrap());
    let sources = json!({"sources": ["203.0.113.0/24"]});
    assert_eq!(other.send("PATCH", &place, Some(&sources)).status, 200);
    assert_eq!(other.send("POST", &format!("{place}/suspend"), None).status, 200);
}

#[test]
fn the_first_admin_is_let_in_again_with_another_password_and_as_who_they_were() {
    let Some(site) = Site::new() else { return };
    let missing = site.command(&RECOVER, &format!("{ANOTHER}\n"));
    assert_eq!(missing.code, 64, "there is no store: {missing:?}");
    let made = site.command(&["admin", "create", "--login", "root"], &format!("{PASSWORD}\n"));
    assert_eq!(made.code, 0, "{made:?}");
    let mut server = site.serve();
    let before = enrolled(&server, "root", PASSWORD);
    shut_out(&server, &server.api().key(&before));
    assert_eq!(tried(&server, "root", PASSWORD).0, 401);
    let in_use = site.command(&RECOVER, &format!("{ANOTHER}\n"));
    assert_eq!(in_use.code, 69, "the daemon runs: {in_use:?}");
    server.daemon.stop();

    let unknown = site.command(&["admin", "recover", "--login", "nobody"], &format!("{ANOTHER}\n"));
    assert!(unknown.code == 64 && unknown.stderr.contains("root"), "{unknown:?}");
    assert_eq!(site.command(&RECOVER, "short\n").code, 64);
    let in_use = site.command(&RECOVER, &format!("{PASSWORD}\n"));
    assert!(in_use.code == 64 && in_use.stderr.contains("was used before"), "{in_use:?}");
    let recovered = site.command(&RECOVER, &format!("{ANOTHER}\n"));
    assert_eq!(recovered.code, 0, "{recovered:?}");
    assert!(recovered.stdout.contains("203.0.113.0/24"), "it can be put back: {recovered:?}");
    assert!(!format!("{recovered:?}").contains(ANOTHER), "{recovered:?}");

    let mut server = site.serve();
    assert_eq!(tried(&server, "root", PASSWORD).0, 401);
    assert_eq!(server.api().key(&before).get("/v1/me").status, 401);
    let root = server.api().key(&enrolled(&server, "root", ANOTHER));
    let me = root.get("/v1/me").json();
    assert_eq!(me["role"], "administrator_with_billing", "{me}");
    assert_eq!(root.get("/v1/events/chain").status, 200);
    let told = root.get("/v1/events?actor_kind=operator").json();
    let told = told["items"].as_array().unwrap().iter();
    let told = told.inspect(|event| assert_eq!(event["actor"]["kind"], "operator"));
    let actions: Vec<&str> = told.map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["mfa_reset", "password_set", "changed", "created"]);
    server.daemon.stop();

    let generated = site.command(&[&RECOVER[..], &["--generate"]].concat(), "");
    assert_eq!(generated.code, 0, "{generated:?}");
    let password = generated.stdout.lines().find_map(|line| line.strip_prefix("the password is "));
    enrolled(&site.serve(), "root", password.unwrap());
}
