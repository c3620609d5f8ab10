//! How a user who has an invitation enrols a second factor alone: the password in use, and then a code.
//!
//! Passwords and codes that are wrong count as those of signing in do, slow down as they do, and lock
//! as the organization says. Whatever keeps the account out looks like a wrong one; only the event says
//! more. Whether a password has to be changed, or has ended, is not asked: nobody is let in by it here.

use std::net::{IpAddr, Ipv4Addr};

use storage::{Change, Reading, Snapshot};

use super::attempt::{Attempt, Channel, Door, LOCKED, THROTTLED, Who};
use super::engine::{AccountKey, place_number};
use super::own_account::Reproof;
use super::password::{HashingFailed, Password, StoredHash};
use super::second_factor::WRONG_PASSWORD;
use crate::access::Context;
use crate::collections::{NewSeed, Site, confirm_by_owner, first_step, show_to_owner};
use crate::directory::{Directory, enrolling};
use crate::error::Error;
use crate::events::{Action, Event, Outcome, Subject, SubjectKind};
use crate::id::{OrganizationId, RecordId, UserId};
use crate::records::{Credential, User};

/// Why a code is none, for the event.
const WRONG_CODE: &str = "the code is wrong";
/// Why nothing came of a password that was compared, for the event.
const OUTPACED: &str = "the password was compared, and something came between";
/// The same of a code.
const CODE_OUTPACED: &str = "the code was compared, and something came between";

/// A user whose invitation has come to the second factor, by what is true at this moment.
pub(crate) struct Enrolling {
    context: Context,
    home: OrganizationId,
    id: UserId,
    user: User,
    attempt: Attempt,
}

/// What somebody gave that proves nothing.
struct Wrong<'p> {
    why: &'static str,
    /// The password; the same one counts once.
    password: Option<&'p Password>,
}

impl Enrolling {
    /// What is counted by: the account and the version of its credential.
    fn guesses(&self) -> Option<(AccountKey, u64)> {
        let account = self.attempt.account.as_ref()?;
        Some((self.attempt.key()?, account.credential.version))
    }
}

impl Directory {
    /// Makes the seed of a second factor for the user of an invitation that asks for the password in use,
    /// and tells `done` what came of it; the password is hashed on the pool.
    ///
    /// # Errors
    /// `Missing` for any other invitation.
    pub fn begin_invited_second_factor(
        &self,
        token: String,
        password: Password,
        context: Context,
        done: impl FnOnce(Result<Reproof<NewSeed>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let begun = self.enrolling(&self.inner.store.read()?, &token, context)?;
        if let Some(wait) = self.wait_of_enrolling(&begun) {
            done(Ok(Reproof::TooEarly(wait)));
            return Ok(());
        }
        let directory = self.clone();
        match self.inner.engine.pool.room(place_number(Some(begun.home.into()))) {
            Ok(room) => room.fill(Box::new(move || {
                done(directory.show_invited_seed(&begun, &token, &password));
            })),
            Err(_full) => done(Ok(Reproof::Busy)),
        }
        Ok(())
    }

    /// Has the second factor of an invitation's user count, if that is a code of the seed that was shown;
    /// the invitation and the code are used up by it.
    ///
    /// # Errors
    /// `Missing` for any invitation that does not ask for it; `Forbidden` when no seed was shown.
    pub fn confirm_invited_second_factor(
        &self,
        token: String,
        code: String,
        context: Context,
    ) -> Result<Reproof<()>, Error> {
        match self.compare_invited_code(&token, &code, context)? {
            Ok(asked) => self.enrol_invited(&asked, token, code),
            Err(kept_out) => Ok(kept_out),
        }
    }

    /// Whose second factor is to count, whose code was right; or what becomes of who goes no further.
    /// Whoever has no such invitation, or not the code, costs everybody's one writer nothing.
    pub(crate) fn compare_invited_code(
        &self,
        token: &str,
        code: &str,
        context: Context,
    ) -> Result<Result<Enrolling, Reproof<()>>, Error> {
        let snapshot = self.inner.store.read()?;
        let asked = self.enrolling(&snapshot, token, context)?;
        if let Some(wait) = self.wait_of_enrolling(&asked) {
            return Ok(Err(Reproof::TooEarly(wait)));
        }
        let place = (asked.home.partition(), asked.id.record());
        let credential = snapshot.get::<Credential>(place.0, place.1)?;
        let credential = credential.unwrap_or_else(Credential::absent);
        let step = first_step(&snapshot, place, (&credential, code), context.now)?;
        let wrong = step.is_none().then_some(Wrong { why: WRONG_CODE, password: None });
        Ok(self.keep_out(&asked, wrong.as_ref()).map_or(Ok(asked), Err))
    }

    /// Has the second factor count of who has given a code that was compared.
    pub(crate) fn enrol_invited(
        &self,
        asked: &Enrolling,
        token: String,
        code: String,
    ) -> Result<Reproof<()>, Error> {
        let confirmed = self.as_enrolling(asked, token, move |site, id, user| {
            confirm_by_owner(site, id, user, &code)
        });
        if !matches!(confirmed, Ok(Some(true))) {
            // Whatever came between, it was a guess.
            self.note_wrong_enrolment(asked, CODE_OUTPACED);
            return confirmed.map(|_| Reproof::Busy);
        }
        let (engine, attempt) = (&self.inner.engine, &asked.attempt);
        engine.throttle.succeeded(attempt.whence(), attempt.throttled, asked.context.now.0);
        if let Some(guesses) = asked.guesses() {
            engine.lockout.succeeded(guesses);
        }
        Ok(Reproof::Proven(()))
    }

    /// Compares the password, and makes the seed by what is true after it was hashed.
    fn show_invited_seed(
        &self,
        begun: &Enrolling,
        token: &str,
        password: &Password,
    ) -> Result<Reproof<NewSeed>, Error> {
        let is_right = match self.is_password_of(&begun.attempt, password) {
            Ok(is_right) => is_right,
            Err(failure) => return Ok(Reproof::Unhashed(failure)),
        };
        let shown = self.show_seed_after(begun, token, (password, is_right));
        if matches!(shown, Err(_) | Ok(Reproof::Busy)) {
            // Whatever came between, it was a guess.
            self.note_wrong_enrolment(begun, OUTPACED);
        }
        shown
    }

    /// Makes the seed for who has given a password that was compared.
    fn show_seed_after(
        &self,
        begun: &Enrolling,
        token: &str,
        (password, is_right): (&Password, bool),
    ) -> Result<Reproof<NewSeed>, Error> {
        let asked = self.enrolling(&self.inner.store.read()?, token, begun.context)?;
        if asked.guesses() != begun.guesses() {
            return Ok(Reproof::Busy);
        }
        let password = Some(password);
        let wrong = (!is_right).then_some(Wrong { why: WRONG_PASSWORD, password });
        if let Some(kept_out) = self.keep_out(&asked, wrong.as_ref()) {
            return Ok(kept_out);
        }
        let shown = self.as_enrolling(&asked, token.to_owned(), |site, id, mut user| {
            let partition = site.partition();
            user.stamp.touch(site.now());
            site.source.put(partition, id.record(), &user)?;
            show_to_owner(site, id, &user)
        })?;
        Ok(shown.map_or(Reproof::Busy, Reproof::Proven))
    }

    /// The user who goes on with an invitation, as a sign-in would find them.
    fn enrolling(
        &self,
        snapshot: &Snapshot,
        token: &str,
        context: Context,
    ) -> Result<Enrolling, Error> {
        let (home, id, user) = enrolling(snapshot, token, &context)?;
        let source = context.source.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let (who, door) = (Who::User(user.fields.login.clone()), Door::Ldap(Channel::Encrypted));
        let mut attempt = Attempt::new(who, door, source, context.now);
        attempt.look_up(self, snapshot, Some(home))?;
        // It also says whose failures count.
        let _waits = self.is_throttled(&mut attempt);
        Ok(Enrolling { context, home, id, user, attempt })
    }

    /// How many milliseconds somebody has to wait who failed too often.
    fn wait_of_enrolling(&self, asked: &Enrolling) -> Option<u64> {
        let (throttle, attempt) = (&self.inner.engine.throttle, &asked.attempt);
        let checked = throttle.check(attempt.whence(), attempt.throttled, attempt.now.0);
        checked.err().map(|wait| wait.ms)
    }

    fn is_password_of(
        &self,
        attempt: &Attempt,
        password: &Password,
    ) -> Result<bool, HashingFailed> {
        let hash = attempt.account.as_ref().and_then(|account| account.credential.hash.as_deref());
        match hash.and_then(|hash| StoredHash::parse(hash).ok()) {
            Some(stored) => self.compare(&stored, password),
            None => Ok(false),
        }
    }

    /// What becomes of who is locked out, has given what is wrong, or was faster than the count; it is
    /// counted and told. Nothing for who goes on.
    fn keep_out<T>(&self, asked: &Enrolling, wrong: Option<&Wrong<'_>>) -> Option<Reproof<T>> {
        let attempt = &asked.attempt;
        let (Some(account), Some(guesses)) = (&attempt.account, asked.guesses()) else {
            return Some(Reproof::Wrong);
        };
        let counted_out = self.inner.engine.lockout.locked(guesses, attempt.now.0).is_some();
        let why = if counted_out || account.locked(attempt.now) {
            LOCKED
        } else if let Some(wait) = self.wait_of_enrolling(asked) {
            // Right or wrong: others were faster than this one, and who asks hears no more.
            self.note_wrong_enrolment(asked, THROTTLED);
            return Some(Reproof::TooEarly(wait));
        } else {
            let Wrong { why, password } = wrong?;
            self.count(attempt, account, password.map(|password| (password, 0)));
            why
        };
        let throttle = &self.inner.engine.throttle;
        throttle.failed(attempt.whence(), attempt.throttled, attempt.now.0);
        self.note_wrong_enrolment(asked, why);
        Some(Reproof::Wrong)
    }

    /// Writes as the user who goes on with an invitation; nothing where something changed since it was
    /// looked at.
    fn as_enrolling<T: Send + 'static>(
        &self,
        asked: &Enrolling,
        token: String,
        write: impl FnOnce(&mut Site<'_, &mut Change<'_>>, UserId, User) -> Result<T, Error>
        + Send
        + 'static,
    ) -> Result<Option<T>, Error> {
        let (context, tools) = (asked.context, self.inner.tools.clone());
        let version = asked.guesses().map(|(_, version)| version);
        let written = self.inner.store.write(move |change| {
            let (home, id, user) = enrolling(&*change, &token, &context)?;
            let credential = change.get::<Credential>(home.partition(), id.record())?;
            if credential.map(|credential| credential.version) != version {
                return Ok(None);
            }
            let place = home.into();
            let mut site = Site { source: change, place, context: &context, tools: &tools };
            write(&mut site, id, user).map(Some)
        });
        written.map_err(Error::from)
    }

    fn note_wrong_enrolment(&self, asked: &Enrolling, why: &str) {
        let (id, name) = (asked.user.uuid, asked.user.fields.login.clone());
        let event = Event {
            at: asked.context.now,
            actor: asked.attempt.event_actor(),
            source: asked.context.source,
            action: Action::MfaEnrolled,
            subject: Some(Subject { kind: SubjectKind::User, id, name }),
            outcome: Outcome::Failure(why.to_owned()),
            differences: Vec::new(),
            access: None,
            request: self.request_of(&asked.context),
            search: None,
        };
        self.note_event(asked.home.into(), &event);
    }
}
