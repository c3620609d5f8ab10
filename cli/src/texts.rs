//! What is typed, or stands in a file that is named in its place.

use std::borrow::Cow;
use std::io::ErrorKind;

use serde_json::Value;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, MergeKeyPolicy, MessageFormatter, UserMessageFormatter};

use crate::failure::Failure;

/// So many octets of texts come of a file beside its own, by aliases.
const COPIED: usize = 64 * 1024 * 1024;

/// Reads YAML or JSON from a file, or from standard input.
pub(crate) fn from_file(file: &str) -> Result<Value, Failure> {
    let text = match file {
        "-" => std::io::read_to_string(std::io::stdin()),
        file => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| {
        if error.kind() == ErrorKind::InvalidData {
            return Failure::Usage(format!("{file}: it is no text in UTF-8; write it so"));
        }
        Failure::local(file, &error)
    })?;
    // JSON is YAML as well, of version 1.2: `no` is a text there, and `<<` a member as any other. What
    // would lose zeros before it or signs in it as a number is a text, too. What a file has of its own is
    // as much as it is long; only what comes of its aliases beside that is bounded.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_aliases: usize::MAX,
            max_anchors: usize::MAX,
            enforce_alias_anchor_ratio: false,
            max_total_scalar_bytes: COPIED.saturating_add(text.len()),
        },
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    // Only what is wrong, and not the line: a password may stand there.
    serde_saphyr::from_str_with_options(&text, options).map_err(|error| {
        let why = error.without_snippet().render_with_formatter(&Plainly);
        Failure::Usage(format!("{file}: {why}"))
    })
}

/// Says what is wrong with a file to whoever wrote it: the library advises those who call it.
struct Plainly;

impl MessageFormatter for Plainly {
    fn format_message<'a>(&self, error: &'a Error) -> Cow<'a, str> {
        if let Error::DuplicateMappingKey { key, .. } = error {
            return match key {
                Some(key) => format!("the field {key} is said a second time").into(),
                None => "a field is said a second time".into(),
            };
        }
        if let Error::RecursiveReferencesRequireWeakTypes { .. } = error {
            return "an alias stands within what it stands for".into();
        }
        if let Error::Budget { breach: BudgetBreach::Depth { .. }, .. } = error {
            return "it is nested too deep".into();
        }
        if let Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } = error
        {
            return "its aliases are too many, or stand for too much".into();
        }
        UserMessageFormatter.format_message(error)
    }
}

/// A text, or what stands in the file that it names.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn from_place(text: String) -> Result<String, Failure> {
    match text.strip_prefix('@') {
        Some(rest) if rest.starts_with('@') => Ok(rest.to_owned()),
        Some(file) => {
            let read = std::fs::read_to_string(file).map_err(|error| {
                let what = format!("{file} (a text that begins with @ is typed with two of them)");
                Failure::local(what, &error)
            })?;
            Ok(without_end(&read).to_owned())
        }
        None => Ok(text),
    }
}

/// A line without its end, with which every editor writes it; what has several stays as it is.
fn without_end(text: &str) -> &str {
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    line.filter(|line| !line.contains('\n')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use serde_json::json;

    use super::*;
    use crate::output::Format;

    #[test]
    fn what_is_wrong_with_a_file_is_said_to_who_wrote_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("in.yaml");
        for (text, said) in [
            ("login: ada\nlogin: bob\n", "the field login is said a second time"),
            ("users: &all [*all]\n", "an alias stands within what it stands for"),
        ] {
            std::fs::write(&file, text).unwrap();
            let failure = from_file(file.to_str().unwrap()).unwrap_err();
            let beginning = format!("{}: {said}", file.display());
            assert!(failure.to_string().starts_with(&beginning), "{failure}");
            assert_eq!(failure.code(), ExitCode::from(2), "{text}");
        }
        std::fs::write(&file, "password: hunter2\n]\n").unwrap();
        let failure = from_file(file.to_str().unwrap()).unwrap_err();
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
        assert_eq!(failure.code(), ExitCode::from(2));
    }

    /// What a file has, and how it is refused where it has something else.
    fn of(text: &[u8]) -> Result<Value, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("in.yaml");
        std::fs::write(&file, text).unwrap();
        let name = file.to_str().unwrap();
        from_file(name).map_err(|failure| {
            assert_eq!(failure.code(), ExitCode::from(2), "{failure}");
            failure.to_string().trim_start_matches(name).to_owned()
        })
    }

    #[test]
    fn a_file_is_read_however_many_things_it_has() {
        let user = |number: u32| {
            let login = format!("user-{number}");
            json!({"login": login, "display_name": "Ada", "mail": ["ada@x"], "uid_number": number})
        };
        let all = json!({"users": (0..60_000).map(user).collect::<Vec<_>>()});
        let exported = Format::Yaml.written(&all, &[]).unwrap();
        assert!(of(exported.as_bytes()).unwrap() == all, "what is exported is read again");
        assert!(of(all.to_string().as_bytes()).unwrap() == all, "JSON as well");
    }

    #[test]
    fn what_aliases_stand_for_is_bounded() {
        let mut bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            bomb.push_str(&format!("b{level}: &a{level} [{}]\n", before.trim_end_matches(", ")));
        }
        let long = "x".repeat(1024 * 1024);
        let copies = format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 90].join(", "));
        for text in [bomb, copies] {
            let refused = of(text.as_bytes()).unwrap_err();
            assert!(
                refused.contains("its aliases are too many, or stand for too much"),
                "{refused}"
            );
        }
        let many = format!("a: &a x\nb: [{}]\n", vec!["*a"; 10_000].join(", "));
        assert_eq!(of(many.as_bytes()).unwrap()["b"].as_array().unwrap().len(), 10_000);
        let usual = "a: &a {b: 1}\nc: [*a, *a]\n";
        assert_eq!(of(usual.as_bytes()), Ok(json!({"a": {"b": 1}, "c": [{"b": 1}, {"b": 1}]})));
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let deep = of(deep.as_bytes()).unwrap_err();
        assert!(deep.contains("it is nested too deep"), "{deep}");
    }

    #[test]
    fn a_file_is_yaml_of_version_1_2_in_utf_8() {
        let merged = of(b"a: &a {b: 1}\nc: {<<: *a, d: 2}\n").unwrap();
        assert_eq!(merged["c"], json!({"<<": {"b": 1}, "d": 2}), "it is a member as any other");
        let latin = of(b"title: Gr\xe4fin\n").unwrap_err();
        assert_eq!(latin, ": it is no text in UTF-8; write it so");
    }

    #[test]
    fn a_line_loses_its_end_and_lines_keep_theirs() {
        for (text, left) in [
            ("hello\n", "hello"),
            ("hello\r\n", "hello"),
            ("hello", "hello"),
            (" hello \n", " hello "),
            ("\n", ""),
            ("hello\n\n", "hello\n\n"),
            ("one\ntwo\n", "one\ntwo\n"),
        ] {
            assert_eq!(without_end(text), left, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_what_was_typed_or_what_a_file_has() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("title.txt");
        std::fs::write(&file, "Dr.\n").unwrap();
        assert_eq!(from_place(format!("@{}", file.display())).unwrap(), "Dr.");
        assert_eq!(from_place("@@home".to_owned()).unwrap(), "@home");
        assert_eq!(from_place("Dr.".to_owned()).unwrap(), "Dr.");
        let missing = from_place(format!("@{}/none", folder.path().display())).unwrap_err();
        assert!(missing.to_string().contains("typed with two of them"), "{missing}");
    }
}
