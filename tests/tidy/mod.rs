//! What a reviewer would otherwise have to remember.

mod debris;
mod edges;
mod generated;
mod purity;
mod requests;
mod shape;
mod texts;

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of the project.
struct Source {
    /// Its path below the root.
    path: String,
    /// What stands in it.
    text: String,
}

/// The Rust files below these folders; of the whole project for `["."]`.
fn sources<const N: usize>(folders: [&str; N]) -> Vec<Source> {
    let mut files = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut files);
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    assert!(!files.is_empty(), "no sources in {folders:?}");
    files.iter().map(|file| source(file)).collect()
}

fn source(file: &Path) -> Source {
    let path = file.strip_prefix(root()).unwrap_or(file).display().to_string();
    let path = path.trim_start_matches("./").to_owned();
    Source { path, text: fs::read_to_string(file).unwrap() }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let foreign =
                name.starts_with('.') || (name == "target" && path.parent() == Some(&root()));
            if !foreign && !path.is_symlink() {
                walk(&path, files);
            }
        } else {
            files.push(path);
        }
    }
}

/// Asserts that nothing was found.
fn none<T: Debug>(found: impl IntoIterator<Item = T>, what: &str) {
    let found: Vec<T> = found.into_iter().collect();
    assert!(found.is_empty(), "{what}: {found:#?}");
}

/// What stands before a file's own tests.
fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}
