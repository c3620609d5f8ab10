//! A directory in memory with a clock that is moved by hand.

use std::cell::Cell;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

use redb::backends::InMemoryBackend;
use storage::{Entropy, MasterKey, Partition, Store};

use crate::access::{
    Actor, Context, Identity, ManageAdmins, Proven, RecoverAccounts, Role, Who as Origin,
};
use crate::accounting::SessionBounds;
use crate::authentication::{
    Arrival, Begun, Channel, Door, HashParameters, Options, Outcome, Password, PoolLimits, Proof,
    Request, SignInRequest, Who,
};
use crate::collections::{Collection, NewOrganization, NewPassword, Reset, Site, Wanted, issue};
use crate::directory::{Changing, Directory, OpenOptions, ResetTurn};
use crate::error::Error;
use crate::events::Event;
use crate::id::{
    AdminId, AdminNumber, OrganizationId, Place, RecordId, TokenId, TokenNumber, UserId,
};
use crate::records::{
    Admin, AdminFields, AdminScope, Base, Credential, Narrowing, OrganizationFields,
    Origin as Came, Preparations, Settings, THE_ONLY_ONE, Token, TokenPurpose, User, UserFields,
    indices,
};
use crate::time::Time;
use crate::tools::CertificateBound;

pub(super) const DAY: u64 = 24 * 60 * 60 * 1_000;
pub(super) const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
pub(super) const RIGHT: &str = "correct horse battery";

/// Numbers that look random and are the same each time.
pub(super) struct Counted(AtomicU64);

impl Counted {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(1)))
    }
}

impl Entropy for Counted {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let hash = blake3::hash(&number.to_be_bytes());
            chunk.copy_from_slice(&hash.as_bytes()[..chunk.len()]);
        }
    }
}

pub(super) fn master() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

/// The cheapest hashes there are.
pub(super) fn options() -> Options {
    Options {
        parameters: HashParameters::new(8, 1, 1).unwrap(),
        pool: PoolLimits {
            threads: NonZeroUsize::MIN,
            waiting: 256,
            waiting_per_organization: 256,
            prepare: || {},
        },
        ..Options::default()
    }
}

/// A directory with a provider admin of the highest role.
pub(super) struct World {
    pub(super) directory: Directory,
    pub(super) top: Actor,
    clock: Cell<u64>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(&options())
    }

    pub(super) fn with(options: &Options) -> Self {
        Self::made(options, SessionBounds::default())
    }

    /// Returns when the parts of the log that are full are sealed.
    pub(super) fn seal_events(&self) {
        let events = self.directory.inner.store.events();
        events.flush().unwrap();
        while events.figures().unsealed > 0 {
            std::thread::yield_now();
        }
    }

    /// Opens a store of which nobody knows what it was prepared for.
    pub(super) fn prepare_anew(&self) {
        let forget = |change: &mut storage::Change<'_>| {
            change.delete::<Preparations>(Partition::Provider, THE_ONLY_ONE).map_err(Error::from)
        };
        self.directory.inner.store.write(forget).unwrap();
        self.directory.prepare().unwrap();
    }

    /// One that keeps only so many sessions and reports.
    pub(super) fn keeping(sessions: SessionBounds) -> Self {
        Self::made(&options(), sessions)
    }

    /// One whose organizations have only so many certificates.
    pub(super) fn certifying(certificates: u32) -> Self {
        let certificates = CertificateBound(certificates);
        Self::of(OpenOptions { certificates, ..OpenOptions::default() })
    }

    fn made(options: &Options, sessions: SessionBounds) -> Self {
        let authentication = options.clone();
        Self::of(OpenOptions { authentication, sessions, ..OpenOptions::default() })
    }

    pub(super) fn of(options: OpenOptions) -> Self {
        let entropy = Counted::new();
        let backend = InMemoryBackend::new();
        let mut of_store = storage::Options::default();
        of_store.events.words = crate::events::words();
        let store = Store::open_backend(backend, master(), entropy.clone(), of_store);
        let options = OpenOptions { known_names: super::custom::known(), ..options };
        Self::over(Directory::over(store.unwrap(), entropy, &options).unwrap())
    }

    /// One whose events are written when somebody waits for them, or after an hour.
    pub(super) fn with_slow_events() -> Self {
        let entropy = Counted::new();
        let mut of_store = storage::Options::default();
        of_store.events.words = crate::events::words();
        of_store.events.delay = std::time::Duration::from_secs(3_600);
        let backend = InMemoryBackend::new();
        let store = Store::open_backend(backend, master(), entropy.clone(), of_store);
        let options = OpenOptions {
            authentication: options(),
            known_names: super::custom::known(),
            ..OpenOptions::default()
        };
        Self::over(Directory::over(store.unwrap(), entropy, &options).unwrap())
    }

    /// The same after the directory was closed and opened again.
    pub(super) fn reopened(self, open: impl FnOnce() -> Directory) -> Self {
        let Self { directory, top, clock } = self;
        drop(directory);
        Self { directory: open(), top, clock }
    }

    pub(super) fn over(directory: Directory) -> Self {
        let clock = Cell::new(1_700_000_000_000);
        let mut world = Self { directory, top: Actor::nobody(), clock };
        world.top =
            world.admin(Place::Provider, Role::AdministratorWithBilling, AdminScope::All).actor;
        world
    }

    pub(super) fn now(&self) -> Time {
        Time(self.clock.get())
    }

    pub(super) fn pass(&self, milliseconds: u64) {
        self.clock.set(self.clock.get() + milliseconds);
    }

    pub(super) fn by(&self, actor: Actor) -> Context {
        Context { actor, source: Some(HERE), now: self.now(), request: None }
    }

    /// Whoever has the password of that identity today.
    pub(super) fn actor(&self, organization: OrganizationId, identity: Identity) -> Actor {
        let proven = Proven::by(&self.credential(organization, identity));
        match identity {
            Identity::User(user) => Actor::user(organization, user, proven),
            Identity::ServiceAccount(id) => Actor::service_account(organization, id, proven),
        }
    }

    pub(super) fn credential(
        &self,
        organization: OrganizationId,
        identity: Identity,
    ) -> Credential {
        let snapshot = self.directory.inner.store.read().unwrap();
        let found = storage::Reading::get(&snapshot, organization.partition(), identity.record());
        found.unwrap().unwrap_or_else(Credential::absent)
    }

    /// The highest admin, now.
    pub(super) fn top(&self) -> Context {
        self.by(self.top)
    }

    /// The highest admin, who has signed in again just now.
    pub(super) fn fresh_top(&self) -> Context {
        let Origin::Admin { token, .. } = self.top.0 else { panic!("the highest is an admin") };
        let (partition, number) = (token.home.partition(), token.number.record());
        let now = self.now();
        let done = self.directory.inner.store.write(move |change| {
            let found = storage::Reading::get::<Token>(&*change, partition, number)?;
            let mut record = found.ok_or(Error::Missing)?;
            record.created = now;
            change.put(partition, number, &record)?;
            Ok::<_, Error>(())
        });
        done.unwrap();
        self.top()
    }

    pub(super) fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Changing<'_, '_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.directory.change(self.top(), work)
    }

    pub(super) fn organization(&self, slug: &str) -> OrganizationId {
        self.organization_with(slug, Settings::default())
    }

    pub(super) fn organization_with(&self, slug: &str, settings: Settings) -> OrganizationId {
        let new = new_organization(slug, &format!("dc={slug}"), settings);
        let made = self.change(move |change| {
            change.authorize_provider()?.organizations().create(new).map(|(id, _)| id)
        });
        made.unwrap()
    }

    pub(super) fn set(
        &self,
        organization: OrganizationId,
        edit: impl FnOnce(&mut Settings) + Send + 'static,
    ) {
        let changed = self.change(move |change| {
            change.authorize(organization)?.settings()?.update(None, |settings| {
                edit(settings);
                Ok(())
            })
        });
        changed.unwrap();
    }

    /// Puts an admin with a session into the store, past every check.
    pub(super) fn admin(&self, home: Place, role: Role, scope: AdminScope) -> Context {
        self.token(home, fields("admin", role, scope), Narrowing::default(), TokenPurpose::Session)
    }

    /// Puts an admin with a token into the store, past every check.
    pub(super) fn token(
        &self,
        home: Place,
        mut fields: AdminFields,
        narrowing: Narrowing,
        purpose: TokenPurpose,
    ) -> Context {
        let tools = self.directory.inner.tools.clone();
        let (context, expires) = (self.by(Actor::nobody()), self.now().plus(400 * DAY));
        let done = self.directory.inner.store.write(move |change| {
            fields.login = format!("{}-{}", fields.login, tools.password(8));
            let site = Site { source: change, place: home, context: &context, tools: &tools };
            let mut admins: Collection<'_, _, Admin> = Collection::new(site);
            let (number, _) = admins.add(fields)?;
            let origin = Came::default();
            let wanted = Wanted { purpose, name: "test".into(), expires, narrowing, origin };
            let token = issue(&mut admins.site, number, wanted)?;
            Ok::<_, Error>((AdminId { home, number }, token.id))
        });
        let (admin, uuid) = done.unwrap();
        let snapshot = self.directory.inner.store.read().unwrap();
        let number = storage::Reading::find_first(
            &snapshot,
            home.partition(),
            indices::TOKEN_UUID,
            uuid.as_bytes(),
        );
        let number = TokenNumber::from_record(number.unwrap().unwrap()).unwrap();
        self.by(Actor(Origin::Admin { admin, token: TokenId { home, number } }))
    }

    /// Makes an admin who was invited and has chosen that password.
    pub(super) fn invited(&self, home: Place, fields: AdminFields, text: &str) -> AdminNumber {
        let made = self.change(move |change| {
            change.authorize_at::<ManageAdmins>(home)?.admins().create_invited(fields)
        });
        let (number, _, invitation) = made.unwrap();
        let (password, nobody) = (self.password(text), self.by(Actor::nobody()));
        self.directory.accept_invitation(&invitation.token, password, nobody).unwrap();
        number
    }

    /// Makes a user whose password is [`RIGHT`].
    pub(super) fn user(&self, organization: OrganizationId, login: &str) -> UserId {
        let (fields, password) = (user(login), self.password(RIGHT));
        self.change(move |change| {
            change.authorize(organization)?.users().create(fields, Some(password)).map(|(id, _)| id)
        })
        .unwrap()
    }

    /// Sets a user's password as an admin does it: judged, compared with others, and hashed first.
    pub(super) fn reset(
        &self,
        by: Context,
        (organization, user): (OrganizationId, UserId),
        text: &str,
        must_change: Option<bool>,
    ) -> Result<(), Error> {
        let snapshot = self.directory.inner.store.read().unwrap();
        let partition = organization.partition();
        let found: Option<User> =
            storage::Reading::get(&snapshot, partition, user.record()).unwrap();
        let reset = Reset { user: found.unwrap().uuid, revision: None, must_change };
        let mut chosen = self.directory.judge_reset(by, organization, &reset, password(text))?;
        let hashed = loop {
            match self.directory.compare_or_hash(&by, chosen).unwrap() {
                ResetTurn::More(next) => chosen = next,
                ResetTurn::Hashed(hashed, _) => break hashed,
                ResetTurn::Refused(invalid) => return Err(invalid.into()),
            }
        };
        self.directory.change(by, move |change| {
            let mut grant = change.authorize::<RecoverAccounts>(organization)?;
            grant.passwords().set(user, hashed, must_change)
        })
    }

    pub(super) fn password(&self, text: &str) -> NewPassword {
        let parameters = HashParameters::new(8, 1, 1).unwrap();
        NewPassword::hashed(password(text), &parameters, self.directory.tools()).unwrap()
    }

    /// Keeps the one thread that hashes, until the sender goes. Once in a world: a stranger who comes
    /// again has to wait.
    pub(super) fn hold_pool(&self) -> Sender<()> {
        let (held, release) = channel();
        let stranger = SignInRequest {
            organization: None,
            login: "stranger".into(),
            password: password("wrong"),
            new_password: None,
            second: None,
            arrival: Arrival::plain("203.0.113.9".parse().unwrap(), self.now()),
        };
        self.directory
            .sign_in(stranger, move |_| {
                let _released = release.recv();
            })
            .unwrap();
        held
    }

    /// Tries a password over LDAP.
    pub(super) fn bind(&self, organization: OrganizationId, login: &str, text: &str) -> Outcome {
        self.attempt(self.request(organization, Who::User(login.into()), text))
    }

    pub(super) fn request(&self, organization: OrganizationId, who: Who, text: &str) -> Request {
        Request {
            organization: Some(organization),
            who,
            proof: Proof::Password(password(text)),
            door: Door::Ldap(Channel::Encrypted),
            application: None,
            source: HERE,
            now: self.now(),
        }
    }

    pub(super) fn attempt(&self, request: Request) -> Outcome {
        match self.directory.authenticate(request).unwrap() {
            Begun::Done(outcome) => outcome,
            Begun::Pending(pending) => {
                let (sender, receiver) = channel();
                self.directory.finish(pending, move |outcome| sender.send(outcome).unwrap());
                receiver.recv().unwrap()
            }
        }
    }

    /// The newest events of a place, the newest first.
    pub(super) fn events(&self, place: Place, count: usize) -> Vec<Event> {
        let log = self.directory.inner.store.events();
        log.flush().unwrap();
        let stored = log.newest(place.partition(), None, count).unwrap();
        stored.iter().map(|stored| Event::decode(&stored.body).unwrap()).collect()
    }

    pub(super) fn assert_sound(&self) {
        let report = self.directory.check().unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }
}

pub(super) fn password(text: &str) -> Password {
    Password::new(text.as_bytes()).unwrap()
}

pub(super) fn user(login: &str) -> UserFields {
    UserFields {
        login: login.into(),
        display_name: format!("{login} of Test"),
        surname: "Test".into(),
        ..UserFields::default()
    }
}

pub(super) fn fields(login: &str, role: Role, scope: AdminScope) -> AdminFields {
    let (login, display_name) = (login.to_owned(), "An admin".to_owned());
    AdminFields { login, display_name, role, scope, api_access: false, sources: Vec::new() }
}

pub(super) fn new_organization(slug: &str, base: &str, settings: Settings) -> NewOrganization {
    let base = Base::parse(base).unwrap();
    let (slug, name) = (slug.to_owned(), slug.to_uppercase());
    let fields = OrganizationFields { slug, name, base, domain: None };
    NewOrganization { fields, settings }
}

pub(super) fn accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accept { .. })
}

/// The error of a change that had to fail, in words.
pub(super) fn refusal<T>(done: Result<T, Error>) -> String {
    done.err().expect("it was not refused").to_string()
}
