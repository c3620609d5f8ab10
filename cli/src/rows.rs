//! Things that are printed one by one as they come, under one head.

use std::io::{self, IsTerminal};

use serde_json::Value;

use crate::failure::Failure;
use crate::output::{Format, cell, clean, guarded, head, member, row, visible, write};

/// How wide columns are: what comes later is not known. What is wider moves the rest of its line.
const WIDTHS: [(&str, usize); 9] = [
    ("action", 24),
    ("actor", 28),
    ("at", 24),
    ("organization", 16),
    ("request_id", 36),
    ("sequence", 10),
    ("source", 15),
    ("subject", 24),
    ("success", 7),
];
/// How wide any other is.
const USUAL: usize = 20;

/// Things that come.
pub(crate) struct Rows {
    format: Format,
    /// What a table or CSV shows.
    columns: Vec<String>,
    has_head: bool,
}

impl Rows {
    /// Nothing yet.
    pub(crate) const fn of(format: Format, columns: Vec<String>) -> Self {
        Self { format, columns, has_head: false }
    }

    /// Whether people read them.
    pub(crate) fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Prints one more.
    ///
    /// # Errors
    /// When nothing can be written.
    pub(crate) fn print(&mut self, value: &Value) -> Result<(), Failure> {
        let is_first = !std::mem::replace(&mut self.has_head, true);
        write(self.written(value, is_first, io::stdout().is_terminal())?.as_bytes())
    }

    fn written(&self, value: &Value, is_first: bool, is_seen: bool) -> Result<String, Failure> {
        let columns = || self.columns.iter().map(String::as_str);
        Ok(match self.format {
            Format::Table => {
                let name = |name: &str| head(name).replace('_', " ").to_uppercase();
                let heads = is_first.then(|| self.line(columns().map(name)));
                let shown = |name: &str| member(value, name).map(cell).unwrap_or_default();
                heads.unwrap_or_default() + &self.line(columns().map(shown))
            }
            Format::Csv => {
                let seen = if is_seen { clean(value) } else { value.clone() };
                let told = |name: &str| seen.get(name).map(guarded).unwrap_or_default();
                let heads = is_first.then(|| row(columns())).transpose()?;
                heads.unwrap_or_default() + &row(columns().map(told))?
            }
            Format::Json => format!("{value}\n"),
            Format::Yaml => format!("---\n{}\n", Format::Yaml.written(value, &[])?.trim_end()),
        })
    }

    /// Cells below those of other lines.
    fn line(&self, cells: impl Iterator<Item = String>) -> String {
        let cells = self.columns.iter().zip(cells).map(|(name, cell)| {
            let width = WIDTHS.iter().find(|(of, _)| of == name).map_or(USUAL, |(_, width)| *width);
            format!("{:width$}", visible(&cell).replace('\n', " "))
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(format: Format, columns: &[&str], values: &[Value]) -> String {
        let rows = Rows::of(format, columns.iter().map(|&name| name.to_owned()).collect());
        let written = values.iter().enumerate().map(|(place, value)| {
            let first = place == 0;
            rows.written(value, first, false).unwrap()
        });
        written.collect()
    }

    #[test]
    fn cells_stand_below_their_heads_whatever_comes_later() {
        let names = ["actor", "success", "called_station"];
        let events = [
            json!({"actor": {"name": "ada"}, "success": true, "called_station": null}),
            json!({"actor": {"name": "somebody.with.a.long.name@acme.example"}, "success": false}),
            json!({"actor": null, "success": true, "called_station": "a\nb\u{1b}c"}),
        ];
        let expected = "ACTOR                         SUCCESS  CALLED STATION\n\
                        ada                           yes\n\
                        somebody.with.a.long.name@acme.example  no\n\
                        \u{20}                             yes      a b\u{fffd}c\n";
        assert_eq!(printed(Format::Table, &names, &events), expected);
    }

    #[test]
    fn programs_read_one_head_or_one_document_each() {
        let events = [json!({"at": "=1", "success": true}), json!({"at": "now", "success": null})];
        let names = ["at", "reason", "success"];
        let csv = "at,reason,success\n'=1,,yes\nnow,,\n";
        assert_eq!(printed(Format::Csv, &names, &events), csv);
        let json = "{\"at\":\"=1\",\"success\":true}\n{\"at\":\"now\",\"success\":null}\n";
        assert_eq!(printed(Format::Json, &names, &events), json);
        let yaml = printed(Format::Yaml, &names, &events);
        assert_eq!(yaml.matches("---\n").count(), 2, "{yaml}");
        assert!(yaml.starts_with("---\n") && yaml.contains("\nat: now\n"), "{yaml}");
    }

    #[test]
    fn what_others_wrote_moves_no_cursor_in_csv_either() {
        let rows = Rows::of(Format::Csv, vec!["at".into()]);
        let event = json!({"at": "\u{1b}[2J"});
        assert!(!rows.written(&event, false, true).unwrap().contains('\u{1b}'));
        assert!(rows.written(&event, false, false).unwrap().contains('\u{1b}'), "it is a file");
    }
}
