//! Events in files: a folder for each organization and one for the provider, and a file of each day
//! there. No name comes from whoever may choose one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use directory::Time;
use directory::delivery::DeliveredEvent;
use uuid::Uuid;

/// The folder of the provider's own events.
const PROVIDER: &str = "provider";
const ENDING: &str = ".jsonl";
/// Of the end of a file so much is read at once.
const STEP: u64 = 128 * 1024;

/// The operator's folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// Whoever writes: one whom nobody waits for any more may still be at it.
    turn: Arc<Mutex<()>>,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, turn: Arc::default() }
    }

    /// Writes events behind those that are there, and returns when they are on the disk. What is there
    /// already is not written again, so that a file is a chain; what was not written whole is.
    pub(super) fn append(&self, folder: &str, events: &[DeliveredEvent]) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.made(folder)?;
        let mut last = Last::of(&folder)?;
        let mut rest = events.iter().filter(|event| event.sequence > last.sequence).peekable();
        while let Some(first) = rest.peek() {
            // What happened before midnight may come after what happened behind it.
            let day = day(first.at).max(last.day.clone().unwrap_or_default());
            let mut text = String::new();
            while let Some(event) = rest.next_if(|event| self::day(event.at) <= day) {
                text.push_str(&event.json);
                text.push('\n');
            }
            write(&folder, &day, text.as_bytes())?;
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
    /// of the provider; all of who is no more. Returns how many.
    pub(super) fn forget<E>(
        &self,
        kept: &dyn Fn(Option<Uuid>) -> Result<Option<Time>, E>,
    ) -> io::Result<usize>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut removed = 0;
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
            let from = kept(owner).map_err(io::Error::other)?.map(day);
            for day in days(&folder.path())? {
                if from.as_ref().is_none_or(|from| day < *from) {
                    fs::remove_file(folder.path().join(format!("{day}{ENDING}")))?;
                    removed += 1;
                }
            }
            if from.is_none() {
                // What else is in it somebody else put there.
                let _others = fs::remove_dir(folder.path());
            }
        }
        Ok(removed)
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

/// The last event of a folder's files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Last {
    day: Option<String>,
    sequence: Option<u64>,
}

impl Last {
    /// Finds it, and cuts off what was not written whole.
    fn of(folder: &Path) -> io::Result<Self> {
        let days = days(folder)?;
        let newest = days.last().cloned();
        for day in days.into_iter().rev() {
            let mut file = open(&folder.join(format!("{day}{ENDING}")))?;
            if let Some(line) = last_line(&mut file)? {
                let read: Option<serde_json::Value> = serde_json::from_slice(&line).ok();
                let sequence = read.as_ref().and_then(|event| event.get("sequence")?.as_u64());
                let torn = || io::Error::other(format!("{day}{ENDING} does not end with an event"));
                return Ok(Self { day: newest, sequence: Some(sequence.ok_or_else(torn)?) });
            }
        }
        Ok(Self { day: newest, sequence: None })
    }
}

/// The last whole line of a file, after what stands behind it was cut off.
fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    let (mut start, mut tail) = (length, Vec::new());
    loop {
        let whole = tail.iter().rposition(|octet| *octet == b'\n');
        let before = whole.and_then(|end| tail.get(..end));
        let begin = before.and_then(|line| line.iter().rposition(|octet| *octet == b'\n'));
        if let (Some(before), true) = (before, begin.is_some() || start == 0) {
            let end = start + before.len() as u64 + 1;
            if end < length {
                file.set_len(end)?;
                file.sync_all()?;
            }
            let line = before.get(begin.map_or(0, |begin| begin + 1)..).unwrap_or_default();
            return Ok(Some(line.to_vec()));
        }
        if start == 0 {
            if length > 0 {
                file.set_len(0)?;
                file.sync_all()?;
            }
            return Ok(None);
        }
        let step = start.min(STEP);
        start -= step;
        let mut part = vec![0; usize::try_from(step).unwrap_or_default()];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut part)?;
        part.append(&mut tail);
        tail = part;
    }
}

fn write(folder: &Path, day: &str, text: &[u8]) -> io::Result<()> {
    let path = folder.join(format!("{day}{ENDING}"));
    let is_new = !path.exists();
    let mut file = open(&path)?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(text)?;
    file.sync_data()?;
    if is_new { sync_folder(folder) } else { Ok(()) }
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

/// The days of which there are files, the earliest first.
fn days(folder: &Path) -> io::Result<Vec<String>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let day = name.to_str().and_then(|name| name.strip_suffix(ENDING));
        days.extend(day.filter(|day| is_day(day)).map(ToOwned::to_owned));
    }
    days.sort_unstable();
    Ok(days)
}

fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
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

    fn text(folder: &Path, day: &str) -> String {
        fs::read_to_string(folder.join("acme").join(format!("{day}.jsonl"))).unwrap()
    }

    #[test]
    fn each_day_has_a_file_and_nothing_goes_back_to_an_earlier_one() {
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path().join("out"));
        let events = [event(1, 5), event(2, DAY + 1), event(4, DAY - 1), event(7, 2 * DAY)];
        folder.append("acme", &events[..2]).unwrap();
        folder.append("acme", &events).unwrap();
        let root = here.path().join("out");
        assert_eq!(text(&root, "1970-01-01"), "{\"sequence\":1}\n");
        assert_eq!(text(&root, "1970-01-02"), "{\"sequence\":2}\n{\"sequence\":4}\n");
        assert_eq!(text(&root, "1970-01-03"), "{\"sequence\":7}\n");
    }

    #[test]
    fn what_was_not_written_whole_is_written_again() {
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path().to_owned());
        folder.append("acme", &[event(1, 0), event(2, 0)]).unwrap();
        let file = here.path().join("acme/1970-01-01.jsonl");
        let whole = fs::read(&file).unwrap();
        for cut in 0..whole.len() {
            fs::write(&file, &whole[..cut]).unwrap();
            folder.append("acme", &[event(1, 0), event(2, 0)]).unwrap();
            assert_eq!(fs::read(&file).unwrap(), whole, "cut at {cut}");
        }
        fs::write(&file, b"something else\n").unwrap();
        assert!(folder.append("acme", &[event(3, 0)]).is_err());
    }

    #[test]
    fn a_line_longer_than_what_is_read_at_once_is_found() {
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path().to_owned());
        let long = "x".repeat(usize::try_from(STEP).unwrap() * 2);
        let json = format!("{{\"sequence\":9,\"text\":\"{long}\"}}");
        let long = DeliveredEvent { json, ..event(9, 0) };
        folder.append("acme", &[event(8, 0), long.clone()]).unwrap();
        folder.append("acme", &[event(8, 0), long, event(10, 0)]).unwrap();
        assert_eq!(text(here.path(), "1970-01-01").lines().count(), 3);
    }

    #[test]
    fn days_go_when_they_are_kept_no_longer_and_nothing_else_does() {
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path().to_owned());
        let (kept, gone) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for owner in [PROVIDER.to_owned(), kept.to_string(), gone.to_string(), "other".to_owned()] {
            folder.append(&owner, &[event(1, 0), event(2, DAY), event(3, 2 * DAY)]).unwrap();
        }
        fs::write(here.path().join(kept.to_string()).join("1970-01-01.txt"), "mine").unwrap();
        let says = |owner: Option<Uuid>| match owner {
            None => Ok::<_, io::Error>(Some(Time(2 * DAY))),
            Some(owner) => Ok((owner == kept).then_some(Time(DAY))),
        };
        assert_eq!(folder.forget(&says).unwrap(), 2 + 1 + 3);
        let left = |owner: &str| days(&here.path().join(owner)).unwrap();
        assert_eq!(left(PROVIDER), ["1970-01-03"]);
        assert_eq!(left(&kept.to_string()), ["1970-01-02", "1970-01-03"]);
        assert_eq!(left("other").len(), 3);
        assert!(!here.path().join(gone.to_string()).exists());
        assert!(here.path().join(kept.to_string()).join("1970-01-01.txt").exists());
    }

    #[test]
    fn a_trial_leaves_nothing() {
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path().to_owned());
        folder.rehearse("acme").unwrap();
        assert_eq!(fs::read_dir(here.path().join("acme")).unwrap().count(), 0);
        fs::write(here.path().join("file"), "").unwrap();
        assert!(Folder::new(here.path().join("file")).rehearse("acme").is_err());
    }
}
