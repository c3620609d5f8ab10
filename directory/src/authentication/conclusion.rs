//! The second half of an attempt: hashing, counting, remembering, telling.

use storage::{Change, Reading, Snapshot};

use super::attempt::{Attempt, Door, Outcome, Pending};
use super::engine::place_number;
use super::lockout::LockoutPolicy;
use super::password::{Password, hash};
use crate::access::{Context, Identity};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome as EventOutcome, Subject, SubjectKind};
use crate::id::{OrganizationId, Place};
use crate::records::{Credential, Lock};
use crate::time::Time;

impl Directory {
    /// Finishes an attempt on the pool and tells `done` how it ended; when the pool is full, at
    /// once.
    pub fn finish(&self, pending: Box<Pending>, done: impl FnOnce(Outcome) + Send + 'static) {
        let place = place_number(pending.subject.organization.map(Into::into));
        let directory = self.clone();
        // The pool drops a job that it refuses, and the answer must not be lost with it.
        let done = std::sync::Arc::new(std::sync::Mutex::new(Some(done)));
        let answer = {
            let done = std::sync::Arc::clone(&done);
            move |outcome| {
                let taken = done.lock().ok().and_then(|mut done| done.take());
                if let Some(done) = taken {
                    done(outcome);
                }
            }
        };
        let refused = answer.clone();
        let job = Box::new(move || answer(directory.hash_and_conclude(*pending)));
        if self.inner.engine.pool.submit(place, job).is_err() {
            refused(Outcome::Busy);
        }
    }

    fn hash_and_conclude(&self, pending: Pending) -> Outcome {
        let Pending { subject, password, stored } = pending;
        let proven = stored.verify(&password)
            && subject.account.as_ref().is_some_and(|account| account.credential.hash.is_some());
        let concluded = self
            .inner
            .store
            .read()
            .map_err(Error::from)
            .and_then(|snapshot| self.conclude(&snapshot, &subject, proven, Some(&password)));
        if proven && stored.needs_upgrade(&self.inner.engine.parameters) {
            self.upgrade(&subject, &password);
        }
        concluded.unwrap_or(Outcome::Busy)
    }

    /// Counts and remembers what an attempt proved, and lets in whom it should.
    pub(super) fn conclude(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        proven: bool,
        password: Option<&Password>,
    ) -> Result<Outcome, Error> {
        let (Some(account), Some(key)) = (&attempt.account, attempt.key()) else {
            return Ok(self.fail(attempt, password, "there is no such account"));
        };
        let engine = &self.inner.engine;
        let version = account.credential.version;
        let locked_since = engine.lockout.locked((key, version), attempt.now.0).is_some();
        if account.credential.locked(attempt.now) || locked_since {
            return Ok(self.reject(attempt, "the account is locked"));
        }
        if !proven {
            return Ok(self.fail(attempt, password, "the password is wrong"));
        }
        // Guesses that were made at the same time must not outrun the count.
        if engine.throttle.check(attempt.source, attempt.throttled, attempt.now.0).is_err() {
            return Ok(self.reject(attempt, "too many failures; slowed down"));
        }
        if !account.active {
            return Ok(self.reject(attempt, "the account is suspended"));
        }
        engine.lockout.succeeded((key, version));
        engine.throttle.succeeded(attempt.source, attempt.throttled, attempt.now.0);
        if let Some(password) = password.filter(|_| attempt.settings.remember_verified > 0) {
            let until = attempt.now.plus(attempt.settings.remember_verified);
            engine.verified.remember(key, version, password, until.0);
        }
        if attempt.door == Door::Ldap {
            self.note_success(attempt);
        }
        self.let_in(snapshot, attempt)
    }

    /// Counts a wrong proof, and locks the account when it was one too many.
    pub(super) fn fail(
        &self,
        attempt: &Attempt,
        password: Option<&Password>,
        reason: &str,
    ) -> Outcome {
        let engine = &self.inner.engine;
        engine.throttle.failed(attempt.source, attempt.throttled, attempt.now.0);
        if let (Some(key), Some(organization), Some(account)) =
            (attempt.key(), attempt.organization, &attempt.account)
        {
            let fingerprint = match password {
                Some(password) => engine.verified.fingerprint(key, password),
                None => self.inner.tools.random(),
            };
            let policy = LockoutPolicy {
                threshold: attempt.settings.lockout.threshold,
                window_ms: attempt.settings.lockout.window,
                duration_ms: attempt.settings.lockout.duration,
            };
            let key = (key, account.credential.version);
            let counted = engine.lockout.failed(key, fingerprint, &policy, attempt.now.0);
            if let Some(until) = counted.locked_until {
                self.lock(attempt, organization, Time(until));
            }
        }
        self.reject(attempt, reason)
    }

    /// Rejects without counting.
    pub(super) fn reject(&self, attempt: &Attempt, reason: &str) -> Outcome {
        self.note(attempt, EventOutcome::Failure(reason.to_owned()));
        Outcome::Reject
    }

    pub(super) fn note_success(&self, attempt: &Attempt) {
        self.note(attempt, EventOutcome::Success);
    }

    fn note(&self, attempt: &Attempt, outcome: EventOutcome) {
        let action = match attempt.door {
            Door::Ldap => Action::LdapBind,
            Door::Radius(_) => Action::RadiusAccess,
        };
        let event = Event {
            at: attempt.now,
            actor: attempt.event_actor(),
            source: Some(attempt.source),
            action,
            subject: None,
            outcome,
            differences: Vec::new(),
        };
        self.note_event(attempt.organization.map_or(Place::Provider, Into::into), &event);
    }

    /// Writes a lock, so that it holds at every door and after a restart.
    fn lock(&self, attempt: &Attempt, organization: OrganizationId, until: Time) {
        let Some(account) = &attempt.account else {
            return;
        };
        if account.credential.lock.is_some_and(|lock| lock.until >= until) {
            return;
        }
        let (id, now) = (account.record(), attempt.now);
        let name = match attempt.event_actor() {
            EventActor::User { login, .. } => login,
            EventActor::ServiceAccount { name, .. } => name,
            EventActor::Nobody | EventActor::Daemon | EventActor::Admin { .. } => return,
        };
        let kind = match account.identity {
            Identity::User(_) => SubjectKind::User,
            Identity::ServiceAccount(_) => SubjectKind::ServiceAccount,
        };
        let event = Event {
            at: now,
            actor: EventActor::Daemon,
            source: Some(attempt.source),
            action: Action::Locked,
            subject: Some(Subject { kind, id: account.uuid, name }),
            outcome: EventOutcome::Success,
            differences: Vec::new(),
        };
        let written = self.inner.store.write(move |change| {
            let partition = organization.partition();
            if let Some(mut credential) = change.get::<Credential>(partition, id)? {
                credential.lock = Some(Lock { since: now, until });
                credential.version = credential.version.saturating_add(1);
                change.put(partition, id, &credential)?;
                change.event(partition, now.0, &event.encode());
            }
            Ok::<(), Error>(())
        });
        // The lock also holds in memory; a full disk must not turn a rejection into an error.
        drop(written);
    }

    /// Replaces an imported or outgrown hash after the password was proven.
    fn upgrade(&self, attempt: &Attempt, password: &Password) {
        let (Some(account), Some(organization)) = (&attempt.account, attempt.organization) else {
            return;
        };
        let engine = &self.inner.engine;
        let Ok(fresh) = hash(password, &engine.parameters, self.inner.tools.random()) else {
            return;
        };
        let (id, version) = (account.record(), account.credential.version);
        let written = self.inner.store.write(move |change: &mut Change<'_>| {
            let partition = organization.partition();
            if let Some(mut credential) = change
                .get::<Credential>(partition, id)?
                .filter(|credential| credential.version == version)
            {
                credential.hash = Some(fresh);
                change.put(partition, id, &credential)?;
            }
            Ok::<(), Error>(())
        });
        // The old hash still verifies; the next success tries again.
        drop(written);
    }

    /// Appends an event that is not part of a change.
    pub(crate) fn note_event(&self, place: Place, event: &Event) {
        let body = event.encode();
        let event = storage::Event { time_ms: event.at.0, partition: place.partition(), body };
        // The log counts what it had to drop; an attempt must not fail for it.
        let _dropped = self.inner.store.events().append(vec![event]);
    }

    /// Tells of a refusal, where the refused admin belongs.
    pub(crate) fn note_refusal(&self, context: &Context, refusal: &crate::access::Refusal) {
        let Some(admin) = context.actor.admin() else {
            return;
        };
        let Ok(snapshot) = self.inner.store.read() else {
            return;
        };
        let found = snapshot.get::<crate::records::Admin>(
            admin.home.partition(),
            crate::id::RecordId::record(admin.number),
        );
        let Ok(Some(record)) = found else { return };
        let event = Event {
            at: context.now,
            actor: EventActor::Admin { id: record.uuid, login: record.fields.login },
            source: context.source,
            action: Action::Refused,
            subject: None,
            outcome: EventOutcome::Failure(refusal.to_string()),
            differences: Vec::new(),
        };
        self.note_event(admin.home, &event);
    }
}
