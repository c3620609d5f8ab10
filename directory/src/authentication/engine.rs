//! The engine's state: what it remembers between attempts, and the pool that hashes.

use std::num::NonZeroUsize;

use storage::Id;

use super::challenges::{ChallengeLimits, Challenges};
use super::lockout::Lockout;
use super::memory::VerifiedPasswords;
use super::password::{HashParameters, StoredHash};
use super::pool::{HashPool, PoolLimits};
use super::throttle::{Throttle, ThrottlePolicy};
use crate::id::{OrganizationId, Place};
use crate::tools::Tools;

/// How the engine uses memory and processors.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a new hash costs.
    pub parameters: HashParameters,
    /// How much is hashed at once, and how much may wait.
    pub pool: PoolLimits,
    /// How guessing is slowed down.
    pub throttle: ThrottlePolicy,
    /// Verified passwords remembered at most.
    pub remembered: usize,
    /// Accounts and sources whose failures are remembered at most.
    pub failures: usize,
    /// How many may be asked for a code at the same time.
    pub challenges: ChallengeLimits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parameters: HashParameters::default(),
            pool: PoolLimits {
                threads: NonZeroUsize::MIN,
                waiting: 256,
                waiting_per_organization: 64,
                prepare: || {},
            },
            throttle: ThrottlePolicy::default(),
            remembered: 100_000,
            failures: 100_000,
            challenges: ChallengeLimits::default(),
        }
    }
}

/// An account in what the engine remembers: the partition's number and the record's.
pub(crate) type AccountKey = (u32, Id);

/// Whose name is slowed down: the same name of another kind is somebody else's.
#[derive(Clone, Copy)]
pub(crate) enum Bearer {
    User,
    ServiceAccount,
    Admin,
    /// Who answers a challenge by what is kept of the password. Names of which nothing is kept are
    /// not counted, so what is must not slow down passwords: it would tell which names there are.
    /// The failures that its source may spend are others as well.
    Answering,
    /// Who shows a certificate. Strangers can make as many as they like, and guess nothing with
    /// them: they have failures of their own to spend.
    Certified,
}

/// Turns the number of a place into that of its certificates, which no place has: organizations
/// have low numbers, and what leads nowhere has the highest.
const CERTIFIED: u32 = 1 << 31;
/// Turns it into that of its answers to challenges.
const ANSWERING: u32 = 1 << 30;

/// Turns it into that of its service accounts' former passwords, which are remembered beside those
/// of today.
pub(super) const FORMER: u32 = 1 << 29;

/// What the engine remembers between attempts.
pub(crate) struct Engine {
    pub(crate) parameters: HashParameters,
    pub(crate) pool: HashPool<u32>,
    pub(crate) verified: VerifiedPasswords<AccountKey>,
    /// Keyed by the credential's version as well: whatever changes it starts the count anew.
    pub(crate) lockout: Lockout<(AccountKey, u64)>,
    /// Keyed by the hash of a name, so that an unknown name is slowed down like a known one.
    pub(crate) throttle: Throttle,
    /// Those who gave a password and were asked for a code.
    pub(crate) challenges: Challenges,
    name_key: [u8; 32],
}

impl Engine {
    pub(crate) fn start(options: &Options, tools: &Tools) -> std::io::Result<Self> {
        Ok(Self {
            parameters: options.parameters,
            pool: HashPool::start(options.pool)?,
            verified: VerifiedPasswords::new(options.remembered, &tools.random()),
            lockout: Lockout::new(options.failures),
            throttle: Throttle::new(options.failures, options.throttle),
            challenges: Challenges::new(options.challenges),
            name_key: tools.random(),
        })
    }

    /// The throttle's key for a prepared name, whether such an account exists or not.
    pub(crate) fn name_key(&self, place: Option<Place>, bearer: Bearer, name: &str) -> AccountKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.name_key);
        hasher.update(&[bearer as u8]).update(name.as_bytes());
        let mut number = [0; 8];
        hasher.finalize_xof().fill(&mut number);
        let apart = match bearer {
            Bearer::Certified => CERTIFIED,
            Bearer::Answering => ANSWERING,
            Bearer::User | Bearer::ServiceAccount | Bearer::Admin => 0,
        };
        (place_number(place) ^ apart, u64::from_le_bytes(number))
    }

    /// A hash for those that do not exist, as costly as a real one.
    pub(crate) fn dummy(&self) -> StoredHash {
        StoredHash::dummy(&self.parameters)
    }
}

/// The number under which a place's work is queued; the provider's is zero. What leads to no place
/// has a number of its own, so that strangers do not keep the provider's admins waiting.
pub(crate) fn place_number(place: Option<Place>) -> u32 {
    place.unwrap_or(Place::Organization(OrganizationId::NONE)).partition().number()
}
