//! What applications asked for and did not get, so that a help desk can see why one misbehaves.
//!
//! It is kept in memory: it tells of the present, and a restart begins it anew. No value that an
//! application sent is in it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::{Change, Reading, Snapshot};

use crate::access::{Actor, Grant, ManageConfiguration, View, Who};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Allowances, Difference, SubjectKind};
use crate::id::{OrganizationId, RecordId, ServiceAccountId};
use crate::records::ServiceAccount;
use crate::time::Time;

/// The most different things that are kept of one account; the one longest ago goes first.
pub const RECORDED_LINES: usize = 64;
/// The most controls for which binds were refused unseen that are kept of one account beside these; the one
/// longest ago goes first.
pub(crate) const REFUSED_CONTROLS: usize = 8;
/// The most accounts of one organization of which something is kept; the one longest ago goes first.
pub const RECORDED_ACCOUNTS: usize = 64;
/// The most octets of what is told of one thing.
pub const RECORDED_TEXT: usize = 200;

/// What an application asked for and did not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missed {
    /// An attribute that no entry can have, as the application is shown entries.
    Attribute,
    /// A filter on an attribute that no entry can have, or a comparison with it: true of nothing.
    FilterAttribute,
    /// A filter by a class of entries that there is not: true of nothing.
    ObjectClass,
    /// A filter by a matching rule that is not known: neither true nor false.
    MatchingRule,
    /// A filter that no index serves, so that many entries were looked through.
    Unserved,
    /// An order by what entries cannot be sorted by.
    Order,
    /// More, or longer, than a limit lets.
    Limit,
    /// A place to search from that there is not.
    Base,
    /// A control that is not known.
    Control,
    /// An operation that is not known.
    Operation,
    /// A change over a door for reading.
    Change,
    /// To be let in.
    Entrance,
}

/// One thing that an application asked for and did not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub missed: Missed,
    /// Which one, without any value.
    pub text: String,
    /// How often it was noticed; what one connection repeats within a second counts once.
    pub times: u64,
    /// When it was noticed first.
    pub first: Time,
    /// When it was noticed last.
    pub last: Time,
}

/// What was noticed of every application since the start.
#[derive(Default)]
pub(crate) struct Recorder {
    organizations: Mutex<HashMap<OrganizationId, Accounts>>,
    /// How many proofs of an organization were told of late that nobody looked at.
    overheard: Allowances<OrganizationId>,
    /// How many controls were noted of late for which nobody looked at a proof.
    refused: Allowances<OrganizationId>,
}

/// What was noticed of the applications of one organization, which takes nothing from another's.
type Accounts = HashMap<ServiceAccountId, Noticed>;

#[derive(Default)]
struct Noticed {
    last: Time,
    /// What came of the account itself, or of who did not prove to be it in words that are few.
    lines: Vec<Line>,
    /// What anybody may have sent in its name. It takes nothing from the others.
    unproven: Vec<Line>,
}

type Key = (OrganizationId, ServiceAccountId);

impl Recorder {
    pub(crate) fn note(&self, key: Key, missed: Missed, text: &str, now: Time) {
        let ((organization, account), text) = (key, abridged(text));
        let mut organizations = self.lock();
        let accounts = organizations.entry(organization).or_default();
        if !accounts.contains_key(&account) && accounts.len() >= RECORDED_ACCOUNTS {
            let oldest = accounts.iter().min_by_key(|(_, noticed)| noticed.last);
            let oldest = oldest.map(|(account, _)| *account);
            oldest.and_then(|oldest| accounts.remove(&oldest));
        }
        accounts.entry(account).or_default().note(missed, text, now);
    }

    /// Takes note of a control for which a bind in the name of an account was refused unseen. Anybody may
    /// have sent that, so nothing else is forgotten for it.
    pub(crate) fn note_refused(&self, (organization, account): Key, control: &str, now: Time) {
        let mut organizations = self.lock();
        let accounts = organizations.entry(organization).or_default();
        if accounts.contains_key(&account) || accounts.len() < RECORDED_ACCOUNTS {
            let text = format!("a bind was refused for {control}");
            let unproven = &mut accounts.entry(account).or_default().unproven;
            count(unproven, REFUSED_CONTROLS, (Missed::Control, abridged(&text)), now);
        }
    }

    /// How many proofs of each organization were told of late that nobody looked at.
    pub(crate) fn overheard(&self) -> &Allowances<OrganizationId> {
        &self.overheard
    }

    /// How many controls of each organization were noted of late for which nobody looked at a proof.
    pub(crate) fn refused(&self) -> &Allowances<OrganizationId> {
        &self.refused
    }

    fn lines(&self, (organization, account): Key) -> Vec<Line> {
        let organizations = self.lock();
        let noticed = organizations.get(&organization).and_then(|accounts| accounts.get(&account));
        let all = noticed.map(|noticed| [&*noticed.lines, &*noticed.unproven].concat());
        let mut lines = all.unwrap_or_default();
        lines.sort_by(|one, other| (other.last, &one.text).cmp(&(one.last, &other.text)));
        lines
    }

    fn forget(&self, (organization, account): Key) -> usize {
        let mut organizations = self.lock();
        let forgotten =
            organizations.get_mut(&organization).and_then(|accounts| accounts.remove(&account));
        forgotten.map_or(0, |noticed| noticed.lines.len() + noticed.unproven.len())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationId, Accounts>> {
        self.organizations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noticed {
    fn note(&mut self, missed: Missed, text: &str, now: Time) {
        self.last = now;
        count(&mut self.lines, RECORDED_LINES, (missed, text), now);
    }
}

/// Counts a thing among these lines, of which there are so many at most.
fn count(lines: &mut Vec<Line>, most: usize, (missed, text): (Missed, &str), now: Time) {
    if let Some(line) = lines.iter_mut().find(|it| it.missed == missed && it.text == text) {
        line.times = line.times.saturating_add(1);
        line.last = now;
        return;
    }
    if lines.len() >= most {
        let oldest = (0_usize..).zip(&*lines).min_by_key(|(_, line)| line.last);
        if let Some((oldest, _)) = oldest {
            lines.swap_remove(oldest);
        }
    }
    lines.push(Line { missed, text: text.to_owned(), times: 1, first: now, last: now });
}

impl Directory {
    /// Takes note that an actor did not get what it asked for; of people nothing is noted. `text`
    /// must have no value that the actor sent.
    pub fn note_missed(&self, actor: Actor, missed: Missed, text: &str, now: Time) {
        if let Who::ServiceAccount { organization, account, .. } = actor.0 {
            self.inner.tools.recorder().note((organization, account), missed, text, now);
        }
    }
}

fn abridged(text: &str) -> &str {
    text.get(..text.floor_char_boundary(RECORDED_TEXT)).unwrap_or_default()
}

impl Grant<'_, &Snapshot, View> {
    /// What a service account asked for and did not get, the latest first.
    ///
    /// # Errors
    /// `Missing` when there is no such account.
    pub fn recorded(&self, account: ServiceAccountId) -> Result<Vec<Line>, Error> {
        let organization = self.organization()?;
        if !self.source.contains::<ServiceAccount>(organization.partition(), account.record())? {
            return Err(Error::Missing);
        }
        Ok(self.tools.recorder().lines((organization, account)))
    }
}

impl Grant<'_, &mut Change<'_>, ManageConfiguration> {
    /// Forgets what a service account asked for and did not get. That there is nothing is no error, and
    /// nothing to tell.
    ///
    /// # Errors
    /// `Missing` when there is no such account.
    pub fn forget_recorded(&mut self, account: ServiceAccountId) -> Result<(), Error> {
        let organization = self.organization()?;
        let record =
            self.source.get::<ServiceAccount>(organization.partition(), account.record())?;
        let record = record.ok_or(Error::Missing)?;
        let lines = self.tools.recorder().forget((organization, account));
        if lines == 0 {
            return Ok(());
        }
        let before = Some(format!("\"{lines} lines\""));
        let told = vec![Difference { field: "recorder".into(), before, after: None }];
        let subject = (SubjectKind::ServiceAccount, record.uuid, record.fields.name.as_str());
        self.site_mut().tell(Action::Changed, subject, told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(account: u64) -> Key {
        (OrganizationId::from_record(1).unwrap(), ServiceAccountId::from_record(account).unwrap())
    }

    #[test]
    fn what_comes_again_is_counted_and_the_latest_comes_first() {
        let recorder = Recorder::default();
        for (text, now) in [("a", 1), ("b", 2), ("a", 3)] {
            recorder.note(key(1), Missed::Attribute, text, Time(now));
        }
        recorder.note(key(1), Missed::FilterAttribute, "a", Time(2));
        let lines = recorder.lines(key(1));
        assert_eq!(lines.len(), 3);
        let first = &lines[0];
        assert_eq!((&*first.text, first.times), ("a", 2));
        assert_eq!((first.first, first.last), (Time(1), Time(3)));
        assert!(recorder.lines(key(2)).is_empty());
        assert_eq!((recorder.forget(key(1)), recorder.forget(key(1))), (3, 0));
    }

    #[test]
    fn the_lines_of_an_account_the_accounts_and_the_texts_are_bounded() {
        let recorder = Recorder::default();
        for number in 0..200 {
            recorder.note(key(1), Missed::Attribute, &number.to_string(), Time(number));
        }
        let lines = recorder.lines(key(1));
        assert_eq!(lines.len(), RECORDED_LINES);
        assert_eq!((&*lines[0].text, &*lines[RECORDED_LINES - 1].text), ("199", "136"));
        let neighbour = (OrganizationId::from_record(2).unwrap(), key(1).1);
        recorder.note(neighbour, Missed::Base, "another's", Time(1));
        for account in 2..200 {
            recorder.note(key(account), Missed::Base, &"ä".repeat(150), Time(1_000 + account));
        }
        assert_eq!(recorder.lock()[&key(1).0].len(), RECORDED_ACCOUNTS);
        assert!(recorder.lines(key(1)).is_empty());
        assert_eq!(recorder.lines(key(199))[0].text, "ä".repeat(100));
        assert_eq!(recorder.lines(neighbour).len(), 1, "another organization's stay");
    }

    #[test]
    fn what_anybody_may_have_sent_in_the_name_of_an_account_puts_out_nothing_else() {
        let recorder = Recorder::default();
        recorder.note(key(1), Missed::Base, "the account's", Time(1));
        for account in 2..=64 {
            recorder.note(key(account), Missed::Base, "another's", Time(2));
        }
        for number in 0..200 {
            recorder.note_refused(key(1), &format!("1.2.{number}"), Time(1_000 + number));
            recorder.note_refused(key(65), "1.2.3", Time(1_000 + number));
        }
        let lines = recorder.lines(key(1));
        assert_eq!(lines.len(), 1 + REFUSED_CONTROLS);
        assert_eq!(lines[0].text, "a bind was refused for 1.2.199");
        assert_eq!((&*lines[REFUSED_CONTROLS].text, lines[0].times), ("the account's", 1));
        assert!(recorder.lines(key(65)).is_empty(), "there are as many accounts as there may be");
        recorder.note(key(65), Missed::Base, "its own", Time(3));
        assert!(recorder.lines(key(1)).is_empty(), "it proved nothing lately, and goes first");
        recorder.note(key(1), Missed::Base, "again", Time(4));
        recorder.note_refused(key(1), "1.2.3", Time(5));
        assert_eq!(recorder.forget(key(1)), 2);
    }
}
