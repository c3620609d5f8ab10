//! ldap3, a library in Python alone.

use super::{NEW, PASSWORD, script, staffed_office, told};
use crate::harness::client::Client;
use crate::harness::office::Office;

/// Does something that must succeed; tells what was said.
fn ldap3(office: &Office, task: &str, more: &[&str]) -> String {
    let output = Client::new("/usr/bin/python3", "python3")
        .env("PYTHONIOENCODING", "utf-8")
        .arg(script("python_ldap3.py"))
        .arg(task)
        .args(told(office))
        .args(more)
        .run();
    let missing = output.stderr.contains("No module named 'ldap3'");
    assert!(!missing, "ldap3 is missing: apt-get install python3-ldap3");
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout
}

#[test]
fn tls_is_started_before_a_bind_with_a_server_that_is_trusted_alone() {
    let office = staffed_office();
    let who = format!("who dn:cn=library,ou=services,{}", office.base);
    let expected = format!("inside True\n{who}\nnot trusted\nwrong False\n");
    assert_eq!(ldap3(&office, "start-tls", &[]), expected);
}

#[test]
fn its_paged_searches_give_everybody_once() {
    for (size, expected) in [("3", "pages 3\nentries 7 7\n"), ("7", "pages 1\nentries 7 7\n")] {
        let office = Office::new();
        for number in 1..=7 {
            office.user(&format!("user-{number}"), PASSWORD);
        }
        assert_eq!(ldap3(&office, "page", &[size]), expected, "pages of {size}");
    }
}

#[test]
fn comparisons_are_true_or_false_or_of_nobody() {
    let office = staffed_office();
    let expected = "True compareTrue\nFalse compareFalse\nFalse noSuchObject\n";
    assert_eq!(ldap3(&office, "compare", &[]), expected);
}

#[test]
fn a_write_is_refused_with_a_sentence_that_says_where_to_go() {
    let office = staffed_office();
    let said = ldap3(&office, "modify", &[]);
    let (refused, surname) = said.trim_end().split_once('\n').unwrap();
    assert!(refused.starts_with("False unwillingToPerform "), "{said}");
    for words in ["admin API", "/v1/docs", "tenantry"] {
        assert!(refused.contains(words), "{said}");
    }
    assert_eq!(surname, "Lovelace");
}

#[test]
fn people_change_their_own_password_or_have_one_made_up() {
    let office = staffed_office();
    let expected = "False the new password must have at least 8 characters\n\
                    True False True\nTrue False True\n";
    assert_eq!(ldap3(&office, "change", &[PASSWORD, NEW]), expected);
}
