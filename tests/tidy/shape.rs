//! The shape of files.

use super::{none, sources, without_tests};

/// The longest file, without its tests.
const LINES: usize = 500;
/// The most macros of our own.
const MACROS: usize = 3;

#[test]
fn no_file_is_longer_than_the_limit_without_its_tests() {
    let long = sources(["."])
        .into_iter()
        .map(|source| (without_tests(&source.text).lines().count(), source.path))
        .filter(|(lines, _)| *lines > LINES);
    none(long, "too long");
}

#[test]
fn every_crate_opens_with_a_paragraph_that_says_what_it_is() {
    let silent = sources(["."])
        .into_iter()
        .filter(|source| source.path.ends_with("src/lib.rs") || source.path.ends_with("main.rs"))
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path);
    none(silent, "no paragraph at the beginning");
}

#[test]
fn there_are_few_macros_of_our_own_and_none_for_policy_or_routes() {
    let define = concat!("macro_", "rules! ");
    let mut found = Vec::new();
    for source in sources(["."]) {
        let names = source.text.split(define).skip(1);
        let names = names.map(|rest| rest.split(' ').next().unwrap_or_default());
        found.extend(names.map(|name| format!("{name} in {}", source.path)));
    }
    assert!(found.len() <= MACROS, "{found:#?}");
    let forbidden = |name: &&String| name.contains("route") || name.contains("policy");
    none(found.iter().filter(forbidden), "a macro that hides what must be read");
}
