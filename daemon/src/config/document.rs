//! The text of a configuration file, with the lines on which things stand.

use std::ops::Range;

use toml::de::DeTable;

use super::error::Fault;
use super::section::Section;

/// A parsed file.
pub(super) struct Document<'t> {
    file: &'t str,
    text: &'t str,
    table: DeTable<'t>,
}

impl<'t> Document<'t> {
    /// Parses a file.
    pub(super) fn parse(file: &'t str, text: &'t str) -> Result<Self, Fault> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { file, text, table: table.into_inner() }),
            Err(error) => Err(fault(file, text, error.span(), error.message())),
        }
    }

    /// Lists what no section knows, with the nearest name that one does.
    pub(super) fn unknown(&self, sections: &[Section]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (title, value) in &self.table {
            let name: &str = title.get_ref();
            let Some(section) = sections.iter().find(|it| it.title == name) else {
                let known = sections.iter().map(|it| it.title);
                let message = if value.get_ref().is_table() {
                    format!("unknown section `[{name}]`")
                } else {
                    format!("unknown key `{name}` before the first section")
                };
                let hint = nearest(name, known).map(|it| format!("`[{it}]`"));
                faults.push(self.fault(title.span(), suggest(message, hint)));
                continue;
            };
            let Some(keys) = value.get_ref().as_table() else {
                let message = format!("`{name}` is a section, write `[{name}]`");
                faults.push(self.fault(title.span(), message));
                continue;
            };
            for key in keys.keys() {
                let written: &str = key.get_ref();
                if section.keys.iter().all(|it| it.name != written) {
                    let known = section.keys.iter().map(|it| it.name);
                    let message = format!("unknown key `{written}` in `[{name}]`");
                    let hint = nearest(written, known).map(|it| format!("`{it}`"));
                    faults.push(self.fault(key.span(), suggest(message, hint)));
                }
            }
        }
        faults.sort_by_key(|fault| fault.line);
        faults
    }

    /// Describes a fault at a place that the parser found.
    pub(super) fn fault_at(&self, span: Option<Range<usize>>, message: &str) -> Fault {
        fault(self.file, self.text, span, message)
    }

    /// Describes a fault of a key, which may stand in the file or have its default.
    pub(super) fn fault_of(&self, section: &str, key: &str, message: String) -> Fault {
        let span = self.table.get(section).and_then(|section| {
            let keys = section.get_ref().as_table()?;
            let (written, _) = keys.get_key_value(key)?;
            Some(written.span())
        });
        Fault {
            file: self.file.to_owned(),
            line: span.map(|span| line_of(self.text, span.start)),
            message,
        }
    }

    fn fault(&self, span: Range<usize>, message: String) -> Fault {
        Fault { file: self.file.to_owned(), line: Some(line_of(self.text, span.start)), message }
    }
}

fn fault(file: &str, text: &str, span: Option<Range<usize>>, message: &str) -> Fault {
    Fault {
        file: file.to_owned(),
        line: span.map(|span| line_of(text, span.start)),
        message: message.lines().collect::<Vec<_>>().join(", "),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|octet| *octet == b'\n').count() + 1
}

fn suggest(message: String, hint: Option<String>) -> String {
    match hint {
        Some(hint) => format!("{message}, did you mean {hint}?"),
        None => message,
    }
}

/// Finds the known name that `name` was most likely meant to be.
fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|it| (strsim::jaro_winkler(name, it), it))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, it)| it)
}
