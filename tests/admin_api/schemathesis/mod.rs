//! The admin API against its own document, by Schemathesis: whatever it makes up, nothing fails, and
//! every answer is one that the document has.

mod needs;
mod world;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use self::world::World;
use crate::harness::client::Client;
use crate::harness::environment;
use crate::harness::office::{Office, id_of};
use crate::harness::server::{Site, free_tcp};

/// What is looked at in each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      allow_header_conformance,ignored_auth";
/// Trying more ends after so many seconds, however slow the machine is.
const LONGEST: u64 = 240;
/// Making up more ends after so many.
const LONGEST_MADE_UP: u64 = 60;
/// The same at the devices' door, which has two operations.
const LONGEST_AT_DOOR: u64 = 30;
/// So many operations are made something up about at least, on a machine of which little is left.
const MADE_UP: usize = 50;
/// So many operations more than those that may be left are not done once where it ends too soon.
const HURRIED: usize = 8;
/// What is done with requests on their way.
const HOOKS: &str = include_str!("hooks.py");
const HOOKS_FILE: &str = "hooks.py";
/// Operations that may be left undone by what Schemathesis makes of the document. The list may only lose
/// lines.
const UNDONE: &str = include_str!("undone.txt");

/// What an operation answered: how often, and how often with success.
type Answers = BTreeMap<String, (usize, usize)>;

/// Settings by which no part of an answer is put into another request: ids of things that others need
/// stay out.
fn no_answers() -> String {
    let phase = |name: &str| format!("[phases.{name}.extra-data-sources]\nresponses = false\n");
    ["examples", "coverage", "fuzzing"].map(phase).concat()
}

/// Asks every operation as whoever may do everything, in phases.
fn ask(world: &World, phases: &str) -> Answers {
    let demo = &world.kept.office.demo;
    let (told, settings) = world.told();
    let bearer =
        format!("Authorization: Bearer {}", demo.admin_api.tokens.administrator_with_billing);
    let more = ["--header", &bearer, "--phases", phases];
    let longest = if world.makes_up { LONGEST_MADE_UP } else { LONGEST };
    let answers =
        schemathesis((&told, &settings), (&demo.admin_api.url, &demo.ca_file), &more, longest);
    assert_eq!(demo.api_as_nobody().get("/v1/health").status, 200);
    answers
}

/// Runs Schemathesis with a document and settings at a URL whose authority is in a file, for so many
/// seconds at most.
fn schemathesis(
    (document, settings): (&Value, &str),
    (url, ca_file): (&str, &str),
    more: &[&str],
    longest: u64,
) -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let [config, told, report] =
        ["schemathesis.toml", "openapi.json", "report.ndjson"].map(|name| folder.path().join(name));
    std::fs::write(folder.path().join(HOOKS_FILE), HOOKS).unwrap();
    std::fs::write(&config, settings).unwrap();
    std::fs::write(&told, document.to_string()).unwrap();
    let program = environment::library("schemathesis").join("bin/schemathesis");
    let output = Client::patient(
        program.to_str().unwrap(),
        "python3-venv",
        Duration::from_secs(longest + 200),
    )
    .within(folder.path())
    .arg("--config-file")
    .arg(&config)
    .arg("run")
    .arg(&told)
    .args(["--url", url, "--tls-verify", ca_file, "--checks", CHECKS])
    .args(more)
    .args(["--max-examples", "3", "--max-time", &longest.to_string(), "--seed", "1"])
    .args(["--continue-on-failure", "--no-shrink", "--warnings", "off"])
    .args(["--generation-database", "none", "--no-color"])
    .arg("--report-ndjson-path")
    .arg(&report)
    .run();
    assert_eq!(output.code, 0, "{}\n{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("No issues found"), "{}", output.stdout);
    answers(&report)
}

/// What each operation answered to requests of its own method.
fn answers(report: &Path) -> Answers {
    let mut answers = Answers::new();
    for line in BufReader::new(File::open(report).unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let recorder = &event["ScenarioFinished"]["recorder"];
        let Some(name) = recorder["label"].as_str() else { continue };
        let method = name.split(' ').next().unwrap();
        let exchanged = recorder["interactions"].as_object().into_iter().flatten();
        for (_, exchanged) in exchanged.filter(|(_, it)| it["request"]["method"] == method) {
            let status = exchanged["response"]["status_code"].as_u64().unwrap_or_default();
            let (asked, done) = answers.entry(name.to_owned()).or_default();
            *asked += 1;
            *done += usize::from((200..300).contains(&status));
        }
    }
    answers
}

#[test]
fn every_answer_to_what_the_document_allows_and_forbids_is_documented() {
    let Some(world) = World::new(false) else { return };
    let answers = ask(&world, "examples,coverage");
    let operations = world.operations();
    let done = |name: &&String| answers.get(*name).is_some_and(|(_, done)| *done > 0);
    let (well, others): (Vec<&String>, Vec<&String>) = operations.iter().partition(done);
    let of = operations.len();
    let said = format!("of {of} operations {} were asked, and {} done", answers.len(), well.len());
    environment::say(&said);
    let unasked: Vec<_> = operations.iter().filter(|name| !answers.contains_key(*name)).collect();
    assert!(unasked.is_empty(), "nobody asked {unasked:#?}");
    let listed: Vec<&str> = UNDONE.lines().collect();
    let undone: Vec<_> = others.iter().filter(|name| !listed.contains(&name.as_str())).collect();
    environment::say(&format!("not done once: {undone:?}"));
    assert!(undone.len() <= HURRIED, "not done once, and not among those that may be: {undone:#?}");
    let unknown = listed.iter().filter(|name| !operations.iter().any(|known| known == *name));
    let unknown: Vec<_> = unknown.collect();
    assert!(unknown.is_empty(), "no operations: {unknown:#?}");
    let done = listed.iter().filter(|name| well.iter().any(|known| known == *name));
    environment::say(&format!("done, although they may be left: {:?}", done.collect::<Vec<_>>()));
}

#[test]
fn nothing_fails_whatever_is_made_up() {
    let Some(world) = World::new(true) else { return };
    let answers = ask(&world, "fuzzing");
    let asked = answers.len();
    environment::say(&format!("made something up about {asked} operations"));
    assert!(asked >= MADE_UP, "only {asked} operations were asked: {answers:?}");
}

/// A document in which examples name an organization.
fn about(office: &Office, document: &str) -> Value {
    let mut document: Value = serde_json::from_str(document).unwrap();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            let parameters = operation["parameters"].as_array_mut().unwrap().iter_mut();
            for parameter in parameters.filter(|parameter| parameter["name"] == "organization") {
                parameter["example"] = json!(office.id);
            }
        }
    }
    document
}

#[test]
fn the_devices_door_answers_as_its_own_document_says() {
    let Some(mut office) = Office::alone() else { return };
    office.built_in("Acme devices");
    let group = office.group("laptops", &[], &[]);
    let settings = json!({"disk_encryption": {}, "screen_lock": {"delay": 300},
        "allowed_networks": {"ssids": ["Acme"]},
        "os_updates": {"minimum_versions": [{"os": "linux", "version": "6.8"}]}});
    let policy = json!({"name": "base", "groups": [group], "settings": settings});
    office.make("security-policies", &policy);
    let device = id_of(&office.make("devices", &json!({"name": "laptop", "groups": [group]})));
    let handed = office.hand_out(&format!("devices/{device}"), &json!({}));
    let printed = Client::new(environment::tenantryd().to_str().unwrap(), "none")
        .args(["openapi", "--devices"])
        .run();
    let document = about(&office, &printed.stdout);

    Arc::get_mut(&mut office.demo).unwrap().daemon().stop();
    let door = free_tcp();
    let site = Site::of_demo(office.demo.folder()).unwrap();
    let site = site.set("devices", format!("listen = [{door:?}]"));
    let site = site.set("devices", "requests_per_minute = 6000");
    let server = site.serve();
    let (certificate, key) = (handed.certificate(), handed.key());
    let pair = [&certificate, &key].map(|file| file.to_str().unwrap());
    let phases = ["--phases", "examples,coverage,fuzzing"];
    let more = [&["--request-cert", pair[0], "--request-cert-key", pair[1]][..], &phases].concat();
    let (url, settings) = (format!("https://{door}"), no_answers());
    let server = (url.as_str(), server.ca_file.as_str());
    let answers = schemathesis((&document, &settings), server, &more, LONGEST_AT_DOOR);
    for (method, part) in [("GET", "settings"), ("PUT", "compliance")] {
        let name = format!("{method} /v1/organizations/{{organization}}/device/{part}");
        let done = answers.get(&name).is_some_and(|(_, done)| *done > 0);
        assert!(done, "{name} was never done: {answers:?}");
    }
}
