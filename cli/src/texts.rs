//! Texts that are typed, or stand in a file that is named in their place.

use crate::failure::Failure;

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
    use super::*;

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
