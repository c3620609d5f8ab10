//! How far the quotation of a table is, so that a mark that nobody closes is found: whoever reads the
//! table takes all behind it for one value. And how many values a line has, since whoever reads it notes
//! where each of them ends.

use std::io::{self, ErrorKind, Read};

use super::table::MARK;

/// The most values that are read of a line, which has as many as there are columns.
pub(super) const CELLS: usize = 16 << 10;

/// A table on its way to be read.
pub(super) struct Quotes<R> {
    inner: R,
    delimiter: u8,
    state: State,
    /// What is still to come of the mark with which some programs begin a file.
    mark: &'static [u8],
    line: u64,
    /// The line in which the last quotation began.
    began: u64,
    /// How many values of the line are over.
    cells: usize,
    /// Whether something was read.
    begun: bool,
}

/// Where in a value a reader is (RFC 4180, section 2).
#[derive(Clone, Copy)]
enum State {
    /// Before a value.
    Start,
    /// In a value without quotation marks around it.
    Plain,
    /// Between quotation marks.
    Quoted,
    /// Behind a mark that ends a quotation, unless another one follows.
    Mark,
}

impl<R> Quotes<R> {
    pub(super) const fn new(inner: R, delimiter: u8) -> Self {
        Self {
            inner,
            delimiter,
            state: State::Start,
            mark: MARK,
            line: 1,
            began: 0,
            cells: 0,
            begun: false,
        }
    }

    /// The line in which a quotation began that is not over yet.
    pub(super) const fn open(&self) -> Option<u64> {
        match self.state {
            State::Quoted => Some(self.began),
            State::Start | State::Plain | State::Mark => None,
        }
    }

    fn see(&mut self, octet: u8) {
        if self.is_marked(octet) {
            return;
        }
        let ends = octet == self.delimiter || matches!(octet, b'\n' | b'\r');
        if ends && !matches!(self.state, State::Quoted) {
            self.cells = if octet == self.delimiter { self.cells.saturating_add(1) } else { 0 };
        }
        self.state = match (self.state, octet) {
            (State::Quoted, b'"') => State::Mark,
            (State::Quoted, _) | (State::Mark, b'"') => State::Quoted,
            (State::Start, b'"') => {
                self.began = self.line;
                State::Quoted
            }
            (State::Start | State::Plain | State::Mark, _) if ends => State::Start,
            (State::Start | State::Plain | State::Mark, _) => State::Plain,
        };
        if octet == b'\n' {
            self.line += 1;
        }
    }

    /// Whether an octet is one of the mark before the first value, which is no part of it.
    fn is_marked(&mut self, octet: u8) -> bool {
        let Some((first, rest)) = self.mark.split_first() else { return false };
        if *first == octet {
            self.mark = rest;
            return true;
        }
        // What only begins like the mark is a value's.
        if self.mark.len() < MARK.len() {
            self.state = State::Plain;
        }
        self.mark = &[];
        false
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // What was read before is looked at before.
        if self.cells > CELLS {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let mut length = self.inner.read(out)?;
        // Whoever reads the table looks for the mark in the first piece alone, and takes one that is
        // nothing else for the end.
        if !std::mem::replace(&mut self.begun, true) {
            while (1..=MARK.len()).contains(&length) {
                match self.inner.read(out.get_mut(length..).unwrap_or_default())? {
                    0 => break,
                    more => length = length.saturating_add(more),
                }
            }
        }
        for octet in out.get(..length).unwrap_or_default() {
            self.see(*octet);
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Option<u64> {
        let mut quotes = Quotes::new(text.as_bytes(), b',');
        io::copy(&mut quotes, &mut io::sink()).unwrap();
        quotes.open()
    }

    #[test]
    fn a_mark_that_nobody_closes_is_found_with_its_line() {
        assert_eq!(open("a,b\n1,\"2\n3,4\n"), Some(2));
        assert_eq!(open("a,b\n1,\"2\"\"\n3,4\n"), Some(2));
        assert_eq!(open("\u{feff}\"a,b\n"), Some(1));
        assert_eq!(open("a\n\"1\n2\"\n\"3"), Some(4));
        assert_eq!(open("a\n\""), Some(2));
    }

    #[test]
    fn what_is_closed_or_begins_nothing_is_not() {
        for text in [
            "",
            "a,b\n1,\"2\"\n",
            "a,b\n1,\"2\"",
            "a,b\n1,\"2\n3\"\"4\"\n",
            "a,b\n1,2\"\n",
            "a,b\n1,5\" wide\n",
            "a,b\n\"1\"x\",2\n",
            "a,b\n\"\",\"\"\n",
            "a,\u{feff}\"b\n1,2\n",
            "\u{feff}\u{feff}\"a,b\n1,2\n",
            "\u{f000}\"a,b\n1,2\n",
        ] {
            assert_eq!(open(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_of_too_many_values_is_not_read_on() {
        let read = |text: &str| {
            let mut quotes = Quotes::new(text.as_bytes(), b',');
            io::copy(&mut quotes, &mut io::sink()).map_err(|error| error.kind())
        };
        let (most, more) = (",".repeat(CELLS), ",".repeat(CELLS + 1));
        assert!(read(&format!("{most}\n{most}\n\"{more}\",\n")).is_ok());
        assert_eq!(read(&format!("{most}\n{more}")), Err(ErrorKind::FileTooLarge));
    }
}
