//! Debian's pam_radius_auth: logins to a Linux machine, with a code that is asked for.

use serde_json::json;

use crate::harness::client::Output;
use crate::harness::office::{Client, Office};
use crate::harness::room::Room;
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery";

/// A machine whose logins ask at the office's gear.
fn machine(office: &Office, gear: &Client) -> Room {
    let room = Room::new(["/etc"]);
    let Office { demo, address, .. } = office;
    let server = format!("{} {} 10 {address}\n", demo.radius.auth, gear.secret);
    room.write_private("/etc/pam_radius_auth.conf", &server);
    let stack = "auth required pam_radius_auth.so\naccount required pam_permit.so\n";
    room.write("/etc/pam.d/tenantry", stack);
    room
}

/// Logs in, and types these lines at what is asked for.
fn log_in(room: &Room, login: &str, lines: &[&str]) -> Output {
    let typed: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let pam = room.program("pamtester", "pamtester").args(["tenantry", login]);
    pam.args(["authenticate", "acct_mgmt"]).input(typed).run()
}

#[test]
fn a_login_brings_the_password_and_then_the_code_that_is_asked_for() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    office.user("bob", PASSWORD);
    // The module has no Message-Authenticator before version 3.
    let fields = json!({
        "require_message_authenticator": false,
        "second_factor": "if_enrolled",
        "asks_for_code": true,
    });
    let room = machine(&office, &office.client("host", &fields));
    let gets_in = |login: &str, lines: &[&str]| {
        let done = log_in(&room, login, lines);
        assert_eq!(done.code, 0, "{done:?}");
        format!("{}{}", done.stdout, done.stderr)
    };
    let stays_out = |login: &str, lines: &[&str]| {
        let done = log_in(&room, login, lines);
        assert_ne!(done.code, 0, "{done:?}");
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains("Authentication failure"), "{said}");
        said
    };
    let prompt = "Enter the code of your authenticator app";

    let uri = office.enrol(&ada);
    assert!(!gets_in("bob", &[PASSWORD]).contains(prompt));
    assert!(!stays_out("ada", &["wrong", &totp::code_beside(&uri, 0)]).contains(prompt));
    assert!(stays_out("ada", &[PASSWORD, "12345"]).contains(prompt));
    assert!(gets_in("ada", &[PASSWORD, &totp::code_beside(&uri, 0)]).contains(prompt));
    let told = office.event("radius_access");
    assert_eq!((&told["actor"]["name"], &told["success"]), (&json!("ada"), &json!(true)));

    let name = format!("ada@{}.example", office.slug);
    let next = totp::code_beside(&uri, 1);
    assert!(gets_in(&name, &[PASSWORD, &next]).contains(prompt));
    assert!(stays_out(&name, &[PASSWORD, &next]).contains(prompt), "twice");
    stays_out("nobody", &[PASSWORD]);
}
