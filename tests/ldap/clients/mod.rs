//! Real clients, and what they send first.

mod apache;
mod directory_studio;
mod dovecot;
mod enumeration;
mod first_messages;
mod jndi;
mod ldap3;
mod ldapts;
mod nslcd;
mod postgresql;
mod python_ldap;
mod sssd;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::client::Output;
use crate::harness::office::{Office, id_of};
use crate::harness::totp;

/// The password of everybody in a [`staffed_office`].
const PASSWORD: &str = "correct horse battery";

/// What somebody changes it to.
const NEW: &str = "staple of another horse";

/// An organization of Ada, who is in a group inside of another one, and Linus, who is in the outer
/// one alone.
fn staffed_office() -> Office {
    let office = Office::new();
    let fields = json!({
        "login": "ada", "display_name": "Ada Lovelace", "surname": "Lovelace", "title": "Countess",
        "mail": ["ada@office.example"], "password": PASSWORD,
    });
    let ada = id_of(&office.make("users", &fields));
    let linus = office.user("linus", PASSWORD);
    let engineers = office.group("engineers", &[&ada], &[]);
    office.group("crew", &[&linus], &[&engineers]);
    office
}

/// The name and the password of an application that sees everything.
fn application(office: &Office, name: &str) -> (String, String) {
    profiled(office, name, "generic")
}

/// The same of an application of this profile.
fn profiled(office: &Office, name: &str, profile: &str) -> (String, String) {
    let fields = json!({"name": name, "visibility": "everything", "profile": profile});
    let account = office.make("service-accounts", &fields);
    let text = |field: &str| account[field].as_str().unwrap().to_owned();
    (text("dn"), text("password"))
}

/// What the scripts of other languages are told: an address, the authority's certificate, the base,
/// and the name and password of an application. They begin in clear.
fn told(office: &Office) -> Vec<String> {
    let (dn, password) = application(office, "library");
    let address = format!("ldap://{}", office.demo.ldap);
    vec![address, office.demo.ca_file.clone(), office.base.clone(), dn, password]
}

/// The same for a script that uses LDAPS.
fn told_tls(office: &Office, told: &[String]) -> Vec<String> {
    let address = format!("ldaps://{}", office.demo.ldaps);
    [&[address], &told[1..]].concat()
}

/// Groups whose names mean something in filters, DNs or in what a library makes of them.
const ODD_NAMES: [&str; 5] = [
    "R&D (Core)",
    "Sales, North + West",
    "\"quoted\" \\ back/slash; <tag> = #1",
    "#hash *star",
    "\u{c5}ngstr\u{f6}m \u{65e5}\u{672c}",
];

/// Makes the groups of [`ODD_NAMES`].
fn oddly_named(office: &Office) {
    for name in ODD_NAMES {
        let ada = office.user(&format!("of-{}", name.len()), PASSWORD);
        office.group(name, &[&ada], &[]);
    }
}

/// Asserts that a script said that it read each of [`ODD_NAMES`] back as it is.
fn are_read_back(said: &Output) {
    assert_eq!(said.code, 0, "{said:?}");
    let lines: Vec<&str> = said.stdout.lines().collect();
    for name in ODD_NAMES {
        let same = |line: &&str| line.starts_with("same") && line.ends_with(name);
        assert!(lines.iter().any(same), "{name}: {lines:?}");
    }
}

/// A file beside these tests.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ldap/clients").join(name)
}

/// Suspends a user.
fn suspend(office: &Office, login: &str) {
    let id = listed(office, "users", ("login", login));
    office.act("POST", &format!("users/{id}/suspend"), None);
}

/// The id of what is called so.
fn listed(office: &Office, collection: &str, (field, name): (&str, &str)) -> String {
    let all = office.read(&format!("{collection}?limit=200"));
    let all = all["items"].as_array().unwrap();
    id_of(all.iter().find(|one| one[field] == name).unwrap())
}

/// Says what an application asks of those who sign in to it, which is known by where it asks from: it
/// binds them on connections of their own.
fn demands(office: &Office, application: &str, demand: &str) {
    let id = listed(office, "service-accounts", ("name", application));
    let rule = json!({"sources": ["127.0.0.0/8"], "second_factor": demand});
    office.act("PATCH", &format!("service-accounts/{id}"), Some(&rule));
}

/// An application that is known by its networks, with a rule of its own for codes; `signs_in` whether
/// Ada does so there with a password.
fn codes_are_asked_as_the_application_says(
    office: &Office,
    application: &str,
    signs_in: impl Fn(&str) -> bool,
) {
    let decide =
        json!({"second_factor": {"demand": "if_enrolled", "service_accounts_decide": true}});
    office.set(&decide);
    assert!(signs_in(PASSWORD), "nobody asks for a code");
    demands(office, application, "required");
    assert!(!signs_in(PASSWORD), "who has no authenticator has no code");
    let uri = office.enrol(&listed(office, "users", ("login", "ada")));
    assert!(!signs_in(PASSWORD), "without the code");
    let coded = format!("{PASSWORD},{}", totp::code_beside(&uri, 0));
    assert!(signs_in(&coded), "with the code");
    assert!(!signs_in(&coded), "a code counts once");
    let wrong = format!("wrong,{}", totp::code_beside(&uri, 1));
    assert!(!signs_in(&wrong), "the code alone is nothing");
    demands(office, application, "off");
    assert!(signs_in(PASSWORD), "the application asks for none, though one is enrolled");
    assert!(!signs_in("wrong"));
}
