//! What is left behind by work that was not finished.

use super::{none, root, sources};

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("HA", "CK"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[", "ignore"),
    ];
    let mut found = Vec::new();
    for source in sources(["."]) {
        for (number, line) in source.text.lines().enumerate() {
            let comment = line.split_once("//").map_or("", |(_, comment)| comment);
            let later = comment.to_lowercase().contains(concat!("for ", "now"));
            if later || words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    none(found, "left for later");
}

#[test]
fn a_lint_is_expected_with_a_reason_and_never_allowed() {
    let mut found = Vec::new();
    for source in sources(["."]) {
        let attributes = ["#[", "#!["].into_iter().flat_map(|open| source.text.split(open).skip(1));
        for attribute in attributes {
            let attribute = attribute.split("]\n").next().unwrap_or_default();
            let allows = attribute.starts_with(concat!("allow", "("));
            let silent = attribute.starts_with("expect(") && !attribute.contains("reason = ");
            if allows || silent {
                found.push(format!("{}: {attribute}", source.path));
            }
        }
    }
    none(found, "without a reason");
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let manifests = sources_of_manifests();
    let without =
        manifests.into_iter().filter(|(_, text)| !text.contains("[lints]\nworkspace = true"));
    none(without.map(|(path, _)| path), "no lints");
}

fn sources_of_manifests() -> Vec<(String, String)> {
    let mut files = Vec::new();
    super::walk(&root(), &mut files);
    files.retain(|file| file.ends_with("Cargo.toml") && file.parent() != Some(&root()));
    let read = |file: &std::path::PathBuf| {
        (file.display().to_string(), std::fs::read_to_string(file).unwrap())
    };
    files.iter().map(read).collect()
}
