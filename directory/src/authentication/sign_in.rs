//! How an admin signs in: password first, then TOTP; the first sign-in enrols TOTP.

use std::net::IpAddr;
use std::ops::Deref;

use storage::{Change, Reading, Secret, Snapshot};

use super::admin_locks::Guessed;
use super::engine::{AccountKey, Bearer, place_number};
use super::enrolment::begin_enrolment;
use super::next_password::{Chosen, take_place};
use super::password::{HashingFailed, Password, StoredHash};
use super::totp::{self, Seed};
use super::unknown_logins::Stranger;
use crate::access::{Actor, Context, RequestId, home_answers};
use crate::collections::{
    IssuedToken, NewPassword, Site, Wanted, issue, recovery_codes_left, use_recovery_code,
};
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, Outcome};
use crate::id::{AdminId, AdminNumber, Place, RecordId};
use crate::records::{
    Admin, AdminState, Carrier, Credential, Narrowing, Origin, SecondProof, TokenPurpose, indices,
    kinds,
};
use crate::text::prepare;
use crate::time::Time;

/// An admin who claims to be one.
pub struct SignInRequest {
    /// The slug of the organization whose own admin it is; `None` for the provider's.
    pub organization: Option<String>,
    /// The login.
    pub login: String,
    /// The password.
    pub password: Password,
    /// What takes the place of a password that somebody else has chosen.
    pub new_password: Option<Password>,
    /// What proves the admin beside the password, once something is enrolled.
    pub second: Option<Second>,
    /// How the admin comes.
    pub arrival: Arrival,
}

/// What proves an admin beside the password.
pub enum Second {
    /// The code of an authenticator app.
    Totp(String),
    /// A recovery code.
    RecoveryCode(String),
}

/// How an admin comes.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// From where.
    pub source: IpAddr,
    /// When.
    pub now: Time,
    /// What the program calls itself.
    pub user_agent: Option<String>,
    /// Where the session's token is to come with each request.
    pub carrier: Carrier,
    /// By which request, where it is one of the admin API.
    pub request: Option<RequestId>,
}

impl Arrival {
    /// How a program comes that does not say what it is.
    pub fn plain(source: IpAddr, now: Time) -> Self {
        Self { source, now, user_agent: None, carrier: Carrier::Header, request: None }
    }

    /// What somebody does who is nobody yet.
    pub(super) fn context(&self) -> Context {
        let (actor, source) = (Actor::nobody(), Some(self.source));
        Context { actor, source, now: self.now, request: self.request }
    }

    pub(super) fn origin(&self, proof: SecondProof) -> Origin {
        let (source, carrier) = (Some(self.source), self.carrier);
        let shortened = |text: &String| text.chars().take(USER_AGENT).collect();
        let user_agent = self.user_agent.as_ref().map(shortened);
        Origin { source, user_agent, proof: Some(proof), carrier }
    }
}

/// Why an admin with the right password is rejected, for the event.
const LOCKED: &str = "too many wrong codes; locked for a while";
/// So many letters are kept of what a program calls itself.
const USER_AGENT: usize = 200;

/// How a sign-in ended.
pub enum SignInOutcome {
    /// Signed in.
    Session(IssuedToken),
    /// The password is right; TOTP has to be enrolled before anything else.
    Enrol(Enrolment),
    /// The password is right, and was chosen by somebody else: the admin has to choose another one.
    PasswordNeeded,
    /// The password is right; the TOTP code is missing.
    CodeNeeded,
    /// Something is wrong; what, is nobody's business.
    Rejected,
    /// Too many failures; the next attempt may come in so many milliseconds.
    TooEarly(u64),
    /// The pool is full.
    Busy,
    /// There was no memory to look at the password; nothing was found out.
    Unhashed(HashingFailed),
}

/// What an admin needs to enrol TOTP.
pub struct Enrolment {
    /// A token that is good for confirming the enrolment alone.
    pub token: IssuedToken,
    /// The `otpauth:` URI with the seed, for an authenticator.
    pub uri: String,
}

/// An admin's sign-in with what was found about it.
struct SignIn {
    place: Option<Place>,
    admin: Option<(AdminNumber, Admin, Credential)>,
    request: SignInRequest,
    throttled: AccountKey,
}

/// Whom a login names.
pub(super) struct FoundLogin {
    place: Option<Place>,
    number: Option<AdminNumber>,
    /// Whose failures slow down who gives it.
    pub(super) throttled: AccountKey,
}

impl FoundLogin {
    pub(super) fn admin(&self) -> Option<AdminId> {
        self.place.zip(self.number).map(|(home, number)| AdminId { home, number })
    }
}

impl Directory {
    /// Signs an admin in and tells `done` how it ended; the password is hashed on the pool.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_in(
        &self,
        request: SignInRequest,
        done: impl FnOnce(Result<SignInOutcome, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let attempt = self.find_admin(&snapshot, request)?;
        let engine = &self.inner.engine;
        let arrival = &attempt.request.arrival;
        let checked = engine.throttle.check(arrival.source, attempt.throttled, arrival.now.0);
        if let Err(wait) = checked {
            done(Ok(SignInOutcome::TooEarly(wait.ms)));
            return Ok(());
        }
        let directory = self.clone();
        match engine.pool.room(place_number(attempt.place)) {
            Ok(room) => room.fill(Box::new(move || {
                let mut stranger = None;
                done(directory.verify_admin(attempt, &mut stranger));
                // After the answer: how long it takes would tell that there is no such admin.
                if let Some(stranger) = stranger {
                    directory.note_stranger(&stranger);
                }
            })),
            Err(_full) => done(Ok(SignInOutcome::Busy)),
        }
        Ok(())
    }

    fn find_admin(&self, snapshot: &Snapshot, request: SignInRequest) -> Result<SignIn, Error> {
        let found = self.find_login(snapshot, request.organization.as_deref(), &request.login)?;
        let (place, throttled) = (found.place, found.throttled);
        let admin = match found.admin() {
            Some(AdminId { home, number }) => {
                let partition = home.partition();
                let admin = snapshot.get::<Admin>(partition, number.record())?;
                let credential = snapshot.get::<Credential>(partition, number.record())?;
                admin.zip(credential).map(|(admin, credential)| (number, admin, credential))
            }
            None => None,
        };
        Ok(SignIn { place, admin, request, throttled })
    }

    /// Finds whom a login names, and whose failures slow down who gives it.
    pub(super) fn find_login(
        &self,
        snapshot: &Snapshot,
        organization: Option<&str>,
        login: &str,
    ) -> Result<FoundLogin, Error> {
        let place = match organization {
            None => Some(Place::Provider),
            Some(slug) => self.organization_by_slug(slug)?.map(Place::Organization),
        };
        let name = prepare(login);
        // Each slug that leads nowhere counts for itself, as an organization does.
        let nowhere = place.is_none().then_some(organization).flatten();
        let counted = nowhere.map_or_else(|| name.clone(), |slug| format!("{slug}/{name}"));
        let throttled = self.inner.engine.name_key(place, Bearer::Admin, &counted);
        let number = match place {
            Some(place) => {
                let (partition, index) = (place.partition(), indices::ADMIN_LOGIN);
                let found = snapshot.find_first(partition, index, name.as_bytes())?;
                found.and_then(AdminNumber::from_record)
            }
            None => None,
        };
        Ok(FoundLogin { place, number, throttled })
    }

    fn verify_admin(
        &self,
        attempt: SignIn,
        stranger: &mut Option<Stranger>,
    ) -> Result<SignInOutcome, Error> {
        let hash = attempt.admin.as_ref().and_then(|(_, _, credential)| credential.hash.as_deref());
        let known = hash.and_then(|hash| StoredHash::parse(hash).ok());
        let exists = known.is_some();
        let stored = known.unwrap_or_else(|| self.inner.engine.dummy());
        let proven = match stored.verify(&attempt.request.password) {
            Ok(is_right) => is_right && exists,
            Err(failure) => return Ok(SignInOutcome::Unhashed(failure)),
        };
        let engine = &self.inner.engine;
        let context = attempt.request.arrival.context();
        let (source, now) = (attempt.request.arrival.source, context.now);
        let in_time = engine.throttle.check(source, attempt.throttled, now.0).is_ok();
        let Some((place, (number, admin, credential))) = attempt.place.zip(attempt.admin) else {
            engine.throttle.failed(source, attempt.throttled, now.0);
            let SignIn { place, request, .. } = attempt;
            *stranger = Some(Stranger { place, request, context });
            return Ok(SignInOutcome::Rejected);
        };
        let id = AdminId { home: place, number };
        let guessed = Guessed::new(id, &credential);
        let step = if !proven {
            Step::Refused("the password is wrong")
        } else if !in_time {
            Step::Refused("too many failures; slowed down")
        } else if self.admin_locked_until(&guessed, now).is_some() {
            Step::Refused(LOCKED)
        } else {
            self.after_password((place, number), (&admin, &credential), attempt.request)?
        };
        let reason = match step {
            Step::Done(outcome) => {
                engine.lockout.succeeded(guessed.key());
                engine.throttle.succeeded(source, attempt.throttled, now.0);
                return Ok(outcome);
            }
            Step::Begun(begun) => {
                engine.throttle.left_open(source, attempt.throttled, now.0);
                self.note_begun(id, &admin, &context);
                return begun;
            }
            Step::Enrolling(outcome) => {
                // Wrong codes before were of another seed.
                engine.lockout.succeeded(guessed.key());
                engine.throttle.left_open(source, attempt.throttled, now.0);
                return Ok(outcome);
            }
            Step::Unhashed(failure) => return Ok(SignInOutcome::Unhashed(failure)),
            Step::WrongCode => {
                // Who has the password could else try all codes, from many sources at once.
                self.count_admin_guess(&guessed, &context);
                "the code is wrong or was used before"
            }
            Step::Refused(reason) => reason,
        };
        engine.throttle.failed(source, attempt.throttled, now.0);
        let told = (Action::SignIn, Outcome::Failure(reason.to_owned()));
        self.note_sign_in(place, &admin, &context, told);
        Ok(SignInOutcome::Rejected)
    }

    /// What comes of a right password.
    fn after_password(
        &self,
        (home, number): (Place, AdminNumber),
        (admin, credential): (&Admin, &Credential),
        request: SignInRequest,
    ) -> Result<Step, Error> {
        let SignInRequest { password, new_password, second, arrival, .. } = request;
        let (current, next) = (&password, new_password);
        let chosen = Chosen { home, number, admin, credential, current, next };
        let next = match self.next_password(&arrival.context(), chosen) {
            Ok(Ok(next)) => next,
            Ok(Err(failure)) => return Ok(Step::Unhashed(failure)),
            // Whoever hears what is wrong with the next password knows that this one is right.
            Err(Error::Invalid(invalid)) => return Ok(Step::Begun(Err(invalid.into()))),
            Err(failed) => return Err(failed),
        };
        let version = credential.version;
        let taken = self.take_step(Proven { place: home, number, version, next, second, arrival });
        let Err(Error::Invalid(Invalid { message, .. })) = taken else { return taken };
        // Likewise, of what came to be true while it was hashed.
        Ok(Step::Begun(Err(Invalid::new("/new_password", message).into())))
    }

    /// Takes the step after a right password, by what is true when it is taken: since the password
    /// was hashed the admin may have been suspended, or have enrolled elsewhere.
    fn take_step(&self, proven: Proven) -> Result<Step, Error> {
        let tools = self.inner.tools.clone();
        let done = self.inner.store.write(move |change| {
            let Proven { place, number, version, next, second, arrival } = proven;
            let context = arrival.context();
            let mut site = Site { source: change, place, context: &context, tools: &tools };
            let Some(credential) = living(&site, number)? else {
                return Ok(Step::Refused("the admin is suspended, or may not come from there"));
            };
            if credential.version != version {
                return Ok(Step::Refused("the password was changed in between"));
            }
            if credential.locked(context.now) {
                return Ok(Step::Refused(LOCKED));
            }
            if credential.must_change && next.is_none() {
                return Ok(Step::Begun(Ok(SignInOutcome::PasswordNeeded)));
            }
            if !credential.totp_enrolled {
                take_place(&mut site, number, next)?;
                return begin_enrolment(&mut site, number).map(Step::Enrolling);
            }
            let Some(second) = second else {
                return Ok(Step::Begun(Ok(SignInOutcome::CodeNeeded)));
            };
            let Some(proof) = prove(&mut site, number, credential, &second)? else {
                return Ok(Step::WrongCode);
            };
            take_place(&mut site, number, next)?;
            let origin = arrival.origin(proof);
            let action = (Action::SignIn, Vec::new());
            let session = open_session(&mut site, number, origin, action)?;
            Ok::<_, Error>(Step::Done(SignInOutcome::Session(session)))
        })?;
        Ok(done)
    }
}

/// An admin whose password was right.
struct Proven {
    place: Place,
    number: AdminNumber,
    /// The version of the credential that has this password.
    version: u64,
    /// What takes the password's place.
    next: Option<NewPassword>,
    second: Option<Second>,
    arrival: Arrival,
}

/// How far an admin gets with a password.
enum Step {
    Done(SignInOutcome),
    /// The password is right, and something else is missing or unfit.
    Begun(Result<SignInOutcome, Error>),
    /// The password is right, and a seed was shown, of which an event tells already.
    Enrolling(SignInOutcome),
    /// Nothing was found out.
    Unhashed(HashingFailed),
    WrongCode,
    Refused(&'static str),
}

pub(super) type Writing<'g, 'w, 'c> = Site<'g, &'w mut Change<'c>>;

/// The credential of an active admin of a place that answers.
pub(super) fn living<S>(site: &Site<'_, S>, admin: AdminNumber) -> Result<Option<Credential>, Error>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    let partition = site.partition();
    let answers = home_answers(&*site.source, site.place)?;
    let record = site.source.get::<Admin>(partition, admin.record())?;
    let works = |record: Admin| {
        record.state == AdminState::Active && record.fields.works_from(site.context.source)
    };
    if !answers || !record.is_some_and(works) {
        return Ok(None);
    }
    Ok(site.source.get::<Credential>(partition, admin.record())?)
}

/// Uses up what proves an admin beside the password; tells what it was, unless it is wrong.
pub(crate) fn prove(
    site: &mut Writing<'_, '_, '_>,
    admin: AdminNumber,
    credential: Credential,
    second: &Second,
) -> Result<Option<SecondProof>, Error> {
    match second {
        Second::Totp(code) => {
            let Some(step) = use_code(site, admin, &credential, code)? else { return Ok(None) };
            settle(site, admin, credential, step)?;
            Ok(Some(SecondProof::Totp))
        }
        Second::RecoveryCode(code) => {
            let (partition, id) = (site.partition(), admin.record());
            let record = site.source.get::<Admin>(partition, id)?.ok_or(Error::Missing)?;
            if !use_recovery_code(site.source, partition, (id, record.uuid), code)? {
                return Ok(None);
            }
            let left = recovery_codes_left(&*site.source, partition, id)?;
            let told = Difference {
                field: "recovery_codes_left".into(),
                before: Some(left.saturating_add(1).to_string()),
                after: Some(left.to_string()),
            };
            site.tell_as(&record, Action::RecoveryCodeUsed, vec![told])?;
            Ok(Some(SecondProof::RecoveryCode))
        }
    }
}

/// Checks a code against the seed; the step that it was for, unless it was used before.
pub(super) fn use_code<S>(
    site: &Site<'_, S>,
    admin: AdminNumber,
    credential: &Credential,
    code: &str,
) -> Result<Option<u64>, Error>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    let sealed = site.source.secret(site.partition(), kinds::TOTP_SEED, admin.record())?;
    let Some(seed) = sealed.as_ref().and_then(seed_of) else {
        return Ok(None);
    };
    Ok(totp::verify(&seed, code, site.now().seconds(), credential.totp_step))
}

fn seed_of(sealed: &Secret) -> Option<Seed> {
    sealed.expose().try_into().ok().map(Seed::new)
}

/// Remembers the step that was used, and that TOTP is enrolled.
pub(super) fn settle(
    site: &mut Writing<'_, '_, '_>,
    admin: AdminNumber,
    mut credential: Credential,
    step: u64,
) -> Result<(), Error> {
    credential.totp_enrolled = true;
    credential.totp_step = Some(step);
    Ok(site.source.put(site.partition(), admin.record(), &credential)?)
}

pub(super) fn open_session(
    site: &mut Writing<'_, '_, '_>,
    number: AdminNumber,
    origin: Origin,
    (action, differences): (Action, Vec<Difference>),
) -> Result<IssuedToken, Error> {
    let lives = site.tools.session_lives(&*site.source, site.place)?;
    let wanted = Wanted {
        purpose: TokenPurpose::Session,
        name: "session".into(),
        expires: site.now().plus(lives.longest),
        narrowing: Narrowing::default(),
        origin,
    };
    let token = issue(site, number, wanted)?;
    let admin = site.source.get::<Admin>(site.partition(), number.record())?;
    let admin = admin.ok_or(Error::Missing)?;
    site.tell_as(&admin, action, differences)?;
    Ok(token)
}
