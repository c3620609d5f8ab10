//! An admin's own password and authenticator: whoever replaces one proves once more to have the one in
//! use, since an open session may have fallen into other hands.

use std::net::{IpAddr, Ipv4Addr};

use storage::{ReadError, Reading};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::admin_locks::Guessed;
use super::attempt::THROTTLED;
use super::engine::{AccountKey, Bearer, place_number};
use super::password::{HashingFailed, Password, StoredHash, Unacceptable};
use super::sign_in::Second;
use crate::access::Context;
use crate::collections::{NewAuthenticator, judge_admin_password};
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::events::{Action, Event, EventActor, Outcome, Subject, SubjectKind};
use crate::id::{AdminId, Place, RecordId};
use crate::records::{Admin, Credential};
use crate::text::prepare;

/// What came of proving once more who asks.
pub enum Reproof<T> {
    /// It is the admin.
    Proven(T),
    /// What was given is wrong.
    Wrong,
    /// Too many failures; the next attempt may come in so many milliseconds.
    TooEarly(u64),
    /// The pool is full.
    Busy,
    /// There was no memory to look at the password; nothing was found out.
    Unhashed(HashingFailed),
}

/// The proof that an admin knows the password in use. It counts while the credential is as it was.
pub struct KnownPassword {
    pub(crate) admin: AdminId,
    pub(crate) version: u64,
    /// How the admin is told of.
    told: (Uuid, String),
}

/// Why a password is not changed whose owner has proven to know it.
const UNCHANGED: &str = "the password in use was given rightly, and was not changed";

/// An admin who asks, in a session that was begun a moment ago.
struct Asking {
    id: AdminId,
    admin: Admin,
    credential: Credential,
    source: IpAddr,
    /// Whose failures slow down who asks: those of signing in as well.
    throttled: AccountKey,
}

impl Asking {
    /// By what wrong proofs lead to a lock.
    fn guessed(&self) -> Guessed {
        Guessed::new(self.id, &self.credential)
    }

    /// How the admin is told of.
    fn told(&self) -> (Uuid, String) {
        (self.admin.uuid, self.admin.fields.login.clone())
    }

    /// Judges the next password.
    fn judge(
        &self,
        source: &impl Reading,
        current: &Password,
        new: &Password,
    ) -> Result<(), Error> {
        let judged = judge_next(source, (self.id.home, &self.admin), current, new)?;
        Ok(judged.map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?)
    }
}

/// Judges what is to take the place of an admin's password.
pub(super) fn judge_next(
    source: &impl Reading,
    whose: (Place, &Admin),
    current: &Password,
    new: &Password,
) -> Result<Result<(), Unacceptable>, ReadError> {
    let judged = judge_admin_password(source, whose, new)?;
    let is_other = !bool::from(current.expose().ct_eq(new.expose()));
    Ok(judged.and(if is_other { Ok(()) } else { Err(Unacceptable::Used) }))
}

impl Directory {
    /// Has an admin prove to know the password in use, before the next one takes its place, and tells
    /// `done` what came of it; the password is hashed on the pool.
    ///
    /// # Errors
    /// `Refused`; `Forbidden` for anything but a session that was begun a moment ago; `Invalid` when
    /// the next password is not acceptable.
    pub fn prove_own_password(
        &self,
        context: Context,
        current: Password,
        new: &Password,
        done: impl FnOnce(Result<Reproof<KnownPassword>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let asking = self.asking(&context)?;
        asking.judge(&self.inner.store.read()?, &current, new)?;
        if let Some(wait) = self.wait_of(&asking, &context) {
            done(Ok(Reproof::TooEarly(wait)));
            return Ok(());
        }
        let directory = self.clone();
        match self.inner.engine.pool.room(place_number(Some(asking.id.home))) {
            Ok(room) => room.fill(Box::new(move || {
                done(Ok(directory.compare_own_password(&asking, &context, &current)));
            })),
            Err(_full) => done(Ok(Reproof::Busy)),
        }
        Ok(())
    }

    /// Makes the seed of another authenticator, for an admin who has the one in use or a recovery code,
    /// or who has just signed in with a passkey.
    ///
    /// # Errors
    /// `Refused`; `Forbidden` for anything but a session that was begun a moment ago; `Invalid` when
    /// nothing proves it.
    pub fn begin_own_authenticator(
        &self,
        context: Context,
        second: Option<Second>,
    ) -> Result<Reproof<NewAuthenticator>, Error> {
        let asking = self.asking(&context)?;
        if let Some(wait) = self.wait_of(&asking, &context) {
            return Ok(Reproof::TooEarly(wait));
        }
        let (directory, guessed, now) = (self.clone(), asking.guessed(), context.now);
        let begun = self.change(context, move |change| {
            // Changes come one after another, so that guesses made at the same time are counted.
            if let Some(until) = directory.admin_locked_until(&guessed, now) {
                return Ok(Reproof::TooEarly(until.0.saturating_sub(now.0)));
            }
            Ok(match change.oneself()?.begin_authenticator(second.as_ref())? {
                Some(begun) => Reproof::Proven(begun),
                None => {
                    directory.count_wrong_proof(&guessed, now);
                    Reproof::Wrong
                }
            })
        })?;
        if matches!(begun, Reproof::Wrong) {
            self.keep_admin_lock(&guessed, &context);
            self.inner.engine.throttle.failed(asking.source, asking.throttled, now.0);
            let told = (Action::MfaEnrolled, "the code in use is wrong");
            self.note_failed((asking.id, asking.told()), &context, told);
        }
        Ok(begun)
    }

    /// The admin who asks.
    fn asking(&self, context: &Context) -> Result<Asking, Error> {
        let reading = self.read(*context)?;
        let oneself = reading.oneself()?;
        oneself.require_fresh_session()?;
        let (id, admin) = (oneself.standing.rights.id, oneself.admin().clone());
        let (partition, number) = (id.home.partition(), id.number.record());
        let credential = oneself.site.source.get::<Credential>(partition, number)?;
        let credential = credential.ok_or(Error::Missing)?;
        let login = prepare(&admin.fields.login);
        let throttled = self.inner.engine.name_key(Some(id.home), Bearer::Admin, &login);
        let source = context.source.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Asking { id, admin, credential, source, throttled })
    }

    /// How many milliseconds somebody has to wait who failed too often.
    fn wait_of(&self, asking: &Asking, context: &Context) -> Option<u64> {
        let (throttle, now) = (&self.inner.engine.throttle, context.now);
        let waits = throttle.check(asking.source, asking.throttled, now.0).err();
        let locked = self.admin_locked_until(&asking.guessed(), now);
        let locked = locked.map(|until| until.0.saturating_sub(now.0));
        waits.map(|wait| wait.ms).max(locked)
    }

    fn compare_own_password(
        &self,
        asking: &Asking,
        context: &Context,
        current: &Password,
    ) -> Reproof<KnownPassword> {
        let engine = &self.inner.engine;
        let hash = asking.credential.hash.as_deref();
        let known = hash.and_then(|hash| StoredHash::parse(hash).ok());
        let compared = match &known {
            Some(hash) => hash.verify(current),
            None => Ok(false),
        };
        let is_right = match compared {
            Ok(is_right) => is_right,
            Err(failure) => return Reproof::Unhashed(failure),
        };
        let whose = (asking.id, asking.told());
        // Guesses that were made at the same time must not outrun the count.
        if let Some(wait) = self.wait_of(asking, context) {
            self.note_failed(whose, context, (Action::PasswordChanged, THROTTLED));
            return Reproof::TooEarly(wait);
        }
        let now = context.now.0;
        if is_right {
            engine.throttle.succeeded(asking.source, asking.throttled, now);
            return Reproof::Proven(KnownPassword {
                admin: asking.id,
                version: asking.credential.version,
                told: whose.1,
            });
        }
        self.count_admin_guess(&asking.guessed(), context);
        engine.throttle.failed(asking.source, asking.throttled, now);
        let told = (Action::PasswordChanged, "the password in use was given wrongly");
        self.note_failed(whose, context, told);
        Reproof::Wrong
    }

    /// Tells that somebody knows an admin's password, in whose place no other was put.
    pub fn note_unchanged(&self, context: &Context, known: &KnownPassword) {
        let whose = (known.admin, known.told.clone());
        self.note_failed(whose, context, (Action::PasswordChanged, UNCHANGED));
    }

    fn note_failed(
        &self,
        (admin, (id, login)): (AdminId, (Uuid, String)),
        context: &Context,
        (action, why): (Action, &str),
    ) {
        let subject = Subject { kind: SubjectKind::Admin, id, name: login.clone() };
        let event = Event {
            at: context.now,
            actor: EventActor::Admin { id, login },
            source: context.source,
            action,
            subject: Some(subject),
            outcome: Outcome::Failure(why.to_owned()),
            differences: Vec::new(),
            access: None,
            request: self.request_of(context),
            search: None,
        };
        self.note_event(admin.home, &event);
    }
}
