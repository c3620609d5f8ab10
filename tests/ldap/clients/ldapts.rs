//! ldapts, which Node's applications ask with.

use super::ODD_NAMES;
use super::{PASSWORD, are_read_back, oddly_named, script, staffed_office, told, told_tls};
use crate::harness::client::{Client, Output};
use crate::harness::environment;
use crate::harness::office::Office;

fn run(arguments: &[String], task: &str, more: &[&str]) -> Output {
    Client::new("node", "nodejs npm")
        .env("NODE_PATH", environment::library("ldapts").join("node_modules"))
        .arg(script("ldapts/client.cjs"))
        .arg(task)
        .args(arguments)
        .args(more)
        .run()
}

/// Does something that must succeed; tells what was said.
fn ldapts(told: &[String], task: &str, more: &[&str]) -> String {
    let output = run(told, task, more);
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout
}

#[test]
fn tls_is_started_and_names_change_on_the_connection() {
    let office = staffed_office();
    let told = told(&office);
    let expected = "found ada,linus\nrefused true\nagain ada,linus\n";
    assert_eq!(ldapts(&told, "start-tls", &[]), expected);
    let told = told_tls(&office, &told);
    assert_eq!(ldapts(&told, "ldaps", &[]), "found ada,linus\n");
}

#[test]
fn pages_give_everybody_once() {
    let office = Office::new();
    let told = told(&office);
    for number in 1..=7 {
        office.user(&format!("user-{number}"), PASSWORD);
    }
    assert_eq!(ldapts(&told, "page", &["3"]), "entries 7\npages 3 entries 7\n");
}

#[test]
fn odd_names_come_back_as_they_are() {
    let office = Office::new();
    oddly_named(&office);
    are_read_back(&run(&told(&office), "escape", &ODD_NAMES));
}

#[test]
fn values_are_octets_lists_and_text_and_refusals_have_their_code() {
    let office = staffed_office();
    let told = told(&office);
    let said = ldapts(&told, "values", &[]);
    let lines: Vec<&str> = said.lines().collect();
    let [octets, groups, compared, who, refused] = lines[..] else { panic!("{said}") };
    assert_eq!([octets, groups, compared], ["octets true 36", "groups 2", "compared true false"]);
    assert!(who.starts_with("who dn:cn=library,ou=services,"), "{who}");
    assert!(refused.starts_with("refused 53 "), "{refused}");
}
