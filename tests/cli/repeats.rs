//! Answers that are lost on the way.

use std::time::Duration;

use serde_json::json;

use crate::harness::breaking::{Asked, BreakingLine};
use crate::harness::client::Client;
use crate::harness::forwarder::Forwarder;
use crate::harness::office::Office;
use crate::harness::pause;
use crate::harness::server::free_tcp;
use crate::harness::tenantry::Tenantry;

fn desk(office: &Office, line: &BreakingLine) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::at(&line.url, &line.ca_file, key).within(&office.slug)
}

#[test]
fn what_is_made_over_a_line_that_breaks_is_made_once_and_told_whole() {
    let office = Office::new();
    let line = BreakingLine::to(&office.demo);
    let tenantry = desk(&office, &line);
    line.loses(2);
    let made = tenantry.shows("service-account create --name wiki");
    let (dn, password) = (made["dn"].as_str().unwrap(), made["password"].as_str().unwrap());
    let bound = office.demo.ldap().bound(dn, password).who_am_i();
    assert_eq!(bound.code, 0, "{bound:?}");
    let asked = line.asked(3);
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_ne!(asked[0].key, "-");
    let is_the_same = |other: &Asked| other.key == asked[0].key && other.status == 201;
    assert!(asked.iter().all(is_the_same), "{asked:?}");
    let accounts = tenantry.shows("service-account list");
    assert_eq!(accounts.as_array().unwrap().len(), 1, "{accounts}");
    let taken = tenantry.run("service-account create --name wiki");
    assert_eq!(taken.code, 6, "each command has a key of its own: {taken:?}");
}

#[test]
fn a_line_that_never_holds_is_given_up_and_what_has_no_key_is_asked_once() {
    let office = Office::new();
    let line = BreakingLine::to(&office.demo);
    let tenantry = desk(&office, &line);
    line.loses(100);
    let given_up = tenantry.run("group create --name staff");
    assert_eq!(given_up.code, 8, "{given_up:?}");
    assert_eq!(line.asked(4).len(), 4);
    let changed = tenantry.run("group update staff --description Everybody");
    assert_eq!(changed.code, 8, "{changed:?}");
    let asked = line.asked(5);
    assert_eq!((asked.len(), asked[4].method.as_str()), (5, "PATCH"), "{asked:?}");
    assert_eq!(asked[4].key, "-");
    let staff = office.read("groups?name=staff")["items"].clone();
    assert_eq!(staff.as_array().unwrap().len(), 1, "{staff}");
    assert_eq!(staff[0]["description"], json!("Everybody"), "it was done all the same");
}

#[test]
fn a_server_that_is_started_anew_is_waited_for() {
    let office = Office::new();
    let admin_api = &office.demo.admin_api;
    let address = free_tcp();
    let key = &admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::at(&format!("https://{address}"), &office.demo.ca_file, key);
    let making = tenantry.within(&office.slug).starts("group create --name staff -o json");
    // It finds nobody at first, and gives up long after this.
    pause(Duration::from_millis(500));
    let _line = Forwarder::at(&address, admin_api.url.trim_start_matches("https://"));
    making.says("\"name\": \"staff\"");
    assert_eq!(office.read("groups?name=staff")["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_is_applied_over_a_line_that_breaks() {
    let office = Office::new();
    let line = BreakingLine::to(&office.demo);
    let tenantry = desk(&office, &line);
    line.loses(1);
    let file = "groups: [{name: staff}, {name: all}]\n";
    let applied = tenantry.hear("apply -f - --yes", file);
    assert_eq!(applied.code, 0, "{applied:?}");
    let asked = line.asked(3);
    assert_eq!((asked.len(), &asked[0].key), (3, &asked[1].key), "{asked:?}");
    assert_ne!(asked[1].key, asked[2].key, "{asked:?}");
    assert_eq!(tenantry.shows("group list").as_array().unwrap().len(), 2);
}

#[test]
fn a_file_is_imported_over_a_line_that_breaks() {
    let office = Office::new();
    let line = BreakingLine::to(&office.demo);
    let tenantry = desk(&office, &line);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, "login\nada\nbob\n").unwrap();
    line.breaks(2);
    let done = tenantry.run(&format!("import csv {} -o json", file.display()));
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("the file is sent again"), "{done:?}");
    let asked: Vec<_> = line.asked(4).iter().map(|one| (one.method.clone(), one.status)).collect();
    let put = |status| ("PUT".to_owned(), status);
    assert_eq!(asked, [("POST".to_owned(), 201), put(0), put(0), put(200)]);
    assert_eq!(tenantry.shows("user list").as_array().unwrap().len(), 2);

    // What cannot be read again has come all the same when only the answer is lost.
    line.loses_of_files(1);
    let done = tenantry.hear("import csv - -o json", "login\neve\n");
    assert_eq!(done.code, 0, "{done:?}");
    line.breaks(1);
    let lost = tenantry.hear("import csv - --name lost -o json", "login\nmia\n");
    assert_eq!(lost.code, 8, "{lost:?}");
    assert_eq!(tenantry.shows("import show lost")["state"], "cancelled");
}

#[test]
fn a_file_that_stood_still_on_its_way_is_sent_again() {
    let office = Office::new();
    let line = BreakingLine::to(&office.demo);
    let tenantry = desk(&office, &line);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, "login\nada\n").unwrap();
    line.stalls(1);
    let done = tenantry.run(&format!("import csv {} -o json", file.display()));
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("the file is sent again"), "{done:?}");
    let asked: Vec<u16> = line.asked(3).iter().map(|one| one.status).collect();
    assert_eq!(asked, [201, 408, 200]);

    line.stalls(1);
    let lost = tenantry.hear("import csv - --name lost -o json", "login\nbob\n");
    assert_eq!(lost.code, 8, "it cannot be read again: {lost:?}");
    assert_eq!(tenantry.shows("import show lost")["state"], "cancelled");
}

#[test]
fn who_asks_too_often_waits_as_long_as_the_server_says_and_is_answered() {
    let Some(mut office) = Office::alone() else { return };
    let (_site, server) = office.serve_with(&["requests_per_minute = 60"]);
    let url = format!("https://{}", server.admin_api);
    let bearer = format!("Authorization: Bearer {}", office.top.token());
    let me = format!("{url}/v1/me");
    // On one connection, so that all come in less time than gives back what they take.
    let said = Client::new("curl", "curl")
        .args(["-s", "-i", "--http1.1", "--cacert", &server.ca_file, "-H", &bearer])
        .args([me.as_str(); 90])
        .run();
    assert!(said.stdout.contains("HTTP/1.1 429"), "{said:?}");
    let tenantry = Tenantry::at(&url, &server.ca_file, office.top.token()).within(&office.slug);
    let file = "groups: [{name: a}, {name: b}, {name: c}]\n";
    let applied = tenantry.hear("apply -f - --yes", file);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(tenantry.shows("group list").as_array().unwrap().len(), 3);
}
