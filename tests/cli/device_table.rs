//! Devices out of a table, by the script, the table and the commands of `docs/devices.md`, as they stand
//! there.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::harness::client::{Client, Output};
use crate::harness::environment;
use crate::harness::office::Office;

const PAGE: &str = include_str!("../../docs/devices.md");

/// What stands on the page in this language.
fn block(language: &str) -> &'static str {
    let (_, behind) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    behind.split_once("```").unwrap().0
}

/// Runs the commands of the page in a folder, in an organization that has another slug than there.
fn run(office: &Office, folder: &Path) -> Output {
    let binaries = environment::tenantryd().parent().unwrap().to_owned();
    let there = format!("-O {} ", office.slug);
    let commands = block("sh").replace("-O acme ", &there);
    assert_eq!(commands.matches(&there).count(), 2, "{commands}");
    Client::new("bash", "bash")
        .args(["-c", "PATH=\"$1:$PATH\" exec bash -e -o pipefail -s", "bash"])
        .arg(binaries)
        .within(folder)
        .env("TENANTRY_SERVER", &office.demo.admin_api.url)
        .env("TENANTRY_CA", &office.demo.ca_file)
        .env("TENANTRY_TOKEN", &office.demo.admin_api.tokens.administrator_with_billing)
        .input(commands)
        .run()
}

#[test]
fn devices_come_out_of_a_table_as_the_page_says() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let ada = office.user("ada", "correct horse battery");
    let [laptops, printers] = ["laptops", "printers"].map(|name| office.group(name, &[], &[]));
    let table = folder.path().join("devices.csv");
    fs::write(folder.path().join("devices.py"), block("python")).unwrap();
    fs::write(&table, block("csv")).unwrap();
    let made = run(&office, folder.path());
    assert_eq!(made.code, 0, "{made:?}");
    let devices = || office.read("devices?sort=name")["items"].as_array().unwrap().clone();
    let said = devices();
    assert_eq!(said.len(), 2, "{said:?}");
    let expected = [
        json!({"name": "laptop-8", "serial": "C02XK8", "model": "MacBook Air", "os": "macos",
            "os_version": "15.10", "owner": ada, "addresses": [], "groups": [laptops]}),
        json!({"name": "printer-2", "serial": "0073512", "model": "Jet, the large one", "os": null,
            "os_version": null, "owner": null,
            "addresses": ["00:10:a4:23:19:c0", "00:10:a4:23:19:c1"]}),
    ];
    for (device, expected) in said.iter().zip(&expected) {
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&device[field], value, "{field} of {device}");
        }
    }
    let groups = said[1]["groups"].as_array().unwrap();
    assert!(groups.len() == 2 && groups.contains(&json!(printers)), "{groups:?}");

    // As a spreadsheet writes it, and with a device that is there and one that is new.
    let changed = block("csv").replace("15.10", "15.11");
    fs::write(&table, format!("\u{feff}{changed}Gräfin \u{1F980},,,linux,,,,,\n")).unwrap();
    let again = run(&office, folder.path());
    assert_eq!(again.code, 0, "{again:?}");
    let after = devices();
    let named = |name: &str| after.iter().find(|device| device["name"] == name).unwrap();
    assert_eq!((after.len(), &named("Gräfin \u{1F980}")["os"]), (3, &json!("linux")));
    assert_eq!(named("laptop-8")["os_version"], "15.11");
    assert_eq!(named("printer-2"), &said[1], "it says the same of it");
    let unchanged = run(&office, folder.path());
    assert_eq!((unchanged.code, unchanged.stdout.as_str()), (0, ""), "{unchanged:?}");
}

#[test]
fn a_column_that_nobody_spoke_of_and_a_system_that_there_is_not_make_no_device() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("devices.py"), block("python")).unwrap();
    for (table, why) in [
        ("Device,Warranty\nlaptop-8,2031\n", "Warranty"),
        ("Device,Serial number\nlaptop-8,C02XK8,too much\n", "KeyError"),
        ("Device,System\nlaptop-8,beos\n", "os must be one of windows, macos"),
        ("Device,Groups\nlaptop-8,nowhere\n", "nowhere"),
    ] {
        fs::write(folder.path().join("devices.csv"), table).unwrap();
        let refused = run(&office, folder.path());
        assert!(refused.code != 0 && refused.stderr.contains(why), "{table}: {refused:?}");
    }
    assert_eq!(office.read("devices")["items"], json!([]));
}
