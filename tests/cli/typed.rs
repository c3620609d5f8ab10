//! What is typed, and what is meant by it.

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// A name that looks like an id, as machines have them from their makers.
const UUID: &str = "4c4c4544-0042-3510-8054-b7c04f4e5931";

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

#[test]
fn what_is_called_like_an_id_is_found_by_its_name() {
    let office = Office::new();
    let tenantry = desk(&office);
    tenantry.does(&format!("device create --name {UUID} --serial X9"));
    assert_eq!(tenantry.shows(&format!("device show {UUID}"))["serial"], "X9");
    tenantry.does(&format!("device delete {UUID} --yes"));
    assert_eq!(tenantry.shows("device list"), json!([]));
    tenantry.does(&format!("group create --name {UUID}"));
    tenantry.does("group create --name all");
    tenantry.does(&format!("group change-members all --add-groups {UUID}"));
    assert_eq!(tenantry.shows("group members all")[0]["name"], UUID);
    let missing = tenantry.run(&format!("user show {UUID}"));
    assert_eq!(missing.code, 5, "{missing:?}");
}

#[test]
fn who_names_one_by_its_id_and_another_by_its_name_is_asked_which() {
    let office = Office::new();
    let tenantry = desk(&office);
    let ada = office.user("ada", "correct horse battery");
    assert_eq!(tenantry.shows(&format!("user show {ada}"))["login"], "ada");
    let other = format!("user create --login {ada} --display-name Eve --surname E");
    let other = tenantry.shows(&other)["id"].as_str().unwrap().to_owned();
    for line in [format!("user show {ada}"), format!("user delete {ada} --yes")] {
        let told = tenantry.run(&line);
        assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{line}: {told:?}");
        assert!(told.stderr.contains("is the id of one user and the name of another"), "{told:?}");
        assert!(told.stderr.contains(&other), "{told:?}");
    }
    assert_eq!(tenantry.shows("user show ada")["id"], json!(ada));
    assert_eq!(tenantry.shows(&format!("user show {other}"))["login"], json!(ada));
}

#[test]
fn who_says_the_name_of_one_device_and_the_serial_number_of_another_is_asked_which() {
    let office = Office::new();
    let tenantry = desk(&office);
    let made = |line: &str| tenantry.shows(line)["id"].as_str().unwrap().to_owned();
    let numbered = made("device create --name laptop-7 --serial C02XK1");
    assert_eq!(tenantry.shows("device show c02xk1")["name"], "laptop-7");
    let named = made("device create --name C02XK1 --serial X9");
    for line in ["device show C02XK1", "device delete C02XK1 --yes"] {
        let told = tenantry.run(line);
        assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{line}: {told:?}");
        assert!([&named, &numbered].iter().all(|&id| told.stderr.contains(id)), "{told:?}");
    }
    tenantry.does(&format!("device delete {named} --yes"));
    assert_eq!(tenantry.shows("device show C02XK1")["id"], json!(numbered));
    let both = made("device create --name P9 --serial p9");
    assert_eq!(tenantry.shows("device show P9")["id"], json!(both));
}

#[test]
fn a_line_of_a_file_is_taken_without_its_end() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.user("ada", "correct horse battery");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("title.txt");
    let line = format!("user update ada --title @{}", file.display());
    std::fs::write(&file, "Professor\n").unwrap();
    tenantry.does(&line);
    assert_eq!(tenantry.shows("user show ada")["title"], "Professor");
    std::fs::write(&file, "two\nlines\n").unwrap();
    assert_eq!(tenantry.run(&line).code, 7);
}

#[test]
fn a_table_whose_values_something_else_parts_is_told_how_that_is_said() {
    let office = Office::new();
    let tenantry = desk(&office);
    for (sign, advice) in [(";", "--delimiter ';'"), ("\t", "--delimiter $'\\t'")] {
        let text = format!("login{sign}surname\nuser{sign}U\n");
        let told = tenantry.hear("import csv - --dry-run", &text);
        assert!(told.code == 7 && told.stderr.contains(advice), "{told:?}");
        assert!(!told.stderr.contains("--map"), "{told:?}");
        let words = ["import", "csv", "-", "--dry-run", "--delimiter", sign];
        let read = tenantry.hear_words(&words, &text);
        assert_eq!(read.code, 0, "{read:?}");
    }
}
