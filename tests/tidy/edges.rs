//! Which crate may depend on which: a forbidden dependency is a missing line in a manifest.

use std::collections::BTreeMap;

use cargo_metadata::{Metadata, MetadataCommand, Package};

use super::root;

/// Every crate of ours and those of ours that it depends on.
const EDGES: &[(&str, &[&str])] = &[
    ("admin-api", &["directory"]),
    // It measures what reading and writing messages costs without a socket.
    ("bench", &["ldap"]),
    ("cli", &[]),
    ("daemon", &["admin-api", "directory", "eap", "ldap", "radius"]),
    ("directory", &["storage"]),
    ("eap", &[]),
    ("ldap", &[]),
    ("radius", &[]),
    ("storage", &[]),
    ("tests", &[]),
];

/// Crates that do without a runtime, randomness of their own and HTTP. In `eap` rustls, a machine
/// itself, makes the randomness of TLS.
const PURE: &[&str] = &["directory", "ldap", "radius", "storage"];
const IMPURE: &[&str] = &[
    "async-std",
    "axum",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "rustls",
    "smol",
    "tokio",
];

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap()
}

fn packages() -> Vec<Package> {
    metadata().packages
}

#[test]
fn crates_depend_on_each_other_as_the_design_says() {
    let ours = |package: &Package| {
        let paths = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
        let mut names: Vec<String> = paths.map(|dependency| dependency.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    let found: BTreeMap<String, Vec<String>> =
        packages().iter().map(|package| (package.name.to_string(), ours(package))).collect();
    let expected: BTreeMap<String, Vec<String>> = EDGES
        .iter()
        .map(|(name, edges)| {
            ((*name).to_owned(), edges.iter().map(|edge| (*edge).to_owned()).collect())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn only_the_daemon_knows_a_runtime_and_only_it_makes_randomness() {
    for package in packages().iter().filter(|package| PURE.contains(&package.name.as_str())) {
        for dependency in &package.dependencies {
            let normal = dependency.kind == cargo_metadata::DependencyKind::Normal;
            let impure = normal && IMPURE.contains(&dependency.name.as_str());
            assert!(!impure, "{} depends on {}", package.name, dependency.name);
        }
    }
}

#[test]
fn the_first_command_of_the_first_page_has_one_program_to_run_and_names_the_oldest_toolchain() {
    let (metadata, page) = (metadata(), std::fs::read_to_string(root().join("README.md")).unwrap());
    assert!(page.contains("\ncargo run --release -- demo\n"), "which command?");
    let run = metadata.workspace_default_packages();
    let targets = run.iter().flat_map(|package| &package.targets);
    let programs: Vec<&str> =
        targets.filter(|target| target.is_bin()).map(|target| target.name.as_str()).collect();
    assert_eq!(programs, ["tenantryd"], "cargo has to know which");
    for package in &metadata.packages {
        let oldest = package.rust_version.as_ref().unwrap();
        let named = format!("a Rust toolchain ({}.{} or newer)", oldest.major, oldest.minor);
        assert!(page.contains(&named), "{} wants {oldest}", package.name);
    }
}
