//! Files that are generated and committed are what the daemon prints today.

use std::fs;

use super::root;
use crate::harness::authority::{Authority, Holder};
use crate::harness::client::{Client, Output};
use crate::harness::environment;

fn tenantryd<const N: usize>(words: [&str; N]) -> Output {
    let program = environment::tenantryd();
    let output = Client::new(program.to_str().unwrap(), "none").args(words).run();
    assert_eq!(output.code, 0, "{output:?}");
    output
}

fn is_printed_by<const N: usize>(file: &str, words: [&str; N]) {
    let committed = fs::read_to_string(root().join(file)).unwrap();
    let printed = tenantryd(words).stdout;
    let differs = committed.lines().zip(printed.lines()).find(|(here, there)| here != there);
    assert!(
        committed == printed,
        "{file} is not what `tenantryd {}` prints; first difference: {differs:?}",
        words.join(" ")
    );
}

#[test]
fn the_sample_configuration_is_the_generated_one() {
    is_printed_by("packaging/tenantry.toml", ["config", "sample"]);
}

#[test]
fn the_openapi_document_is_the_generated_one() {
    is_printed_by("admin-api/openapi.json", ["openapi"]);
}

#[test]
fn the_openapi_document_of_the_devices_door_is_the_generated_one() {
    is_printed_by("admin-api/device-openapi.json", ["openapi", "--devices"]);
}

#[test]
fn the_sample_configuration_is_right_once_it_names_a_certificate() {
    let sample = fs::read_to_string(root().join("packaging/tenantry.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("tidy");
    let named = name_certificate(&sample, &authority);
    assert_ne!(named, sample);
    let file = folder.path().join("tenantry.toml");
    fs::write(&file, named).unwrap();
    tenantryd(["config", "check", "--config", file.to_str().unwrap()]);
}

#[test]
fn every_key_of_the_sample_is_known_with_its_default() {
    let sample = fs::read_to_string(root().join("packaging/tenantry.toml")).unwrap();
    let is_key =
        |line: &str| line.starts_with('#') && line.contains(" = ") && !line.starts_with("# ");
    let empty = |line: &str| line.contains("= \"\"");
    let lines = sample.lines().map(|line| match line {
        line if is_key(line) && !empty(line) => &line[1..],
        line => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let authority = Authority::new("tidy");
    let text = name_certificate(&text, &authority);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenantry.toml");
    fs::write(&file, text).unwrap();
    tenantryd(["config", "check", "--config", file.to_str().unwrap()]);
}

/// The text with a certificate of that authority, which has to be there for the text to be right.
fn name_certificate(text: &str, authority: &Authority) -> String {
    let issued = authority.issue(&Holder { common_name: "localhost", ..Holder::default() });
    text.replace("#certificate = \"\"", &format!("certificate = {:?}", issued.certificate))
        .replace("#key = \"\"", &format!("key = {:?}", issued.key))
}
