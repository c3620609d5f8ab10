//! What many RADIUS clients behind one address cost: each secret has to be tried.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::candidates::ClientKey;

/// So few secrets are tried without a thought.
const FEW: usize = 16;
/// Secrets that are tried in a second at most for packets from one address, beside those by which
/// gear there was known before; all of them for a few packets at least.
const TRIES: usize = 8_192;
const SECOND: Duration = Duration::from_secs(1);
/// Gear that is remembered, and addresses of which is known what was tried.
const GEAR: usize = 65_536;
const ADDRESSES: usize = 4_096;

/// Of addresses with more than a few clients: which gear was whose, and how much was tried.
#[derive(Default)]
pub(super) struct Crowd {
    known: HashMap<SocketAddr, ClientKey>,
    spent: HashMap<IpAddr, Spent>,
    /// Where many were tried since the last packets were answered.
    searched: Vec<SocketAddr>,
}

struct Spent {
    since: Duration,
    tries: usize,
}

impl Crowd {
    /// Whose gear was at an address and port.
    pub(super) fn known(&self, source: &SocketAddr) -> Option<ClientKey> {
        if self.known.is_empty() { None } else { self.known.get(source).copied() }
    }

    /// Whether no more is tried for packets from an address but what was known before.
    pub(super) fn is_spent(&self, address: &IpAddr, now: Duration) -> bool {
        let spent = (!self.spent.is_empty()).then(|| self.spent.get(address)).flatten();
        spent.is_some_and(|it| it.tries >= TRIES && now.saturating_sub(it.since) < SECOND)
    }

    /// Notes how many secrets were tried for a packet.
    pub(super) fn tried(&mut self, source: SocketAddr, tries: usize, now: Duration) {
        if tries <= FEW {
            return;
        }
        self.searched.push(source);
        if self.spent.len() >= ADDRESSES {
            self.spent.retain(|_, spent| now.saturating_sub(spent.since) < SECOND);
        }
        if self.spent.len() >= ADDRESSES {
            self.spent.clear();
        }
        let fresh = || Spent { since: now, tries: 0 };
        let spent = self.spent.entry(source.ip()).or_insert_with(fresh);
        if now.saturating_sub(spent.since) >= SECOND {
            *spent = fresh();
        }
        spent.tries = spent.tries.saturating_add(tries);
    }

    /// Notes whose gear a packet was of, if that took many tries.
    pub(super) fn met(&mut self, source: SocketAddr, client: ClientKey) {
        if !self.searched.contains(&source) {
            return;
        }
        if self.known.len() >= GEAR && !self.known.contains_key(&source) {
            self.known.clear();
        }
        self.known.insert(source, client);
    }

    /// What came was answered.
    pub(super) fn rest(&mut self) {
        self.searched.clear();
    }
}

#[cfg(test)]
mod tests {
    use directory::{OrganizationId, RadiusClientId, RecordId};

    use super::*;

    fn client(number: u64) -> ClientKey {
        let organization = OrganizationId::from_record(number).unwrap();
        (organization, RadiusClientId::from_record(number).unwrap())
    }

    #[test]
    fn gear_that_took_many_tries_is_remembered_and_no_other() {
        let mut crowd = Crowd::default();
        let [one, other] = [1, 2].map(|port| SocketAddr::from(([192, 0, 2, 1], port)));
        crowd.tried(one, FEW, Duration::ZERO);
        crowd.met(one, client(1));
        assert_eq!(crowd.known(&one), None);
        crowd.tried(one, FEW + 1, Duration::ZERO);
        crowd.met(one, client(1));
        crowd.met(other, client(2));
        assert_eq!((crowd.known(&one), crowd.known(&other)), (Some(client(1)), None));
        crowd.rest();
        crowd.met(one, client(2));
        assert_eq!(crowd.known(&one), Some(client(1)));
    }

    #[test]
    fn an_address_has_so_many_tries_in_a_second_and_takes_none_from_others() {
        let mut crowd = Crowd::default();
        let [one, other] = [1, 2].map(|last| SocketAddr::from(([192, 0, 2, last], 1)));
        let start = Duration::from_secs(100);
        for _ in 0..4 {
            assert!(!crowd.is_spent(&one.ip(), start));
            crowd.tried(one, 2_048, start);
        }
        assert!(crowd.is_spent(&one.ip(), start) && !crowd.is_spent(&other.ip(), start));
        assert!(!crowd.is_spent(&one.ip(), start + SECOND));
        crowd.tried(one, 2_048, start + SECOND);
        assert!(!crowd.is_spent(&one.ip(), start + SECOND));
    }

    #[test]
    fn no_number_of_addresses_takes_more_memory() {
        let mut crowd = Crowd::default();
        for number in 0..100_000_u32 {
            let source = SocketAddr::from((number.to_be_bytes(), 1));
            crowd.tried(source, 100, Duration::ZERO);
            crowd.met(source, client(1));
            crowd.rest();
            assert!(crowd.spent.len() <= ADDRESSES && crowd.known.len() <= GEAR);
        }
    }
}
