//! Cells of tables, which may be opened by spreadsheets.
//!
//! Names are whatever somebody typed. A spreadsheet takes a text for a formula by its beginning, and
//! some begin a cell behind a semicolon, a tab or the end of a line, too.

use std::borrow::Cow;

/// What begins a formula, by some spreadsheets.
const BEGINS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// What parts cells, by some spreadsheets.
const PARTS: [char; 6] = [',', ';', '"', '\t', '\r', '\n'];

/// Whether a letter may part cells.
pub(crate) fn is_part(letter: char) -> bool {
    PARTS.contains(&letter)
}

/// Text with an apostrophe before whatever a spreadsheet would take for a formula.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    if !text.contains(BEGINS) {
        return Cow::Borrowed(text);
    }
    let (mut guarded, mut begins) = (String::with_capacity(text.len()), true);
    for letter in text.chars() {
        if begins && BEGINS.contains(&letter) {
            guarded.push('\'');
        }
        begins = is_part(letter) || begins && letter == ' ';
        guarded.push(letter);
    }
    Cow::Owned(guarded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_guarded_wherever_some_spreadsheet_begins_one() {
        for (text, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("a;=1+1", "a;'=1+1"),
            ("a;\t -1", "a;\t '-1"),
            ("a\n@b", "a\n'@b"),
            (" \u{ff1d}1", " '\u{ff1d}1"),
            ("==1", "'==1"),
            ("a;b=1", "a;b=1"),
            ("a-b", "a-b"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), expected);
        }
    }
}
