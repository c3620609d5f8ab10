//! RFC 6238: a one-time code behind the password, where an organization demands one.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::Office;
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery";

/// An office that demands codes, with a user.
fn office(demand: &str) -> (Office, String) {
    let office = Office::new();
    office.set(&json!({"second_factor": {"demand": demand}}));
    let ada = office.user("ada", PASSWORD);
    (office, ada)
}

fn ldap(office: &Office) -> Ldap {
    Ldap::at(format!("ldap://{}", office.demo.ldap), &office.demo.ca_file, false)
}

fn bind(office: &Office, password: &str) -> i32 {
    ldap(office).bound(&office.user_dn("ada"), password).who_am_i().code
}

#[test]
fn a_code_behind_the_password_lets_in_once_and_what_is_wrong_only_the_event_tells() {
    let (office, ada) = office("if_enrolled");
    assert_eq!(bind(&office, PASSWORD), 0);
    let uri = office.enrol(&ada);
    assert_eq!(bind(&office, PASSWORD), 49);
    let told = |part: &str| {
        let events = || office.events().into_iter().filter(|event| event["action"] == "ldap_bind");
        let found = (0..10_000).any(|_| events().any(|event| event.to_string().contains(part)));
        assert!(found, "{part}: {:?}", office.events());
    };
    told("the code of the second factor is missing");
    let first = format!("{PASSWORD},{}", totp::code_beside(&uri, 0));
    assert_eq!(bind(&office, &first), 0);
    assert_eq!(bind(&office, &first), 49);
    told("the code is wrong or was used before");
    let second = format!("{PASSWORD}{}", totp::code_beside(&uri, 1));
    assert_eq!(bind(&office, &second), 0);
    office.act("DELETE", &format!("users/{ada}/second-factor"), None);
    assert_eq!(bind(&office, PASSWORD), 0);
}

#[test]
fn whoever_has_no_authenticator_is_kept_out_where_everybody_needs_one() {
    let (office, ada) = office("required");
    assert_eq!(bind(&office, PASSWORD), 49);
    let uri = office.enrol(&ada);
    let spelled = |spelling: &str| {
        office.set(&json!({"second_factor": {"spellings":
            {"comma": spelling == ",", "semicolon": spelling == ";", "bare": spelling.is_empty()}}}));
    };
    spelled(";");
    assert_eq!(bind(&office, &format!("{PASSWORD},{}", totp::code_beside(&uri, 0))), 49);
    assert_eq!(bind(&office, &format!("{PASSWORD};{}", totp::code_beside(&uri, 0))), 0);
    let none = json!({"second_factor":
        {"spellings": {"comma": false, "semicolon": false, "bare": false}}});
    let refused = office.top.send("PATCH", &office.path("settings"), Some(&none));
    assert_eq!(
        (refused.status, &refused.json()["pointer"]),
        (422, &json!("/second_factor/spellings"))
    );
}

#[test]
fn network_gear_is_answered_by_the_same_rules() {
    let (office, ada) = office("required");
    let client = office.client("ap", &json!({}));
    let uri = office.enrol(&ada);
    let gear = office.gear(&client);
    let login = |password: &str| {
        gear.ask(
            "auth",
            &format!(
                "User-Name=\"ada\",User-Password=\"{password}\",Message-Authenticator=0x00,\
                 Packet-Src-IP-Address={}",
                office.address
            ),
        )
    };
    assert!(login(PASSWORD).is("Access-Reject"));
    let right = format!("{PASSWORD},{}", totp::code_beside(&uri, 0));
    let reply = login(&right);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert!(login(&right).is("Access-Reject"));
    // The same code at another door is used up as well.
    assert_eq!(bind(&office, &right), 49);
}

/// A bind of the user from an address of loopback that no other test has, on a connection of its own.
fn bind_from(office: &Office, password: &str) -> i32 {
    let script = "
import sys, ldap3
server = ldap3.Server(sys.argv[1])
connection = ldap3.Connection(server, sys.argv[2], sys.argv[3],
    source_address=sys.argv[4])
connection.bind()
print(connection.result['result'])
";
    let (uri, user) = (format!("ldap://{}", office.demo.ldap), office.user_dn("ada"));
    let address = office.address.to_string();
    let output = crate::harness::python::python(script, [&uri, &user, password, &address]);
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout.trim().parse().unwrap()
}

#[test]
fn an_application_that_binds_users_on_connections_of_their_own_is_known_by_its_networks() {
    let (office, ada) = office("if_enrolled");
    office.set(&json!({"second_factor": {"service_accounts_decide": true}}));
    let sources = [format!("{}/32", office.address)];
    let made = office.make("service-accounts", &json!({"name": "postgres", "sources": sources}));
    assert_eq!(made["sources"], json!(sources));
    let path = format!("service-accounts/{}", made["id"].as_str().unwrap());
    let rule = |demand: &str| {
        office.act("PATCH", &path, Some(&json!({"second_factor": demand})));
    };
    rule("required");
    assert_eq!(bind_from(&office, PASSWORD), 49, "none is enrolled");
    assert_eq!(bind(&office, PASSWORD), 0, "from elsewhere");
    rule("if_enrolled");
    assert_eq!(bind_from(&office, PASSWORD), 0);
    let uri = office.enrol(&ada);
    assert_eq!(bind_from(&office, PASSWORD), 49);
    let coded = format!("{PASSWORD},{}", totp::code_beside(&uri, 0));
    assert_eq!(bind_from(&office, &coded), 0);
    rule("off");
    assert_eq!(bind_from(&office, PASSWORD), 0);
    assert_eq!(bind(&office, PASSWORD), 49, "from elsewhere");
    let strict = json!({"name": "vpn", "sources": sources, "second_factor": "required"});
    office.make("service-accounts", &strict);
    assert_eq!(bind_from(&office, PASSWORD), 49, "the most demanding rule counts");
    let coded = format!("{PASSWORD},{}", totp::code_beside(&uri, 1));
    assert_eq!(bind_from(&office, &coded), 0);
    let wrong = json!({"name": "nowhere", "sources": ["192.0.2.1/24x"]});
    let refused = office.top.send("POST", &office.path("service-accounts"), Some(&wrong));
    assert_eq!(refused.status, 422, "{refused:?}");
}

/// Whether the user's password, or what is given for it, counts on a connection on which an application
/// has bound before.
fn rebinds(office: &Office, application: &Value, password: &str) -> bool {
    let told = |field: &str| application[field].as_str().unwrap();
    let script = "
import sys, ldap3
server = ldap3.Server(sys.argv[1])
connection = ldap3.Connection(server, sys.argv[2], sys.argv[3])
assert connection.bind(), connection.result
print(connection.rebind(sys.argv[4], sys.argv[5]))
";
    let (uri, user) = (format!("ldap://{}", office.demo.ldap), office.user_dn("ada"));
    let arguments: [&str; 5] = [&uri, told("dn"), told("password"), &user, password];
    let output = crate::harness::python::python(script, arguments);
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout.trim() == "True"
}

#[test]
fn an_application_that_binds_first_may_ask_less_of_its_users_where_the_organization_lets_it() {
    let (office, _) = office("required");
    let wiki = office.make("service-accounts", &json!({"name": "wiki", "second_factor": "off"}));
    assert!(!rebinds(&office, &wiki, PASSWORD));
    office.set(&json!({"second_factor": {"service_accounts_decide": true}}));
    assert!(rebinds(&office, &wiki, PASSWORD));
    assert_eq!(bind(&office, PASSWORD), 49, "on a connection of the user's own");
}

#[test]
fn an_application_that_binds_first_may_ask_more_of_its_users_than_the_organization() {
    let (office, ada) = office("off");
    office.set(&json!({"second_factor": {"service_accounts_decide": true}}));
    let rule = json!({"name": "wiki", "second_factor": "required"});
    let wiki = office.make("service-accounts", &rule);
    let path = format!("service-accounts/{}", wiki["id"].as_str().unwrap());
    assert!(!rebinds(&office, &wiki, PASSWORD), "none is enrolled");
    office.act("PATCH", &path, Some(&json!({"second_factor": "if_enrolled"})));
    assert!(rebinds(&office, &wiki, PASSWORD));
    let uri = office.enrol(&ada);
    let coded = |steps| format!("{PASSWORD},{}", totp::code_beside(&uri, steps));
    assert!(!rebinds(&office, &wiki, PASSWORD));
    assert!(rebinds(&office, &wiki, &coded(0)));
    office.act("PATCH", &path, Some(&json!({"second_factor": "required"})));
    assert!(!rebinds(&office, &wiki, PASSWORD));
    assert!(rebinds(&office, &wiki, &coded(1)));
    assert_eq!(bind(&office, PASSWORD), 0, "on a connection of the user's own");
}

#[test]
fn whoever_is_enrolled_needs_no_code_where_none_is_demanded() {
    let (office, ada) = office("if_enrolled");
    let uri = office.enrol(&ada);
    assert_eq!(bind(&office, PASSWORD), 49);
    office.set(&json!({"second_factor": {"demand": "off"}}));
    assert_eq!(bind(&office, PASSWORD), 0);
    office.set(&json!({"second_factor": {"demand": "required"}}));
    assert_eq!(bind(&office, PASSWORD), 49);
    assert_eq!(bind(&office, &format!("{PASSWORD},{}", totp::code_beside(&uri, 0))), 0);
}

#[test]
fn the_password_alone_lets_in_while_a_grace_to_enrol_lasts_at_both_doors() {
    let (office, ada) = office("off");
    let client = office.client("switch", &json!({}));
    let due = |office: &Office| {
        office.read(&format!("users/{ada}"))["sign_in"]["second_factor_due"].clone()
    };
    assert_eq!(due(&office), json!(null));
    let week = 7 * 24 * 60 * 60 * 1_000_u64;
    office.set(&json!({"second_factor": {"demand": "required", "enrolment_grace": week}}));
    let settings = office.read("settings");
    assert!(settings["second_factor_required_since"].is_string(), "{settings}");
    assert!(due(&office).is_string(), "{}", due(&office));
    assert_eq!(bind(&office, PASSWORD), 0);
    let told = office.event("mfa_due");
    assert_eq!(told["subject"]["name"], "ada", "{told}");
    assert_eq!(told["differences"][0]["field"], "due", "{told}");
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Accept"));
    assert_eq!(bind(&office, "wrong"), 49);

    // The shortest grace that there is.
    office.set(&json!({"second_factor": {"enrolment_grace": 1_000}}));
    assert!((0..10_000).any(|_| bind(&office, PASSWORD) == 49), "the grace does not end");
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Reject"));
    let over = "no second factor was enrolled before the grace for it was over";
    let events = || office.events().into_iter();
    let found = |_| events().filter(|event| event.to_string().contains(over)).count() == 2;
    assert!((0..10_000).any(found), "{:?}", office.events());
    let uri = office.enrol(&ada);
    assert_eq!(due(&office), json!(null));
    assert_eq!(bind(&office, &format!("{PASSWORD},{}", totp::code_beside(&uri, 0))), 0);
}
