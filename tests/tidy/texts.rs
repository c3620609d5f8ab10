//! Texts that name what is not there rot first.

use std::fs;

use super::{none, root};

const TEXTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

/// Paths that a text names: words that begin with a folder of the root, or name a file there.
fn paths(text: &str, folders: &[String]) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || "`()[]<>\"',;|*{}…".contains(c);
    text.split(ends)
        .map(|word| word.trim_end_matches([':', '.', '/']).trim_start_matches("./"))
        .filter(|word| {
            let first = word.split('/').next().unwrap_or_default();
            let in_folder = word.contains('/') && folders.iter().any(|folder| folder == first);
            let extensions = [".md", ".toml", ".lock"];
            let at_root = !word.contains('/')
                && word.chars().next().is_some_and(char::is_uppercase)
                && extensions.iter().any(|extension| word.ends_with(extension));
            in_folder || at_root
        })
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn every_path_that_a_text_names_exists() {
    let folders: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir() && entry.file_name() != "target")
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let mut found = Vec::new();
    for name in TEXTS {
        let text =
            fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let missing = paths(&text, &folders).into_iter().filter(|path| !root().join(path).exists());
        found.extend(missing.map(|path| format!("{path} in {name}")));
    }
    none(found, "named and not there");
}

#[test]
fn paths_are_found_in_code_links_and_prose() {
    let folders = ["tests".to_owned(), "daemon".to_owned()];
    let text = "Run `tests/run`, see [it](daemon/src/lib.rs) and ARCHITECTURE.md. v1/docs, a/b.";
    let expected = ["tests/run", "daemon/src/lib.rs", "ARCHITECTURE.md"];
    assert_eq!(paths(text, &folders), expected);
}
