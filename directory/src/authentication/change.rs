//! A user changes their own password: the old one proves them once more, the policy judges the new
//! one, and hashing runs on the pool.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use storage::{Reading, Snapshot};
use zeroize::Zeroizing;

use super::attempt::{Attempt, Channel, Door, LOCKED, THROTTLED, Who};
use super::engine::place_number;
use super::password::{HashingFailed, Password, StoredHash, Unacceptable};
use crate::access::{Actor, ChangeOwnPassword, Context, Grant, Identity};
use crate::collections::{NewPassword, last_hashes, require_quality};
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::events::Action;
use crate::id::{OrganizationId, RecordId};
use crate::records::{Credential, Organization, User};
use crate::text::prepare;
use crate::time::Time;

/// A user who wants another password.
pub struct PasswordChange {
    /// Who asks.
    pub actor: Actor,
    /// Whose password is meant, when somebody is named: of which organization, if of any, and who.
    pub whose: Option<(Option<OrganizationId>, Who)>,
    /// The password in use, to be sure.
    pub old: Option<Password>,
    /// The new one; absent when one is to be made.
    pub new: Option<Password>,
    /// How the request travelled.
    pub channel: Channel,
    /// From where.
    pub source: IpAddr,
    /// When.
    pub now: Time,
}

/// How a change of a password ended.
pub enum ChangeOutcome {
    /// The new password counts from now on.
    Changed {
        /// The user, to whom everything is open that was not before.
        actor: Actor,
        /// The password that was made, to be shown once.
        generated: Option<Zeroizing<String>>,
    },
    /// Nobody is known who could change anything.
    SignInFirst,
    /// It is not the actor's own password, or none that its owner changes; whether there is such a
    /// name is not looked up.
    NotYours,
    /// The organization takes no password over a connection in clear.
    Unprotected,
    /// The organization wants the old password with the new one.
    OldMissing,
    /// The old password is wrong.
    OldWrong,
    /// The account is locked.
    Locked,
    /// The new password is not acceptable.
    Refused(Unacceptable),
    /// The pool is full, or somebody else changed something; nothing was changed.
    Busy,
    /// There was no memory to hash a password; nothing was changed.
    Unhashed(HashingFailed),
}

/// A generated password has this many letters and digits: 119 bits.
const GENERATED: usize = 20;

/// What is told of an old password that is right, and of which nothing came.
const OLD_RIGHT: &str =
    "the old password is right, and nothing was changed: something came between";
/// What is told of any other password that was compared, and of which nothing came.
const COMPARED: &str = "a password was compared, and nothing was changed: something came between";

/// Why a change goes no further.
enum Stop {
    Outcome(ChangeOutcome),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A change that only hashing stands before.
struct Prepared {
    context: Context,
    attempt: Attempt,
    version: u64,
    old: Option<Password>,
    in_use: StoredHash,
    /// What the new password must differ from.
    former: Vec<StoredHash>,
    /// Until it is hashed.
    new: Option<Password>,
    generated: Option<Zeroizing<String>>,
    /// What comparing has found, while no event tells of it.
    untold: Option<&'static str>,
}

impl Directory {
    /// Changes the actor's own password and tells `done` how it ended: at once, or after hashing.
    ///
    /// # Errors
    /// When the store fails before anything is hashed.
    pub fn change_password(
        &self,
        change: PasswordChange,
        done: impl FnOnce(ChangeOutcome) + Send + 'static,
    ) -> Result<(), Error> {
        let prepared = match self.prepare_change(change) {
            Ok(prepared) => prepared,
            Err(Stop::Outcome(outcome)) => {
                done(outcome);
                return Ok(());
            }
            Err(Stop::Failed(error)) => return Err(error),
        };
        self.go_on(prepared, Box::new(done));
        Ok(())
    }

    /// Waits for a turn of the pool, for one hash; the next one waits for another, so that a
    /// change delays others by no more than a Bind does.
    fn go_on(&self, mut prepared: Box<Prepared>, done: Box<dyn FnOnce(ChangeOutcome) + Send>) {
        let place = place_number(prepared.attempt.organization.map(Into::into));
        let directory = self.clone();
        match self.inner.engine.pool.room(place) {
            Ok(room) => room.fill(Box::new(move || {
                // Whoever waits must hear of the end of it, even of a panic.
                let step = AssertUnwindSafe(|| directory.take_turn(&mut prepared));
                match catch_unwind(step).unwrap_or(Ok(Some(ChangeOutcome::Busy))) {
                    Ok(Some(ended)) => done(directory.told(&prepared, ended)),
                    Ok(None) => directory.go_on(prepared, done),
                    Err(failure) => {
                        done(directory.told(&prepared, ChangeOutcome::Unhashed(failure)));
                    }
                }
            })),
            Err(_full) => done(self.told(&prepared, ChangeOutcome::Busy)),
        }
    }

    /// Tells what was compared, where no event of how it ended does: whoever asks may have guessed.
    fn told(&self, prepared: &Prepared, ended: ChangeOutcome) -> ChangeOutcome {
        let is_told = match &ended {
            ChangeOutcome::Busy | ChangeOutcome::Unhashed(_) | ChangeOutcome::SignInFirst => false,
            ChangeOutcome::Changed { .. }
            | ChangeOutcome::NotYours
            | ChangeOutcome::Unprotected
            | ChangeOutcome::OldMissing
            | ChangeOutcome::OldWrong
            | ChangeOutcome::Locked
            | ChangeOutcome::Refused(_) => true,
        };
        if let Some(found) = prepared.untold.filter(|_| !is_told) {
            let _rejected = self.reject(&prepared.attempt, found);
        }
        ended
    }

    /// Finds out everything that needs no hashing.
    fn prepare_change(&self, change: PasswordChange) -> Result<Box<Prepared>, Stop> {
        let snapshot = self.inner.store.read()?;
        let PasswordChange { actor, whose, old, new, channel, source, now } = change;
        let context = Context { actor, source: Some(source), now, request: None };
        let (organization, user) = self.own_user(&snapshot, &context, whose)?;
        let who = Who::User(user.fields.login.clone());
        let mut attempt = Attempt::new(who, Door::Ldap(channel), source, now);
        attempt.action = Action::PasswordChanged;
        attempt.look_up(self, &snapshot, Some(organization))?;
        if attempt.is_overheard() {
            return Err(Stop::Outcome(ChangeOutcome::Unprotected));
        }
        if self.is_throttled(&mut attempt) && old.is_some() {
            self.reject(&attempt, THROTTLED);
            return Err(Stop::Outcome(ChangeOutcome::OldWrong));
        }
        let credential = attempt.account.as_ref().map(|account| account.credential.clone());
        let in_use = credential.as_ref().and_then(|credential| parse(credential.hash.as_deref()?));
        let (Some(credential), Some(in_use)) = (credential, in_use) else {
            return Err(Stop::Outcome(ChangeOutcome::SignInFirst));
        };
        let (new, generated) = match new {
            Some(new) => (new, None),
            None => self.made_up(attempt.settings.password_minimum)?,
        };
        let candidate = Candidate { old: old.as_ref(), new: &new, made_up: generated.is_some() };
        let home = crate::access::organization(&snapshot, organization)?;
        let home = home.ok_or(Stop::Outcome(ChangeOutcome::SignInFirst))?;
        if let Err((outcome, reason)) = candidate.judge(&attempt, &credential, (&user, &home)) {
            let _rejected = self.reject(&attempt, &reason);
            return Err(Stop::Outcome(outcome));
        }
        let former = former(&snapshot, &attempt, &credential)?;
        let version = credential.version;
        let new = Some(new);
        Ok(Box::new(Prepared {
            context,
            attempt,
            version,
            old,
            in_use,
            former,
            new,
            generated,
            untold: None,
        }))
    }

    /// The actor's own record, if the actor may change its password and means no other.
    fn own_user(
        &self,
        snapshot: &Snapshot,
        context: &Context,
        whose: Option<(Option<OrganizationId>, Who)>,
    ) -> Result<(OrganizationId, User), Stop> {
        let Some(organization) = context.actor.organization() else {
            return Err(Stop::Outcome(ChangeOutcome::SignInFirst));
        };
        let Some(Identity::User(user)) = context.actor.identity() else {
            return Err(Stop::Outcome(ChangeOutcome::NotYours));
        };
        let (tools, place) = (&self.inner.tools, organization.into());
        match Grant::<_, ChangeOwnPassword>::obtain(snapshot, context, tools, place) {
            Ok(_grant) => {}
            Err(Error::Refused(_)) => return Err(Stop::Outcome(ChangeOutcome::SignInFirst)),
            Err(error) => return Err(error.into()),
        }
        let record = snapshot.get::<User>(organization.partition(), user.record())?;
        let record = record.ok_or(Stop::Outcome(ChangeOutcome::SignInFirst))?;
        let means = |(place, who): (Option<OrganizationId>, Who)| {
            let login = matches!(&who, Who::User(login)
                if prepare(login) == prepare(&record.fields.login));
            login && place == Some(organization)
        };
        if whose.is_none_or(means) {
            Ok((organization, record))
        } else {
            Err(Stop::Outcome(ChangeOutcome::NotYours))
        }
    }

    /// A password that nobody chose.
    fn made_up(&self, least: u16) -> Result<(Password, Option<Zeroizing<String>>), Stop> {
        let text = Zeroizing::new(self.inner.tools.password(GENERATED.max(usize::from(least))));
        let password = Password::new(text.as_bytes())
            .map_err(|error| Error::from(Invalid::new("/password", error.to_string())))?;
        Ok((password, Some(text)))
    }

    /// Compares the old password, or a former one, or hashes the new one and writes; `None` while
    /// something is left to do.
    fn take_turn(&self, prepared: &mut Prepared) -> Result<Option<ChangeOutcome>, HashingFailed> {
        if let Some(old) = prepared.old.take() {
            let proven = self.compare(&prepared.in_use, &old)?;
            prepared.untold = Some(if proven { OLD_RIGHT } else { COMPARED });
            let (attempt, version) = (&mut prepared.attempt, prepared.version);
            let concluded = self.conclude_old(attempt, version, proven, &old);
            return Ok(concluded.unwrap_or(Some(ChangeOutcome::Busy)));
        }
        if let Some(former) = prepared.former.pop() {
            let is_used = match &prepared.new {
                Some(new) => former.verify(new)?,
                None => false,
            };
            if !is_used {
                prepared.untold.get_or_insert(COMPARED);
                return Ok(None);
            }
            let unacceptable = Unacceptable::Used;
            let _rejected = self.reject(&prepared.attempt, &refused(unacceptable));
            return Ok(Some(ChangeOutcome::Refused(unacceptable)));
        }
        self.replace(prepared).map(Some)
    }

    fn replace(&self, prepared: &mut Prepared) -> Result<ChangeOutcome, HashingFailed> {
        let (context, version) = (prepared.context, prepared.version);
        let (engine, generated) = (&self.inner.engine, prepared.generated.take());
        let (Some(new), Some(organization)) = (prepared.new.take(), prepared.attempt.organization)
        else {
            return Ok(ChangeOutcome::Busy);
        };
        let password = NewPassword::hashed(new, &engine.parameters, &self.inner.tools)?;
        let actor = context.actor;
        let done = self.change(context, move |change| {
            let mut grant = change.authorize::<ChangeOwnPassword>(organization)?;
            grant.own_password()?.replace(version, password)
        });
        Ok(match done {
            Ok(proven) => ChangeOutcome::Changed { actor: actor.renewed(proven), generated },
            Err(Error::Refused(_)) => ChangeOutcome::SignInFirst,
            Err(_) => ChangeOutcome::Busy,
        })
    }

    /// Counts a wrong old password like any other guess; `None` when it was right.
    fn conclude_old(
        &self,
        attempt: &mut Attempt,
        version: u64,
        proven: bool,
        old: &Password,
    ) -> Result<Option<ChangeOutcome>, Error> {
        let snapshot = self.inner.store.read()?;
        attempt.look_up(self, &snapshot, attempt.organization)?;
        let (Some(account), Some(key)) = (&attempt.account, attempt.key()) else {
            return Ok(Some(ChangeOutcome::SignInFirst));
        };
        let engine = &self.inner.engine;
        let counted_out = engine.lockout.locked((key, version), attempt.now.0).is_some();
        if counted_out || account.locked(attempt.now) {
            self.fail(attempt, LOCKED);
            return Ok(Some(ChangeOutcome::Locked));
        }
        if account.credential.version != version {
            return Ok(Some(ChangeOutcome::Busy));
        }
        if !proven {
            self.count(attempt, account, Some((old, 0)));
            self.fail(attempt, "the old password is wrong");
            return Ok(Some(ChangeOutcome::OldWrong));
        }
        // Guesses that were made at the same time must not outrun the count.
        if engine.throttle.check(attempt.whence(), attempt.throttled, attempt.now.0).is_err() {
            self.reject(attempt, THROTTLED);
            return Ok(Some(ChangeOutcome::OldWrong));
        }
        Ok(None)
    }
}

/// What is asked for, before anything is hashed.
struct Candidate<'a> {
    old: Option<&'a Password>,
    new: &'a Password,
    made_up: bool,
}

impl Candidate<'_> {
    /// Judges it by the policy, as far as that needs no hashing; else says what is wrong, to the
    /// user and to the help desk.
    fn judge(
        &self,
        attempt: &Attempt,
        credential: &Credential,
        whose: (&User, &Organization),
    ) -> Result<(), (ChangeOutcome, String)> {
        let policy = &attempt.settings.password_policy;
        if credential.locked(attempt.now) {
            return Err((ChangeOutcome::Locked, LOCKED.to_owned()));
        }
        if policy.require_old && self.old.is_none() {
            return Err((ChangeOutcome::OldMissing, "the old password is missing".to_owned()));
        }
        let refuse = |unacceptable| (ChangeOutcome::Refused(unacceptable), refused(unacceptable));
        let old_enough = attempt.now >= credential.changed.plus(policy.shortest_age);
        if !old_enough && !credential.must_change {
            return Err(refuse(Unacceptable::TooYoung));
        }
        if self.made_up {
            return Ok(());
        }
        require_quality(self.new, whose, &attempt.settings).map_err(refuse)
    }
}

fn refused(unacceptable: Unacceptable) -> String {
    format!("the new password {unacceptable}")
}

fn parse(hash: &str) -> Option<StoredHash> {
    StoredHash::parse(hash).ok()
}

/// The hashes that the new password must not have: the one in use and the former ones that the
/// policy counts; without a history, the one in use alone when somebody else set it.
fn former(
    snapshot: &Snapshot,
    attempt: &Attempt,
    credential: &Credential,
) -> Result<Vec<StoredHash>, Stop> {
    let history = usize::from(attempt.settings.password_policy.history);
    let counted = history.max(usize::from(credential.must_change));
    let (Some(organization), Some(account)) = (attempt.organization, &attempt.account) else {
        return Ok(Vec::new());
    };
    let at = (organization.partition(), account.record());
    let hashes = last_hashes(snapshot, at, credential, counted)?;
    Ok(hashes.iter().filter_map(|hash| parse(hash)).collect())
}
