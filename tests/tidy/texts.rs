//! Texts that name what is not there rot first.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{none, root, walk};

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

/// Where the links of a page lead that stay in the project.
fn links(page: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(page).unwrap();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let own = targets.filter(|target| !target.contains("://"));
    let files = own.filter_map(|target| target.split('#').next());
    files.map(|file| page.parent().unwrap().join(file)).collect()
}

#[test]
fn every_page_is_reached_from_the_readme_and_every_link_leads_somewhere() {
    let is_page = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "md");
    let (mut open, mut reached) = (vec![root().join("README.md")], BTreeSet::new());
    let mut broken = Vec::new();
    while let Some(page) = open.pop() {
        for link in links(&page) {
            match link.canonicalize() {
                Ok(file) if is_page(&file) && reached.insert(file.clone()) => open.push(file),
                Ok(_) => {}
                Err(_) => broken.push(format!("{} in {}", link.display(), page.display())),
            }
        }
    }
    none(broken, "linked and not there");
    let mut pages = Vec::new();
    walk(&root().join("docs"), &mut pages);
    pages.retain(is_page);
    let is_unread = |page: &PathBuf| !reached.contains(&page.canonicalize().unwrap());
    none(pages.into_iter().filter(is_unread), "no link leads there");
}
