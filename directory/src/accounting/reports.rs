//! Reports on their way: into the journal, and from there into the sessions.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::{
    Change, Id, JournalEntry, JournalError, Partition, Reading, WriteError, encode_behind,
};

use super::ledger::{Ledger, Part};
use super::totals::Totals;
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

/// So many failures wait to be told.
const FAILURES: usize = 100;

/// How a report is written in the journal: the first octet.
const FORM: u8 = 3;
/// Likewise, by an earlier version, which knew of a certificate by one authority alone.
const FORM_2: u8 = 2;
/// Likewise, without a certificate at the end.
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
    /// What was taken from the journal; locked while it goes into the sessions.
    taken: Mutex<Vec<JournalEntry>>,
    /// Why reports could not be brought into the sessions, of late.
    failures: Mutex<Vec<Error>>,
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
        match journal.append(bodies) {
            Err(JournalError::Full) => {
                self.settle_reports()?;
                Ok(journal.append(bodies)?)
            }
            done => Ok(done?),
        }
    }

    /// Brings the reports that were taken until now into the sessions of their organizations;
    /// returns once that is durable.
    ///
    /// # Errors
    /// When the store fails; then the reports go on waiting.
    pub fn settle_reports(&self) -> Result<(), Error> {
        let mut taken = lock(&self.inner.reports.taken);
        if taken.is_empty() {
            *taken = self.inner.store.journal().take();
        }
        self.settle(&mut taken)?;
        self.inner.store.journal().settle();
        Ok(())
    }

    /// Why reports could not be brought into the sessions since this was asked last. They are lost:
    /// what stands in their way would stand there for ever.
    #[must_use]
    pub fn lost_reports(&self) -> Vec<Error> {
        std::mem::take(&mut lock(&self.inner.reports.failures))
    }

    /// Takes up what a former process left in the journal.
    pub(crate) fn settle_left_reports(&self) -> Result<(), Error> {
        let mut taken = lock(&self.inner.reports.taken);
        let snapshot = self.inner.store.read()?;
        let settled = snapshot.get::<SettledReports>(Partition::Provider, THE_ONLY_ONE)?;
        *taken = self.inner.store.journal().left(settled.unwrap_or_default().until);
        // What cannot be brought there yet goes on waiting: it is no reason not to start.
        match self.settle(&mut taken) {
            Ok(()) => self.inner.store.journal().settle(),
            Err(error) => self.inner.reports.note(vec![error]),
        }
        Ok(())
    }

    /// Brings entries into the sessions, so many in one change; those that are there are taken out.
    fn settle(&self, taken: &mut Vec<JournalEntry>) -> Result<(), Error> {
        let (mut behind, mut at_once) = (None, REPORTS);
        while !taken.is_empty() {
            let step = self.step(taken.iter().take(at_once), behind);
            let one = |(number, report): &(u64, SessionReport)| (*number, counted(report));
            let waited: Vec<_> = step.reports.iter().map(one).collect();
            let (tools, last) = (self.inner.tools.clone(), step.last);
            let done = match self.inner.store.write(move |change| step.run(change, &tools)) {
                // Whichever it is, it keeps none of the others from being kept.
                Err(WriteError::Panicked) if at_once > 1 => {
                    at_once = 1;
                    continue;
                }
                Err(WriteError::Panicked) => {
                    let failures = vec![WriteError::Panicked.into()];
                    Done { until: last, behind: None, failures }
                }
                done => done?,
            };
            for (_, counted) in waited.iter().filter(|one| one.0 <= done.until) {
                self.inner.reports.leave(counted);
            }
            taken.retain(|entry| entry.number > done.until);
            self.inner.reports.note(done.failures);
            behind = done.behind;
        }
        Ok(())
    }

    fn step<'e>(
        &self,
        entries: impl Iterator<Item = &'e JournalEntry>,
        behind: Option<Id>,
    ) -> Step {
        let bounds = self.inner.reports.bounds;
        let mut step = Step { bounds, behind, ..Step::default() };
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
    /// Behind which session the first report goes on.
    behind: Option<Id>,
}

/// What a change did.
struct Done {
    /// The number of the last entry that is done.
    until: u64,
    /// Behind which session the next report goes on.
    behind: Option<Id>,
    failures: Vec<Error>,
}

impl Step {
    fn run(mut self, change: &mut Change<'_>, tools: &Tools) -> Result<Done, Error> {
        let mut done = Done { until: self.last, behind: None, failures: Vec::new() };
        let (mut all, mut left) = (HashMap::new(), STEP);
        let settled = change.get::<SettledReports>(Partition::Provider, THE_ONLY_ONE)?;
        // A commit that was said to have failed may be there all the same.
        let settled = settled.unwrap_or_default().until;
        let mut before = None;
        for (number, report) in std::mem::take(&mut self.reports) {
            let (partition, behind) = (report.organization.partition(), self.behind.take());
            if number <= settled {
                continue;
            }
            // An organization that is gone takes none.
            if change.partition_exists(partition)? {
                let taken = totals_of(&mut all, change, partition).and_then(|totals| {
                    let bounds = &self.bounds;
                    Ledger { change, partition, tools, totals, bounds }
                        .take(report, behind, &mut left)
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
            }
            before = Some(number);
        }
        for (partition, totals) in all {
            totals.keep(change, partition)?;
        }
        if done.until > 0 {
            let settled = SettledReports { until: done.until };
            change.put(Partition::Provider, THE_ONLY_ONE, &settled)?;
        }
        Ok(done)
    }
}

fn totals_of<'a>(
    all: &'a mut HashMap<Partition, Totals>,
    change: &Change<'_>,
    partition: Partition,
) -> Result<&'a mut Totals, Error> {
    Ok(match all.entry(partition) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => free.insert(Totals::of(change, partition)?),
    })
}

fn read(body: &[u8]) -> Result<SessionReport, Error> {
    match body.split_first() {
        Some((&(FORM | FORM_2), body)) => Ok(storage::decode(body)?),
        Some((&FORM_1, body)) => Ok(storage::decode(&[body, &[0]].concat())?),
        Some(_) | None => Err(storage::Corrupt::new("a report of an unknown form").into()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
