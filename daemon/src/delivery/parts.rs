//! The files of a folder: one of each day, and more of days that have too much for one.

use std::path::Path;
use std::{fs, io};

const ENDING: &str = ".jsonl";
/// One file has so many octets at most,
const LARGEST: u64 = 1 << 30;
/// and this share of what all of its folder may have, so that little goes with the oldest.
const SHARE: u64 = 16;

/// What the files of a folder may have together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// In octets.
    pub(super) most: u64,
}

impl Room {
    /// Whether a file of so many octets may have so many more. What no file may have has one alone.
    pub(super) fn takes(self, octets: u64, more: usize) -> bool {
        octets == 0 || octets.saturating_add(more as u64) <= self.of_one()
    }

    /// What all files may have when one begins, which may grow then.
    pub(super) fn at_a_beginning(self) -> u64 {
        self.most.saturating_sub(self.of_one())
    }

    fn of_one(self) -> u64 {
        (self.most / SHARE).min(LARGEST)
    }
}

/// A file. Earlier ones come first, and their names are in the same order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// Of which day it is.
    pub(super) day: String,
    number: Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    /// It has enough.
    Aside(u32),
    /// It is written to, or was until its day ended.
    Last,
}

impl Part {
    /// The file of a day that is written to.
    pub(super) fn last(day: &str) -> Self {
        Self { day: day.to_owned(), number: Number::Last }
    }

    fn read(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(ENDING)?;
        let part = match stem.split_once('.') {
            None => Self::last(stem),
            Some((day, number)) => {
                Self { day: day.to_owned(), number: Number::Aside(number.parse().ok()?) }
            }
        };
        (is_day(&part.day) && part.name() == name).then_some(part)
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        let Self { day, number } = self;
        match number {
            Number::Aside(number) => format!("{day}.{number:06}{ENDING}"),
            Number::Last => format!("{day}{ENDING}"),
        }
    }
}

/// The files of a folder, the earliest first.
pub(super) fn parts(folder: &Path) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder)? {
        parts.extend(entry?.file_name().to_str().and_then(Part::read));
    }
    parts.sort_unstable();
    Ok(parts)
}

/// Gives the file of a day that is written to a number, behind those that others of the day have.
pub(super) fn put_aside(folder: &Path, day: &str) -> io::Result<()> {
    let last = Part::last(day);
    let number = |part: &Part| match part.number {
        Number::Aside(number) if part.day == day => Some(number),
        Number::Aside(_) | Number::Last => None,
    };
    let newest = parts(folder)?.iter().filter_map(number).max();
    let number = Number::Aside(newest.unwrap_or(0).saturating_add(1));
    fs::rename(folder.join(last.name()), folder.join(Part { number, ..last }.name()))
}

/// Removes the earliest files until those that stay have `most` octets, but never the newest one,
/// which says up to where events were written; the log warns of each.
pub(super) fn bound(folder: &Path, most: u64) -> io::Result<()> {
    let (mut sized, mut all) = (Vec::new(), 0_u64);
    for part in parts(folder)? {
        let octets = match fs::symlink_metadata(folder.join(part.name())) {
            Ok(metadata) => metadata.len(),
            // It was given a number, or went, a moment ago.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        all = all.saturating_add(octets);
        sized.push((part, octets));
    }
    let _newest = sized.pop();
    for (part, octets) in sized {
        if all <= most {
            break;
        }
        remove(folder, &part)?;
        all = all.saturating_sub(octets);
        tracing::warn!(
            folder = %folder.file_name().unwrap_or_default().display(),
            file = part.name(),
            octets,
            "a file of events was removed before its time: [event_delivery] size_per_organization"
        );
    }
    Ok(())
}

/// Removes a file that others may have removed meanwhile.
pub(super) fn remove(folder: &Path, part: &Part) -> io::Result<()> {
    match fs::remove_file(folder.join(part.name())) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        parts(folder).unwrap().iter().map(Part::name).collect()
    }

    /// A folder with files of so many octets.
    fn folder(files: &[(&str, usize)]) -> tempfile::TempDir {
        let here = tempfile::tempdir().unwrap();
        for (name, octets) in files {
            fs::write(here.path().join(name), vec![b'x'; *octets]).unwrap();
        }
        here
    }

    #[test]
    fn files_are_in_the_order_of_their_names_and_nothing_else_is_one() {
        let sorted = [
            "2030-01-30.jsonl",
            "2030-01-31.000001.jsonl",
            "2030-01-31.000002.jsonl",
            "2030-01-31.000010.jsonl",
            "2030-01-31.jsonl",
            "2030-02-01.000001.jsonl",
        ];
        let files: Vec<(&str, usize)> = sorted.iter().rev().map(|name| (*name, 0)).collect();
        let here = folder(&files);
        for other in [
            ".trial",
            "2030-01-31.txt",
            "2030-02-30.jsonl",
            "2030-01-31.1.jsonl",
            "2030-01-31.+00001.jsonl",
            "2030-01-31.000001.000002.jsonl",
            "2030-01-31..jsonl",
        ] {
            fs::write(here.path().join(other), "").unwrap();
        }
        assert_eq!(names(here.path()), sorted);
    }

    #[test]
    fn what_is_put_aside_comes_behind_what_was_before_it() {
        let day = "2030-01-31";
        let here = folder(&[("2030-01-30.000009.jsonl", 1), ("2030-01-31.jsonl", 2)]);
        put_aside(here.path(), day).unwrap();
        fs::write(here.path().join("2030-01-31.jsonl"), "xxx").unwrap();
        fs::rename(
            here.path().join("2030-01-31.000001.jsonl"),
            here.path().join("2030-01-31.000041.jsonl"),
        )
        .unwrap();
        put_aside(here.path(), day).unwrap();
        let left =
            ["2030-01-30.000009.jsonl", "2030-01-31.000041.jsonl", "2030-01-31.000042.jsonl"];
        assert_eq!(names(here.path()), left);
        let octets = |name: &str| fs::metadata(here.path().join(name)).unwrap().len();
        assert_eq!(left.map(octets), [1, 2, 3]);
        assert!(put_aside(here.path(), day).is_err(), "there is none");
    }

    #[test]
    fn the_earliest_go_until_the_rest_fits_but_the_newest_stays() {
        let files = [
            ("2030-01-30.jsonl", 10),
            ("2030-01-31.000001.jsonl", 10),
            ("2030-01-31.jsonl", 10),
            ("2030-02-01.jsonl", 30),
        ];
        for (most, left) in [(60, 4), (59, 3), (50, 3), (49, 2), (30, 1), (5, 1), (0, 1)] {
            let here = folder(&files);
            fs::write(here.path().join("2030-01-01.txt"), "mine").unwrap();
            bound(here.path(), most).unwrap();
            let kept = files[files.len() - left..].iter().map(|(name, _)| *name);
            assert_eq!(names(here.path()), kept.collect::<Vec<_>>(), "{most}");
            assert!(here.path().join("2030-01-01.txt").exists());
        }
    }

    #[test]
    fn a_file_has_a_share_of_the_room_and_an_event_is_never_cut() {
        let room = Room { most: 1 << 20 };
        assert!(room.takes(0, 1 << 20), "it goes somewhere");
        assert!(room.takes(1, (1 << 16) - 1));
        assert!(!room.takes(1, 1 << 16));
        assert_eq!(room.at_a_beginning(), (1 << 20) - (1 << 16));
        let room = Room { most: u64::MAX };
        assert!(room.takes(LARGEST - 1, 1));
        assert!(!room.takes(LARGEST, 1));
    }
}
