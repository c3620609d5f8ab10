//! What is left to the pool: hashing, and what the store's writer has to keep before anybody is
//! told. Whoever begins an attempt serves a socket or a connection, which must wait for neither.

use std::panic::{AssertUnwindSafe, catch_unwind};

use storage::{Change, Reading, Snapshot};

use super::attempt::{Attempt, Begun, Outcome, THROTTLED};
use super::engine::place_number;
use super::kept::Missing;
use super::ms_chap::Counterproof;
use super::password::{HashingFailed, Password, StoredHash, hash};
use super::second_factor::{Finding, Reason};
use crate::directory::Directory;
use crate::error::Error;
use crate::records::Credential;

/// An attempt that the pool has to end.
pub struct Pending {
    pub(super) attempt: Attempt,
    pub(super) work: Work,
}

/// What is left of an attempt.
pub(super) enum Work {
    /// A password is to be compared with a hash.
    Compare(Password, StoredHash),
    /// Another proof was looked at, and what came of it is to be kept.
    Keep(Judged),
    /// No proof could be looked at, for this reason. Who is rejected for it waits for as long as
    /// who is rejected for a wrong one, so that time does not tell them apart.
    Reject(Reason),
}

/// So often a password is compared anew with what the account has got while it was looked at.
const RENEWALS: u8 = 2;

/// What came of looking at a proof that needs no hashing.
pub(super) struct Judged {
    /// The step whose code has to be used up for it, if any; or why it proves nothing.
    pub(super) verdict: Result<Option<u64>, Reason>,
    /// What the peer is told in turn, when it is let in.
    pub(super) counterproof: Option<Counterproof>,
    /// The former password by which the proof was made, or what is kept of it.
    pub(super) former: Option<Password>,
}

/// Why an attempt came to no end.
pub(super) enum Hindered {
    Unhashed(HashingFailed),
    Failed,
}

impl From<Error> for Hindered {
    fn from(_: Error) -> Self {
        Self::Failed
    }
}

impl From<HashingFailed> for Hindered {
    fn from(failure: HashingFailed) -> Self {
        Self::Unhashed(failure)
    }
}

#[cfg(test)]
impl Pending {
    /// What a password is to be compared with, when one is.
    pub(crate) fn stored(&self) -> Option<&StoredHash> {
        match &self.work {
            Work::Compare(_, stored) => Some(stored),
            Work::Keep(_) | Work::Reject(_) => None,
        }
    }

    /// Makes it one whose account has got another password so often already.
    pub(crate) fn renew(&mut self, times: u8) {
        self.attempt.renewed = times;
    }
}

impl Begun {
    pub(super) fn later(attempt: Attempt, work: Work) -> Self {
        Self::Pending(Box::new(Pending { attempt, work }))
    }
}

impl Directory {
    /// Finishes an attempt on the pool and tells `done` how it ended; when the pool is full, at
    /// once.
    pub fn finish(&self, pending: Box<Pending>, done: impl FnOnce(Outcome) + Send + 'static) {
        let place = place_number(pending.attempt.organization.map(Into::into));
        let directory = self.clone();
        match self.inner.engine.pool.room(place) {
            Ok(room) => room.fill(Box::new(move || directory.end(*pending, done))),
            Err(_full) => done(Outcome::Busy),
        }
    }

    /// Concludes at once where nothing can have to be written: who is let in without a code and
    /// without a grace login. Whatever else counts something, and is left to the pool.
    pub(super) fn judged(
        &self,
        snapshot: &Snapshot,
        attempt: Attempt,
        judged: Judged,
    ) -> Result<Begun, Error> {
        if judged.verdict == Ok(None) && attempt.free_notice().is_some() {
            let outcome = self.conclude(snapshot, &attempt, &judged.finding())?;
            return Ok(Begun::Done(judged.told(outcome)));
        }
        Ok(Begun::later(attempt, Work::Keep(judged)))
    }

    /// The comparison of what was typed with what the account has; for who has nothing, with what
    /// nothing fits.
    pub(super) fn compared(&self, attempt: &Attempt, typed: Password) -> Work {
        let hash = attempt.account.as_ref().and_then(|account| account.credential.hash.as_deref());
        let stored = hash.and_then(|hash| StoredHash::parse(hash).ok());
        Work::Compare(typed, stored.unwrap_or_else(|| self.inner.engine.dummy()))
    }

    fn end(
        &self,
        Pending { mut attempt, work }: Pending,
        done: impl FnOnce(Outcome) + Send + 'static,
    ) {
        match work {
            Work::Compare(typed, stored) => self.verify(attempt, typed, &stored, done),
            Work::Keep(judged) => {
                let finding = judged.finding();
                let outcome = all(|| Ok(self.conclude_afresh(&mut attempt, &finding)?));
                done(judged.told(outcome.ok().flatten().unwrap_or(Outcome::Busy)));
            }
            Work::Reject(reason) => done(self.reject(&attempt, reason)),
        }
    }

    fn verify(
        &self,
        mut attempt: Attempt,
        typed: Password,
        stored: &StoredHash,
        done: impl FnOnce(Outcome) + Send + 'static,
    ) {
        let split = attempt.split(&typed);
        let password = split.as_ref().map_or(&typed, |split| &split.password);
        let outcome = all(|| {
            let verdict = self.examine(&attempt, stored, &typed, split.as_ref())?;
            let verdict = self.or_former(&mut attempt, verdict, &typed)?;
            let finding = Finding { verdict, typed: Some(&typed), password: Some(password) };
            Ok(self.conclude_afresh(&mut attempt, &finding)?)
        });
        let outcome = match outcome {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return self.compare_again(attempt, typed, done),
            Err(Hindered::Unhashed(failure)) => {
                let _noted = self.reject(&attempt, UNHASHED);
                Outcome::Unhashed(failure)
            }
            Err(Hindered::Failed) => Outcome::Busy,
        };
        let accepted = matches!(outcome, Outcome::Accept { .. });
        done(outcome);
        // Nobody waits for it, and nobody can tell by the time that there was something to write.
        if accepted && !attempt.by_former {
            self.catch_up(&attempt, password, stored);
        }
    }

    /// Compares a password once more, with what its account has got in the meantime. It waits for
    /// another turn of the pool, so that it delays others by no more than a Bind does.
    fn compare_again(
        &self,
        mut attempt: Attempt,
        typed: Password,
        done: impl FnOnce(Outcome) + Send + 'static,
    ) {
        if attempt.renewed >= RENEWALS {
            return done(Outcome::Busy);
        }
        attempt.renewed += 1;
        attempt.by_former = false;
        if self.is_throttled(&mut attempt) {
            return done(self.reject(&attempt, THROTTLED));
        }
        let work = self.compared(&attempt, typed);
        self.finish(Box::new(Pending { attempt, work }), done);
    }

    /// Compares a password with a hash; one that is cheaper by far costs what a new one does as
    /// well, so that time does not tell who came with it from another directory.
    pub(super) fn compare(
        &self,
        stored: &StoredHash,
        password: &Password,
    ) -> Result<bool, HashingFailed> {
        if stored.is_quick() {
            let _never = self.inner.engine.dummy().verify(password)?;
        }
        stored.verify(password)
    }

    /// Concludes an attempt by what is true after it has waited: a lock, a suspension or a new
    /// password of the meantime counts. `None` when what was looked at counts no more.
    fn conclude_afresh(
        &self,
        attempt: &mut Attempt,
        finding: &Finding<'_>,
    ) -> Result<Option<Outcome>, Error> {
        let snapshot = self.inner.store.read()?;
        let (hashed, needed) = (attempt.version(), attempt.need);
        attempt.look_up(self, &snapshot, attempt.organization)?;
        let is_another = attempt.version() != hashed || attempt.need != needed;
        if hashed.is_some() && is_another && attempt.obstacle().is_none() {
            return Ok(None);
        }
        self.conclude(&snapshot, attempt, finding).map(Some)
    }

    /// Writes what a password that was proven makes possible: a hash of today's in place of an imported
    /// or outgrown one, and what answers to challenges are judged by, where that is missing. Once for
    /// each version of a credential, since nothing is missing afterwards.
    fn catch_up(&self, attempt: &Attempt, password: &Password, stored: &StoredHash) {
        let (Some(account), Some(organization)) = (&attempt.account, attempt.organization) else {
            return;
        };
        let parameters = &self.inner.engine.parameters;
        let fresh = || hash(password, parameters, self.inner.tools.random()).ok();
        let fresh = stored.needs_upgrade(parameters).then(fresh).flatten();
        let missing = Missing::of(self, attempt, password).unwrap_or_default();
        if fresh.is_none() && missing.is_empty() {
            return;
        }
        let (id, version) = (account.record(), account.credential.version);
        let written = self.inner.store.write(move |change: &mut Change<'_>| {
            let partition = organization.partition();
            let found = change.get::<Credential>(partition, id)?;
            let Some(mut credential) = found.filter(|found| found.version == version) else {
                return Ok::<(), Error>(());
            };
            if let Some(fresh) = fresh {
                credential.hash = Some(fresh);
                change.put(partition, id, &credential)?;
            }
            missing.seal(change, (organization, id))
        });
        // The old hash still verifies; the next success tries again.
        drop(written);
    }
}

/// Why a password was not looked at, for the event.
const UNHASHED: Reason = "there was no memory to look at the password; try again";

impl Judged {
    /// A verdict, and nothing beside it.
    pub(super) const fn of(verdict: Result<Option<u64>, Reason>) -> Self {
        Self { verdict, counterproof: None, former: None }
    }

    fn finding(&self) -> Finding<'_> {
        Finding { verdict: self.verdict, typed: None, password: self.former.as_ref() }
    }

    /// How an attempt ended, with what the peer is told.
    fn told(self, mut outcome: Outcome) -> Outcome {
        if let Outcome::Accept { counterproof, .. } = &mut outcome {
            *counterproof = self.counterproof.map(Box::new);
        }
        outcome
    }
}

/// Does all of some work: whoever waits must hear of the end of it, even of a panic.
fn all<T>(work: impl FnOnce() -> Result<T, Hindered>) -> Result<T, Hindered> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Hindered::Failed))
}
