//! What every handler shares: the directory, the clock, the limits.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use directory::access::{Actor, Context};
use directory::collections::{GeneratedPassword, NewPassword};
use directory::delivery::{Delivery, Sent};
use directory::orders::{OrderOutcome, SessionOrder};
use directory::{Changing, Directory, Error, Time};
use ipnet::IpNet;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::allowance::Allowance;
use crate::ldap::LdapExplainer;
use crate::problem::Problem;
use crate::secret_text::SecretText;
use crate::strangers::Strangers;
use crate::turns::{Turn, Turns};
use crate::uploads::Uploads;

/// The limits on a request, named.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most octets of a body.
    pub body: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// The most new passwords hashed at once; others wait.
    pub hashing: usize,
    /// How often one source may ask for lists of revoked certificates in a minute.
    pub lists: u32,
    /// How often one source may try an invitation in a minute.
    pub invitations: u32,
    /// How often a device may ask for itself in a minute.
    pub device_requests: u32,
    /// How often one session or API key may ask for anything in a minute.
    pub requests: u32,
    /// The most lists at once that are filtered or sorted; others wait.
    pub looking: usize,
    /// The most searches at once that read many events; others wait.
    pub searching: usize,
    /// The most requests of LDAP at once that are explained; others wait.
    pub explaining: usize,
    /// How long those wait for their turn who want one of these or have a password hashed.
    pub patience: Duration,
}

/// Where the API is found from outside, and through whom.
#[derive(Clone, Copy, Debug, Default)]
pub struct Addresses<'a> {
    /// By those who read it in a certificate, for what needs no token.
    pub public: Option<&'a str>,
    /// By those who are invited to choose a password.
    pub invitations: Option<&'a str>,
    /// Networks of reverse proxies, which say whom they ask for.
    pub proxies: &'a [IpNet],
}

/// Devices that are told apart at most, by their certificates, of those that asked of late; all others
/// share what one has.
const DEVICES: usize = 65_536;
/// Tokens that are told apart at most, of those that asked within a minute; all others share what one
/// has.
const TOKENS: usize = 16_384;
/// So many devices may ask from behind one address as often as each of them may.
const DEVICES_OF_SOURCE: u32 = 100;

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 256 * 1024,
            body_time: Duration::from_secs(10),
            hashing: 2,
            lists: 600,
            invitations: 30,
            device_requests: 12,
            requests: 12_000,
            looking: 2,
            searching: 2,
            explaining: 1,
            patience: Duration::from_secs(10),
        }
    }
}

/// Has an order sent to network gear, and tells what becomes of it.
pub type Courier =
    Arc<dyn Fn(SessionOrder) -> Pin<Box<dyn Future<Output = OrderOutcome> + Send>> + Send + Sync>;

/// Has something sent to a destination of events to see what happens, and tells what became of it.
pub type Trials = Arc<dyn Fn(Delivery) -> Pin<Box<dyn Future<Output = Sent> + Send>> + Send + Sync>;

/// Tells the time.
#[derive(Clone)]
pub struct Clock {
    /// The time of day.
    pub wall: Arc<dyn Fn() -> Time + Send + Sync>,
    /// The time since any moment, always the same one; it never goes backwards.
    pub monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
}

/// What the other doors do for this one.
#[derive(Clone)]
pub struct Doors {
    /// Has orders sent to network gear.
    pub orders: Courier,
    /// Says what LDAP would answer.
    pub ldap: LdapExplainer,
    /// Tries destinations of events.
    pub trials: Trials,
}

/// The state behind the router; clones share it.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) directory: Directory,
    pub(crate) limits: Limits,
    pub(crate) orders: Courier,
    pub(crate) ldap: LdapExplainer,
    pub(crate) trials: Trials,
    /// Which destinations of events are tried.
    pub(crate) tried: Arc<Allowance<Uuid>>,
    /// Who waits for what becomes of that.
    pub(crate) trying: Arc<Semaphore>,
    /// Where the API is found from outside, without a slash at its end.
    pub(crate) public_url: Option<Arc<str>>,
    /// Where invited people find it, without a slash at its end.
    pub(crate) invitation_url: Option<Arc<str>>,
    /// Networks of reverse proxies, which say whom they ask for.
    pub(crate) proxies: Arc<[IpNet]>,
    /// Who asks for what needs no token.
    pub(crate) strangers: Arc<Strangers>,
    /// Who tries invitations.
    pub(crate) invited: Arc<Strangers>,
    /// Certificates with which devices ask for themselves, by a hash of the organization and them.
    pub(crate) devices: Arc<Allowance<[u8; 32]>>,
    /// Where these come from.
    pub(crate) device_sources: Arc<Strangers>,
    /// Who begins to sign in with a passkey, or tries tokens of no enrolment.
    pub(crate) newcomers: Arc<Strangers>,
    /// Who asks with a token.
    pub(crate) callers: Arc<Allowance<Actor>>,
    /// Who looks through many records.
    pub(crate) looking: Turns,
    pub(crate) clock: Clock,
    hashing: Turns,
    /// Files of imports that come in.
    pub(crate) uploads: Arc<Uploads>,
    /// Who brings reports of network gear into the sessions.
    pub(crate) settling: Arc<Semaphore>,
    /// Who reads many events at once, which costs a processor.
    pub(crate) searching: Turns,
    /// Who has a search of LDAP explained, which may look through very much.
    pub(crate) explaining: Turns,
    /// Who notes that sessions are used.
    noting: Arc<Semaphore>,
}

/// So often may one source begin with a passkey, or try tokens of no enrolment, in a minute.
const NEWCOMERS: u32 = 120;
/// So often may a destination of events be tried in a minute.
const TRIALS: u32 = 6;
/// Destinations that are told apart at most, of those that were tried within a minute.
const DESTINATIONS: usize = 4_096;
/// So many destinations are tried at once at most.
const TRYING: usize = 16;
/// So many uses of sessions are noted at once at most.
const NOTING: usize = 8;

impl Api {
    pub(crate) fn new(
        directory: Directory,
        clock: Clock,
        doors: Doors,
        limits: Limits,
        addresses: Addresses<'_>,
    ) -> Self {
        let plain = |url: &str| url.trim_end_matches('/').into();
        let (public_url, invitation_url) =
            (addresses.public.map(plain), addresses.invitations.map(plain));
        let turns = |at_once| Turns::new(at_once, limits.patience);
        let (hashing, looking) = (turns(limits.hashing), turns(limits.looking));
        let (searching, explaining) = (turns(limits.searching), turns(limits.explaining));
        let strangers = Arc::new(Strangers::new(limits.lists));
        let invited = Arc::new(Strangers::new(limits.invitations));
        let callers = Arc::new(Allowance::new(limits.requests, TOKENS, Actor::nobody()));
        let (settling, uploads) = (Arc::new(Semaphore::new(1)), Arc::default());
        let Doors { orders, ldap, trials } = doors;
        let tried = Arc::new(Allowance::new(TRIALS, DESTINATIONS, Uuid::nil()));
        let trying = Arc::new(Semaphore::new(TRYING));
        let devices = Arc::new(Allowance::new(limits.device_requests, DEVICES, [0; 32]));
        let behind = limits.device_requests.saturating_mul(DEVICES_OF_SOURCE);
        let device_sources = Arc::new(Strangers::new(behind));
        let (newcomers, noting) =
            (Arc::new(Strangers::new(NEWCOMERS)), Arc::new(Semaphore::new(NOTING)));
        Self {
            directory,
            limits,
            orders,
            ldap,
            trials,
            tried,
            trying,
            public_url,
            proxies: addresses.proxies.into(),
            callers,
            looking,
            clock,
            devices,
            device_sources,
            explaining,
            hashing,
            invitation_url,
            invited,
            newcomers,
            noting,
            searching,
            settling,
            strangers,
            uploads,
        }
    }

    pub(crate) fn now(&self) -> Time {
        (self.clock.wall)()
    }

    /// Changes the directory on a thread that may wait for the disk.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        context: Context,
        work: impl FnOnce(&mut Changing<'_, '_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(move |directory| directory.change(context, work)).await
    }

    /// Notes that the caller's session is used, and lets nobody wait for the disk: where many are
    /// being noted, the session's next request notes it.
    pub(crate) fn note_use(&self, context: Context) {
        let Ok(turn) = Arc::clone(&self.noting).try_acquire_owned() else { return };
        let directory = self.directory.clone();
        drop(tokio::task::spawn_blocking(move || {
            if let Err(error) = directory.note_use(context) {
                tracing::warn!(%error, "that a session is used was not noted");
            }
            drop(turn);
        }));
    }

    /// Waits for a turn to hash a password of somebody of an organization, or of the provider.
    pub(crate) async fn turn_to_hash(&self, whose: Option<Uuid>) -> Result<Turn, Problem> {
        self.hashing.take(whose).await.map_err(|_| Problem::busy())
    }

    /// Hashes a new password of somebody of an organization, or of the provider.
    pub(crate) async fn hash(
        &self,
        text: SecretText,
        whose: Option<Uuid>,
    ) -> Result<NewPassword, Problem> {
        let password = text.password()?;
        let turn = self.turn_to_hash(whose).await?;
        self.blocking(move |directory| {
            let hashed =
                NewPassword::hashed(password, directory.hash_parameters(), directory.tools());
            drop(turn);
            hashed
        })
        .await
    }

    /// Makes a password and hashes it, as [`hash`](Self::hash) does.
    pub(crate) async fn generate_password(
        &self,
        whose: Option<Uuid>,
    ) -> Result<GeneratedPassword, Problem> {
        let turn = self.turn_to_hash(whose).await?;
        self.blocking(move |directory| {
            let made = GeneratedPassword::generate(directory.hash_parameters(), directory.tools());
            drop(turn);
            made
        })
        .await
    }

    /// Runs what hashes or waits for the disk on a thread for such work.
    pub(crate) async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&Directory) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let directory = self.directory.clone();
        match tokio::task::spawn_blocking(move || work(&directory)).await {
            Ok(done) => done.map_err(Into::into),
            Err(error) => Err(Problem::internal(&error)),
        }
    }
}
