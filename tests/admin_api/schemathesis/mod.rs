//! The admin API against its own document, by Schemathesis: whatever it makes up, nothing fails, and
//! every answer is one that the document has.

mod world;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use self::world::World;
use crate::harness::client::Client;
use crate::harness::environment;

/// What is looked at in each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      allow_header_conformance,ignored_auth";
/// Trying more ends after so many seconds, however slow the machine is.
const LONGEST: u64 = 240;
/// Making up more ends after so many.
const LONGEST_MADE_UP: u64 = 60;
/// So many operations do what they are asked at least once.
const DONE: usize = 150;

/// What an operation answered: how often, and how often with success.
type Answers = BTreeMap<String, (usize, usize)>;

/// Asks every operation as whoever may do everything, in phases; `makes_up` when they make things up.
fn ask(world: &World, phases: &str, makes_up: bool) -> Answers {
    let demo = &world.kept.office.demo;
    let folder = tempfile::tempdir().unwrap();
    let [settings, document, report] =
        ["schemathesis.toml", "openapi.json", "report.ndjson"].map(|name| folder.path().join(name));
    let (told, forced) = world.told(makes_up);
    std::fs::write(&settings, forced).unwrap();
    std::fs::write(&document, told.to_string()).unwrap();
    let program = environment::library("schemathesis").join("bin/schemathesis");
    let bearer =
        format!("Authorization: Bearer {}", demo.admin_api.tokens.administrator_with_billing);
    let longest = if makes_up { LONGEST_MADE_UP } else { LONGEST };
    let output = Client::patient(
        program.to_str().unwrap(),
        "python3-venv",
        Duration::from_secs(longest + 200),
    )
    .within(folder.path())
    .arg("--config-file")
    .arg(&settings)
    .arg("run")
    .arg(&document)
    .args(["--url", &demo.admin_api.url, "--tls-verify", &demo.ca_file])
    .args(["--header", &bearer, "--checks", CHECKS, "--phases", phases])
    .args(["--max-examples", "3", "--max-time", &longest.to_string(), "--seed", "1"])
    .args(["--continue-on-failure", "--no-shrink", "--warnings", "off"])
    .args(["--generation-database", "none", "--no-color"])
    .arg("--report-ndjson-path")
    .arg(&report)
    .run();
    assert_eq!(output.code, 0, "{}\n{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("No issues found"), "{}", output.stdout);
    assert_eq!(demo.api_as_nobody().get("/v1/health").status, 200);
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
    let Some(world) = World::new() else { return };
    let answers = ask(&world, "examples,coverage", false);
    let operations = world.operations();
    let done = |name: &&String| answers.get(*name).is_some_and(|(_, done)| *done > 0);
    let (well, others): (Vec<&String>, Vec<&String>) = operations.iter().partition(done);
    let of = operations.len();
    let said = format!("of {of} operations {} were asked, and {} done", answers.len(), well.len());
    environment::say(&said);
    assert!(
        well.len() >= DONE,
        "{} of {of} were done once; these were not: {others:#?}",
        well.len()
    );
}

#[test]
fn nothing_fails_whatever_is_made_up() {
    let Some(world) = World::new() else { return };
    let answers = ask(&world, "fuzzing", true);
    assert!(!answers.is_empty(), "nothing was asked");
}
