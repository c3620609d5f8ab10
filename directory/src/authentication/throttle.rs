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

use core::net::{IpAddr, Ipv6Addr};

use thiserror::Error;

use super::engine::AccountKey;
use super::shards::{Fades, Shards};

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
    pairs: Shards<Pair, PairFailures>,
    /// By the source and the number of the organization.
    sources: Shards<(Source, u32), Bucket>,
    familiar: Shards<Pair, Familiar>,
}

type Pair = (Source, AccountKey);

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
        source: IpAddr,
        account: AccountKey,
        now_ms: u64,
    ) -> Result<(), Wait> {
        let source = Source::of(source);
        let pair = (source, account);
        wait_until(self.retry_at(pair), now_ms)?;
        match wait_until(self.free_at((source, account.0)), now_ms) {
            Err(_) if self.is_familiar(pair, now_ms) => Ok(()),
            waited => waited,
        }
    }

    /// Whether the pair itself has to wait, whatever its source has left.
    pub(crate) fn waits(&self, source: IpAddr, account: AccountKey, now_ms: u64) -> bool {
        wait_until(self.retry_at((Source::of(source), account)), now_ms).is_err()
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, source: IpAddr, account: AccountKey, now_ms: u64) {
        let source = Source::of(source);
        let pair = (source, account);
        let mut pairs = self.pairs.of(&pair);
        let takes = pairs
            .change(pair, PairFailures::default, |failures| failures.count(&self.policy, now_ms));
        drop(pairs);
        if takes {
            let source = (source, account.0);
            let mut sources = self.sources.of(&source);
            sources.change(source, Bucket::default, |bucket| {
                bucket.take(&self.policy, now_ms);
            });
        }
    }

    /// Ends the wait of the pair, and makes its account familiar to the source.
    ///
    /// The source gets nothing back: who has one account could else guess at others for ever.
    pub(crate) fn succeeded(&self, source: IpAddr, account: AccountKey, now_ms: u64) {
        let pair = (Source::of(source), account);
        if let Some(failures) = self.pairs.of(&pair).value_mut(&pair) {
            failures.forgive();
        }
        let until = now_ms.saturating_add(self.policy.familiar_ms);
        self.familiar.of(&pair).put(pair, Familiar { until });
    }

    fn retry_at(&self, pair: Pair) -> u64 {
        let shard = self.pairs.of(&pair);
        shard.value(&pair).map_or(0, |failures| failures.retry_at)
    }

    fn free_at(&self, source: (Source, u32)) -> u64 {
        let shard = self.sources.of(&source);
        let free_at = |bucket: &Bucket| bucket.free_at(&self.policy);
        shard.value(&source).map_or(0, free_at)
    }

    fn is_familiar(&self, pair: Pair, now_ms: u64) -> bool {
        let shard = self.familiar.of(&pair);
        shard.value(&pair).is_some_and(|it| now_ms < it.until)
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
struct Source(IpAddr);

impl Source {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
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
    /// Counts a failure, and tells whether it takes one out of the source's bucket.
    fn count(&mut self, policy: &ThrottlePolicy, now_ms: u64) -> bool {
        if now_ms >= self.forgotten_at {
            *self = Self::default();
        }
        self.count = self.count.saturating_add(1);
        let wait = policy.wait_after(self.count);
        let until = now_ms.saturating_add(wait);
        // Who came before a failure that costs no wait, and was hashed meanwhile, has none either.
        self.retry_at = if wait == 0 { 0 } else { until };
        self.forgotten_at = until.saturating_add(policy.forget_ms);
        let takes = self.taken < policy.free_failures.max(1);
        self.taken += u32::from(takes);
        takes
    }

    fn forgive(&mut self) {
        self.count = 0;
        self.retry_at = 0;
    }
}

impl ThrottlePolicy {
    fn wait_after(&self, failures: u32) -> u64 {
        let Some(doublings) = failures.checked_sub(self.free_failures.saturating_add(1)) else {
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
struct Familiar {
    until: u64,
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
