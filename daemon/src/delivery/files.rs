//! Events in files: a folder for each organization and one for the provider, and a file of each day
//! there, or several. No name comes from whoever may choose one.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use directory::Time;
use directory::delivery::DeliveredEvent;
use serde::Deserialize;
use uuid::Uuid;

use super::parts::{Part, Room, bound, parts, put_aside, remove};

/// The folder of the provider's own events.
const PROVIDER: &str = "provider";
/// Of the end of a file so much is read at once.
const STEP: u64 = 128 * 1024;

/// The operator's folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// What the files of each folder in it may have.
    room: Room,
    /// Whoever writes into a folder of it: one whom nobody waits for any more may still be at it.
    turns: Arc<Mutex<BTreeMap<String, Turn>>>,
}

/// What whoever writes into a folder holds.
type Turn = Arc<Mutex<()>>;

/// Whether the log that events come from has one.
pub(super) type Has<'a> = dyn Fn(&Name) -> io::Result<bool> + 'a;

impl Folder {
    /// A folder in which the files of each organization, and of the provider, may have so many octets.
    pub(super) fn new(root: PathBuf, most: u64) -> Self {
        Self { root, room: Room { most }, turns: Arc::default() }
    }

    /// Writes events behind those that are there, and returns when they are on the disk. What is there
    /// already is not written again, so that a file is a chain; what was not written whole is. Where
    /// there is too much the earliest files go.
    pub(super) fn append(
        &self,
        folder: &str,
        events: &[DeliveredEvent],
        has: &Has<'_>,
    ) -> io::Result<()> {
        let turn = self.turn(folder);
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.made(folder)?;
        let mut last = Last::of(&folder)?;
        let old = last.name.as_ref().map(|newest| there(&folder, newest, events, has));
        let old = old.transpose()?.unwrap_or(0);
        let mut rest = events.iter().skip(old).peekable();
        while let Some(first) = rest.peek() {
            // What happened before midnight may come after what happened behind it.
            let day = day(first.at).max(last.day.clone().unwrap_or_default());
            let mut text = String::new();
            let goes_along = |text: &str, event: &DeliveredEvent| {
                let is_room = self.room.takes(text.len() as u64, event.json.len() + 1);
                is_room && self::day(event.at) <= day
            };
            while let Some(event) = rest.next_if(|event| goes_along(&text, event)) {
                text.push_str(&event.json);
                text.push('\n');
            }
            self.write(&folder, &day, text.as_bytes())?;
            last.day = Some(day);
        }
        Ok(())
    }

    /// Tries whether files can be written.
    pub(super) fn rehearse(&self, folder: &str) -> io::Result<()> {
        let folder = self.made(folder)?;
        let trial = folder.join(".trial");
        let mut file = open(&trial)?;
        file.write_all(b"trial\n")?;
        file.sync_all()?;
        fs::remove_file(trial)
    }

    /// Removes the files of days that are kept no longer, by what `kept` says of the organization, or
    /// of the provider; all of who is no more. Returns how many. Where what stays is too much the
    /// earliest go as well.
    pub(super) fn forget<E>(
        &self,
        kept: &dyn Fn(Option<Uuid>) -> Result<Option<Time>, E>,
    ) -> io::Result<usize>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let (mut removed, mut failure) = (0, None);
        let folders = match fs::read_dir(&self.root) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        for folder in folders {
            let folder = folder?;
            let name = folder.file_name();
            let owner = match name.to_str() {
                Some(PROVIDER) => None,
                Some(name) => match Uuid::try_parse(name) {
                    Ok(uuid) => Some(uuid),
                    Err(_) => continue,
                },
                None => continue,
            };
            let (folder, from) = (folder.path(), kept(owner).map_err(io::Error::other));
            let done = from.and_then(|from| {
                let files = forget_days(&folder, from.map(day).as_deref())?;
                if from.is_some() {
                    bound(&folder, self.room.most)?;
                }
                Ok(files)
            });
            // What is wrong with one folder keeps no other's files.
            match done {
                Ok(files) => removed += files,
                Err(error) => failure = Some(named(&folder, &error)),
            }
        }
        failure.map_or(Ok(removed), Err)
    }

    fn write(&self, folder: &Path, day: &str, text: &[u8]) -> io::Result<()> {
        let path = folder.join(Part::last(day).name());
        let mut file = open(&path)?;
        let length = file.seek(SeekFrom::End(0))?;
        let has_enough = !self.room.takes(length, text.len());
        if has_enough {
            put_aside(folder, day)?;
            file = open(&path)?;
        }
        file.write_all(text)?;
        file.sync_data()?;
        if has_enough || length == 0 {
            sync_folder(folder)?;
            if let Err(error) = bound(folder, self.room.at_a_beginning()) {
                // What was to be written is, and housekeeping comes by.
                let error = named(folder, &error);
                tracing::error!(%error, "files of events could not be removed");
            }
        }
        Ok(())
    }

    fn turn(&self, folder: &str) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(folder.to_owned()).or_default())
    }

    fn made(&self, folder: &str) -> io::Result<PathBuf> {
        let folder = self.root.join(folder);
        if !folder.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            sync_folder(&self.root)?;
        }
        Ok(folder)
    }
}

/// Removes the files of days before one, or of all days and what they are in; returns how many.
fn forget_days(folder: &Path, from: Option<&str>) -> io::Result<usize> {
    let mut removed = 0;
    for part in parts(folder)? {
        if from.is_none_or(|from| part.day.as_str() < from) {
            remove(folder, &part)?;
            removed += 1;
        }
    }
    if from.is_none() {
        // What else is in it somebody else put there.
        let _others = fs::remove_dir(folder);
    }
    Ok(removed)
}

/// What an event is known by. By its number alone it is not: a log that was put back from a backup
/// gives numbers again.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Name {
    pub(super) sequence: u64,
    /// None where it is from before there were chains.
    pub(super) hash: Option<String>,
}

impl Name {
    fn read(line: &[u8]) -> io::Result<Self> {
        serde_json::from_slice(line)
            .map_err(|_| io::Error::other("there is a line that is no event"))
    }
}

/// The last event of a folder's files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Last {
    day: Option<String>,
    name: Option<Name>,
}

impl Last {
    /// Finds it, and cuts off what was not written whole.
    fn of(folder: &Path) -> io::Result<Self> {
        let parts = parts(folder)?;
        let newest = parts.last().map(|part| part.day.clone());
        for part in parts.into_iter().rev() {
            let path = folder.join(part.name());
            if let Some(line) = last_line(&mut open(&path)?)? {
                let name = Name::read(&line).map_err(|error| named(&path, &error))?;
                return Ok(Self { day: newest, name: Some(name) });
            }
        }
        Ok(Self { day: newest, name: None })
    }
}

/// So many events, the first ones, are in a folder's files already, which end with this one.
fn there(
    folder: &Path,
    newest: &Name,
    events: &[DeliveredEvent],
    has: &Has<'_>,
) -> io::Result<usize> {
    let first = events.first().and_then(|event| event.sequence);
    let Some(first) = first.filter(|first| *first <= newest.sequence) else { return Ok(0) };
    if has(newest)? {
        // The files are of this log, up to there.
        let is_old = |event: &&DeliveredEvent| event.sequence <= Some(newest.sequence);
        return Ok(events.iter().take_while(is_old).count());
    }
    // They are of one that was put back since: what both have in common ends somewhere before.
    let names = events.iter().map(|event| Name::read(event.json.as_bytes()));
    let names = names.collect::<io::Result<Vec<Name>>>()?;
    for part in parts(folder)?.into_iter().rev() {
        let path = folder.join(part.name());
        let mut file = open(&path)?;
        let mut lines = Backwards::of(&mut file)?;
        while let Some(line) = lines.next()? {
            let name = Name::read(&line).map_err(|error| named(&path, &error))?;
            if let Some(position) = names.iter().position(|it| *it == name) {
                return Ok(position.saturating_add(1));
            }
            if name.sequence < first {
                return Ok(0);
            }
        }
    }
    Ok(0)
}

/// The last whole line of a file, after what stands behind it was cut off.
fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    let mut lines = Backwards::of(file)?;
    let line = lines.next()?;
    let before = lines.start + lines.text.len() as u64;
    let end = line.as_ref().map_or(0, |line| before + line.len() as u64 + 1);
    if end < length {
        file.set_len(end)?;
        file.sync_all()?;
    }
    Ok(line)
}

/// The whole lines of a file, the last one first.
struct Backwards<'a> {
    file: &'a mut File,
    /// From where on the file was read.
    start: u64,
    /// What was read and is no part of a line that was handed on.
    text: Vec<u8>,
}

impl<'a> Backwards<'a> {
    fn of(file: &'a mut File) -> io::Result<Self> {
        let start = file.metadata()?.len();
        Ok(Self { file, start, text: Vec::new() })
    }

    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let is_end = |octet: &u8| *octet == b'\n';
        loop {
            let end = self.text.iter().rposition(is_end);
            let before = end.and_then(|end| self.text.get(..end));
            let begin = before.and_then(|line| line.iter().rposition(is_end));
            if let (Some(before), true) = (before, begin.is_some() || self.start == 0) {
                let begin = begin.map_or(0, |begin| begin + 1);
                let line = before.get(begin..).unwrap_or_default().to_vec();
                self.text.truncate(begin);
                return Ok(Some(line));
            }
            if self.start == 0 {
                return Ok(None);
            }
            self.read_on()?;
        }
    }

    fn read_on(&mut self) -> io::Result<()> {
        let step = self.start.min(STEP);
        self.start -= step;
        let mut part = vec![0; usize::try_from(step).unwrap_or_default()];
        self.file.seek(SeekFrom::Start(self.start))?;
        self.file.read_exact(&mut part)?;
        part.append(&mut self.text);
        self.text = part;
        Ok(())
    }
}

/// What went wrong, and where: without the operator's folder, which is nobody else's business.
fn named(path: &Path, error: &io::Error) -> io::Error {
    let name = path.file_name().unwrap_or_default().display();
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    // Who may write into the folder must not lead elsewhere.
    options.custom_flags(nix::libc::O_NOFOLLOW);
    options.open(path)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The day of a time, in UTC.
fn day(at: Time) -> String {
    let milliseconds = i64::try_from(at.0).unwrap_or(i64::MAX);
    let time =
        jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    fn event(sequence: u64, at: u64) -> DeliveredEvent {
        DeliveredEvent {
            sequence: Some(sequence),
            at: Time(at),
            action: "sign_in".into(),
            success: true,
            json: format!("{{\"sequence\":{sequence}}}"),
        }
    }

    /// Writes events of a log that has all that is in the files.
    fn append(folder: &Folder, owner: &str, events: &[DeliveredEvent]) -> io::Result<()> {
        folder.append(owner, events, &|_| Ok(true))
    }

    fn unbounded(root: PathBuf) -> Folder {
        Folder::new(root, u64::MAX)
    }

    fn days(folder: &Path) -> Vec<String> {
        parts(folder).unwrap().into_iter().map(|part| part.day).collect()
    }

    /// What is in each of the files of a folder.
    fn texts(folder: &Path) -> Vec<String> {
        let parts = parts(folder).unwrap().into_iter();
        parts.map(|part| fs::read_to_string(folder.join(part.name())).unwrap()).collect()
    }

    fn text(folder: &Path, day: &str) -> String {
        fs::read_to_string(folder.join("acme").join(format!("{day}.jsonl"))).unwrap()
    }

    #[test]
    fn each_day_has_a_file_and_nothing_goes_back_to_an_earlier_one() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().join("out"));
        let events = [event(1, 5), event(2, DAY + 1), event(4, DAY - 1), event(7, 2 * DAY)];
        append(&folder, "acme", &events[..2]).unwrap();
        append(&folder, "acme", &events).unwrap();
        let root = here.path().join("out");
        assert_eq!(text(&root, "1970-01-01"), "{\"sequence\":1}\n");
        assert_eq!(text(&root, "1970-01-02"), "{\"sequence\":2}\n{\"sequence\":4}\n");
        assert_eq!(text(&root, "1970-01-03"), "{\"sequence\":7}\n");
    }

    #[test]
    fn what_was_not_written_whole_is_written_again() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().to_owned());
        append(&folder, "acme", &[event(1, 0), event(2, 0)]).unwrap();
        let file = here.path().join("acme/1970-01-01.jsonl");
        let whole = fs::read(&file).unwrap();
        for cut in 0..whole.len() {
            fs::write(&file, &whole[..cut]).unwrap();
            append(&folder, "acme", &[event(1, 0), event(2, 0)]).unwrap();
            assert_eq!(fs::read(&file).unwrap(), whole, "cut at {cut}");
        }
        fs::write(&file, b"something else\n").unwrap();
        assert!(append(&folder, "acme", &[event(3, 0)]).is_err());
    }

    #[test]
    fn a_line_longer_than_what_is_read_at_once_is_found() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().to_owned());
        let long = "x".repeat(usize::try_from(STEP).unwrap() * 2);
        let json = format!("{{\"sequence\":9,\"text\":\"{long}\"}}");
        let long = DeliveredEvent { json, ..event(9, 0) };
        append(&folder, "acme", &[event(8, 0), long.clone()]).unwrap();
        append(&folder, "acme", &[event(8, 0), long, event(10, 0)]).unwrap();
        assert_eq!(text(here.path(), "1970-01-01").lines().count(), 3);
    }

    #[test]
    fn days_go_when_they_are_kept_no_longer_and_nothing_else_does() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().to_owned());
        let (kept, gone) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for owner in [PROVIDER.to_owned(), kept.to_string(), gone.to_string(), "other".to_owned()] {
            append(&folder, &owner, &[event(1, 0), event(2, DAY), event(3, 2 * DAY)]).unwrap();
        }
        fs::write(here.path().join(kept.to_string()).join("1970-01-01.txt"), "mine").unwrap();
        let says = |owner: Option<Uuid>| match owner {
            None => Ok::<_, io::Error>(Some(Time(2 * DAY))),
            Some(owner) => Ok((owner == kept).then_some(Time(DAY))),
        };
        assert_eq!(folder.forget(&says).unwrap(), 2 + 1 + 3);
        let left = |owner: &str| days(&here.path().join(owner));
        assert_eq!(left(PROVIDER), ["1970-01-03"]);
        assert_eq!(left(&kept.to_string()), ["1970-01-02", "1970-01-03"]);
        assert_eq!(left("other").len(), 3);
        assert!(!here.path().join(gone.to_string()).exists());
        assert!(here.path().join(kept.to_string()).join("1970-01-01.txt").exists());
    }

    #[test]
    fn what_is_wrong_with_one_folder_keeps_no_files_of_others() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().to_owned());
        let (first, last) = (Uuid::from_u128(1), Uuid::from_u128(9));
        fs::write(here.path().join(Uuid::from_u128(5).to_string()), "no folder").unwrap();
        for owner in [first, last] {
            append(&folder, &owner.to_string(), &[event(1, 0), event(2, DAY)]).unwrap();
        }
        let failed = folder.forget(&|_| Ok::<_, io::Error>(Some(Time(DAY)))).unwrap_err();
        assert!(failed.to_string().contains(&Uuid::from_u128(5).to_string()), "{failed}");
        for owner in [first, last] {
            assert_eq!(days(&here.path().join(owner.to_string())), ["1970-01-02"]);
        }
    }

    /// An event of one of several logs that begin alike.
    fn of_log(log: &str, sequence: u64, at: u64) -> DeliveredEvent {
        let json = format!("{{\"sequence\":{sequence},\"hash\":\"{log}{sequence}\"}}");
        DeliveredEvent { json, ..event(sequence, at) }
    }

    #[test]
    fn numbers_that_a_log_gives_again_are_other_events() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().to_owned());
        let first: Vec<_> = (1..=9).map(|number| of_log("a", number, number / 5 * DAY)).collect();
        append(&folder, "acme", &first).unwrap();
        // The log was put back to where it had four events, and the destination to where it was at
        // the second.
        let new: Vec<_> = (5..=7).map(|number| of_log("b", number, 3 * DAY)).collect();
        let is_there = |name: &Name| {
            let log = if name.sequence <= 4 { "a" } else { "b" };
            Ok(name.hash == Some(format!("{log}{}", name.sequence)))
        };
        let put_back: Vec<_> = first[2..4].iter().chain(&new).cloned().collect();
        folder.append("acme", &put_back[..1], &is_there).unwrap();
        folder.append("acme", &put_back[..3], &is_there).unwrap();
        let lines = |from: &[DeliveredEvent]| -> String {
            from.iter().map(|event| format!("{}\n", event.json)).collect()
        };
        assert_eq!(text(here.path(), "1970-01-01"), lines(&first[..4]));
        assert_eq!(text(here.path(), "1970-01-02"), lines(&first[4..]));
        assert_eq!(text(here.path(), "1970-01-04"), lines(&new[..1]));
        // What comes again is not written again, and what comes behind it is.
        folder.append("acme", &put_back[..3], &is_there).unwrap();
        folder.append("acme", &put_back, &is_there).unwrap();
        folder.append("acme", &new[1..], &is_there).unwrap();
        assert_eq!(text(here.path(), "1970-01-04"), lines(&new));
        assert_eq!(days(&here.path().join("acme")).len(), 3);
    }

    #[test]
    fn where_nothing_is_in_common_all_is_written() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().to_owned());
        append(&folder, "acme", &[of_log("a", 3, 0), of_log("a", 9, 0)]).unwrap();
        let other = [of_log("b", 4, 0), of_log("b", 9, 0)];
        folder.append("acme", &other, &|_| Ok(false)).unwrap();
        assert_eq!(text(here.path(), "1970-01-01").lines().count(), 4);
        let failed = folder.append("acme", &other, &|_| Err(io::Error::other("the log failed")));
        assert_eq!(failed.unwrap_err().to_string(), "the log failed");
        assert_eq!(text(here.path(), "1970-01-01").lines().count(), 4);
    }

    #[test]
    fn a_day_with_much_has_several_files_and_the_earliest_go() {
        let here = tempfile::tempdir().unwrap();
        // Of all files, and of one, which has room for two lines.
        let (most, one) = (16 * 40, 40);
        let folder = Folder::new(here.path().to_owned(), most as u64);
        let own = here.path().join("acme");
        let events: Vec<_> = (101..=399).map(|number| event(number, number / 200 * DAY)).collect();
        let lines: String = events.iter().map(|event| format!("{}\n", event.json)).collect();
        let line = lines.len() / events.len();
        for (number, some) in events.chunks(7).enumerate() {
            append(&folder, "acme", some).unwrap();
            let files = texts(&own);
            assert!(files.iter().all(|text| text.len() <= one), "{files:?}");
            let (written, kept) = ((number * 7 + some.len()) * line, files.concat());
            assert!(lines[..written].ends_with(&kept), "{files:?}");
            assert!((written.min(most - 2 * one)..=most).contains(&kept.len()), "{files:?}");
            // What comes again is not written again.
            append(&folder, "acme", some).unwrap();
            assert_eq!(texts(&own), files);
        }
        assert_eq!(days(&own).first().map(String::as_str), Some("1970-01-02"));
    }

    #[test]
    fn what_a_folder_has_too_much_of_goes_although_nothing_is_written() {
        let here = tempfile::tempdir().unwrap();
        let owner = Uuid::from_u128(1);
        let events = [event(1, 0), event(2, DAY), event(3, 2 * DAY)];
        for name in [PROVIDER.to_owned(), owner.to_string(), "other".to_owned()] {
            append(&unbounded(here.path().to_owned()), &name, &events).unwrap();
        }
        let less = Folder::new(here.path().to_owned(), 35);
        let gone = less.forget(&|_| Ok::<_, io::Error>(Some(Time(0)))).unwrap();
        assert_eq!(gone, 0, "their time is not over");
        for name in [PROVIDER.to_owned(), owner.to_string()] {
            assert_eq!(days(&here.path().join(name)), ["1970-01-02", "1970-01-03"]);
        }
        assert_eq!(days(&here.path().join("other")).len(), 3, "nobody knows whose that is");
    }

    #[test]
    fn what_was_put_aside_is_found_where_the_log_was_put_back() {
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path().to_owned(), 16 * 100);
        let first: Vec<_> = (1..=9).map(|number| of_log("a", number, 0)).collect();
        append(&folder, "acme", &first).unwrap();
        let own = here.path().join("acme");
        assert_eq!(texts(&own).len(), 3, "{:?}", texts(&own));
        let new = of_log("b", 5, 0);
        let put_back: Vec<_> = first[1..4].iter().chain([&new]).cloned().collect();
        folder.append("acme", &put_back, &|name| Ok(name.hash == Some("b5".into()))).unwrap();
        let all: Vec<_> = first.iter().chain([&new]).map(|event| event.json.as_str()).collect();
        assert_eq!(texts(&own).concat().lines().collect::<Vec<_>>(), all);
    }

    #[test]
    fn a_trial_leaves_nothing() {
        let here = tempfile::tempdir().unwrap();
        let folder = unbounded(here.path().to_owned());
        folder.rehearse("acme").unwrap();
        assert_eq!(fs::read_dir(here.path().join("acme")).unwrap().count(), 0);
        fs::write(here.path().join("file"), "").unwrap();
        assert!(unbounded(here.path().join("file")).rehearse("acme").is_err());
    }
}
