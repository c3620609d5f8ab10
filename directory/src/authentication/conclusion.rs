//! The second half of an attempt: counting, remembering, telling.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use storage::{Reading, Snapshot};

use super::account::Account;
use super::attempt::{Attempt, Door, LOCKED, Outcome, THROTTLED};
use super::code::NOT_ASKED;
use super::expiry::{Age, Notice};
use super::former::{by_former, former_key};
use super::network::NetworkReply;
use super::password::Password;
use super::second_factor::{Finding, NO_CODE, Reason, WRONG_PASSWORD};
use crate::access::{Context, Identity, RequestId};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{
    Action, Difference, Event, EventActor, EventRequest, NetworkAccess, NetworkPlace,
    Outcome as EventOutcome, Subject, SubjectKind, told_time,
};
use crate::id::Place;
use crate::network::{Circumstances, NetworkMethod, ShortName};
use crate::recorder::Missed;
use crate::records::{Credential, Lock};
use crate::time::Time;

/// What decided about somebody's access to a network.
#[derive(Clone, Copy, Default)]
pub(super) struct Decided<'d> {
    /// The rule that was met, if one was.
    rule: Option<&'d str>,
    /// The name of the reply profile that the accept carries, if there is one.
    profile: Option<&'d str>,
}

impl<'d> Decided<'d> {
    pub(super) fn new(rule: Option<&'d str>, reply: &'d Result<Arc<NetworkReply>, Reason>) -> Self {
        let profile = reply.as_ref().ok().and_then(|reply| reply.profile.as_ref());
        Self { rule, profile: profile.map(|profile| profile.name.as_str()) }
    }

    /// That somebody was not let in, by a rule or by none.
    pub(super) const fn against(rule: Option<&'d str>) -> Self {
        Self { rule, profile: None }
    }
}

/// A [`NetworkPlace`] as it is stored, without copies of what is known anyhow: there is one for
/// each request.
#[derive(Serialize)]
struct PlaceTold<'p> {
    calling: Option<Cow<'p, str>>,
    called: Option<Cow<'p, str>>,
    gear: Option<Cow<'p, str>>,
    profile: Option<&'p str>,
}

impl<'p> PlaceTold<'p> {
    fn new(by: &'p Circumstances, profile: Option<&'p str>) -> Self {
        let gear = by.gear.as_ref().map(ShortName::text);
        Self {
            calling: by.calling_station.as_ref().map(ShortName::text),
            called: by.called_station.as_ref().map(ShortName::text),
            gear: gear.or_else(|| by.gear_address.map(|address| address.to_string().into())),
            profile,
        }
    }
}

/// What is said of somebody who could be let in by no password.
const NO_PASSWORD: Reason = "the account has no password";

/// What the event says of a proof that does not fit, as nobody else is told.
fn told(attempt: &Attempt, account: &Account, reason: Reason) -> Reason {
    if reason != WRONG_PASSWORD {
        return reason;
    }
    match account.credential.hash {
        Some(_) if attempt.is_unasked => NOT_ASKED,
        Some(_) => reason,
        None => NO_PASSWORD,
    }
}

impl Directory {
    /// Counts and remembers what an attempt proved, and lets in whom it should.
    ///
    /// Whatever keeps a known name out counts for the throttle as an unknown name does.
    pub(super) fn conclude(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        finding: &Finding<'_>,
    ) -> Result<Outcome, Error> {
        let (Some(account), Some(key)) = (&attempt.account, attempt.key()) else {
            return Ok(self.fail(attempt, "there is no such account"));
        };
        let engine = &self.inner.engine;
        let version = account.credential.version;
        let counted_out = engine.lockout.locked((key, version), attempt.now.0).is_some();
        let maintains = attempt.maintains();
        if (counted_out && !maintains) || account.is_out(maintains, attempt.now) {
            let rejected = self.fail(attempt, LOCKED);
            let told = attempt.settings.password_policy.tell_locked;
            return Ok(if told { Outcome::Locked } else { rejected });
        }
        let step = match finding.verdict {
            Ok(step) => step,
            Err(NO_CODE) if attempt.asks_for_codes() => {
                return self.ask_for_code(snapshot, attempt);
            }
            Err(reason) => {
                self.count(attempt, account, finding.guess(reason, attempt.now));
                return Ok(self.fail(attempt, told(attempt, account, reason)));
            }
        };
        if self.is_outrun(attempt) {
            return Ok(self.reject(attempt, THROTTLED));
        }
        if let Some(reason) = attempt.obstacle() {
            return Ok(self.fail(attempt, reason));
        }
        if let Some(step) = step
            && let Err(reason) = self.use_code(attempt, account, step)?
        {
            self.count(attempt, account, finding.guess(reason, attempt.now));
            return Ok(self.fail(attempt, reason));
        }
        // A certificate says nothing of a password, nor does the password's end of it.
        let free =
            if attempt.by_certificate { Some(Notice::Nothing) } else { attempt.free_notice() };
        let notice = match free {
            Some(notice) => Some(notice),
            None if attempt.maintains() && !account.credential.must_change => Some(Notice::Nothing),
            None => self.use_grace_login(attempt, account)?,
        };
        let Some(notice) = notice else {
            let _rejected = self.fail(attempt, "the password has expired");
            return Ok(Outcome::Ended);
        };
        engine.lockout.succeeded((key, version));
        engine.throttle.succeeded(attempt.whence(), attempt.throttled, attempt.now.0);
        self.remember(attempt, account, finding);
        let outcome = self.let_in(snapshot, attempt, notice)?;
        self.note_enrolment_due(attempt, account, &outcome);
        Ok(outcome)
    }

    fn remember(&self, attempt: &Attempt, account: &Account, finding: &Finding<'_>) {
        let life = attempt.settings.remember_verified;
        let (Some(password), Some(key)) = (finding.password.filter(|_| life > 0), attempt.key())
        else {
            return;
        };
        let until = attempt.now.plus(life);
        let (key, until) = match account.former(attempt.now).filter(|_| attempt.by_former) {
            Some(former) => (former_key(key), until.min(former.until)),
            None => (key, until),
        };
        let version = account.credential.version;
        self.inner.engine.verified.remember(key, version, password, until.0);
    }

    /// Tells that somebody was let in without the second factor that they have to enrol. Not for
    /// each time that a remembered password lets them in.
    fn note_enrolment_due(&self, attempt: &Attempt, account: &Account, outcome: &Outcome) {
        let (Some(by), Some(place)) = (attempt.enrol_by, attempt.organization) else { return };
        if attempt.by_certificate || !matches!(outcome, Outcome::Accept { .. }) {
            return;
        }
        let after = Some(serde_json::Value::from(told_time(by)).to_string());
        let name = attempt.who.name().to_owned();
        let event = Event {
            access: None,
            at: attempt.now,
            actor: attempt.event_actor(),
            source: Some(attempt.source),
            action: Action::MfaDue,
            subject: Some(Subject { kind: SubjectKind::User, id: account.uuid, name }),
            outcome: EventOutcome::Success,
            differences: vec![Difference { field: "due".into(), before: None, after }],
            request: None,
            search: None,
        };
        self.note_event(place.into(), &event);
    }

    /// Whether guesses that were made at the same time have outrun the count. Who has shown a
    /// certificate that somebody vouches for has guessed at nothing: only their own failures count.
    pub(super) fn is_outrun(&self, attempt: &Attempt) -> bool {
        let (throttle, whence) = (&self.inner.engine.throttle, attempt.whence());
        let (whose, now) = (attempt.throttled, attempt.now.0);
        if attempt.by_certificate {
            throttle.waits(whence, whose, now)
        } else {
            throttle.check(whence, whose, now).is_err()
        }
    }

    /// Counts a login with a password that has ended, before it is told; `None` when there was one
    /// too many. Counted in the credential, so that no restart gives one back.
    fn use_grace_login(
        &self,
        attempt: &Attempt,
        account: &Account,
    ) -> Result<Option<Notice>, Error> {
        let Some(organization) = attempt.organization else { return Ok(None) };
        let (id, version) = (account.record(), account.credential.version);
        let (policy, now) = (attempt.settings.password_policy, attempt.now);
        let used = self.inner.store.write(move |change| {
            let partition = organization.partition();
            let found = change.get::<Credential>(partition, id)?;
            let Some(mut credential) = found.filter(|found| found.version == version) else {
                return Ok::<_, Error>(None);
            };
            let Age::Ended(left @ 1..) = policy.age(&credential, now) else { return Ok(None) };
            credential.grace_used = credential.grace_used.saturating_add(1);
            change.put(partition, id, &credential)?;
            let must_change = credential.must_change;
            Ok(Some(if must_change { Notice::MustChange } else { Notice::GraceLogins(left - 1) }))
        });
        used.map_err(Error::from)
    }

    /// Counts a wrong proof toward a lock, and locks the account when it was one too many.
    ///
    /// The same wrong guess counts once in its period; answers to challenges cannot be told apart but
    /// those by former passwords of which something is kept, so each of the others counts.
    pub(super) fn count(
        &self,
        attempt: &Attempt,
        account: &Account,
        guess: Option<(&Password, u64)>,
    ) {
        // Anybody could lock an application out; its password is too long to be guessed.
        if matches!(account.identity, Identity::ServiceAccount(_)) {
            return;
        }
        let engine = &self.inner.engine;
        let Some(key) = attempt.key() else { return };
        let fingerprint = match guess {
            Some((guess, period)) => engine.verified.fingerprint(key, guess, period),
            None => self.inner.tools.random(),
        };
        let policy = &attempt.settings.lockout;
        let key = (key, account.credential.version);
        let counted = engine.lockout.failed(key, fingerprint, policy, attempt.now.0);
        if let Some(until) = counted.locked_until {
            self.lock(attempt, account, Time(until));
        }
    }

    /// Rejects, and slows down whoever goes on.
    pub(super) fn fail(&self, attempt: &Attempt, reason: &str) -> Outcome {
        let engine = &self.inner.engine;
        engine.throttle.failed(attempt.whence(), attempt.throttled, attempt.now.0);
        self.reject(attempt, reason)
    }

    /// Rejects without counting.
    pub(super) fn reject(&self, attempt: &Attempt, reason: &str) -> Outcome {
        self.note(attempt, EventOutcome::Failure(reason.to_owned()));
        if let (Some(organization), Some(account)) = (attempt.organization, &attempt.account)
            && let Identity::ServiceAccount(id) = account.identity
        {
            let recorder = self.inner.tools.recorder();
            recorder.note((organization, id), Missed::Entrance, reason, attempt.now);
        }
        Outcome::Reject
    }

    pub(super) fn note_success(&self, attempt: &Attempt) {
        self.note(attempt, EventOutcome::Success);
    }

    fn note(&self, attempt: &Attempt, outcome: EventOutcome) {
        self.note_as(attempt, attempt.action, Decided::default(), outcome);
    }

    /// Tells of an attempt, and of what decided, if something did.
    pub(super) fn note_as(
        &self,
        attempt: &Attempt,
        action: Action,
        decided: Decided<'_>,
        outcome: EventOutcome,
    ) {
        let access = match &attempt.door {
            Door::Ldap(_) => None,
            Door::Radius(_, Circumstances { method, .. }) => Some((*method, decided)),
        };
        self.tell(attempt, (attempt.event_actor(), action), access, outcome);
    }

    /// Tells of a device, and of what decided, if something did.
    pub(super) fn note_device(
        &self,
        attempt: &Attempt,
        device: EventActor,
        access: (NetworkMethod, Decided<'_>),
        outcome: EventOutcome,
    ) {
        self.tell(attempt, (device, attempt.action), Some(access), outcome);
    }

    fn tell(
        &self,
        attempt: &Attempt,
        (actor, action): (EventActor, Action),
        access: Option<(NetworkMethod, Decided<'_>)>,
        outcome: EventOutcome,
    ) {
        let place = match (&attempt.door, access) {
            (Door::Radius(_, by), Some((_, decided))) => Some(PlaceTold::new(by, decided.profile)),
            (Door::Radius(..) | Door::Ldap(_), _) => None,
        };
        let access = access.map(|(method, Decided { rule, .. })| NetworkAccess {
            method,
            rule: rule.map(ToOwned::to_owned),
            place: NetworkPlace::default(),
        });
        let event = Event {
            access,
            request: None,
            search: None,
            at: attempt.now,
            actor,
            source: Some(attempt.source),
            action,
            subject: self.gear_of(attempt),
            outcome,
            differences: if attempt.by_former { by_former() } else { attempt.shown.clone() },
        };
        let whose = attempt.organization.map_or(Place::Provider, Into::into);
        self.append_event(whose, event.at, event.encode_at(place));
    }

    /// The RADIUS client through which somebody comes, if they come through one.
    fn gear_of(&self, attempt: &Attempt) -> Option<Subject> {
        let Door::Radius(client, _) = attempt.door else { return None };
        match &attempt.policy {
            Some(policy) => Some(policy.client.clone()),
            None => self.gear().ok()?.subject(attempt.organization?, client),
        }
    }

    /// Writes a lock, so that it holds at every door and after a restart. An admin's stays.
    fn lock(&self, attempt: &Attempt, account: &Account, until: Time) {
        let Some(organization) = attempt.organization else { return };
        let (id, now) = (account.record(), attempt.now);
        let name = attempt.who.name().to_owned();
        let kind = match account.identity {
            Identity::User(_) => SubjectKind::User,
            Identity::ServiceAccount(_) => SubjectKind::ServiceAccount,
        };
        let about = (Action::Locked, Some(Subject { kind, id: account.uuid, name }));
        let event = Event {
            source: Some(attempt.source),
            ..Event::of_daemon(now, about, EventOutcome::Success)
        };
        let written = self.inner.store.write(move |change| {
            let partition = organization.partition();
            if let Some(mut credential) = change.get::<Credential>(partition, id)?
                && !credential.locked_by_admin(now)
            {
                credential.lock = Some(Lock::by_guesses(now, until));
                credential.version = credential.version.saturating_add(1);
                change.put(partition, id, &credential)?;
                change.event(partition, now.0, &event.encode());
            }
            Ok::<(), Error>(())
        });
        // The lock also holds in memory; a full disk must not turn a rejection into an error.
        drop(written);
    }

    /// Appends an event that is not part of a change.
    pub(crate) fn note_event(&self, place: Place, event: &Event) {
        self.append_event(place, event.at, event.encode());
    }

    fn append_event(&self, place: Place, at: Time, body: Vec<u8>) {
        let event = storage::Event { time_ms: at.0, partition: place.partition(), body };
        // The log counts what it had to drop; an attempt must not fail for it.
        let _dropped = self.inner.store.events().append([event]);
    }

    /// The request that something is done by, with its token as far as that can be read.
    pub(crate) fn request_of(&self, context: &Context) -> Option<EventRequest> {
        let snapshot = self.inner.store.read().ok();
        let named = snapshot.and_then(|it| EventRequest::by_token(context, &it).ok());
        named.unwrap_or_else(|| EventRequest::of(context))
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
        let operation = context.request.as_ref().and_then(RequestId::operation);
        let event = Event {
            access: None,
            request: self.request_of(context),
            search: None,
            at: context.now,
            actor: EventActor::Admin { id: record.uuid, login: record.fields.login },
            source: context.source,
            action: Action::Refused,
            subject: None,
            outcome: EventOutcome::Failure(refusal.told()),
            differences: operation.map(asked_for).into_iter().collect(),
        };
        self.note_event(admin.home, &event);
    }
}

/// Which operation was asked for. Where and of what is left out: whoever reads it may not know of that.
fn asked_for(operation: &str) -> Difference {
    let after = Some(serde_json::Value::from(operation).to_string());
    Difference { field: "operation".to_owned(), before: None, after }
}

impl Attempt {
    /// What keeps out even who has the right password.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        match &self.account {
            None => Some("there is no such account"),
            Some(account) if account.is_out(self.maintains(), self.now) => Some(LOCKED),
            Some(account) if !account.active => Some("the account is suspended"),
            Some(account) if account.is_over(self.now) => Some("the account's time is over"),
            Some(_) => None,
        }
    }
}
