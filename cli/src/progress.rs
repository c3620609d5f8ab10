//! How much of a file has passed, on a line that is written over where a person looks at it.

use std::io::{self, IsTerminal, Read, Write};

use crate::output::tell;

/// After so many octets the line is written anew.
const STEP: u64 = 256 << 10;
/// An amount is written in so many signs at least, so that a shorter one covers a longer one.
const WIDTH: usize = 9;

/// A file that is counted on its way.
pub(crate) struct Counted<F> {
    file: F,
    /// What becomes of it; it stands before the amount.
    verb: &'static str,
    octets: u64,
    /// So many of them were told.
    told: u64,
    is_watched: bool,
}

impl<F> Counted<F> {
    /// Counts a file for whoever sits at the terminal, if somebody does.
    pub(crate) fn new(file: F, verb: &'static str) -> Self {
        let is_watched = io::stderr().is_terminal();
        Self { file, verb, octets: 0, told: 0, is_watched }
    }

    fn passed(&mut self, octets: usize) {
        self.octets = self.octets.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        if self.octets - self.told >= STEP {
            self.show();
        }
    }

    fn show(&mut self) {
        self.told = self.octets;
        if !self.is_watched {
            return;
        }
        let mut error = io::stderr().lock();
        let amount = amount(self.octets);
        // There is nobody to be told that this failed.
        let _unheard =
            write!(error, "\r{} {amount:>WIDTH$}", self.verb).and_then(|()| error.flush());
    }
}

impl<F: Read> Read for Counted<F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let octets = self.file.read(out)?;
        self.passed(octets);
        Ok(octets)
    }
}

impl<F: Write> Write for Counted<F> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.file.write(octets)?;
        self.passed(written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The line ends with all that passed, and what is said next has one of its own.
impl<F> Drop for Counted<F> {
    fn drop(&mut self) {
        if self.octets > 0 {
            self.show();
            tell("");
        }
    }
}

/// So many octets as people say it: in KiB, or in MiB with a tenth.
fn amount(octets: u64) -> String {
    const MIB: u64 = 1 << 20;
    if octets < MIB {
        return format!("{} KiB", octets.div_ceil(1 << 10));
    }
    let tenths = octets.saturating_mul(10) / MIB;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_as_people_say_them() {
        let told = [1, 1_024, 1_025, (1 << 20) - 1, 1 << 20, 5 << 19, 256 << 20].map(amount);
        let expected = ["1 KiB", "1 KiB", "2 KiB", "1024 KiB", "1.0 MiB", "2.5 MiB", "256.0 MiB"];
        assert_eq!(told, expected);
        assert!(told.iter().all(|amount| amount.len() <= WIDTH));
    }

    #[test]
    fn what_is_counted_passes_as_it_is() {
        let octets = vec![7_u8; 700_000];
        let (mut from, mut to) =
            (Counted::new(octets.as_slice(), "Sent"), Counted::new(Vec::new(), "Received"));
        io::copy(&mut from, &mut to).unwrap();
        assert_eq!((from.octets, to.octets), (700_000, 700_000));
        assert!(from.told >= 2 * STEP && to.told >= 2 * STEP, "it is told on the way");
        assert!(to.file == octets);
    }
}
