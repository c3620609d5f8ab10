//! Locks of admins after too many wrong proofs. They are on the disk as well, so that a restart gives
//! nobody more guesses.

use storage::Reading;

use super::engine::{AccountKey, place_number};
use crate::access::Context;
use crate::collections::Site;
use crate::directory::Directory;
use crate::events::{Action, EventActor, SubjectKind};
use crate::id::{AdminId, RecordId};
use crate::records::{Admin, Credential, Lock, LockoutPolicy};
use crate::time::Time;

/// At whose credential somebody guesses, as it was found: whatever changes it starts the count anew.
#[derive(Clone, Copy)]
pub(super) struct Guessed {
    admin: AdminId,
    version: u64,
    /// Until when it is locked by what is on the disk.
    locked_until: Option<Time>,
}

impl Guessed {
    pub(super) fn new(admin: AdminId, credential: &Credential) -> Self {
        let locked_until = credential.lock.map(|lock| lock.until);
        Self { admin, version: credential.version, locked_until }
    }

    /// By what wrong proofs are counted.
    pub(super) fn key(&self) -> (AccountKey, u64) {
        let account = (place_number(Some(self.admin.home)), self.admin.number.record());
        (account, self.version)
    }
}

impl Directory {
    /// Until when an admin is locked, if that is so: by what was counted since the start, or by a lock
    /// from before.
    pub(super) fn admin_locked_until(&self, guessed: &Guessed, now: Time) -> Option<Time> {
        let counted = self.inner.engine.lockout.locked(guessed.key(), now.0).map(Time);
        counted.max(guessed.locked_until.filter(|until| now < *until))
    }

    /// Counts a wrong proof toward a lock, and locks when it was one too many.
    pub(super) fn count_admin_guess(&self, guessed: &Guessed, context: &Context) {
        self.count_wrong_proof(guessed, context.now);
        self.keep_admin_lock(guessed, context);
    }

    /// Counts a wrong proof toward a lock, in memory alone.
    pub(super) fn count_wrong_proof(&self, guessed: &Guessed, now: Time) {
        let (policy, guess) = (LockoutPolicy::default(), self.inner.tools.random());
        self.inner.engine.lockout.failed(guessed.key(), guess, &policy, now.0);
    }

    /// Writes the lock that was counted, if there is one, and tells of it once.
    pub(super) fn keep_admin_lock(&self, guessed: &Guessed, context: &Context) {
        let Some(until) = self.inner.engine.lockout.locked(guessed.key(), context.now.0) else {
            return;
        };
        let (Guessed { admin: id, version, .. }, context) = (*guessed, *context);
        let tools = self.inner.tools.clone();
        let written = self.inner.store.write(move |change| {
            let (partition, number) = (id.home.partition(), id.number.record());
            let credential = change.get::<Credential>(partition, number)?;
            let admin = change.get::<Admin>(partition, number)?;
            let Some((mut credential, admin)) = credential.zip(admin) else { return Ok(()) };
            if credential.version != version || credential.locked(context.now) {
                return Ok(());
            }
            // The version stays: the count in memory is of the same guesses, and goes on with it.
            credential.lock = Some(Lock::by_guesses(context.now, Time(until)));
            change.put(partition, number, &credential)?;
            let subject = (SubjectKind::Admin, admin.uuid, admin.fields.login.as_str());
            let mut site =
                Site { source: change, place: id.home, context: &context, tools: &tools };
            site.tell_by(EventActor::Daemon, Action::Locked, subject, Vec::new())
        });
        // The lock also holds in memory; a full disk must not turn a rejection into an error.
        drop(written);
    }
}
