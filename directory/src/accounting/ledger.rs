//! A report among the sessions that are known.

use std::collections::{HashMap, HashSet};

use storage::{Change, Id, Partition, Reading};

use super::totals::Totals;
use super::{SessionBounds, SessionReport, Stage, told};
use crate::error::Error;
use crate::id::{DeviceId, RecordId, UserId};
use crate::network::{MacAddress, told_logins};
use crate::realm::without_own_realm;
use crate::records::{
    Carried, Ending, Guest, Organization, Prefixes, Session, Traffic, gear_key, indices,
};
use crate::text::prepare;
use crate::time::Time;
use crate::tools::Tools;

/// A session that begins again within this time is the same one, told twice.
const SAME: u64 = 60_000;

/// So many sessions are written without a look who else wants the core.
const A_FEW: usize = 4;

/// How much of a report was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// What it says of the sessions up to this one.
    Until(Id),
}

/// What is known of an organization's sessions in a change: each of those that reports were about is
/// written once, however many reports it had.
pub(super) struct Met {
    sessions: HashMap<[u8; 16], Kept>,
    /// Who had a login.
    guests: HashMap<String, Option<Guest>>,
    /// Which sessions opened.
    opened: HashSet<Id>,
    begun: u64,
    written: usize,
    totals: Totals,
    /// What is to be told of sessions once the change is made.
    pub(super) told: Vec<storage::Event>,
}

/// A session, and how it stands in the store.
struct Kept {
    id: Id,
    session: Session,
    stored: Stored,
    /// The device by which it is found in the store.
    device: Option<DeviceId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    Not,
    Open,
    Ended,
}

impl Met {
    /// An organization of whose sessions nothing was met yet.
    pub(super) fn of(change: &Change<'_>, partition: Partition) -> Result<Self, Error> {
        let totals = Totals::of(change, partition)?;
        let (sessions, guests, opened) = (HashMap::new(), HashMap::new(), HashSet::new());
        Ok(Self { sessions, guests, opened, begun: 0, written: 0, totals, told: Vec::new() })
    }
}

/// The sessions of an organization while reports are taken.
pub(super) struct Ledger<'l, 'c> {
    pub(super) change: &'l mut Change<'c>,
    pub(super) partition: Partition,
    pub(super) tools: &'l Tools,
    pub(super) bounds: &'l SessionBounds,
    pub(super) met: &'l mut Met,
    pub(super) failures: &'l mut Vec<Error>,
}

impl Ledger<'_, '_> {
    /// Takes the report with a number in the journal, or what is left of it behind a session, and
    /// looks at `left` sessions at most where it is about many. [`finish`](Self::finish) follows.
    pub(super) fn take(
        &mut self,
        (number, report): (u64, SessionReport),
        behind: Option<Id>,
        left: &mut usize,
    ) -> Result<Part, Error> {
        if report.stage == Stage::Restarted {
            self.write_all();
            return self.restart(&report, behind, left);
        }
        let key = key_of(&report);
        if !self.met.sessions.contains_key(&key)
            && let Some(kept) = self.read(&key)?
        {
            self.met.sessions.insert(key, kept);
        }
        let known = self.met.sessions.get(&key);
        if known.is_some_and(|known| is_of_former(&known.session, &report)) {
            return Ok(Part::Whole);
        }
        if known.is_none_or(|known| is_another(&known.session, &report)) {
            let new = self.begin(key, number, &report)?;
            self.met.begun += 1;
            self.met.totals.began();
            if let Some(former) = self.met.sessions.insert(key, new) {
                self.supersede(former);
            }
        }
        let Met { sessions, opened, totals, .. } = &mut *self.met;
        if let Some(Kept { id, session, stored, .. }) = sessions.get_mut(&key) {
            // One that is new opens with its first report.
            let was_open =
                session.ended.is_none() && (*stored != Stored::Not || opened.contains(id));
            follow(session, report);
            match (was_open, session.ended.is_none()) {
                (false, true) => {
                    opened.insert(*id);
                    totals.opened();
                }
                (true, false) => {
                    opened.remove(id);
                    totals.closed();
                }
                (true, true) | (false, false) => {}
            }
        }
        Ok(Part::Whole)
    }

    /// Writes what was met, and lets the sessions give way that were first heard of where there are
    /// more than may be.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.write_all();
        self.make_room()?;
        self.forget_first()?;
        self.met.totals.keep(self.change, self.partition)
    }

    /// The session by a key, as it is stored.
    fn read(&self, key: &[u8]) -> Result<Option<Kept>, Error> {
        let found = self.change.find_first(self.partition, indices::SESSION_KEY, key)?;
        let Some(id) = found else { return Ok(None) };
        let session = self.change.get::<Session>(self.partition, id)?;
        Ok(session.map(|session| {
            let stored = if session.ended.is_none() { Stored::Open } else { Stored::Ended };
            Kept { id, device: session.device, session, stored }
        }))
    }

    fn begin(&mut self, key: [u8; 16], number: u64, report: &SessionReport) -> Result<Kept, Error> {
        let guest = self.guest(&report.login)?;
        let session = Session {
            uuid: self.tools.uuid_of(report.at, &[&key[..], &number.to_be_bytes()]),
            client: report.client,
            key: Some(key),
            name: report.name.clone(),
            gear: report.gear.clone(),
            login: report.login.clone(),
            user: guest.and_then(Guest::user),
            started: report.at,
            updated: report.at,
            ended: None,
            interval: 0,
            traffic: Traffic::default(),
            ipv4: None,
            ipv6: None,
            calling: String::new(),
            called: String::new(),
            cause: None,
            class: Vec::new(),
            gear_address: None,
            source: None,
            certificate: None,
            port: None,
            granted: None,
            changed: None,
            carried: Carried::default(),
            prefixes: Prefixes::default(),
            device: guest.and_then(Guest::device),
        };
        let id = self.change.allocate(self.partition)?;
        Ok(Kept { id, device: session.device, session, stored: Stored::Not })
    }

    /// Who has the login that gear names: a user, or else the device whose hardware address it is.
    fn guest(&mut self, login: &str) -> Result<Option<Guest>, Error> {
        if let Some(known) = self.met.guests.get(login) {
            return Ok(*known);
        }
        let mut user = self.user(login)?;
        if user.is_none()
            && let Some(login) = self.bare_login(login)?
        {
            user = self.user(login)?;
        }
        let mut guest = user.map(Guest::User);
        if let (None, Some(address)) = (guest, MacAddress::read(login.as_bytes())) {
            let index = indices::DEVICE_ADDRESS;
            let found = self.change.find_first(self.partition, index, address.octets())?;
            guest = found.and_then(DeviceId::from_record).map(Guest::Device);
        }
        self.met.guests.insert(login.to_owned(), guest);
        Ok(guest)
    }

    /// The user with a login that gear may mean by a name.
    fn user(&self, name: &str) -> Result<Option<UserId>, Error> {
        for login in told_logins(name) {
            let index = indices::USER_LOGIN;
            let found = self.change.find_first(self.partition, index, login.as_bytes())?;
            if let Some(user) = found.and_then(UserId::from_record) {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// What is left of a name that gear says without a realm of the organization's own.
    fn bare_login<'n>(&self, name: &'n str) -> Result<Option<&'n str>, Error> {
        if !name.contains(['@', '\\']) {
            return Ok(None);
        }
        let number = Id::from(self.partition.number());
        let home = self.change.get::<Organization>(Partition::Provider, number)?;
        Ok(home.and_then(|home| without_own_realm(name, &home.fields)))
    }

    /// Leaves a session whose gear uses its name for another one.
    fn supersede(&mut self, mut former: Kept) {
        let session = &mut former.session;
        session.key = None;
        if session.ended.is_none() {
            session.ended = Some((session.updated, Ending::Restarted));
            self.met.opened.remove(&former.id);
            self.met.totals.closed();
        }
        self.write(&former);
    }

    fn write_all(&mut self) {
        for (_, kept) in std::mem::take(&mut self.met.sessions) {
            self.write(&kept);
        }
    }

    /// Writes a session. What one fails at keeps none of the others from being kept.
    fn write(&mut self, kept: &Kept) {
        self.met.written += 1;
        if self.met.written.is_multiple_of(A_FEW) {
            // Nobody waits for this, and whoever shares the core is waited for.
            std::thread::yield_now();
        }
        let (partition, Kept { id, session, stored, device }) = (self.partition, kept);
        if *stored == Stored::Not {
            self.met.told.push(told::began(self.change, partition, session));
        }
        if *stored != Stored::Ended {
            self.met.told.extend(told::ended(self.change, partition, session));
        }
        let is_stored_so = match stored {
            Stored::Not => None,
            Stored::Open => Some(session.ended.is_none() && session.key.is_some()),
            Stored::Ended => Some(session.ended.is_some() && session.key.is_some()),
        };
        let written = match is_stored_so {
            None => self.change.put_first(partition, *id, session),
            // Nothing else of what reports say is indexed.
            Some(true) if *device == session.device => {
                self.change.put_again(partition, *id, session)
            }
            Some(_) => self.change.put(partition, *id, session),
        };
        self.failures.extend(written.err().map(Error::from));
    }

    /// Forgets the sessions that were first heard of, where more are kept than may be: as many as
    /// began at most.
    fn forget_first(&mut self) -> Result<(), Error> {
        let most = self.bounds.kept.max(self.bounds.open);
        let over = self.met.totals.kept().saturating_sub(most).min(self.met.begun);
        if over == 0 {
            return Ok(());
        }
        let over = usize::try_from(over).unwrap_or(usize::MAX);
        let first = self.change.scan::<Session>(self.partition, None).take(over);
        for (id, session) in first.collect::<Result<Vec<_>, _>>()? {
            self.change.delete::<Session>(self.partition, id)?;
            self.met.totals.forgot(session.ended.is_none());
        }
        Ok(())
    }

    /// Takes the sessions that were first heard of to have ended, where more are open than may be:
    /// as many as opened at most, and these last.
    fn make_room(&mut self) -> Result<(), Error> {
        let opened = self.met.opened.len();
        let over = self.met.totals.open().saturating_sub(self.bounds.open);
        let over = usize::try_from(over).unwrap_or(usize::MAX).min(opened);
        if over == 0 {
            return Ok(());
        }
        let first = self.change.find(self.partition, indices::SESSION_OPEN, &[]);
        let first: Vec<Id> = first.take(over.saturating_add(opened)).collect::<Result<_, _>>()?;
        let (new, old): (Vec<Id>, Vec<Id>) =
            first.into_iter().partition(|id| self.met.opened.contains(id));
        for id in old.into_iter().chain(new).take(over) {
            if let Some(mut session) = self.change.get::<Session>(self.partition, id)? {
                session.ended = Some((session.updated, Ending::Crowded));
                self.change.put(self.partition, id, &session)?;
                self.met.told.extend(told::ended(self.change, self.partition, &session));
                self.met.totals.closed();
            }
        }
        Ok(())
    }

    /// Closes what goes on at the gear, unless it began or was heard of since.
    fn restart(
        &mut self,
        report: &SessionReport,
        behind: Option<Id>,
        left: &mut usize,
    ) -> Result<Part, Error> {
        let gear = gear_key(report.client, &report.gear);
        let index = indices::SESSION_OPEN_OF;
        let open = self.change.find_behind(self.partition, index, &gear, behind);
        let ids: Vec<_> = open.take(*left).collect::<Result<_, _>>()?;
        let is_finished = ids.len() < *left;
        *left = left.saturating_sub(ids.len());
        let until = ids.last().copied().or(behind).filter(|_| !is_finished);
        for id in ids {
            let found = self.change.get::<Session>(self.partition, id)?;
            let same = |found: &Session| found.gear == report.gear && found.updated <= report.at;
            if let Some(mut session) = found.filter(same) {
                session.ended = Some((report.at, Ending::Restarted));
                self.change.put(self.partition, id, &session)?;
                self.met.told.extend(told::ended(self.change, self.partition, &session));
                self.met.opened.remove(&id);
                self.met.totals.closed();
            }
        }
        Ok(until.map_or(Part::Whole, Part::Until))
    }
}

/// What the reports about one session have in common: nothing that may change while it lasts.
fn key_of(report: &SessionReport) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&report.client.record().to_be_bytes());
    for part in [&report.gear, &report.name] {
        hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    key
}

/// Whether gear means another session by the same name: a session has one beginning and one end
/// (RFC 2866, sections 5.1 and 5.5), and what is told twice is told of the same user.
fn is_another(known: &Session, report: &SessionReport) -> bool {
    let (at, begun) = (report.at, known.started.plus(SAME));
    match (report.stage, known.ended) {
        (Stage::Started, Some((end, _))) if is_of_another(known, report) => at >= end,
        (Stage::Started, Some((end, Ending::Restarted))) => at >= end,
        (Stage::Started, Some((end, _))) => at > end && at > begun,
        (Stage::Started, None) => {
            at > known.updated && (at > begun || is_granted_to_another(known, report))
        }
        // Its beginning was not heard of. The name may be another one; the accept says whose it is.
        (Stage::Continues, Some((end, _))) => at > end && is_granted_to_another(known, report),
        (Stage::Continues, None) | (Stage::Stopped | Stage::Restarted, _) => false,
    }
}

/// Whether a report that comes late is of a former session by the same name. An end may come without
/// saying how late, so where the accept says that it is another's it is.
fn is_of_former(known: &Session, report: &SessionReport) -> bool {
    match report.stage {
        Stage::Stopped if is_granted_to_another(known, report) => true,
        Stage::Continues | Stage::Stopped => {
            report.at < known.started && is_of_another(known, report)
        }
        Stage::Started | Stage::Restarted => false,
    }
}

/// Whether a report is about somebody else than a session.
fn is_of_another(known: &Session, report: &SessionReport) -> bool {
    let [one, other] = [&known.login, &report.login];
    let is_named = !one.is_empty() && !other.is_empty() && prepare(one) != prepare(other);
    is_named || is_granted_to_another(known, report)
}

/// Whether the accepts say that a report is about somebody else than a session.
fn is_granted_to_another(known: &Session, report: &SessionReport) -> bool {
    let both = known.granted.as_ref().zip(report.granted.as_ref());
    both.is_some_and(|(known, told)| known.guest != told.guest)
}

/// Brings a session to where a report saw it.
fn follow(session: &mut Session, report: SessionReport) {
    let is_news = report.at >= session.updated;
    let before = u64::from(report.traffic.seconds).saturating_mul(1_000);
    session.started = session.started.min(Time(report.at.0.saturating_sub(before)));
    session.traffic = session.traffic.most(report.traffic);
    if is_news {
        session.interval = session.interval.max(report.at.0.saturating_sub(session.updated.0));
        session.updated = report.at;
    }
    let stopped = matches!(session.ended, Some((_, Ending::Stopped)));
    let restarted = matches!(session.ended, Some((end, Ending::Restarted)) if report.at < end);
    match report.stage {
        Stage::Stopped if !stopped => {
            session.ended = Some((report.at, Ending::Stopped));
            session.cause = report.cause;
        }
        // It was only not heard of.
        Stage::Started | Stage::Continues if is_news && !stopped && !restarted => {
            session.ended = None;
        }
        Stage::Started | Stage::Continues | Stage::Stopped | Stage::Restarted => {}
    }
    fill(&mut session.source, Some(report.source), is_news);
    fill(&mut session.gear_address, report.gear_address, is_news);
    fill(&mut session.ipv4, report.ipv4, is_news);
    fill(&mut session.ipv6, report.ipv6, is_news);
    fill(&mut session.prefixes.framed, report.prefixes.framed, is_news);
    fill(&mut session.prefixes.delegated, report.prefixes.delegated, is_news);
    for (known, told) in
        [(&mut session.calling, report.calling), (&mut session.called, report.called)]
    {
        if !told.is_empty() && (is_news || known.is_empty()) {
            *known = told;
        }
    }
    if !report.class.is_empty() {
        session.class = report.class;
    }
    if report.certificate.is_some() {
        session.certificate = report.certificate;
    }
    fill(&mut session.port, report.port, is_news);
    // What gear goes on telling of the accept says nothing of what it was told since.
    if let Some(granted) = report.granted
        && (is_news || session.granted.is_none())
    {
        let is_same = session.granted.as_ref() == Some(&granted);
        if !is_same {
            // An outer identity is nobody's login.
            // The accept was ours; the login is what the gear says.
            (session.user, session.device) = (granted.guest.user(), granted.guest.device());
            (session.granted, session.changed) = (Some(granted), None);
        }
        if session.changed.is_none() {
            session.carried = report.carried;
        }
    }
}

fn fill<T>(known: &mut Option<T>, told: Option<T>, is_news: bool) {
    if told.is_some() && (is_news || known.is_none()) {
        *known = told;
    }
}
