//! The recorder: what an application asked for and did not get, as the admin API tells it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};

/// An application with its id and its name.
struct Application {
    office: Office,
    id: String,
    dn: String,
    client: Ldap,
}

impl Application {
    fn new() -> Self {
        let office = Office::new();
        let made = office.make("service-accounts", &json!({"name": "wiki"}));
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let (dn, password) = (text("dn"), text("password"));
        let client = office.demo.ldap().bound(&dn, &password);
        Self { id: id_of(&made), dn, client, office }
    }

    fn path(&self) -> String {
        format!("service-accounts/{}/recorder", self.id)
    }

    /// What was missed, by its kind, with how often.
    fn missed(&self) -> BTreeMap<String, Vec<String>> {
        let mut missed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in self.office.read(&self.path())["items"].as_array().unwrap() {
            let text = |field: &str| line[field].as_str().unwrap().to_owned();
            missed.entry(text("missed")).or_default().push(text("text"));
        }
        missed.values_mut().for_each(|texts| texts.sort());
        missed
    }
}

#[test]
fn what_an_application_does_not_get_is_told_without_any_value() {
    let app = Application::new();
    let (office, client) = (&app.office, &app.client);
    let secret = "geheim";
    office.find(client, "(uid=ada)", &["uid", "krbLastPwdChange", "sambaNTPassword;x", "*", "+"]);
    office.find(client, &format!("(|(uid=x)(!(mailPrimaryAddress={secret})))"), &["1.1"]);
    for base in [
        format!("cn={secret},ou=users,{}", office.base),
        format!("uid={secret},ou=people,dc=elsewhere"),
    ] {
        assert_eq!(client.search(&base, "sub", "(uid=x)", &["1.1"]).code, 32);
    }
    assert_eq!(client.search("no name", "sub", "(uid=x)", &["1.1"]).code, 34);
    office.find(client, &format!("(cn:noSuchMatch:={secret})"), &["1.1"]);
    assert_eq!(client.compare(&app.dn, &format!("testedAttribute:{secret}")).code, 17);
    let control = "1.2.3.4";
    client.clone().with(["-e", control]).search(&office.base, "base", "(o=*)", &["1.1"]);
    let critical = "!1.2.3.5";
    client.clone().with(["-e", critical]).search(&office.base, "base", "(o=*)", &["1.1"]);
    let unknown = client.tool("ldapexop").args(["1.2.3.6"]).run();
    assert_ne!(unknown.code, 0);
    let write = format!("dn: {}\nchangetype: delete\n", app.dn);
    assert_eq!(client.modify(&write).code, 53);
    let wrong = office.demo.ldap().bound(&app.dn, secret);
    assert_eq!(wrong.who_am_i().code, 49);
    let expected: BTreeMap<String, Vec<String>> = [
        ("attribute", vec!["krbLastPwdChange".to_owned(), "sambaNTPassword;x".to_owned()]),
        ("filter_attribute", vec!["mailPrimaryAddress".to_owned(), "testedAttribute".to_owned()]),
        ("matching_rule", vec!["noSuchMatch".to_owned()]),
        (
            "base",
            vec![
                format!("cn=?,ou=users,{}", office.base),
                "not a distinguished name".to_owned(),
                "uid=?,ou=people,dc=elsewhere".to_owned(),
            ],
        ),
        ("control", vec!["1.2.3.4".to_owned(), "1.2.3.5".to_owned()]),
        ("operation", vec!["1.2.3.6".to_owned()]),
        ("change", vec!["delete".to_owned()]),
        ("bind", vec!["the password is wrong".to_owned()]),
    ]
    .into_iter()
    .map(|(kind, texts)| (kind.to_owned(), texts))
    .collect();
    assert_eq!(app.missed(), expected);
    assert!(!office.read(&app.path()).to_string().contains(secret));
    office.act("DELETE", &app.path(), None);
    assert_eq!(office.read(&app.path())["items"], json!([]));
    let told = office.events().remove(0);
    assert_eq!(told["differences"][0]["field"], "recorder", "{told}");
}

#[test]
fn what_is_repeated_is_counted_and_who_asks_for_what_there_is_is_not_recorded() {
    let app = Application::new();
    let (office, client) = (&app.office, &app.client);
    office.make("custom-attributes", &json!({"name": "level", "syntax": "integer"}));
    office.find(client, "(&(objectClass=person)(level>=7))", &["level", "cn;lang-en", "@person"]);
    assert_eq!(app.missed(), BTreeMap::new());
    for _ in 0..3 {
        office.find(client, "(nosuch=x)", &["1.1"]);
    }
    let line = office.read(&app.path())["items"][0].clone();
    assert_eq!((&line["text"], &line["times"]), (&json!("nosuch"), &json!(3)));
    assert_ne!(line["first"], Value::Null);
    office.user("ada", "correct horse battery");
    let ada = office.ldap_as("ada", "correct horse battery");
    office.find(&ada, "(other=x)", &["other"]);
    assert_eq!(app.missed().len(), 1, "of people nothing is recorded");
}

#[test]
fn a_filter_that_looks_through_many_entries_is_told_by_its_shape() {
    let app = Application::new();
    let office = &app.office;
    for number in 0..150 {
        let login = format!("u{number}");
        let fields = json!({"login": login, "display_name": login, "surname": "X"});
        office.make("users", &fields);
    }
    office.find(&app.client, "(&(objectClass=person)(title=*secret*))", &["1.1"]);
    office.find(&app.client, "(uid=u7)", &["1.1"]);
    let missed = app.missed();
    assert_eq!(missed["filter_without_index"], ["(&(objectClass=?)(title=*?*))"]);
    assert_eq!(missed.len(), 1);
}
