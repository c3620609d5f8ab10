//! Java's own client, by way of which Jenkins, Jira, Keycloak and Directory Studio ask.

use std::sync::{Arc, Mutex, Weak};

use tempfile::TempDir;

use super::{
    PASSWORD, are_read_back, oddly_named, profiled, script, staffed_office, told, told_tls,
};
use crate::harness::client::{Client, Output};
use crate::harness::office::Office;

/// The compiled client, as long as a test holds it.
fn classes() -> Arc<TempDir> {
    static SHARED: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(folder) = shared.upgrade() {
        return folder;
    }
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let compiled = Client::new("javac", "default-jdk-headless")
        .args(["-Xlint:all", "-Werror", "-d"])
        .arg(folder.path())
        .arg(script("Jndi.java"))
        .run();
    assert_eq!(compiled.code, 0, "{compiled:?}");
    *shared = Arc::downgrade(&folder);
    folder
}

fn run(arguments: &[String], task: &str, more: &[&str]) -> Output {
    let classes = classes();
    let java = Client::new("java", "default-jdk-headless")
        // It does not live long enough for the better compiler.
        .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8"])
        .args(["-Dsun.stdout.encoding=UTF-8", "-cp"]);
    java.arg(classes.path()).args(["Jndi", task]).args(arguments).args(more).run()
}

/// Does something that must succeed; tells what was said.
fn jndi(told: &[String], task: &str, more: &[&str]) -> String {
    let output = run(told, task, more);
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout
}

#[test]
fn jenkins_infers_the_base_and_finds_groups() {
    let office = staffed_office();
    let told = told(&office);
    let said = jndi(&told, "infer", &[]);
    let expected = format!("base: {}\nversion: 3\ngroup: [crew, engineers]\n", office.base);
    assert_eq!(said, expected);
}

#[test]
fn pages_give_everybody_once() {
    let office = Office::new();
    let told = told(&office);
    for number in 1..=7 {
        office.user(&format!("user-{number}"), PASSWORD);
    }
    assert_eq!(jndi(&told, "page", &["3"]), "pages: 3\nentries: 7\nfirst: user-1\n");
    assert_eq!(jndi(&told, "page", &["500"]), "pages: 1\nentries: 7\nfirst: user-1\n");
}

#[test]
fn tls_is_started_and_names_change_on_the_connection() {
    let office = staffed_office();
    let told = told(&office);
    let ada = office.user_dn("ada");
    let refused = "[LDAP: error code 49 - wrong name or password]";
    let expected = format!("protocol: TLSv1.3\nfound: {ada}\nrefused: {refused}\nagain: {ada}\n");
    assert_eq!(jndi(&told, "start-tls", &["wrong"]), expected);
    let told = told_tls(&office, &told);
    assert_eq!(jndi(&told, "ldaps", &[]), format!("found: {ada}\n"));
}

#[test]
fn the_schema_can_be_browsed_and_defines_what_an_entry_has() {
    let office = staffed_office();
    let told = told(&office);
    let classes = "inetOrgPerson, ldapPublicKey, organizationalPerson, person, posixAccount, top";
    let expected = format!("must: [cn, sn]\nclasses: [{classes}]\ndefined: true\n");
    assert_eq!(jndi(&told, "schema", &["uid=ada,ou=people"]), expected);
}

#[test]
fn the_schema_defines_what_entries_have_in_every_layout_and_profile() {
    let office = staffed_office();
    let told = told(&office);
    let defined = |told: &[String], entry: &str| {
        let said = jndi(told, "schema", &[entry]);
        assert!(said.ends_with("defined: true\n"), "{entry}: {said}");
    };
    for (layout, user, group) in [
        ("rfc2307", "uid=ada,ou=people", "cn=crew,ou=groups"),
        ("unique_member", "uid=ada,ou=people", "cn=crew,ou=groups"),
        ("active_directory", "cn=ada,cn=users", "cn=crew,ou=groups"),
        ("jumpcloud", "uid=ada,ou=Users", "cn=crew,ou=Users"),
        ("rfc2307bis", "uid=ada,ou=people", "cn=crew,ou=groups"),
    ] {
        office.lay_out(layout);
        defined(&told, user);
        defined(&told, group);
    }
    for (profile, entry) in [
        ("sssd", "cn=crew,ou=groups"),
        ("nextcloud", "uid=ada,ou=people"),
        ("vcenter", "cn=crew,ou=groups"),
        ("synology", "cn=crew,ou=groups"),
        ("ad-like", "cn=ada,cn=users"),
        ("jumpcloud", "uid=ada,ou=Users"),
    ] {
        let (dn, password) = profiled(&office, profile, profile);
        defined(&[&told[..3], &[dn, password]].concat(), entry);
    }
}

#[test]
fn binary_values_are_octets_and_text_is_text() {
    let office = staffed_office();
    let told = told(&office);
    let expected = "octets: 36\ntext: Ada Lovelace\nattributes: 2\nby: [ada]\nnone: true\n";
    assert_eq!(jndi(&told, "binary", &[]), expected);
}

#[test]
fn however_referrals_are_to_be_treated_there_are_none() {
    let office = staffed_office();
    let told = told(&office);
    let ada = office.user_dn("ada");
    let expected = format!("ignore: {ada}\nfollow: {ada}\nthrow: {ada}\n");
    assert_eq!(jndi(&told, "referral", &[]), expected);
}

#[test]
fn a_limit_gives_as_many_and_says_that_there_are_more() {
    let office = staffed_office();
    let told = told(&office);
    let said = jndi(&told, "limit", &[]);
    assert!(said.starts_with("exceeded: [LDAP: error code 4 ") && said.ends_with("seen: 1\n"));
}

#[test]
fn odd_names_come_back_as_they_are() {
    let office = Office::new();
    oddly_named(&office);
    are_read_back(&run(&told(&office), "names", &[]));
}

#[test]
fn values_compare_by_the_rules_of_their_attribute() {
    let office = staffed_office();
    let told = told(&office);
    let said = jndi(&told, "compare", &["ada@office.example"]);
    assert_eq!(said, "compared: true\ncompared: true\ncompared: false\n");
}

#[test]
fn changes_and_listeners_are_refused_with_a_reason_and_the_connection_goes_on() {
    let office = staffed_office();
    let told = told(&office);
    let alive = format!("alive: {}\n", office.user_dn("ada"));
    let written = jndi(&told, "write", &[]);
    let refused = "refused: OperationNotSupportedException [LDAP: error code 53 - ";
    assert!(written.starts_with(refused) && written.ends_with(&alive), "{written}");
    let listened = jndi(&told, "listen", &[]);
    let refused = "heard: [LDAP: error code 12 - ";
    assert!(listened.starts_with(refused) && listened.ends_with(&alive), "{listened}");
}
