//! The admin API against its own document, by Schemathesis: whatever it makes up, nothing fails, and
//! every answer is one that the document has.

use std::time::Duration;

use crate::harness::client::{Client, Output};
use crate::harness::environment;
use crate::harness::office::Office;

/// What is looked at in each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      allow_header_conformance,ignored_auth";
/// Making up more ends after so many seconds, however slow the machine is.
const LONGEST: u64 = 60;

/// Asks every operation as whoever may do everything, in one phase.
fn ask(office: &Office, phase: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let (settings, document) =
        (folder.path().join("schemathesis.toml"), folder.path().join("openapi.json"));
    let organization = format!("[parameters]\n\"path.organization\" = \"{}\"\n", office.id);
    std::fs::write(&settings, organization).unwrap();
    let api = office.demo.api_as_nobody();
    std::fs::write(&document, api.get("/v1/openapi.json").body).unwrap();
    let program = environment::library("schemathesis").join("bin/schemathesis");
    let bearer = format!(
        "Authorization: Bearer {}",
        office.demo.admin_api.tokens.administrator_with_billing
    );
    let patience = Duration::from_secs(LONGEST + 200);
    Client::patient(program.to_str().unwrap(), "python3-venv", patience)
        .within(folder.path())
        .arg("--config-file")
        .arg(&settings)
        .arg("run")
        .arg(&document)
        .args(["--url", &office.demo.admin_api.url, "--tls-verify", &office.demo.ca_file])
        .args(["--header", &bearer, "--checks", CHECKS, "--phases", phase])
        .args(["--max-examples", "3", "--max-time", &LONGEST.to_string(), "--seed", "1"])
        .args(["--continue-on-failure", "--no-shrink", "--warnings", "off"])
        .args(["--generation-database", "none", "--no-color"])
        .run()
}

#[test]
fn every_answer_to_what_the_document_allows_and_forbids_is_documented() {
    let Some(office) = Office::alone() else { return };
    let output = ask(&office, "examples,coverage");
    assert_eq!(output.code, 0, "{}\n{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("No issues found"), "{}", output.stdout);
    assert_eq!(office.demo.api_as_nobody().get("/v1/health").status, 200);
}

#[test]
fn nothing_fails_whatever_is_made_up() {
    let Some(office) = Office::alone() else { return };
    let output = ask(&office, "fuzzing");
    assert_eq!(output.code, 0, "{}\n{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("No issues found"), "{}", output.stdout);
    assert_eq!(office.demo.api_as_nobody().get("/v1/health").status, 200);
}
