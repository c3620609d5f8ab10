//! What real clients send first, and what they need of the answers; and those clients themselves.

mod apache;
mod dovecot;
mod enumeration;
mod jndi;
mod ldapts;
mod nslcd;
mod postgresql;
mod python_ldap;
mod sssd;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::client::Output;
use crate::harness::demo::Demo;
use crate::harness::office::{Office, id_of};

/// The password of everybody in a [`staffed_office`].
const PASSWORD: &str = "correct horse battery";

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
    let fields = json!({"name": name, "visibility": "everything"});
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
    let users = office.read("users?limit=200");
    let users = users["items"].as_array().unwrap();
    let user = users.iter().find(|user| user["login"] == login).unwrap();
    office.act("POST", &format!("users/{}/suspend", id_of(user)), None);
}

#[test]
fn sssd_reads_the_root_dse_and_looks_a_user_up() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let attributes = [
        "*",
        "altServer",
        "namingContexts",
        "supportedControl",
        "supportedExtension",
        "supportedFeatures",
        "supportedLDAPVersion",
        "supportedSASLMechanisms",
        "domainControllerFunctionality",
        "defaultNamingContext",
        "lastUSN",
        "highestCommittedUSN",
    ];
    let root = demo.ldap().search("", "base", "(objectclass=*)", &attributes);
    assert_eq!(root.only().values("supportedLDAPVersion"), ["3"]);
    let client = demo.ldap().as_service(&acme.service_account).with(["-e", "ppolicy"]);
    let filter = "(&(uid=ada)(objectclass=posixAccount)(&(uidNumber=*)(!(uidNumber=0))))";
    let asked = ["objectClass", "uid", "userPassword", "uidNumber", "krbLastPwdChange", "host"];
    let found = client.search(&acme.base, "sub", filter, &asked);
    assert_eq!(found.code, 0, "{found:?}");
    assert!(found.entries.iter().all(|entry| entry.values("userPassword").is_empty()));
}

#[test]
fn nextcloud_counts_its_users_and_finds_them_by_name_or_mail() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let has_groups = client.search(&acme.base, "sub", "(memberOf=*)", &["1.1"]);
    assert!(has_groups.names().len() >= acme.users.len());
    for name in ["ada", "ada@acme.example"] {
        let filter = format!(
            "(&(|(objectclass=inetOrgPerson))(|(uid={name})(mailPrimaryAddress={name})(mail={name})))"
        );
        let found = client.search(&acme.base, "sub", &filter, &["entryUUID", "dn", "mail"]);
        assert_eq!(found.only().dn, acme.user("ada").dn);
        assert_eq!(found.only().value("entryUUID").len(), 36);
    }
}

#[test]
fn gitlab_finds_one_user_with_a_size_limit_of_one() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account).with(["-z", "1"]);
    let found = client.search(&acme.base, "sub", "(uid=ada)", &["uid", "cn", "mail", "dn"]);
    assert_eq!(found.only().dn, acme.user("ada").dn);
}

#[test]
fn jenkins_finds_groups_by_any_kind_of_membership() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let dn = &acme.user("linus").dn;
    let filter = format!("(|(member={dn})(uniqueMember={dn})(memberUid=linus))");
    let found = client.search(&acme.base, "sub", &filter, &["cn"]);
    assert_eq!(found.only().value("cn"), "staff");
    let by_name = "(&(cn=staff)(|(objectclass=groupOfNames)(objectclass=groupOfUniqueNames)\
                   (objectclass=posixGroup)))";
    assert_eq!(client.search(&acme.base, "sub", by_name, &["cn"]).only().value("cn"), "staff");
}

#[test]
fn directory_studio_browses_level_by_level() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client =
        demo.ldap().as_service(&acme.service_account).with(["-z", "1000", "-a", "always", "-M"]);
    let mut waiting = vec![acme.base.clone()];
    let mut seen = 0;
    while let Some(dn) = waiting.pop() {
        seen += 1;
        let found = client.search(&dn, "one", "(objectClass=*)", &["hasSubordinates"]);
        assert_eq!(found.code, 0);
        for entry in &found.entries {
            match entry.value("hasSubordinates") {
                "TRUE" => waiting.push(entry.dn.clone()),
                value => {
                    assert_eq!(value, "FALSE");
                    seen += 1;
                }
            }
        }
    }
    let whole = client.search(&acme.base, "sub", "(objectClass=*)", &["1.1"]);
    assert_eq!(whole.names().len(), seen);
}
