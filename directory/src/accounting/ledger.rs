//! A report among the sessions that are known.

use storage::{Change, Id, Partition, Reading};

use super::totals::Totals;
use super::{SessionBounds, SessionReport, Stage};
use crate::error::Error;
use crate::id::{RecordId, UserId};
use crate::records::{Ending, Session, Traffic, gear_key, indices};
use crate::text::prepare;
use crate::time::Time;
use crate::tools::Tools;

/// A session that begins again within this time is the same one, told twice.
const SAME: u64 = 60_000;

/// How much of a report was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// What it says of the sessions up to this one.
    Until(Id),
}

/// The sessions of an organization while reports are taken.
pub(super) struct Ledger<'l, 'c> {
    pub(super) change: &'l mut Change<'c>,
    pub(super) partition: Partition,
    pub(super) tools: &'l Tools,
    pub(super) totals: &'l mut Totals,
    pub(super) bounds: &'l SessionBounds,
}

impl Ledger<'_, '_> {
    /// Takes a report, or what is left of it behind a session, and looks at `left` sessions at most
    /// where it is about many.
    pub(super) fn take(
        &mut self,
        report: SessionReport,
        behind: Option<Id>,
        left: &mut usize,
    ) -> Result<Part, Error> {
        if report.stage == Stage::Restarted {
            return self.restart(&report, behind, left);
        }
        let key = key_of(&report);
        let found = self.change.find_first(self.partition, indices::SESSION_KEY, &key)?;
        let known = match found {
            Some(id) => self.change.get::<Session>(self.partition, id)?.map(|known| (id, known)),
            None => None,
        };
        match known {
            Some((id, session)) if !is_another(&session, &report) => {
                let was_open = session.ended.is_none();
                self.follow(id, session, report, was_open)?;
            }
            former => {
                let (id, session) = self.begin(key, &report)?;
                self.follow(id, session, report, false)?;
                self.totals.began();
                // Last: a session that cannot be kept leaves the former one as it was.
                if let Some((id, mut former)) = former {
                    let was_open = former.ended.is_none();
                    former.key = None;
                    former.ended.get_or_insert((former.updated, Ending::Restarted));
                    self.put(id, was_open, &former)?;
                }
                self.forget_first(id)?;
            }
        }
        Ok(Part::Whole)
    }

    /// Brings a session to where a report saw it, and keeps it.
    fn follow(
        &mut self,
        id: Id,
        mut session: Session,
        report: SessionReport,
        was_open: bool,
    ) -> Result<(), Error> {
        follow(&mut session, report);
        self.put(id, was_open, &session)?;
        if !was_open && session.ended.is_none() { self.make_room(id) } else { Ok(()) }
    }

    fn begin(&mut self, key: [u8; 16], report: &SessionReport) -> Result<(Id, Session), Error> {
        let session = Session {
            uuid: self.tools.uuid(report.at),
            client: report.client,
            key: Some(key),
            name: report.name.clone(),
            gear: report.gear.clone(),
            login: report.login.clone(),
            user: self.user(&report.login)?,
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
        };
        Ok((self.change.allocate(self.partition)?, session))
    }

    /// Who has a login; Windows says it behind a domain.
    fn user(&self, login: &str) -> Result<Option<UserId>, Error> {
        let without_domain = login.split_once('\\').map(|(_, name)| name);
        for name in [Some(login), without_domain].into_iter().flatten() {
            let name = prepare(name);
            let found =
                self.change.find_first(self.partition, indices::USER_LOGIN, name.as_bytes())?;
            if let Some(user) = found.and_then(UserId::from_record) {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    fn put(&mut self, id: Id, was_open: bool, session: &Session) -> Result<(), Error> {
        self.change.put(self.partition, id, session)?;
        match (was_open, session.ended.is_none()) {
            (false, true) => self.totals.opened(),
            (true, false) => self.totals.closed(),
            (true, true) | (false, false) => {}
        }
        Ok(())
    }

    /// Forgets the session that was first heard of, where more are kept than may be.
    fn forget_first(&mut self, newest: Id) -> Result<(), Error> {
        if self.totals.kept() <= self.bounds.kept.max(self.bounds.open) {
            return Ok(());
        }
        let first = self.change.scan::<Session>(self.partition, None).next().transpose()?;
        if let Some((id, session)) = first.filter(|(id, _)| *id != newest) {
            self.change.delete::<Session>(self.partition, id)?;
            self.totals.forgot(session.ended.is_none());
        }
        Ok(())
    }

    /// Takes the session that was first heard of to have ended, where more are open than may be.
    fn make_room(&mut self, newest: Id) -> Result<(), Error> {
        if self.totals.open() <= self.bounds.open {
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
                self.put(id, true, &session)?;
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
    fill(&mut session.source, Some(report.source), is_news);
    fill(&mut session.gear_address, report.gear_address, is_news);
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
    if report.certificate.is_some() {
        session.certificate = report.certificate;
    }
}

fn fill<T>(known: &mut Option<T>, told: Option<T>, is_news: bool) {
    if told.is_some() && (is_news || known.is_none()) {
        *known = told;
    }
}
