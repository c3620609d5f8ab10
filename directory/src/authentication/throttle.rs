//! Slows guessing down by where it comes from.
//!
//! Two things are counted. A *pair* of source and account waits longer after each failure beyond
//! the first few. A *source* has, for each organization, a large bucket of failures that refills
//! slowly, against one that tries a few passwords on each of many accounts.
//!
//! One source may be a RADIUS client or a reverse proxy with thousands of people of several
//! organizations behind it, so:
//! - one account takes at most [`ThrottlePolicy::free_failures`] (but at least one) out of its
//!   source's bucket, however often it fails, until its failures are forgotten;
//! - an empty bucket does not stop accounts that succeeded from this source of late.
//!
//! Network gear names the machine that somebody sits at, which is no proof: whoever holds the gear's
//! secret, or a radio, says what they like. So a machine's failures are counted for it alone, that one
//! with an old password keeps none of the user's others out, and the first few of each for the pair as
//! well, which takes more of them. Whoever names ever other machines waits for the pair like anybody;
//! only a machine from which the account succeeded of late does not.

use core::net::{IpAddr, Ipv6Addr};

use thiserror::Error;

use super::engine::AccountKey;
use super::shards::{Fades, Shards};
use crate::network::Station;

/// What failures cost, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// Failures of a pair that cost no wait.
    pub free_failures: u32,
    /// The wait after the first failure beyond, in milliseconds; it doubles with each more.
    pub first_wait_ms: u64,
    /// The longest wait of a pair, in milliseconds.
    pub longest_wait_ms: u64,
    /// A pair's failures are forgotten when it did not fail for so long, in milliseconds.
    pub forget_ms: u64,
    /// Failures that a source has at once, of all its accounts in one organization; 0 never stops
    /// a source.
    pub source_failures: u32,
    /// How long a source takes to get one failure back, in milliseconds.
    pub source_refill_ms: u64,
    /// How long a success keeps its account free of the source's bucket, in milliseconds.
    pub familiar_ms: u64,
}

impl Default for ThrottlePolicy {
    /// Five failures free, then 1 s to 60 s, forgotten after 15 minutes; a source has 1000 failures
    /// and gets 100 back each minute; a success counts for 9 days, so that who comes back from a
    /// weekend or a holiday is known.
    fn default() -> Self {
        Self {
            free_failures: 5,
            first_wait_ms: 1_000,
            longest_wait_ms: 60_000,
            forget_ms: 15 * 60_000,
            source_failures: 1_000,
            source_refill_ms: 600,
            familiar_ms: 9 * 24 * 60 * 60_000,
        }
    }
}

/// It is too early for another attempt.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("too many failures: the next attempt may come in {ms} ms")]
pub(crate) struct Wait {
    /// The time until an attempt may come, in milliseconds.
    pub(crate) ms: u64,
}

/// The failures of sources, and of accounts from a source.
pub(crate) struct Throttle {
    policy: ThrottlePolicy,
    /// Those of a pair, and of each machine of it.
    pairs: Shards<(Pair, Option<Station>), PairFailures>,
    /// By the source and the number of the organization.
    sources: Shards<(Source, u32), Bucket>,
    familiar: Shards<Pair, Familiar>,
}

type Pair = (Source, AccountKey);

/// So many times the failures of one machine cost a pair no wait.
const MACHINES: u32 = 4;
/// Machines that are remembered of an account that succeeded, the latest ones.
const FAMILIAR: usize = 4;

/// Where an attempt comes from: an address, and the machine behind it that gear names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whence {
    pub(crate) address: IpAddr,
    pub(crate) machine: Option<Station>,
}

impl From<IpAddr> for Whence {
    fn from(address: IpAddr) -> Self {
        Self { address, machine: None }
    }
}

impl Throttle {
    /// Starts with no failures, and room for those of `capacity` sources and as many pairs.
    pub(crate) fn new(capacity: usize, policy: ThrottlePolicy) -> Self {
        Self {
            policy,
            pairs: Shards::new(capacity),
            sources: Shards::new(capacity),
            familiar: Shards::new(capacity),
        }
    }

    /// Lets an attempt pass, or tells how long it has to wait.
    ///
    /// Ask before a password is looked at, and again before a success is told: guesses that were
    /// made at the same time must not outrun the count.
    ///
    /// # Errors
    /// When the pair has to wait, or the source has no failure left and does not know the account.
    pub(crate) fn check(
        &self,
        whence: impl Into<Whence>,
        account: AccountKey,
        now_ms: u64,
    ) -> Result<(), Wait> {
        let Whence { address, machine } = whence.into();
        let source = Source::of(address);
        let pair = (source, account);
        self.check_pair((pair, machine), now_ms)?;
        match wait_until(self.free_at((source, account.0)), now_ms) {
            Err(_) if self.is_familiar(pair, None, now_ms) => Ok(()),
            waited => waited,
        }
    }

    /// Whether the pair itself has to wait, whatever its source has left.
    pub(crate) fn waits(
        &self,
        whence: impl Into<Whence>,
        account: AccountKey,
        now_ms: u64,
    ) -> bool {
        let Whence { address, machine } = whence.into();
        self.check_pair(((Source::of(address), account), machine), now_ms).is_err()
    }

    fn check_pair(
        &self,
        (pair, machine): (Pair, Option<Station>),
        now_ms: u64,
    ) -> Result<(), Wait> {
        wait_until(self.retry_at((pair, machine)), now_ms)?;
        if machine.is_none() {
            return Ok(());
        }
        match wait_until(self.retry_at((pair, None)), now_ms) {
            Err(_) if self.is_familiar(pair, machine, now_ms) => Ok(()),
            waited => waited,
        }
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, whence: impl Into<Whence>, account: AccountKey, now_ms: u64) {
        let Whence { address, machine } = whence.into();
        let source = Source::of(address);
        let pair = (source, account);
        let of_all = |free: u32| {
            let mut pairs = self.pairs.of(&(pair, None));
            pairs.change((pair, None), PairFailures::default, |failures| {
                failures.count(&self.policy, free, now_ms)
            })
        };
        let free = self.policy.free_failures;
        let takes = if machine.is_some() {
            let mut pairs = self.pairs.of(&(pair, machine));
            let is_one_of_the_first =
                pairs.change((pair, machine), PairFailures::default, |failures| {
                    failures.count(&self.policy, free, now_ms)
                });
            drop(pairs);
            is_one_of_the_first && of_all(free.saturating_mul(MACHINES))
        } else {
            of_all(free)
        };
        if takes {
            let source = (source, account.0);
            let mut sources = self.sources.of(&source);
            sources.change(source, Bucket::default, |bucket| {
                bucket.take(&self.policy, now_ms);
            });
        }
    }

    /// Counts an attempt that was right as far as it went, and that a success has yet to complete. The
    /// pair waits for it as for a failure; it takes nothing of its source's, since it was no guess.
    pub(crate) fn left_open(&self, source: IpAddr, account: AccountKey, now_ms: u64) {
        let key = ((Source::of(source), account), None);
        let free = self.policy.free_failures;
        let mut pairs = self.pairs.of(&key);
        pairs.change(key, PairFailures::default, |failures| {
            failures.wait_longer(&self.policy, free, now_ms);
        });
    }

    /// Ends the wait of the pair, or of the machine alone, and makes both familiar to the source.
    ///
    /// The source gets nothing back: who has one account could else guess at others for ever.
    pub(crate) fn succeeded(&self, whence: impl Into<Whence>, account: AccountKey, now_ms: u64) {
        let Whence { address, machine } = whence.into();
        let pair = (Source::of(address), account);
        if let Some(failures) = self.pairs.of(&(pair, machine)).value_mut(&(pair, machine)) {
            failures.forgive();
        }
        let until = now_ms.saturating_add(self.policy.familiar_ms);
        self.familiar.of(&pair).change(pair, Familiar::default, |familiar| {
            familiar.until = until;
            familiar.met(machine, until);
        });
    }

    fn retry_at(&self, key: (Pair, Option<Station>)) -> u64 {
        let shard = self.pairs.of(&key);
        shard.value(&key).map_or(0, |failures| failures.retry_at)
    }

    fn free_at(&self, source: (Source, u32)) -> u64 {
        let shard = self.sources.of(&source);
        let free_at = |bucket: &Bucket| bucket.free_at(&self.policy);
        shard.value(&source).map_or(0, free_at)
    }

    /// Whether the account succeeded from the source of late, or from that machine of it.
    fn is_familiar(&self, pair: Pair, machine: Option<Station>, now_ms: u64) -> bool {
        let shard = self.familiar.of(&pair);
        shard.value(&pair).is_some_and(|it| it.until_of(machine) > now_ms)
    }
}

fn wait_until(time_ms: u64, now_ms: u64) -> Result<(), Wait> {
    match time_ms.saturating_sub(now_ms) {
        0 => Ok(()),
        ms => Err(Wait { ms }),
    }
}

/// An address, or the /64 that an IPv6 host chooses its addresses from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Source(IpAddr);

impl Source {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
        })
    }
}

impl Source {
    /// What is usually given to one customer of a provider: of IPv6, the /48.
    pub(super) fn crowd(self) -> Self {
        Self(match self.0 {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
        })
    }
}

#[derive(Default)]
struct PairFailures {
    /// Since the last success.
    count: u32,
    /// Failures taken out of the source's bucket, of which a success gives none back: one person
    /// with an old password on one device and the right one on another would else empty it.
    taken: u32,
    retry_at: u64,
    forgotten_at: u64,
}

impl Fades for PairFailures {
    fn fades_at(&self) -> u64 {
        self.forgotten_at
    }
}

impl PairFailures {
    /// Counts a failure, of which the first `free` cost no wait, and tells whether it is one of the
    /// first that count for what is above it: the source's bucket, or the pair of a machine.
    fn count(&mut self, policy: &ThrottlePolicy, free: u32, now_ms: u64) -> bool {
        self.wait_longer(policy, free, now_ms);
        let takes = self.taken < policy.free_failures.max(1);
        self.taken += u32::from(takes);
        takes
    }

    /// Counts an attempt in vain, of which the first `free` cost no wait.
    fn wait_longer(&mut self, policy: &ThrottlePolicy, free: u32, now_ms: u64) {
        if now_ms >= self.forgotten_at {
            *self = Self::default();
        }
        self.count = self.count.saturating_add(1);
        let wait = policy.wait_after(self.count.saturating_sub(free));
        let until = now_ms.saturating_add(wait);
        // Who came before a failure that costs no wait, and was hashed meanwhile, has none either.
        self.retry_at = if wait == 0 { 0 } else { until };
        self.forgotten_at = until.saturating_add(policy.forget_ms);
    }

    fn forgive(&mut self) {
        self.count = 0;
        self.retry_at = 0;
    }
}

impl ThrottlePolicy {
    /// The wait after so many failures beyond the free ones.
    fn wait_after(&self, failures: u32) -> u64 {
        let Some(doublings) = failures.checked_sub(1) else {
            return 0;
        };
        let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
        self.first_wait_ms.saturating_mul(factor).min(self.longest_wait_ms)
    }
}

/// A token bucket, kept as the time at which it is full again.
#[derive(Default)]
struct Bucket {
    full_at: u64,
}

impl Fades for Bucket {
    fn fades_at(&self) -> u64 {
        self.full_at
    }
}

impl Bucket {
    fn take(&mut self, policy: &ThrottlePolicy, now_ms: u64) {
        let full_at = self.full_at.max(now_ms);
        self.full_at = full_at.saturating_add(policy.source_refill_ms);
    }

    /// The time at which at least one failure is left.
    fn free_at(&self, policy: &ThrottlePolicy) -> u64 {
        let Some(others) = policy.source_failures.checked_sub(1).map(u64::from) else {
            return 0;
        };
        self.full_at.saturating_sub(policy.source_refill_ms.saturating_mul(others))
    }
}

/// An account that succeeded from a source.
#[derive(Default)]
struct Familiar {
    until: u64,
    /// From which machines, until when each counts; the one that fades first gives way.
    machines: [Option<(Station, u64)>; FAMILIAR],
}

impl Familiar {
    fn met(&mut self, machine: Option<Station>, until: u64) {
        let Some(machine) = machine else { return };
        let is_it = |place: &Option<(Station, u64)>| place.is_some_and(|(own, _)| own == machine);
        let known = self.machines.iter().position(is_it);
        let fades = |(_, place): &(usize, &Option<(Station, u64)>)| place.map_or(0, |(_, at)| at);
        let first = || self.machines.iter().enumerate().min_by_key(fades).map(|(at, _)| at);
        let place = known.or_else(first).and_then(|at| self.machines.get_mut(at));
        if let Some(place) = place {
            *place = Some((machine, until));
        }
    }

    /// Until when the account is familiar, or that machine of it.
    fn until_of(&self, machine: Option<Station>) -> u64 {
        let Some(machine) = machine else { return self.until };
        let known = self.machines.iter().flatten().find(|(own, _)| *own == machine);
        known.map_or(0, |(_, until)| *until)
    }
}

impl Fades for Familiar {
    fn fades_at(&self) -> u64 {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: ThrottlePolicy = ThrottlePolicy {
        free_failures: 2,
        first_wait_ms: 100,
        longest_wait_ms: 1_000,
        forget_ms: 10_000,
        source_failures: 20,
        source_refill_ms: 50,
        familiar_ms: 100_000,
    };

    fn throttle() -> Throttle {
        Throttle::new(640, POLICY)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxy() -> IpAddr {
        address("192.0.2.1")
    }

    /// Fails once each on accounts that nothing else in the test uses.
    fn spray(throttle: &Throttle, source: IpAddr, accounts: u64, now_ms: u64) {
        for account in 0..accounts {
            throttle.failed(source, (1, 1_000_000 + account), now_ms);
        }
    }

    #[test]
    fn a_failure_that_costs_no_wait_keeps_nobody_out_who_came_before_it() {
        let throttle = throttle();
        throttle.failed(proxy(), (1, 1), 1_000);
        assert!(throttle.check(proxy(), (1, 1), 900).is_ok());
        (0..2).for_each(|_| throttle.failed(proxy(), (1, 1), 1_000));
        assert!(throttle.check(proxy(), (1, 1), 900).is_err(), "guesses do not outrun the count");
    }

    #[test]
    fn each_failure_beyond_the_free_ones_doubles_the_wait() {
        let throttle = throttle();
        let mut waits = Vec::new();
        for _ in 0..8 {
            throttle.failed(proxy(), (1, 1), 0);
            waits.push(throttle.check(proxy(), (1, 1), 0).map_or_else(|wait| wait.ms, |()| 0));
        }
        assert_eq!(waits, [0, 0, 100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(throttle.check(proxy(), (1, 1), 999), Err(Wait { ms: 1 }));
        assert_eq!(throttle.check(proxy(), (1, 1), 1_000), Ok(()));
    }

    #[test]
    fn the_wait_stays_at_its_longest_however_many_fail() {
        let throttle = throttle();
        for _ in 0..200 {
            throttle.failed(proxy(), (1, 1), 0);
        }
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Err(Wait { ms: 1_000 }));
    }

    #[test]
    fn failures_of_a_pair_are_forgotten() {
        let throttle = throttle();
        for _ in 0..3 {
            throttle.failed(proxy(), (1, 1), 0);
        }
        throttle.failed(proxy(), (1, 1), 10_100);
        assert_eq!(throttle.check(proxy(), (1, 1), 10_100), Ok(()));
    }

    #[test]
    fn a_success_ends_the_wait() {
        let throttle = throttle();
        for _ in 0..5 {
            throttle.failed(proxy(), (1, 1), 0);
        }
        throttle.succeeded(proxy(), (1, 1), 0);
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Ok(()));
    }

    #[test]
    fn what_is_left_open_costs_its_pair_a_wait_and_its_source_nothing() {
        let throttle = throttle();
        for account in 0..100 {
            throttle.left_open(proxy(), (1, 1_000 + account), 0);
        }
        let mut waits = Vec::new();
        for _ in 0..4 {
            throttle.left_open(proxy(), (1, 1), 0);
            waits.push(throttle.check(proxy(), (1, 1), 0).map_or_else(|wait| wait.ms, |()| 0));
        }
        assert_eq!(waits, [0, 0, 100, 200]);
        throttle.failed(proxy(), (1, 1), 0);
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Err(Wait { ms: 400 }), "failures count on");
        assert_eq!(throttle.check(address("192.0.2.2"), (1, 1), 0), Ok(()));
        throttle.succeeded(proxy(), (1, 1), 0);
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Ok(()));
    }

    #[test]
    fn one_user_never_stops_the_others_of_a_busy_source() {
        let throttle = throttle();
        for now in 0..10_000 {
            throttle.failed(proxy(), (1, 1), now);
            assert_eq!(throttle.check(proxy(), (1, 2), now), Ok(()));
        }
    }

    #[test]
    fn a_user_with_a_right_and_a_wrong_device_never_stops_the_others() {
        let throttle = throttle();
        for now in 0..10_000 {
            throttle.failed(proxy(), (1, 1), now);
            throttle.succeeded(proxy(), (1, 1), now);
            assert_eq!(throttle.check(proxy(), (1, 2), now), Ok(()));
        }
    }

    #[test]
    fn a_wait_holds_for_one_source_only() {
        let throttle = throttle();
        for _ in 0..5 {
            throttle.failed(proxy(), (1, 1), 0);
        }
        assert_eq!(throttle.check(address("192.0.2.2"), (1, 1), 0), Ok(()));
    }

    #[test]
    fn many_accounts_empty_a_source_and_time_refills_it() {
        let throttle = throttle();
        spray(&throttle, proxy(), 19, 0);
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Ok(()));
        spray(&throttle, proxy(), 1, 0);
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Err(Wait { ms: 50 }));
        assert_eq!(throttle.check(proxy(), (1, 1), 49), Err(Wait { ms: 1 }));
        assert_eq!(throttle.check(proxy(), (1, 1), 50), Ok(()));
        throttle.failed(proxy(), (1, 1), 50);
        assert_eq!(throttle.check(proxy(), (1, 2), 50), Err(Wait { ms: 50 }));
        assert_eq!(throttle.check(proxy(), (1, 2), 1_000), Ok(()));
    }

    /// Behind the proxy, at a machine.
    fn at(machine: u64) -> Whence {
        Whence { address: proxy(), machine: Station::of(&machine.to_be_bytes(), None) }
    }

    #[test]
    fn a_machine_with_an_old_password_keeps_no_other_machine_out() {
        let throttle = throttle();
        for now in 0..10_000 {
            throttle.failed(at(1), (1, 1), now);
            assert_eq!(throttle.check(at(2), (1, 1), now), Ok(()));
        }
        assert!(throttle.check(at(1), (1, 1), 10_000).is_err());
        assert_eq!(throttle.check(proxy(), (1, 1), 10_000), Ok(()));
    }

    #[test]
    fn who_names_ever_other_machines_waits_all_the_same() {
        let throttle = throttle();
        let free = u64::from(POLICY.free_failures * MACHINES);
        for machine in 0..free {
            assert_eq!(throttle.check(at(machine), (1, 1), 0), Ok(()));
            throttle.failed(at(machine), (1, 1), 0);
        }
        assert_eq!(throttle.check(at(1_000), (1, 1), 0), Ok(()));
        throttle.failed(at(1_000), (1, 1), 0);
        for machine in [1_001, 1_002, 1_000] {
            assert_eq!(throttle.check(at(machine), (1, 1), 0), Err(Wait { ms: 100 }));
        }
        // Nor does naming none help.
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Err(Wait { ms: 100 }));
        throttle.failed(at(1_003), (1, 1), 100);
        assert_eq!(throttle.check(at(1_004), (1, 1), 100), Err(Wait { ms: 200 }));
    }

    #[test]
    fn strangers_machines_keep_none_out_from_which_somebody_was_let_in() {
        let throttle = throttle();
        throttle.succeeded(at(7), (1, 1), 0);
        for machine in 0..100 {
            throttle.failed(at(1_000 + machine), (1, 1), 1);
        }
        assert_eq!(throttle.check(at(7), (1, 1), 1), Ok(()));
        assert!(throttle.check(at(8), (1, 1), 1).is_err());
        // Who names a familiar machine guesses as slowly as one that has no other.
        let mut waits = Vec::new();
        for _ in 0..4 {
            throttle.failed(at(7), (1, 1), 1);
            waits.push(throttle.check(at(7), (1, 1), 1).map_or_else(|wait| wait.ms, |()| 0));
        }
        assert_eq!(waits, [0, 0, 100, 200]);
        // A success there ends that wait, and not the others'.
        throttle.succeeded(at(7), (1, 1), 1);
        assert_eq!(throttle.check(at(7), (1, 1), 1), Ok(()));
        assert!(throttle.check(at(8), (1, 1), 1).is_err());
    }

    #[test]
    fn so_many_machines_of_an_account_are_familiar_the_latest_ones() {
        let throttle = throttle();
        for machine in 0..=4 {
            throttle.succeeded(at(machine), (1, 1), machine);
        }
        for machine in 100..200 {
            throttle.failed(at(machine), (1, 1), 10);
        }
        let out: Vec<u64> =
            (0..=4).filter(|machine| throttle.check(at(*machine), (1, 1), 10).is_err()).collect();
        assert_eq!(out, [0]);
    }

    #[test]
    fn machines_of_one_account_never_empty_a_source() {
        let throttle = throttle();
        for now in 0..10_000 {
            throttle.failed(at(now), (1, 1), now);
            assert_eq!(throttle.check(at(1), (1, 2), now), Ok(()));
        }
        assert!(throttle.pairs.len() <= 640);
    }

    #[test]
    fn an_empty_source_still_serves_whom_it_knows() {
        let throttle = throttle();
        throttle.succeeded(proxy(), (1, 1), 0);
        spray(&throttle, proxy(), 10_000, 1);
        assert_eq!(throttle.check(proxy(), (1, 1), 1), Ok(()));
        assert!(throttle.check(proxy(), (1, 2), 1).is_err());
    }

    #[test]
    fn guessing_at_one_organization_does_not_stop_another_behind_the_same_source() {
        let throttle = throttle();
        spray(&throttle, proxy(), 10_000, 0);
        assert!(throttle.check(proxy(), (1, 1), 0).is_err());
        assert_eq!(throttle.check(proxy(), (2, 1), 0), Ok(()));
    }

    #[test]
    fn a_success_is_familiar_for_its_source_and_for_a_time() {
        let throttle = Throttle::new(640, ThrottlePolicy { familiar_ms: 10, ..POLICY });
        let other = address("192.0.2.2");
        throttle.succeeded(proxy(), (1, 1), 0);
        spray(&throttle, proxy(), 100, 0);
        spray(&throttle, other, 100, 0);
        assert_eq!(throttle.check(proxy(), (1, 1), 9), Ok(()));
        assert!(throttle.check(proxy(), (1, 1), 10).is_err());
        assert!(throttle.check(other, (1, 1), 9).is_err());
    }

    #[test]
    fn successes_give_a_guesser_no_failures_back() {
        let throttle = throttle();
        for account in 0..20 {
            throttle.failed(proxy(), (1, 100 + account), 0);
            throttle.succeeded(proxy(), (1, 1), 0);
        }
        assert!(throttle.check(proxy(), (1, 2), 0).is_err());
    }

    #[test]
    fn a_bucket_of_zero_never_stops_a_source() {
        let throttle = Throttle::new(640, ThrottlePolicy { source_failures: 0, ..POLICY });
        spray(&throttle, proxy(), 1_000, 0);
        assert_eq!(throttle.check(proxy(), (1, 1), 0), Ok(()));
    }

    #[test]
    fn an_ipv6_host_cannot_leave_its_64() {
        let throttle = throttle();
        for host in 0..5 {
            throttle.failed(address(&format!("2001:db8:0:1::{host}")), (1, 1), 0);
        }
        assert!(throttle.check(address("2001:db8:0:1:ffff::1"), (1, 1), 0).is_err());
        assert!(throttle.check(address("2001:db8:0:2::1"), (1, 1), 0).is_ok());
    }

    #[test]
    fn a_mapped_ipv4_address_is_the_ipv4_address() {
        let throttle = throttle();
        for _ in 0..5 {
            throttle.failed(address("::ffff:192.0.2.1"), (1, 1), 0);
        }
        assert!(throttle.check(proxy(), (1, 1), 0).is_err());
        assert!(throttle.check(address("::ffff:192.0.2.2"), (1, 1), 0).is_ok());
    }

    #[test]
    fn a_flood_of_sources_stays_within_the_memory() {
        let throttle = throttle();
        for number in 0..20_000_u32 {
            let source = IpAddr::V4(number.into());
            throttle.failed(source, (1, u64::from(number)), 0);
            throttle.succeeded(source, (1, u64::from(number)), 0);
            throttle.failed(source, (1, u64::from(number)), 0);
        }
        assert!(throttle.pairs.len() <= 640);
        assert!(throttle.sources.len() <= 640);
        assert!(throttle.familiar.len() <= 640);
    }
}
