//! How far something is, on a line that is written over where a person looks at it.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

use crate::output::tell;

/// After so many octets the line is written anew.
const STEP: u64 = 256 << 10;
/// An amount is written in so many signs at least, so that a shorter one covers a longer one.
const WIDTH: usize = 9;
/// The signs of a bar.
const BAR: u64 = 30;

/// A file that is counted on its way.
pub(crate) struct Counted<F> {
    file: F,
    /// What becomes of it; it stands before the amount.
    verb: &'static str,
    /// How many octets it has, where that is known.
    all: Option<u64>,
    octets: u64,
    /// So many of them were told.
    told: u64,
    is_watched: bool,
}

impl<F> Counted<F> {
    /// Counts a file for whoever sits at the terminal, if somebody does.
    pub(crate) fn new(file: F, verb: &'static str) -> Self {
        let is_watched = io::stderr().is_terminal();
        Self { file, verb, all: None, octets: 0, told: 0, is_watched }
    }

    /// The same of a file with so many octets, where that is known.
    pub(crate) fn of(mut self, all: Option<u64>) -> Self {
        self.all = all;
        self
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
        write_over(&self.line());
    }

    fn line(&self) -> String {
        let passed = format!("{} {:>WIDTH$}", self.verb, amount(self.octets));
        match self.all {
            Some(all) => format!("{passed} of {} {}", amount(all), bar(self.octets, all)),
            None => passed,
        }
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

/// How many of several things were done, told to whoever sits at the terminal, if somebody does.
pub(crate) struct Steps {
    /// What is done; it stands before the bar.
    verb: &'static str,
    all: u64,
    done: u64,
    is_watched: bool,
}

impl Steps {
    /// None of so many yet.
    pub(crate) fn of(all: usize, verb: &'static str) -> Self {
        let all = u64::try_from(all).unwrap_or(u64::MAX);
        Self { verb, all, done: 0, is_watched: io::stderr().is_terminal() }
    }

    /// One more.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.is_watched {
            write_over(&self.line());
        }
    }

    fn line(&self) -> String {
        format!("{} {}", self.verb, bar(self.done, self.all))
    }
}

/// What is said next has a line of its own.
impl Drop for Steps {
    fn drop(&mut self) {
        if self.done > 0 {
            tell("");
        }
    }
}

/// Writes over the line.
fn write_over(line: &str) {
    let mut error = io::stderr().lock();
    // There is nobody to be told that this failed.
    let _unheard = write!(error, "\r{line}").and_then(|()| error.flush());
}

/// How much of something is done, as a bar and in percent.
pub(crate) fn bar(done: u64, all: u64) -> String {
    let (all, done) = (all.max(1), done.min(all));
    let part = |of: u64| done.saturating_mul(of) / all;
    let full = usize::try_from(part(BAR)).unwrap_or_default();
    let width = usize::try_from(BAR).unwrap_or_default();
    format!("[{:width$}] {:3} %", "#".repeat(full), part(100))
}

/// How many octets a file has; nothing of what is no file, and has an end only when it comes.
pub(crate) fn size(file: &File) -> Option<u64> {
    file.metadata().ok().filter(std::fs::Metadata::is_file).map(|about| about.len())
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
    fn of_a_file_whose_size_is_known_it_is_told_how_much_is_left() {
        let mut sent = Counted::new(io::empty(), "Sent").of(Some(4 << 20));
        sent.octets = 1 << 20;
        let expected = format!("Sent   1.0 MiB of 4.0 MiB [{:30}]  25 %", "#".repeat(7));
        assert_eq!(sent.line(), expected);
        assert_eq!(Counted::new(io::empty(), "Sent").line(), "Sent     0 KiB");
    }

    #[test]
    fn a_bar_is_full_at_its_end_and_never_fuller() {
        let empty = format!("[{}]   0 %", " ".repeat(30));
        let full = format!("[{}] 100 %", "#".repeat(30));
        assert_eq!((bar(0, 3), bar(0, 0)), (empty.clone(), empty));
        assert_eq!([bar(3, 3), bar(9, 3), bar(u64::MAX, 3)], [full.clone(), full.clone(), full]);
        assert!(bar(2, 3).starts_with(&format!("[{} ", "#".repeat(20))));
        let mut steps = Steps::of(2, "Users");
        steps.step();
        assert_eq!(steps.line(), format!("Users [{:30}]  50 %", "#".repeat(15)));
    }

    #[test]
    fn what_has_no_size_of_its_own_is_not_taken_for_empty() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"octets").unwrap();
        assert_eq!(size(&file), Some(6));
        assert_eq!(size(&File::open("/dev/null").unwrap()), None);
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
