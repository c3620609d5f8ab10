//! What is told one by one so often in a minute, and counted beyond: a storm of it would fill the disk.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Action, Event, Outcome, Subject};
use crate::directory::Directory;
use crate::id::Place;
use crate::time::Time;

const MINUTE: u64 = 60_000;
/// The bits of an address of IPv6 that say whose network it is.
const NETWORK: u128 = u128::MAX << 64;

/// How often something is told one by one in a minute.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    /// In all.
    pub(crate) all: u32,
    /// Of what comes from one source, so that none hides what comes from others.
    pub(crate) of_one: u32,
}

/// How often something was told of late, of each whom it is about.
pub(crate) struct Allowances<K> {
    minutes: Mutex<HashMap<K, Minute>>,
}

struct Minute {
    begun: Time,
    told: u32,
    /// How much of what was told came from where.
    sources: HashMap<IpAddr, u32>,
    untold: Untold,
}

/// What was not told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Untold {
    pub(crate) count: u64,
    /// When the last of it was.
    pub(crate) last: Time,
}

impl<K> Default for Allowances<K> {
    fn default() -> Self {
        Self { minutes: Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash> Allowances<K> {
    /// Takes note of something: whether it is told by itself, and what was not told of a minute that is
    /// over.
    pub(crate) fn take(
        &self,
        whose: K,
        source: Option<IpAddr>,
        allowance: Allowance,
        now: Time,
    ) -> (bool, Option<Untold>) {
        let mut minutes = self.lock();
        let minute = minutes.entry(whose).or_insert_with(|| Minute::beginning(now));
        let mut before = None;
        if minute.is_over(now) {
            before = Some(std::mem::replace(minute, Minute::beginning(now)).untold);
        }
        let told = minute.has_room(source.map(neighbourhood), allowance);
        if !told {
            let count = minute.untold.count.saturating_add(1);
            minute.untold = Untold { count, last: now };
        }
        (told, before.filter(|untold| untold.count > 0))
    }

    /// What was not told of minutes that are over; they are forgotten.
    pub(crate) fn over(&self, now: Time) -> Vec<(K, Untold)> {
        let mut minutes = self.lock();
        let over = minutes.iter().filter(|(_, minute)| minute.is_over(now));
        let untold = over.map(|(whose, minute)| (*whose, minute.untold));
        let untold = untold.filter(|(_, untold)| untold.count > 0).collect();
        minutes.retain(|_, minute| !minute.is_over(now));
        untold
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Minute>> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Minute {
    fn beginning(now: Time) -> Self {
        let untold = Untold { count: 0, last: now };
        Self { begun: now, told: 0, sources: HashMap::new(), untold }
    }

    /// A clock that was put back ends it, too.
    fn is_over(&self, now: Time) -> bool {
        now < self.begun || now >= self.begun.plus(MINUTE)
    }

    fn has_room(&mut self, source: Option<IpAddr>, allowance: Allowance) -> bool {
        if self.told >= allowance.all {
            return false;
        }
        if let Some(source) = source {
            let of_one = self.sources.entry(source).or_default();
            if *of_one >= allowance.of_one {
                return false;
            }
            *of_one = of_one.saturating_add(1);
        }
        self.told = self.told.saturating_add(1);
        true
    }
}

/// Who has one address of IPv6 has all of its network.
fn neighbourhood(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & NETWORK)),
    }
}

impl Directory {
    /// Tells what was not told one by one, in words to which the number is added.
    pub(crate) fn note_untold(
        &self,
        place: Place,
        about: (Action, Option<Subject>),
        words: &str,
        untold: Untold,
    ) {
        let Untold { count, last } = untold;
        let outcome = Outcome::Failure(format!("{words}: {count}"));
        let event = Event::of_daemon(last, about, outcome);
        self.note_event(place, &event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance { all: 10, of_one: 4 };
    const START: Time = Time(1_000_000);

    #[test]
    fn a_storm_is_counted_and_takes_nothing_from_others() {
        let allowances = Allowances::default();
        let take = |whose: u8, now| allowances.take(whose, None, ALLOWANCE, now);
        for _ in 0..10 {
            assert_eq!(take(1, START), (true, None));
        }
        assert_eq!(take(1, START), (false, None));
        assert_eq!(take(1, START.plus(MINUTE - 1)), (false, None));
        assert_eq!(take(2, START), (true, None), "others");
        assert!(allowances.over(START.plus(MINUTE - 1)).is_empty());
        let untold = Untold { count: 2, last: START.plus(MINUTE - 1) };
        assert_eq!(take(1, START.plus(MINUTE)), (true, Some(untold)));
        assert!(allowances.over(START.plus(2 * MINUTE)).is_empty(), "all of it was told");
        assert!(allowances.lock().is_empty(), "what is over takes no memory");
        for _ in 0..11 {
            let _told = take(1, START);
        }
        let untold = Untold { count: 1, last: START };
        assert_eq!(allowances.over(START.plus(MINUTE)), [(1, untold)]);
    }

    #[test]
    fn one_source_hides_nothing_of_others() {
        let allowances = Allowances::default();
        let take = |source: &str| {
            let source = Some(source.parse().unwrap());
            allowances.take((), source, ALLOWANCE, START).0
        };
        let told = |source: &str| (0..100).filter(|_| take(source)).count();
        assert_eq!((told("192.0.2.1"), told("::ffff:192.0.2.1")), (4, 0));
        assert_eq!((told("2001:db8::1"), told("2001:db8::2:1")), (4, 0), "one network");
        assert_eq!((told("2001:db8:0:1::1"), told("192.0.2.2")), (2, 0), "there are ten in all");
        assert_eq!(allowances.lock()[&()].sources.len(), 3, "of others nothing is kept");
    }
}
