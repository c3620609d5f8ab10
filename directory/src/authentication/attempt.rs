//! The first half of an attempt: what can be said without hashing.

use std::net::IpAddr;
use std::sync::Arc;

use storage::{Reading as _, Snapshot};

use super::account::Account;
use super::earlier::Earlier;
use super::engine::{AccountKey, Bearer};
use super::expiry::Notice;
use super::kept::Kept;
use super::later::{Judged, Pending, Work};
use super::machine;
use super::ms_chap::{Counterproof, MsChapV2};
use super::network::NetworkReply;
use super::password::{HashingFailed, Password};
use super::second_factor::{NO_ROOM, Need, WRONG_PASSWORD};
use super::throttle::Whence;
use crate::access::{Actor, Identity, Proven};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Difference, EventActor};
use crate::id::{OrganizationId, RadiusClientId};
use crate::limits::NAME;
use crate::network::Circumstances;
use crate::policy::NetworkPolicy;
use crate::records::{OrganizationState, Settings, kinds};
use crate::time::Time;

/// Somebody who claims to be somebody.
pub struct Request {
    /// Where; `None` when the name leads to no organization, which costs as much as any other.
    pub organization: Option<OrganizationId>,
    /// Who they claim to be.
    pub who: Who,
    /// What is to prove it.
    pub proof: Proof,
    /// By which door they come.
    pub door: Door,
    /// The application through which they come, when it has proven itself before on the same
    /// connection. Others are known by the networks that they bind users from.
    pub application: Option<Actor>,
    /// From where.
    pub source: IpAddr,
    /// When.
    pub now: Time,
}

/// Who somebody claims to be.
#[derive(Clone, Debug)]
pub enum Who {
    /// The user with this login.
    User(String),
    /// The service account with this name.
    ServiceAccount(String),
}

impl Who {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::ServiceAccount(name) => name,
        }
    }
}

/// What is to prove an identity.
pub enum Proof {
    /// The password.
    Password(Password),
    /// An answer to a challenge that only who knows the password can give; the function says
    /// whether it fits a password in clear. Works only for passwords that the organization keeps
    /// sealed in clear.
    Challenge(Fits),
    /// An answer to a challenge that only who knows the password can give, by a hash of it that
    /// the organization keeps sealed.
    MsChapV2(Box<MsChapV2>),
    /// An earlier proof, on which a protocol goes on with the same peer.
    Earlier(Earlier),
    /// The code of a second factor, which an [`Outcome::Challenge`] asked for.
    Code {
        /// What came with the question.
        state: [u8; 16],
        /// What was typed.
        code: Password,
    },
}

/// Says whether a challenge's answer fits a password in clear.
pub type Fits = Box<dyn Fn(&[u8]) -> bool + Send>;

/// By which door somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each attempt, which is copied")]
pub enum Door {
    /// An LDAP bind over such a connection.
    Ldap(Channel),
    /// A request of this RADIUS client, whose policy counts.
    Radius(RadiusClientId, Circumstances),
}

/// Who can read along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Everybody on the way.
    Clear,
    /// Nobody else.
    Encrypted,
}

/// How an attempt ended.
pub enum Outcome {
    /// Proven.
    Accept {
        /// Who it is.
        actor: Actor,
        /// What the network gear is told, behind a RADIUS client's door.
        reply: Option<Arc<NetworkReply>>,
        /// What the owner of the password is told.
        notice: Notice,
        /// What proves to the peer that the password is known here, where the proof asks for it.
        counterproof: Option<Box<Counterproof>>,
        /// What lets the same user in again, behind a RADIUS client's door.
        earlier: Option<Earlier>,
    },
    /// The password is right, and the code of the second factor is asked for.
    Challenge {
        /// What [`Proof::Code`] brings back.
        state: [u8; 16],
    },
    /// Not proven, or not let in; why is nobody's business.
    Reject,
    /// Proven, and not let in by a rule that tells them this.
    Refused(Arc<str>),
    /// The organization takes no password over a connection in clear; it was not looked at.
    Unprotected,
    /// The password is right, but it has ended and no grace login is left.
    Ended,
    /// The account is locked, whatever the password; only where the organization lets that be told.
    Locked,
    /// The pool is full; nothing was found out.
    Busy,
    /// There was no memory to look at the password; nothing was found out.
    Unhashed(HashingFailed),
}

impl Outcome {
    /// Lets somebody in who is told nothing else.
    fn accept(actor: Actor, notice: Notice) -> Self {
        Self::Accept { actor, reply: None, notice, counterproof: None, earlier: None }
    }
}

/// Where an attempt stands after its first half.
pub enum Begun {
    /// It is over.
    Done(Outcome),
    /// Something is left that takes longer: [`Directory::finish`].
    Pending(Box<Pending>),
}

/// An attempt with what was found about it.
pub(super) struct Attempt {
    pub(super) organization: Option<OrganizationId>,
    pub(super) settings: Settings,
    pub(super) who: Who,
    pub(super) door: Door,
    pub(super) application: Option<Actor>,
    /// Whether a certificate is the proof, which says nothing of a password.
    pub(super) by_certificate: bool,
    /// What events tell of a certificate that is nobody's.
    pub(super) shown: Vec<Difference>,
    /// Whether an answer to a challenge is the proof, which only what is kept for it can judge.
    pub(super) by_answer: bool,
    /// Until when a former password of anybody may count where it comes to.
    pub(super) former_until: Time,
    /// Whether the password that the account had before has proven it.
    pub(super) by_former: bool,
    /// How often the account got another password, or another demand, while one was looked at.
    pub(super) renewed: u8,
    /// Whether what was typed came with a State as if it had been asked for.
    pub(super) is_unasked: bool,
    pub(super) source: IpAddr,
    pub(super) now: Time,
    pub(super) throttled: AccountKey,
    /// The login for which failures count, where a name of nobody has a realm of the organization's own.
    pub(super) counts_as: Option<String>,
    pub(super) account: Option<Arc<Account>>,
    /// What the account must bring beside its password.
    pub(super) need: Need,
    /// Until when it must have enrolled a second factor, of which it has none, or should have.
    pub(super) enrol_by: Option<Time>,
    /// What events call it.
    pub(super) action: Action,
    /// What decides about a RADIUS client's people.
    pub(super) policy: Option<Arc<NetworkPolicy>>,
}

/// Why an attempt is rejected while the account is locked.
pub(super) const LOCKED: &str = "the account is locked";
/// Why nothing is looked at that everybody could read on the way.
pub(super) const OVERHEARD: &str = "the connection is not encrypted";
/// Why an attempt is rejected after too many failures.
pub(super) const THROTTLED: &str = "too many failures; slowed down";

impl Attempt {
    /// An attempt about which nothing was found out yet.
    pub(super) fn new(who: Who, door: Door, source: IpAddr, now: Time) -> Self {
        let action = match door {
            Door::Ldap(_) => Action::LdapBind,
            Door::Radius(..) => Action::RadiusAccess,
        };
        Self {
            organization: None,
            settings: Settings::default(),
            who,
            door,
            application: None,
            by_certificate: false,
            shown: Vec::new(),
            by_answer: false,
            former_until: Time::default(),
            by_former: false,
            renewed: 0,
            is_unasked: false,
            source,
            now,
            throttled: (0, 0),
            counts_as: None,
            account: None,
            need: Need::Nothing,
            enrol_by: None,
            action,
            policy: None,
        }
    }

    /// From where it comes, as far as failures are counted.
    pub(super) fn whence(&self) -> Whence {
        let machine = match &self.door {
            Door::Radius(_, circumstances) => circumstances.station,
            Door::Ldap(_) => None,
        };
        Whence { address: self.source, machine }
    }

    /// Finds out about the organization and the account that are claimed, if they are active and
    /// there.
    pub(super) fn look_up(
        &mut self,
        directory: &Directory,
        snapshot: &Snapshot,
        place: Option<OrganizationId>,
    ) -> Result<(), Error> {
        self.look_up_place(directory, snapshot, place)?;
        if let Some(id) = self.organization {
            self.find(directory, snapshot, id)?;
            (self.need, self.enrol_by) = self.needed(directory, snapshot)?;
        }
        Ok(())
    }

    /// Finds where it is and what counts there, and nobody.
    pub(super) fn look_up_place(
        &mut self,
        directory: &Directory,
        snapshot: &Snapshot,
        place: Option<OrganizationId>,
    ) -> Result<(), Error> {
        self.organization = None;
        self.account = None;
        (self.need, self.enrol_by) = (Need::Nothing, None);
        self.policy = None;
        let Some(id) = place else { return Ok(()) };
        let settings = match self.door {
            Door::Ldap(_) => (directory.inner.lookups.organization(snapshot, id)?)
                .filter(|record| record.state == OrganizationState::Active)
                .map(|record| {
                    self.former_until = record.marks.former_passwords;
                    record.settings
                }),
            Door::Radius(client, _) => {
                self.policy = directory.gear()?.policy(id, client).map(Arc::clone);
                self.policy.as_ref().map(|policy| policy.settings)
            }
        };
        if let Some(settings) = settings {
            self.organization = Some(id);
            self.settings = settings;
        }
        Ok(())
    }

    /// Takes the account that is claimed, with what is asked of its password.
    pub(super) fn claim(&mut self, account: Option<Arc<Account>>) {
        if let Some(demands) = account.as_ref().and_then(|account| account.demands.as_deref()) {
            self.settings = self.settings.with(*demands);
        }
        self.account = account;
    }

    /// What has proven the account.
    fn proven(&self, account: &Account) -> Option<Proven> {
        if self.by_certificate {
            return Some(Proven::Certificate);
        }
        if self.by_former {
            return account.former(self.now).map(|former| Proven::Password(former.set));
        }
        Some(Proven::by(&account.credential))
    }

    /// Whether the organization refuses to look at what came over such a connection.
    pub(super) fn is_overheard(&self) -> bool {
        self.door == Door::Ldap(Channel::Clear) && self.settings.require_tls
    }

    /// The account with the version of its credential.
    pub(super) fn version(&self) -> Option<(Identity, u64)> {
        self.account.as_ref().map(|account| (account.identity, account.credential.version))
    }

    pub(super) fn event_actor(&self) -> EventActor {
        let id = self.account.as_ref().map(|account| account.uuid);
        match &self.who {
            Who::User(login) => EventActor::User { id, login: abridged(login) },
            Who::ServiceAccount(name) => EventActor::ServiceAccount { id, name: abridged(name) },
        }
    }

    /// The key of the account in what the engine remembers.
    pub(super) fn key(&self) -> Option<AccountKey> {
        let organization = self.organization?;
        Some((organization.number(), self.account.as_ref()?.record()))
    }
}

impl Directory {
    /// Begins an attempt: answers at once what needs no hashing and where nothing has to be
    /// written before.
    ///
    /// # Errors
    /// When the store fails.
    pub fn authenticate(&self, request: Request) -> Result<Begun, Error> {
        let snapshot = self.inner.store.read()?;
        let Request { organization: place, who, proof, door, application, source, now } = request;
        let mut attempt = Attempt { application, ..Attempt::new(who, door, source, now) };
        attempt.look_up(self, &snapshot, place)?;
        if attempt.is_overheard() {
            let _outcome = self.reject(&attempt, OVERHEARD);
            return Ok(Begun::Done(Outcome::Unprotected));
        }
        if let (Door::Radius(_, by), Proof::Password(_) | Proof::Code { .. } | Proof::Challenge(_)) =
            (door, &proof)
            && let Some(policy) = attempt.policy.as_deref()
            && let Some(address) = machine::named(policy, &by, &proof)
        {
            return self.let_device_in(&snapshot, &attempt, (policy, address), &by);
        }
        if matches!(door, Door::Radius(..)) && machine::is_address_twice(attempt.who.name(), &proof)
        {
            return Ok(Begun::Done(self.reject(&attempt, machine::ADDRESS_TWICE)));
        }
        match proof {
            Proof::Password(password) => self.begin_password(&snapshot, attempt, password),
            Proof::Challenge(fits) => self.prove_challenge(&snapshot, attempt, fits),
            Proof::MsChapV2(proof) => self.prove_ms_chap(&snapshot, attempt, &proof),
            Proof::Earlier(earlier) => self.prove_again(&snapshot, attempt, earlier),
            Proof::Code { state, code } => self.prove_code(&snapshot, attempt, &state, code),
        }
    }

    pub(super) fn begin_password(
        &self,
        snapshot: &Snapshot,
        mut attempt: Attempt,
        password: Password,
    ) -> Result<Begun, Error> {
        if attempt.need == Need::Nothing
            && let Some(notice) = attempt.free_notice()
            && (self.is_remembered(&attempt, &password)
                || self.is_former_remembered(&mut attempt, &password))
        {
            return Ok(Begun::Done(self.let_in(snapshot, &attempt, notice)?));
        }
        if self.is_throttled(&mut attempt) {
            return Ok(Begun::Done(self.reject(&attempt, THROTTLED)));
        }
        let work = self.compared(&attempt, password);
        Ok(Begun::later(attempt, work))
    }

    pub(super) fn is_remembered(&self, attempt: &Attempt, password: &Password) -> bool {
        let (Some(account), Some(key)) = (&attempt.account, attempt.key()) else {
            return false;
        };
        let usable = attempt.obstacle().is_none() && attempt.settings.remember_verified > 0;
        let version = account.credential.version;
        usable && self.inner.engine.verified.remembers(key, version, password, attempt.now.0)
    }

    pub(super) fn is_throttled(&self, attempt: &mut Attempt) -> bool {
        let engine = &self.inner.engine;
        let bearer = match &attempt.who {
            _ if attempt.by_certificate => Bearer::Certified,
            _ if attempt.by_answer => Bearer::Answering,
            Who::User(_) => Bearer::User,
            Who::ServiceAccount(_) => Bearer::ServiceAccount,
        };
        let place = attempt.organization.map(Into::into);
        // With the time of the password or of an unlock, so that each starts anew. Whatever a
        // stranger could bring about must not count here: it would tell known names from unknown ones.
        let set = attempt.account.as_ref().map_or(0, |account| account.credential.begun().0);
        let name = format!("{set} {}", attempt.counted_name());
        attempt.throttled = engine.name_key(place, bearer, &name);
        engine.throttle.check(attempt.whence(), attempt.throttled, attempt.now.0).is_err()
    }

    fn prove_challenge(
        &self,
        snapshot: &Snapshot,
        mut attempt: Attempt,
        fits: Fits,
    ) -> Result<Begun, Error> {
        attempt.by_answer = true;
        if self.is_throttled(&mut attempt) {
            return Ok(Begun::Done(self.reject(&attempt, THROTTLED)));
        }
        if attempt.need != Need::Nothing {
            let _fits_nothing = fits(b"");
            return Ok(Begun::later(attempt, Work::Reject(NO_ROOM)));
        }
        let clear = match (&attempt.account, attempt.organization) {
            (Some(account), Some(organization)) if attempt.settings.chap => {
                snapshot.secret(organization.partition(), kinds::CHAP_PASSWORD, account.record())?
            }
            _ => None,
        };
        let Some(clear) = clear else {
            // No password was guessed at, so nothing is counted: network gear that tries CHAP
            // before PAP must not lock its users out.
            let _fits_nothing = fits(b"");
            return Ok(Begun::later(attempt, Work::Reject("no password is kept for CHAP")));
        };
        let judged = if fits(clear.expose()) {
            Judged::of(Ok(None))
        } else {
            let former = Kept::Clear.former_of(snapshot, &attempt, fits)?;
            Judged { former, ..Judged::of(Err(WRONG_PASSWORD)) }
        };
        self.judged(snapshot, attempt, judged)
    }

    /// Lets a proven identity in, unless the door is not open to it.
    pub(super) fn let_in(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        notice: Notice,
    ) -> Result<Outcome, Error> {
        let (Some(organization), Some(account)) = (attempt.organization, &attempt.account) else {
            return Ok(Outcome::Reject);
        };
        let Some(proven) = attempt.proven(account) else { return Ok(Outcome::Reject) };
        match (attempt.door, account.identity) {
            (Door::Ldap(_), Identity::User(user)) => {
                self.note_success(attempt);
                let actor = match notice {
                    Notice::MustChange => {
                        Actor::user_to_change_password(organization, user, proven)
                    }
                    Notice::Nothing | Notice::EndsIn(_) | Notice::GraceLogins(_) => {
                        Actor::user(organization, user, proven)
                    }
                };
                Ok(Outcome::accept(actor, notice))
            }
            (Door::Ldap(_), Identity::ServiceAccount(account)) => {
                self.note_success(attempt);
                let actor = Actor::service_account(organization, account, proven);
                Ok(Outcome::accept(actor, notice))
            }
            (Door::Radius(..), Identity::User(_)) if notice == Notice::MustChange => {
                Ok(self.reject(attempt, "the password must be changed first"))
            }
            (Door::Radius(..), Identity::User(user)) => {
                self.let_onto_network(snapshot, attempt, user, notice)
            }
            (Door::Radius(..), Identity::ServiceAccount(_)) => {
                Ok(self.reject(attempt, "a service account is not let onto the network"))
            }
        }
    }
}

/// The start of a name that somebody gave; no name that exists is cut.
fn abridged(name: &str) -> String {
    name.get(..name.floor_char_boundary(NAME)).unwrap_or_default().to_owned()
}
