//! The recorder: what an application asked for and did not get, as the admin API tells it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::demo::Demo;
use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};
use crate::harness::python::python;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

/// An application with its id and its name.
struct Application {
    office: Office,
    id: String,
    dn: String,
    password: String,
    client: Ldap,
}

impl Application {
    fn new() -> Self {
        let office = Office::new();
        let made = office.make("service-accounts", &json!({"name": "wiki"}));
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let (dn, password) = (text("dn"), text("password"));
        let client = office.demo.ldap().bound(&dn, &password);
        Self { id: id_of(&made), dn, password, client, office }
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
fn a_part_of_the_members_is_missed_where_entries_do_not_come_so() {
    let app = Application::new();
    let asked = ["member;range=0-*", "member;range=x", "cn"];
    app.office.find(&app.client, "(cn=x)", &asked);
    let missed = BTreeMap::from([("attribute".to_owned(), vec!["member;range=0-*".to_owned()])]);
    assert_eq!(app.missed(), missed);
    app.office.act("DELETE", &app.path(), None);
    let profile = json!({"profile": "ad-like"});
    app.office.act("PATCH", &format!("service-accounts/{}", app.id), Some(&profile));
    app.office.find(&app.client, "(cn=x)", &asked);
    assert_eq!(app.missed(), BTreeMap::new());
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

#[test]
fn what_the_schema_knows_and_the_application_is_not_shown_is_told() {
    let app = Application::new();
    let (office, client) = (&app.office, &app.client);
    let asked =
        ["*", "sAMAccountName", "memberUid", "jpegPhoto", "userPassword", "uid", "memberOf"];
    office.find(client, "(&(objectClass=user)(|(uid=x)(sAMAccountName=x)))", &asked);
    office.find(client, "(|(objectClass=groupOfUniqueNames)(memberUid=x)(cn;lang-de=x))", &["1.1"]);
    office.find(client, "(&(objectClass=9.9.9)(objectClass=person)(objectClass=top))", &["+"]);
    let expected: BTreeMap<String, Vec<String>> = [
        ("attribute", &["jpegPhoto", "memberUid", "sAMAccountName", "userPassword"][..]),
        ("filter_attribute", &["cn;lang-de", "memberUid", "sAMAccountName"][..]),
        ("object_class", &["9.9.9", "groupOfUniqueNames", "user"][..]),
    ]
    .into_iter()
    .map(|(kind, texts)| (kind.to_owned(), texts.iter().map(|&text| text.to_owned()).collect()))
    .collect();
    assert_eq!(app.missed(), expected);
}

#[test]
fn what_another_profile_or_a_definition_shows_is_not_told() {
    let app = Application::new();
    let office = &app.office;
    office.make("custom-attributes", &json!({"name": "jpegPhoto", "syntax": "octets"}));
    let path = format!("service-accounts/{}", app.id);
    office.act("PATCH", &path, Some(&json!({"profile": "ad-like"})));
    let filter = "(&(objectClass=user)(objectCategory=person)(sAMAccountName=x))";
    office.find(&app.client, filter, &["sAMAccountName", "jpegPhoto", "memberOf"]);
    assert_eq!(app.missed(), BTreeMap::new());
    office.find(&app.client, "(objectClass=posixGroup)", &["memberUid"]);
    let missed = app.missed();
    assert_eq!(missed["attribute"], ["memberUid"]);
    assert_eq!(missed["object_class"], ["posixGroup"]);
}

#[test]
fn limits_that_end_a_search_and_orders_that_cannot_be_are_told() {
    let app = Application::new();
    let office = &app.office;
    for login in ["u1", "u2", "u3"] {
        office.user(login, "correct horse battery");
    }
    let two = app.client.clone().with(["-z", "2"]);
    assert_eq!(two.search(&office.base, "sub", "(uid=*)", &["1.1"]).code, 4);
    for key in ["nosuch", "uid"] {
        let sorted = app.client.clone().with(["-E", &format!("sss={key}")]);
        assert_eq!(sorted.search(&office.base, "sub", "(uid=*)", &["1.1"]).code, 0, "{key}");
    }
    let missed = app.missed();
    assert_eq!(missed["limit"], ["there are more entries than the request's own size limit"]);
    assert_eq!(missed["order"], ["nosuch"]);
    assert_eq!(missed.len(), 2, "{missed:?}");
}

/// Binds with a control beside it, which is critical or not.
const BESIDE_BIND: &str = "
import sys, ldap
from ldap.controls import RequestControl
uri, dn, password = sys.argv[1:]
def bind(number, critical, password):
    client = ldap.initialize(uri)
    try:
        asked = client.simple_bind(dn, password, serverctrls=[RequestControl(number, critical)])
        client.result(asked)
        print('bound')
    except ldap.LDAPError as refused:
        print(type(refused).__name__)
    client.unbind_s()
bind('1.2.3.7', False, password)
bind('1.2.3.8', False, password)
bind('1.2.3.9', False, 'wrong')
bind('1.2.3.10', True, 'never looked at')
";

#[test]
fn controls_beside_a_bind_are_told_of_whom_it_proved_or_of_the_name_that_it_was_refused_to() {
    let app = Application::new();
    let (uri, password) = (format!("ldap://{}", app.office.demo.ldap), &app.password);
    let said = python(BESIDE_BIND, [&uri, &app.dn, password]);
    let expected = "bound\nbound\nINVALID_CREDENTIALS\nUNAVAILABLE_CRITICAL_EXTENSION\n";
    assert_eq!((said.code, said.stdout.as_str()), (0, expected), "{said:?}");
    // What was refused by its name is told a moment after it was answered.
    let refused = "a bind was refused for 1.2.3.10".to_owned();
    let is_told = |_: &usize| app.missed()["control"].contains(&refused);
    assert!((0..10_000).find(is_told).is_some(), "{:?}", app.missed());
    let missed = app.missed();
    assert_eq!(missed["control"], ["1.2.3.7", "1.2.3.8", refused.as_str()]);
    assert_eq!(missed["bind"], ["the password is wrong"]);
    assert_eq!(missed.len(), 2, "{missed:?}");
}

#[test]
fn what_came_in_one_piece_with_the_end_or_with_another_bind_is_told() {
    let app = Application::new();
    let office = &app.office;
    office.user("ada", "correct horse battery");
    let ada = raw::bind(3, &office.user_dn("ada"), "correct horse battery");
    let search = |control: &str| {
        let operation = raw::search_operation(&office.base, 0, raw::present("objectClass"));
        raw::with_control(2, operation, control, false)
    };
    let mut raw = Raw::bound(&office.demo.ldap, &app.dn, &app.password);
    raw.send(&[search("1.2.3.11"), raw::unbind(3)].concat());
    raw.receive_to_end();
    let mut raw = Raw::bound(&office.demo.ldap, &app.dn, &app.password);
    raw.send(&[search("1.2.3.12"), ada].concat());
    raw.receive_all_of(3);
    assert_eq!(app.missed()["control"], ["1.2.3.11", "1.2.3.12"]);
}

#[test]
fn a_bind_that_was_refused_for_want_of_tls_is_told_to_whom_its_name_leads() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap();
    let server = site.serve();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let api = server.api().key(&demo.admin_api.tokens.administrator_with_billing);
    let read = |rest: &str| {
        let shown = api.get(&format!("/v1/organizations/{}/{rest}", acme.id));
        assert_eq!(shown.status, 200, "{shown:?}");
        shown.json()
    };
    for name in [&account.dn, &acme.user("ada").dn, "uid=ada,ou=people,dc=nowhere,dc=example"] {
        assert_eq!(server.ldap().bound(name, "secret").who_am_i().code, 13, "{name}");
    }
    let accounts = read("service-accounts");
    let named =
        |item: &&Value| account.dn.starts_with(&format!("cn={},", item["name"].as_str().unwrap()));
    let account = accounts["items"].as_array().unwrap().iter().find(named).unwrap();
    let path = format!("service-accounts/{}/recorder", account["id"].as_str().unwrap());
    // It is told a moment after it was answered.
    let line = (0..10_000).find_map(|_| read(&path)["items"].get(0).cloned());
    let line = line.expect("the recorder was told nothing");
    assert_eq!(line["missed"], "bind", "{line}");
    assert_eq!(line["text"], "the connection is not encrypted");
    let of_ada =
        |event: &Value| event["action"] == "ldap_bind" && event.to_string().contains("\"ada\"");
    let events = |_| {
        read("events?limit=50")["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|event| of_ada(event))
            .cloned()
    };
    let event = (0..10_000).find_map(events).expect("no event came");
    assert!(event.to_string().contains("not encrypted"), "{event}");
    assert!(!event.to_string().contains("secret"), "{event}");
}
