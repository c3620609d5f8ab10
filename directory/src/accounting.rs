//! What network gear reports of sessions: kept in order, whatever the order in which it came.
//!
//! Reports say how things stand, not what changed since; so one that comes twice changes nothing,
//! and one that comes late is told from what is known already.

mod open;

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use storage::{Change, Id, Partition, Reading};

use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId, RecordId, UserId};
use crate::records::{Ending, Session, Traffic, gear_key, indices};
use crate::text::prepare;
use crate::time::Time;
use crate::tools::Tools;

pub(crate) use self::open::OpenSessions;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A session began.
    Started,
    /// A session goes on.
    Continues,
    /// A session ended.
    Stopped,
    /// The gear as a whole started or stops: no session from before goes on.
    Restarted,
}

/// A report of a RADIUS client, with what could be read of it.
#[derive(Clone, Debug)]
pub struct SessionReport {
    /// Whose client it is.
    pub organization: OrganizationId,
    /// Which.
    pub client: RadiusClientId,
    /// What it is about.
    pub stage: Stage,
    /// When that was.
    pub at: Time,
    /// The gear's own name for the session.
    pub name: String,
    /// The gear behind the RADIUS client, by its identifier or else its address.
    pub gear: String,
    /// Who it is about.
    pub login: String,
    /// What went over the wire until then.
    pub traffic: Traffic,
    /// The IPv4 address that the machine has.
    pub ipv4: Option<Ipv4Addr>,
    /// The IPv6 address that the machine has.
    pub ipv6: Option<Ipv6Addr>,
    /// The machine.
    pub calling: String,
    /// Where it is connected.
    pub called: String,
    /// Why it ended.
    pub cause: Option<u32>,
    /// What the accept told the gear to say again.
    pub class: Vec<u8>,
    /// Behind which session it goes on, where it is about many and has been taken in part.
    pub behind: Option<u64>,
}

/// What became of a report.
#[derive(Debug)]
pub enum Taken {
    /// It is kept.
    Kept,
    /// It is kept in part, or had to stay behind others of its organization: it is to be given
    /// again.
    Unfinished(Box<SessionReport>),
    /// The organization is gone.
    Lost,
    /// It could not be kept; nothing of it was.
    Failed(Error),
}

/// When sessions of which nothing is heard are taken to have ended, and how long they are kept.
#[derive(Clone, Copy, Debug)]
pub struct SessionRules {
    /// So many of the times that lay between its reports, at most.
    pub intervals: u32,
    /// How long when no such time is known, in milliseconds.
    pub silence: u64,
    /// How long sessions that ended are kept, in milliseconds.
    pub retention: u64,
}

/// A session that begins again within this time is the same one, told twice.
const SAME: u64 = 60_000;
/// No shorter silence ends a session, in milliseconds.
const SHORTEST_SILENCE: u64 = 10 * 60 * 1_000;
/// Sessions of an organization that are looked at, closed or forgotten in one step at most.
const STEP: usize = 500;

impl Directory {
    /// Takes reports into the sessions of their organizations; returns once that is durable. Says
    /// of each what became of it. Where more than `most_open` sessions of an organization are open,
    /// those first heard of are taken to have ended.
    ///
    /// # Errors
    /// When the store fails; then none was taken.
    pub fn take_reports(
        &self,
        reports: Vec<SessionReport>,
        most_open: usize,
    ) -> Result<Vec<Taken>, Error> {
        let (tools, open) = (self.inner.tools.clone(), Arc::clone(&self.inner.open_sessions));
        open.count(&self.inner.store, reports.iter().map(|report| report.organization))?;
        let done = self.inner.store.write(move |change| {
            let mut taken = Vec::with_capacity(reports.len());
            let mut steps = HashMap::new();
            for report in reports {
                let partition = report.organization.partition();
                taken.push(if change.partition_exists(partition)? {
                    // What one report fails at keeps none of the others from being kept.
                    let left = steps.entry(partition).or_insert(STEP);
                    let (tools, open) = (&tools, &open);
                    let mut ledger = Ledger { change, partition, tools, open, most_open };
                    ledger.take(report, left).unwrap_or_else(Taken::Failed)
                } else {
                    Taken::Lost
                });
            }
            Ok::<_, Error>(taken)
        });
        if done.is_err() {
            // Nothing of what was counted is there.
            self.inner.open_sessions.forget();
        }
        done.map_err(Error::from)
    }

    /// Closes sessions of which nothing was heard for too long and forgets those whose time is
    /// over, a bounded number of them; returns how many. Zero says that there is nothing left.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_sessions(&self, now: Time, rules: SessionRules) -> Result<usize, Error> {
        let snapshot = self.inner.store.read()?;
        let mut done = 0;
        for partition in snapshot.partitions()? {
            let mut silent = Vec::new();
            for id in snapshot.find(partition, indices::SESSION_OPEN, &[]) {
                let id = id?;
                let session = snapshot.get::<Session>(partition, id)?;
                if session.is_some_and(|session| rules.is_silent(&session, now)) {
                    silent.push(id);
                }
                if silent.len() == STEP {
                    break;
                }
            }
            let mut over = Vec::new();
            for found in snapshot.scan::<Session>(partition, None) {
                let (id, session) = found?;
                // In the order in which they were heard of: those behind are younger still.
                if now.0.saturating_sub(session.started.0) < rules.retention || over.len() == STEP {
                    break;
                }
                if rules.is_over(&session, now) {
                    over.push(id);
                }
            }
            if !silent.is_empty() || !over.is_empty() {
                done += self.end_sessions(partition, (silent, over), now, rules)?;
            }
        }
        Ok(done)
    }

    fn end_sessions(
        &self,
        partition: Partition,
        (silent, over): (Vec<Id>, Vec<Id>),
        now: Time,
        rules: SessionRules,
    ) -> Result<usize, Error> {
        let open = Arc::clone(&self.inner.open_sessions);
        let done = self.inner.store.write(move |change| {
            let mut done = 0;
            for id in silent {
                let found = change.get::<Session>(partition, id)?;
                // A report may have come in between.
                if let Some(mut session) = found.filter(|found| rules.is_silent(found, now)) {
                    session.ended = Some((session.updated, Ending::Silent));
                    change.put(partition, id, &session)?;
                    open.changed(partition, true, false);
                    done += 1;
                }
            }
            for id in over {
                let found = change.get::<Session>(partition, id)?;
                if found.is_some_and(|found| rules.is_over(&found, now)) {
                    change.delete::<Session>(partition, id)?;
                    done += 1;
                }
            }
            Ok::<usize, Error>(done)
        });
        done.map_err(Error::from)
    }
}

impl SessionRules {
    fn is_silent(&self, session: &Session, now: Time) -> bool {
        let patience = match session.interval {
            0 => self.silence,
            interval => interval.saturating_mul(self.intervals.into()).max(SHORTEST_SILENCE),
        };
        session.ended.is_none() && now.0.saturating_sub(session.updated.0) > patience
    }

    fn is_over(&self, session: &Session, now: Time) -> bool {
        let ended = session.ended.map(|(at, _)| at.max(session.updated));
        ended.is_some_and(|at| now.0.saturating_sub(at.0) > self.retention)
    }
}

/// The sessions of an organization while reports are taken.
struct Ledger<'l, 'c> {
    change: &'l mut Change<'c>,
    partition: Partition,
    tools: &'l Tools,
    open: &'l OpenSessions,
    most_open: usize,
}

impl Ledger<'_, '_> {
    /// Takes a report, which may look at `left` sessions where it is about many.
    fn take(&mut self, report: SessionReport, left: &mut usize) -> Result<Taken, Error> {
        if report.stage == Stage::Restarted {
            return self.restart(report, left);
        }
        let key = key_of(&report);
        let found = self.change.find_first(self.partition, indices::SESSION_KEY, &key)?;
        let known = match found {
            Some(id) => self.change.get::<Session>(self.partition, id)?.map(|known| (id, known)),
            None => None,
        };
        let (former, (id, mut session), was_open) = match known {
            Some(former) if is_another(&former.1, &report) => {
                (Some(former), self.begin(key, &report)?, false)
            }
            Some(known) => {
                let was_open = known.1.ended.is_none();
                (None, known, was_open)
            }
            None => (None, self.begin(key, &report)?, false),
        };
        follow(&mut session, report);
        self.put(id, was_open, &session)?;
        // Last: a session that cannot be kept leaves the former one as it was.
        if let Some((id, mut former)) = former {
            let was_open = former.ended.is_none();
            former.key = None;
            former.ended.get_or_insert((former.updated, Ending::Restarted));
            self.put(id, was_open, &former)?;
        }
        if !was_open && session.ended.is_none() {
            self.make_room(id)?;
        }
        Ok(Taken::Kept)
    }

    fn begin(&mut self, key: [u8; 16], report: &SessionReport) -> Result<(Id, Session), Error> {
        let login = prepare(&report.login);
        let user = self.change.find_first(self.partition, indices::USER_LOGIN, login.as_bytes())?;
        let session = Session {
            uuid: self.tools.uuid(report.at),
            client: report.client,
            key: Some(key),
            name: report.name.clone(),
            gear: report.gear.clone(),
            login: report.login.clone(),
            user: user.and_then(UserId::from_record),
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
        };
        Ok((self.change.allocate(self.partition)?, session))
    }

    fn put(&mut self, id: Id, was_open: bool, session: &Session) -> Result<(), Error> {
        self.change.put(self.partition, id, session)?;
        self.open.changed(self.partition, was_open, session.ended.is_none());
        Ok(())
    }

    /// Takes the session that was first heard of to have ended, where more are open than may be.
    fn make_room(&mut self, newest: Id) -> Result<(), Error> {
        if self.open.of(self.partition) <= self.most_open {
            return Ok(());
        }
        let first = self.change.find(self.partition, indices::SESSION_OPEN, &[]).take(2);
        for id in first.collect::<Result<Vec<_>, _>>()? {
            let found = self.change.get::<Session>(self.partition, id)?;
            if let Some(mut session) = found.filter(|_| id != newest) {
                session.ended = Some((session.updated, Ending::Crowded));
                return self.put(id, true, &session);
            }
        }
        Ok(())
    }

    /// Closes what goes on at the gear, unless it began or was heard of since.
    fn restart(&mut self, report: SessionReport, left: &mut usize) -> Result<Taken, Error> {
        let gear = gear_key(report.client, &report.gear);
        let open = self.change.find(self.partition, indices::SESSION_OPEN_OF, &gear);
        let further = |id: &Result<Id, _>| {
            id.as_ref().map_or(true, |id| report.behind.is_none_or(|behind| *id > behind))
        };
        let ids: Vec<_> = open.filter(further).take(*left).collect::<Result<_, _>>()?;
        let is_finished = ids.len() < *left;
        *left = left.saturating_sub(ids.len());
        let behind = ids.last().copied().or(report.behind);
        for id in ids {
            let found = self.change.get::<Session>(self.partition, id)?;
            let same = |found: &Session| found.gear == report.gear && found.updated <= report.at;
            if let Some(mut session) = found.filter(same) {
                session.ended = Some((report.at, Ending::Restarted));
                self.put(id, true, &session)?;
            }
        }
        Ok(if is_finished {
            Taken::Kept
        } else {
            Taken::Unfinished(Box::new(SessionReport { behind, ..report }))
        })
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

/// Whether gear that counts its sessions from the start again means another one by the same name.
fn is_another(known: &Session, report: &SessionReport) -> bool {
    let (ended, begun) = (known.ended.is_some(), known.started.plus(SAME));
    report.stage == Stage::Started && report.at > begun && (ended || report.at > known.updated)
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
    match report.stage {
        Stage::Stopped if !stopped => {
            session.ended = Some((report.at, Ending::Stopped));
            session.cause = report.cause;
        }
        // It was only not heard of.
        Stage::Started | Stage::Continues if is_news && !stopped => session.ended = None,
        Stage::Started | Stage::Continues | Stage::Stopped | Stage::Restarted => {}
    }
    fill(&mut session.ipv4, report.ipv4, is_news);
    fill(&mut session.ipv6, report.ipv6, is_news);
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
}

fn fill<T>(known: &mut Option<T>, told: Option<T>, is_news: bool) {
    if told.is_some() && (is_news || known.is_none()) {
        *known = told;
    }
}
