//! How events that come are printed.

use serde_json::{Value, json};

use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// An organization in which something has happened, and who looks at it.
fn watched() -> (Office, Tenantry) {
    let office = Office::new();
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&office.demo, key).within(&office.slug);
    office.make("groups", &json!({"name": "ada"}));
    (office, tenantry)
}

/// What somebody reads who follows while another group is made.
fn followed(office: &Office, tenantry: &Tenantry, options: &str) -> String {
    let following = tenantry.starts(&format!("events --follow{options}"));
    following.says("ada");
    office.make("groups", &json!({"name": "grace"}));
    following.says("grace");
    following.said()
}

#[test]
fn a_table_that_goes_on_has_one_head_and_its_cells_below_it() {
    let (office, tenantry) = watched();
    let said = followed(&office, &tenantry, "");
    let head = said.lines().next().unwrap();
    let names: Vec<&str> = head.split_whitespace().collect();
    assert_eq!(names, ["AT", "ACTOR", "ACTION", "SUBJECT", "SUCCESS", "REASON"], "{said}");
    assert_eq!(said.matches("ACTOR").count(), 1, "{said}");
    for (name, cell) in [("ACTION", "created"), ("SUBJECT", "grace"), ("SUCCESS", "yes")] {
        let grace = said.lines().last().unwrap();
        let place = head.find(name).unwrap();
        assert!(
            grace[place..].starts_with(&format!("{cell} ")) || grace[place..] == *cell,
            "{said}"
        );
    }
}

#[test]
fn a_table_shows_what_was_asked_for() {
    let (office, tenantry) = watched();
    let said = followed(&office, &tenantry, " --fields subject.name,action,method");
    let words = |line: &str| line.split_whitespace().map(Into::into).collect::<Vec<String>>();
    assert_eq!(words(said.lines().next().unwrap()), ["SUBJECT", "ACTION", "METHOD"], "{said}");
    assert_eq!(words(said.lines().last().unwrap()), ["grace", "created"], "{said}");
    let listed = tenantry.does("events --max 1 --fields subject,action");
    let words: Vec<Vec<String>> = listed.lines().map(words).collect();
    assert_eq!(words, [["SUBJECT", "ACTION"], ["grace", "created"]], "{listed}");
}

#[test]
fn programs_that_follow_read_what_a_list_has() {
    let (office, tenantry) = watched();
    let csv = followed(&office, &tenantry, " -o csv");
    assert_eq!(csv, tenantry.does("events -o csv"));
    assert!(csv.starts_with("action,actor,at,") && csv.lines().count() > 2, "{csv}");

    let (office, tenantry) = watched();
    let csv = followed(&office, &tenantry, " -o csv --fields subject.name,at");
    assert_eq!(csv, tenantry.does("events -o csv --fields subject.name,at"));
    assert!(csv.starts_with("at,subject\n"), "{csv}");

    let (office, tenantry) = watched();
    let said = followed(&office, &tenantry, " -o json");
    let events: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(events), tenantry.shows("events"));

    let (office, tenantry) = watched();
    let said = followed(&office, &tenantry, " -o yaml --fields subject.name");
    let documents: Vec<&str> = said.split("---\n").collect();
    let count = tenantry.shows("events").as_array().unwrap().len();
    assert_eq!((documents[0], documents.len()), ("", count + 1), "{said}");
    let last = documents[count];
    assert!(last.starts_with("subject:") && last.ends_with("name: grace\n"), "{said}");
    assert!(!last.contains("sequence"), "nobody asked for it: {said}");
}
