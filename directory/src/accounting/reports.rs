//! Reports on their way: into the journal, and from there into the sessions.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::{
    Change, Id, JournalEntry, JournalError, Partition, Reading, WriteError, encode_behind,
};

use super::ledger::{Ledger, Met, Part};
use super::{STEP, SessionBounds, SessionReport, Stage};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId};
use crate::records::{SettledReports, THE_ONLY_ONE};
use crate::tools::Tools;

/// Reports of one change: at a lower rate than so many a second one commit has them all, and at a
/// higher one others' changes wait some 30 milliseconds for it.
const REPORTS: usize = 4_096;
/// Reports that go to the journal together, so that it has room for them.
const PART: usize = 1_024;

/// After so many times that reports went into the sessions they are made durable there, that no crash
/// leaves more to be done again.
const TIMES: u32 = 60;
/// So many failures wait to be told.
const FAILURES: usize = 100;

/// How a report is written in the journal: the first octet.
const FORM: u8 = 6;
/// Likewise, by an earlier version, without two prefixes at the end.
const FORM_5: u8 = 5;
/// Likewise, without what the accept carried before them.
const FORM_4: u8 = 4;
/// Likewise, without a port and what was granted before that.
const FORM_3: u8 = 3;
/// Likewise, and it knew of a certificate by one authority alone.
const FORM_2: u8 = 2;
/// Likewise, without a certificate before them.
const FORM_1: u8 = 1;

/// A piece of gear: whose client it is behind, and what it is called.
type Gear = (OrganizationId, RadiusClientId, String);
/// Whose a report is, and which gear restarted where that is what it says.
type Counted = (OrganizationId, Option<Gear>);

/// The reports that are not yet among the sessions.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    bounds: SessionBounds,
    /// How many of each organization.
    waiting: Mutex<HashMap<OrganizationId, usize>>,
    /// Which gear's restarts wait: each looks at all sessions of the gear, so that one is enough.
    restarting: Mutex<HashSet<Gear>>,
    /// Locked while reports go into the sessions.
    settling: Mutex<Settling>,
    /// Why reports could not be brought into the sessions, of late.
    failures: Mutex<Vec<Error>>,
}

/// Reports that go into the sessions.
#[derive(Debug, Default)]
struct Settling {
    /// What was taken from the journal, in its order.
    taken: Vec<JournalEntry>,
    /// The number of the last one that the sessions have, if the disk has not failed since.
    until: u64,
    /// The number of the last one that waits no more.
    left: u64,
    /// How often some went there since that was durable.
    times: u32,
}

impl Reports {
    pub(crate) fn new(bounds: SessionBounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// Counts a report in, unless too many of its organization wait.
    fn admit(&self, report: &SessionReport) -> bool {
        let (organization, restarted) = counted(report);
        let mut waiting = lock(&self.waiting);
        let number = waiting.entry(organization).or_default();
        let has_room = *number < self.bounds.waiting
            && restarted.is_none_or(|gear| lock(&self.restarting).insert(gear));
        *number += usize::from(has_room);
        has_room
    }

    fn note(&self, mut failures: Vec<Error>) {
        let mut noted = lock(&self.failures);
        failures.truncate(FAILURES.saturating_sub(noted.len()));
        noted.append(&mut failures);
    }

    fn leave(&self, (organization, restarted): &Counted) {
        let mut waiting = lock(&self.waiting);
        if let Some(number) = waiting.get_mut(organization) {
            *number = number.saturating_sub(1);
            if *number == 0 {
                waiting.remove(organization);
            }
        }
        if let Some(gear) = restarted {
            lock(&self.restarting).remove(gear);
        }
    }
}

/// As what a report is counted.
fn counted(report: &SessionReport) -> Counted {
    let gear = || (report.organization, report.client, report.gear.clone());
    (report.organization, (report.stage == Stage::Restarted).then(gear))
}

impl Directory {
    /// Takes reports; returns once they are durable, and says of each whether it is kept: it is not
    /// where too many of its organization wait.
    ///
    /// # Errors
    /// When the store fails: whether any is kept then, nobody knows.
    pub fn take_reports(&self, reports: &[SessionReport]) -> Result<Vec<bool>, Error> {
        let own = &self.inner.reports;
        let kept: Vec<_> = reports.iter().map(|report| own.admit(report)).collect();
        let admitted = reports.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(one, _)| one);
        let bodies: Result<Vec<_>, _> =
            admitted.clone().map(|report| encode_behind(vec![FORM], report)).collect();
        let appended = match bodies {
            // In parts, each of which the journal has room for.
            Ok(bodies) => bodies.chunks(PART).try_for_each(|part| self.append(part)),
            Err(corrupt) => Err(corrupt.into()),
        };
        if appended.is_err() {
            admitted.for_each(|report| own.leave(&counted(report)));
        }
        appended.map(|()| kept)
    }

    fn append(&self, bodies: &[Vec<u8>]) -> Result<(), Error> {
        let journal = self.inner.store.journal();
        for _ in 0..2 {
            match journal.append(bodies) {
                Err(JournalError::Full) => self.settle_reports()?,
                done => return Ok(done?),
            }
        }
        Ok(journal.append(bodies)?)
    }

    /// Brings the reports that were taken until now into the sessions of their organizations. The
    /// journal keeps them until they are durable there.
    ///
    /// # Errors
    /// When the store fails; then the reports go on waiting.
    pub fn settle_reports(&self) -> Result<(), Error> {
        let mut settling = lock(&self.inner.reports.settling);
        if settling.taken.is_empty() {
            settling.taken = self.inner.store.journal().take(settling.times >= TIMES);
        }
        settling.times = settling.times.saturating_add(u32::from(!settling.taken.is_empty()));
        if settling.taken.is_empty() {
            // A disk that failed may have taken back what no later report asks for.
            let settled = self.settled_reports()?;
            if settled < settling.until {
                self.go_back(&mut settling, settled)?;
            }
        }
        self.settle(&mut settling)
    }

    /// Until which number the store has reports in its sessions.
    fn settled_reports(&self) -> Result<u64, Error> {
        let snapshot = self.inner.store.read()?;
        let settled = snapshot.get::<SettledReports>(Partition::Provider, THE_ONLY_ONE)?;
        Ok(settled.unwrap_or_default().until)
    }

    /// Why reports could not be brought into the sessions since this was asked last. They are lost:
    /// what stands in their way would stand there for ever.
    #[must_use]
    pub fn lost_reports(&self) -> Vec<Error> {
        std::mem::take(&mut lock(&self.inner.reports.failures))
    }

    /// Takes up what a former process left in the journal.
    pub(crate) fn settle_left_reports(&self) -> Result<(), Error> {
        let mut settling = lock(&self.inner.reports.settling);
        let settled = self.settled_reports()?;
        (settling.until, settling.left) = (settled, settled);
        settling.taken = self.inner.store.journal().left(settled);
        // What cannot be brought there yet goes on waiting: it is no reason not to start.
        if let Err(error) = self.settle(&mut settling) {
            self.inner.reports.note(vec![error]);
        }
        Ok(())
    }

    /// Brings what was taken into the sessions, and makes that durable where the journal needs the
    /// room.
    fn settle(&self, settling: &mut Settling) -> Result<(), Error> {
        loop {
            self.bring(settling)?;
            if !self.inner.store.journal().is_held() {
                return Ok(());
            }
            let until = settling.until;
            let done = self.inner.store.write(move |change| {
                let settled = change.get::<SettledReports>(Partition::Provider, THE_ONLY_ONE)?;
                let settled = settled.unwrap_or_default();
                if settled.until >= until {
                    change.put(Partition::Provider, THE_ONLY_ONE, &settled)?;
                }
                Ok::<_, Error>(settled.until)
            });
            let settled = done?;
            if settled >= until {
                self.inner.store.journal().settle();
                settling.times = 0;
                return Ok(());
            }
            self.go_back(settling, settled)?;
        }
    }

    /// Begins anew behind an entry, as the store has lost those after it.
    fn go_back(&self, settling: &mut Settling, settled: u64) -> Result<(), Error> {
        let again = self.inner.store.journal().again(settled, settling.until);
        let mut again = again.map_err(JournalError::from)?;
        again.append(&mut settling.taken);
        (settling.taken, settling.until) = (again, settled);
        Ok(())
    }

    /// Brings entries into the sessions, so many in one change; those that are there are taken out.
    fn bring(&self, settling: &mut Settling) -> Result<(), Error> {
        let (mut behind, mut at_once) = (None, REPORTS);
        while !settling.taken.is_empty() {
            let entries = settling.taken.iter().take(at_once);
            let step = self.step(entries, (settling.until, behind));
            let one = |(number, report): &(u64, SessionReport)| (*number, counted(report));
            let waited: Vec<_> = step.reports.iter().map(one).collect();
            let (tools, last) = (self.inner.tools.clone(), step.last);
            let done = match self.inner.store.write_behind(move |change| step.run(change, &tools)) {
                // Whichever it is, it keeps none of the others from being kept.
                Err(WriteError::Panicked) if at_once > 1 => {
                    at_once = 1;
                    continue;
                }
                Err(WriteError::Panicked) => {
                    let settled = settling.until;
                    let passed =
                        self.inner.store.write_behind(move |change| pass(change, settled, last))?;
                    let is_passed = passed.lost_behind.is_none();
                    let failures = is_passed.then(|| WriteError::Panicked.into());
                    Done { failures: failures.into_iter().collect(), ..passed }
                }
                done => done?,
            };
            if let Some(settled) = done.lost_behind {
                (behind, at_once) = (None, REPORTS);
                self.go_back(settling, settled)?;
                continue;
            }
            let left = settling.left;
            for (number, counted) in waited.iter().filter(|one| one.0 <= done.until) {
                if *number > left {
                    self.inner.reports.leave(counted);
                }
            }
            let is_done = |entry: &JournalEntry| entry.number <= done.until;
            let over = settling.taken.partition_point(is_done);
            settling.taken.drain(..over);
            settling.until = settling.until.max(done.until);
            settling.left = settling.left.max(done.until);
            self.inner.reports.note(done.failures);
            self.tell_of_sessions(done.told);
            behind = done.behind;
        }
        Ok(())
    }

    fn step<'e>(
        &self,
        entries: impl ExactSizeIterator<Item = &'e JournalEntry>,
        (settled, behind): (u64, Option<Id>),
    ) -> Step {
        let bounds = self.inner.reports.bounds;
        let reports = Vec::with_capacity(entries.len());
        let mut step = Step { bounds, reports, settled, behind, ..Step::default() };
        for entry in entries {
            match read(&entry.body) {
                Ok(report) => step.reports.push((entry.number, report)),
                Err(error) => self.inner.reports.note(vec![error]),
            }
            step.last = entry.number;
        }
        step
    }
}

/// What one change does.
#[derive(Default)]
struct Step {
    bounds: SessionBounds,
    reports: Vec<(u64, SessionReport)>,
    /// The number of the last entry that is looked at.
    last: u64,
    /// The number of the last entry that the sessions are thought to have.
    settled: u64,
    /// Behind which session the first report goes on.
    behind: Option<Id>,
}

/// What a change did.
#[derive(Default)]
struct Done {
    /// The number of the last entry that is done.
    until: u64,
    /// Behind which session the next report goes on.
    behind: Option<Id>,
    /// Nothing: the store has lost the entries behind this number.
    lost_behind: Option<u64>,
    failures: Vec<Error>,
    /// What is to be told of sessions.
    told: Vec<storage::Event>,
}

impl Step {
    fn run(mut self, change: &mut Change<'_>, tools: &Tools) -> Result<Done, Error> {
        let mut done = Done { until: self.last, ..Done::default() };
        let (mut all, mut left) = (HashMap::new(), STEP);
        let settled = change.get::<SettledReports>(Partition::Provider, THE_ONLY_ONE)?;
        // A commit that was said to have failed may be there all the same.
        let settled = settled.unwrap_or_default().until;
        if settled < self.settled {
            return Ok(Done { lost_behind: Some(settled), ..Done::default() });
        }
        let mut before = None;
        for (number, report) in std::mem::take(&mut self.reports) {
            let (partition, behind) = (report.organization.partition(), self.behind.take());
            if number <= settled {
                continue;
            }
            let failures = &mut done.failures;
            let bounds = &self.bounds;
            let taken = met_of(&mut all, change, partition).and_then(|met| match met {
                Some(met) => Ledger { change, partition, tools, bounds, met, failures }.take(
                    (number, report),
                    behind,
                    &mut left,
                ),
                None => Ok(Part::Whole),
            });
            // What one report fails at keeps none of the others from being kept.
            match taken {
                Ok(Part::Whole) => {}
                Ok(Part::Until(behind)) => {
                    (done.until, done.behind) = (before.unwrap_or_default(), Some(behind));
                    break;
                }
                Err(error) => done.failures.push(error),
            }
            before = Some(number);
        }
        for (partition, met) in &mut all {
            let (partition, failures, bounds) = (*partition, &mut done.failures, &self.bounds);
            if let Some(met) = met {
                Ledger { change, partition, tools, bounds, met, failures }.finish()?;
                done.told.append(&mut met.told);
            }
        }
        if done.until > settled {
            let settled = SettledReports { until: done.until };
            change.put(Partition::Provider, THE_ONLY_ONE, &settled)?;
        }
        Ok(done)
    }
}

/// Notes that the sessions have whatever they can have of the reports until a number, unless they do
/// not even have those until `settled` any more.
fn pass(change: &mut Change<'_>, settled: u64, until: u64) -> Result<Done, Error> {
    let found = change.get::<SettledReports>(Partition::Provider, THE_ONLY_ONE)?;
    let found = found.unwrap_or_default().until;
    if found < settled {
        return Ok(Done { lost_behind: Some(found), ..Done::default() });
    }
    let until = until.max(found);
    change.put(Partition::Provider, THE_ONLY_ONE, &SettledReports { until })?;
    Ok(Done { until, ..Done::default() })
}

/// What was met of an organization; nothing of one that is gone, which takes no reports.
fn met_of<'a>(
    all: &'a mut HashMap<Partition, Option<Met>>,
    change: &Change<'_>,
    partition: Partition,
) -> Result<Option<&'a mut Met>, Error> {
    let met = match all.entry(partition) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => {
            let is_there = change.partition_exists(partition)?;
            free.insert(is_there.then(|| Met::of(change, partition)).transpose()?)
        }
    };
    Ok(met.as_mut())
}

fn read(body: &[u8]) -> Result<SessionReport, Error> {
    match body.split_first() {
        Some((&FORM, body)) => Ok(storage::decode(body)?),
        Some((&FORM_5, body)) => Ok(storage::decode(&[body, &[0; 2]].concat())?),
        Some((&FORM_4, body)) => Ok(storage::decode(&[body, &[0; 3]].concat())?),
        Some((&(FORM_3 | FORM_2), body)) => Ok(storage::decode(&[body, &[0; 5]].concat())?),
        Some((&FORM_1, body)) => Ok(storage::decode(&[body, &[0; 6]].concat())?),
        Some(_) | None => Err(storage::Corrupt::new("a report of an unknown form").into()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::id::RecordId as _;
    use crate::records::{Carried, Prefixes, Traffic};
    use crate::time::Time;

    #[test]
    fn what_earlier_versions_left_in_the_journal_is_read() {
        let report = SessionReport {
            organization: OrganizationId::from_record(7).unwrap(),
            client: RadiusClientId::from_record(3).unwrap(),
            stage: Stage::Started,
            at: Time(1),
            name: "5f3a".into(),
            gear: "ap-1".into(),
            login: "ada".into(),
            traffic: Traffic::default(),
            ipv4: None,
            ipv6: None,
            calling: String::new(),
            called: String::new(),
            cause: None,
            class: vec![0, 1],
            gear_address: None,
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            certificate: None,
            port: None,
            granted: None,
            carried: Carried::default(),
            prefixes: Prefixes::default(),
        };
        let written = encode_behind(vec![FORM], &report).unwrap();
        for (form, less) in
            [(FORM, 0), (FORM_5, 2), (FORM_4, 3), (FORM_3, 5), (FORM_2, 5), (FORM_1, 6)]
        {
            let body = [&[form][..], &written[1..written.len() - less]].concat();
            assert_eq!(format!("{:?}", read(&body).unwrap()), format!("{report:?}"), "{form}");
        }
        assert!(read(&[FORM + 1]).is_err());
    }
}
