//! What is typed, or stands in a file that is named in its place.

use std::borrow::Cow;

use serde_json::Value;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use crate::failure::Failure;

/// Reads YAML or JSON from a file, or from standard input.
pub(crate) fn from_file(file: &str) -> Result<Value, Failure> {
    let text = match file {
        "-" => std::io::read_to_string(std::io::stdin()),
        file => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| Failure::local(file, &error))?;
    // JSON is YAML as well, of version 1.2: `no` is a text there. What would lose zeros before it or
    // signs in it as a number is a text, too.
    let options = serde_saphyr::options! {
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

    use super::*;

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
