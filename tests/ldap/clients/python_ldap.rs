//! python-ldap, OpenLDAP's library in Python.

use super::{ODD_NAMES, PASSWORD, are_read_back, oddly_named, script, staffed_office, told};
use crate::harness::client::{Client, Output};
use crate::harness::office::Office;

fn run(told: &[String], task: &str, more: &[&str]) -> Output {
    let output = Client::new("/usr/bin/python3", "python3")
        .env("PYTHONIOENCODING", "utf-8")
        .arg(script("python_ldap.py"))
        .arg(task)
        .args(told)
        .args(more)
        .run();
    let missing = output.stderr.contains("No module named 'ldap'");
    assert!(!missing, "python-ldap is missing: apt-get install python3-ldap");
    output
}

/// Does something that must succeed; tells what was said.
fn python(told: &[String], task: &str, more: &[&str]) -> String {
    let output = run(told, task, more);
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout
}

#[test]
fn tls_is_started_once_and_names_change_on_the_connection() {
    let office = staffed_office();
    let told = told(&office);
    let who = format!("who dn:cn=library,ou=services,{}\n", office.base);
    let expected = format!("{who}refused Invalid credentials \nwho nobody\ntwice refused\n{who}");
    assert_eq!(python(&told, "start-tls", &[]), expected);
}

#[test]
fn pages_give_everybody_once() {
    let office = Office::new();
    let told = told(&office);
    for number in 1..=7 {
        office.user(&format!("user-{number}"), PASSWORD);
    }
    assert_eq!(python(&told, "page", &["3"]), "pages 3\nentries 7\n");
    assert_eq!(python(&told, "page", &["7"]), "pages 1\nentries 7\n");
}

#[test]
fn the_schema_is_read_and_entries_keep_to_it() {
    let office = staffed_office();
    let told = told(&office);
    let must = "must cn gidNumber homeDirectory objectClass sn uid uidNumber";
    let expected = format!("subentry cn=subschema\n{must}\nbeyond\nstructural True\n");
    assert_eq!(python(&told, "schema", &[]), expected);
}

#[test]
fn odd_names_come_back_as_they_are() {
    let office = Office::new();
    oddly_named(&office);
    are_read_back(&run(&told(&office), "escape", &ODD_NAMES));
}

#[test]
fn comparisons_are_true_false_or_refused_with_a_code_of_their_own() {
    let office = staffed_office();
    let told = told(&office);
    let refusals = ["NO_SUCH_ATTRIBUTE", "UNDEFINED_TYPE", "NO_SUCH_OBJECT"];
    let refusals = refusals.map(|name| format!("refused {name}\n")).concat();
    let expected = format!("title True\ntitle False\n{refusals}");
    assert_eq!(python(&told, "compare", &[]), expected);
}

#[test]
fn a_bind_may_ask_for_the_password_policy() {
    let office = staffed_office();
    let told = told(&office);
    let said = python(&told, "policy", &[]);
    assert_eq!(said, "code 97\nrefused INVALID_CREDENTIALS\n");
}

#[test]
fn searches_side_by_side_are_answered_and_those_given_up_disturb_no_other() {
    let office = staffed_office();
    let told = told(&office);
    assert_eq!(python(&told, "follow", &[]), "entries 2\n");
}
