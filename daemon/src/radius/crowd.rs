//! What many RADIUS clients behind one address cost: each secret has to be tried.
//!
//! Whoever sends what no secret fits has tries of their own, by address and port, so that one
//! organization's gear with a wrong secret takes none from the others behind the same address. What
//! all of them take there together is bounded as well; from then on whose gear was met there last is
//! still served. Whoever sends what their secret does fit, from ever new ports or addresses, is looked
//! for first once that took too many tries.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use directory::OrganizationId;

use super::candidates::ClientKey;

/// So few secrets are tried without a thought.
const FEW: usize = 16;
/// Secrets that are tried in a second at most for packets from one address and port that are
/// nobody's; all of them for a few packets at least.
const TRIES: usize = 8_192;
/// The same from one address.
const TRIES_OF_ADDRESS: usize = 8 * TRIES;
const SECOND: Duration = Duration::from_secs(1);
/// Clients that are looked for first at most, and clients of which is known what it took to find them.
const SPENDERS: usize = FEW;
const FOUND: usize = 4_096;
/// Clients met last at an address that are served when its tries are spent.
const MET: usize = FEW;
/// Gear that is remembered, that of one organization at most, and places of which is known what was tried.
const GEAR: usize = 65_536;
const GEAR_OF_ONE: usize = GEAR / 4;
const SOCKETS: usize = 16_384;
const ADDRESSES: usize = 4_096;

/// Of addresses with more than a few clients: which gear was whose, and how much was tried.
#[derive(Default)]
pub(super) struct Crowd {
    known: HashMap<SocketAddr, ClientKey>,
    /// How much gear of each organization is known.
    shares: HashMap<OrganizationId, usize>,
    sockets: HashMap<SocketAddr, Spent>,
    addresses: HashMap<IpAddr, Address>,
    /// How many secrets it took to find clients where nobody had met them.
    found: HashMap<ClientKey, Spent>,
    /// Those of them that took too many, the latest first.
    spenders: Vec<ClientKey>,
}

#[derive(Default)]
struct Spent {
    since: Duration,
    tries: usize,
}

#[derive(Default)]
struct Address {
    spent: Spent,
    /// The clients met there last, the latest first.
    met: Vec<ClientKey>,
}

impl Crowd {
    /// Whose gear was at an address and port.
    pub(super) fn known(&self, source: &SocketAddr) -> Option<ClientKey> {
        if self.known.is_empty() { None } else { self.known.get(source).copied() }
    }

    /// Whose gear was met at an address last.
    pub(super) fn met_at(&self, address: &IpAddr) -> &[ClientKey] {
        self.addresses.get(address).map_or(&[], |address| &address.met)
    }

    /// The clients that took too many tries, being met in ever new places: they are looked for first.
    pub(super) fn spenders(&self, now: Duration) -> impl Iterator<Item = ClientKey> {
        let is_one = move |found: &Spent| found.has_passed(TRIES, now);
        self.spenders.iter().copied().filter(move |it| self.found.get(it).is_some_and(is_one))
    }

    /// Whether no more is tried for packets from there but what was known before.
    pub(super) fn is_spent(&self, source: &SocketAddr, now: Duration) -> bool {
        if self.addresses.is_empty() {
            return false;
        }
        let own = self.sockets.get(source).is_some_and(|it| it.has_passed(TRIES, now));
        let of_all = |it: &Address| it.spent.has_passed(TRIES_OF_ADDRESS, now);
        own || self.addresses.get(&source.ip()).is_some_and(of_all)
    }

    /// Notes how many secrets were tried for a packet, and whose it was found to be.
    pub(super) fn tried(
        &mut self,
        source: SocketAddr,
        found: Option<ClientKey>,
        tries: usize,
        now: Duration,
    ) {
        if tries <= FEW {
            return;
        }
        make_room(&mut self.addresses, &source.ip(), ADDRESSES, |it| it.spent.is_young(now));
        let address = self.addresses.entry(source.ip()).or_default();
        let Some(client) = found else {
            address.spent.add(tries, now);
            make_room(&mut self.sockets, &source, SOCKETS, |it| it.is_young(now));
            return self.sockets.entry(source).or_default().add(tries, now);
        };
        address.met.retain(|met| *met != client);
        address.met.insert(0, client);
        address.met.truncate(MET);
        self.spend(client, tries, now);
        self.remember(source, client);
    }

    /// Notes what it took to find a client.
    fn spend(&mut self, client: ClientKey, tries: usize, now: Duration) {
        make_room(&mut self.found, &client, FOUND, |it| it.is_young(now));
        let spent = self.found.entry(client).or_default();
        spent.add(tries, now);
        if spent.has_passed(TRIES, now) {
            self.spenders.retain(|spender| *spender != client);
            self.spenders.insert(0, client);
            self.spenders.truncate(SPENDERS);
        }
    }

    /// Remembers whose gear is at an address and port. Who asks from ever new ports has their own
    /// forgotten, and not that of others.
    fn remember(&mut self, source: SocketAddr, client: ClientKey) {
        if self.known.get(&source) == Some(&client) {
            return;
        }
        let (organization, _) = client;
        if self.shares.get(&organization).is_some_and(|share| *share >= GEAR_OF_ONE) {
            self.known.retain(|_, (owner, _)| *owner != organization);
            self.shares.remove(&organization);
        }
        if self.known.len() >= GEAR {
            self.known.clear();
            self.shares.clear();
        }
        *self.shares.entry(organization).or_default() += 1;
        let former = self.known.insert(source, client);
        if let Some(share) = former.and_then(|(former, _)| self.shares.get_mut(&former)) {
            *share = share.saturating_sub(1);
        }
    }
}

impl Spent {
    fn add(&mut self, tries: usize, now: Duration) {
        if !self.is_young(now) {
            *self = Self { since: now, tries: 0 };
        }
        self.tries = self.tries.saturating_add(tries);
    }

    fn is_young(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) < SECOND
    }

    fn has_passed(&self, most: usize, now: Duration) -> bool {
        self.tries >= most && self.is_young(now)
    }
}

/// Lets one more have room in a map: those that are not to stay give way, and all where all are.
fn make_room<K: Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    key: &K,
    most: usize,
    stays: impl Fn(&V) -> bool,
) {
    if map.len() < most || map.contains_key(key) {
        return;
    }
    map.retain(|_, value| stays(value));
    if map.len() >= most {
        map.clear();
    }
}

#[cfg(test)]
mod tests {
    use directory::{RadiusClientId, RecordId};

    use super::*;

    fn client(number: u64) -> ClientKey {
        let organization = OrganizationId::from_record(number).unwrap();
        (organization, RadiusClientId::from_record(number).unwrap())
    }

    const START: Duration = Duration::from_secs(100);

    fn socket(last: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], port))
    }

    #[test]
    fn gear_that_took_many_tries_is_remembered_and_no_other() {
        let mut crowd = Crowd::default();
        let [one, other] = [socket(1, 1), socket(1, 2)];
        crowd.tried(one, Some(client(1)), FEW, START);
        assert_eq!(crowd.known(&one), None);
        crowd.tried(one, Some(client(1)), FEW + 1, START);
        crowd.tried(other, None, FEW + 1, START);
        assert_eq!((crowd.known(&one), crowd.known(&other)), (Some(client(1)), None));
        crowd.tried(one, Some(client(2)), FEW + 1, START);
        assert_eq!(crowd.known(&one), Some(client(2)));
    }

    #[test]
    fn who_asks_from_ever_new_ports_has_no_gear_of_others_forgotten() {
        let mut crowd = Crowd::default();
        let honest = SocketAddr::from(([192, 0, 2, 9], 9));
        crowd.tried(honest, Some(client(1)), FEW + 1, START);
        for number in 0..200_000_u32 {
            let source = SocketAddr::from((number.to_be_bytes(), 1));
            crowd.tried(source, Some(client(2)), FEW + 1, START);
            assert!(crowd.known.len() <= GEAR_OF_ONE + 1);
        }
        assert_eq!(crowd.known(&honest), Some(client(1)));
        let newest = SocketAddr::from((199_999_u32.to_be_bytes(), 1));
        assert_eq!(crowd.known(&newest), Some(client(2)));
    }

    #[test]
    fn who_tries_in_vain_spends_their_own_tries_and_not_those_of_others_there() {
        let mut crowd = Crowd::default();
        let [one, neighbour] = [socket(1, 1), socket(1, 2)];
        for _ in 0..4 {
            assert!(!crowd.is_spent(&one, START));
            crowd.tried(one, None, 2_048, START);
        }
        assert!(crowd.is_spent(&one, START) && !crowd.is_spent(&neighbour, START));
        assert!(!crowd.is_spent(&one, START + SECOND));
        crowd.tried(one, None, 2_048, START + SECOND);
        assert!(!crowd.is_spent(&one, START + SECOND));
        // What is somebody's costs nothing.
        for _ in 0..100 {
            crowd.tried(neighbour, Some(client(1)), 2_048, START);
        }
        assert!(!crowd.is_spent(&neighbour, START));
    }

    #[test]
    fn who_is_met_in_ever_new_places_is_looked_for_first_until_the_second_is_over() {
        let mut crowd = Crowd::default();
        let spenders = |crowd: &Crowd, now| crowd.spenders(now).collect::<Vec<_>>();
        for port in 0..4 {
            assert!(spenders(&crowd, START).is_empty());
            crowd.tried(socket(1, port), Some(client(1)), 2_048, START);
        }
        crowd.tried(socket(1, 9), Some(client(2)), 2_048, START);
        assert_eq!(spenders(&crowd, START), [client(1)]);
        assert!(spenders(&crowd, START + SECOND).is_empty());
        for number in 1..=100 {
            crowd.tried(socket(2, 1), Some(client(number)), TRIES, START);
        }
        assert_eq!(spenders(&crowd, START).len(), SPENDERS);
        assert_eq!(spenders(&crowd, START)[0], client(100));
    }

    #[test]
    fn an_address_whose_tries_are_spent_serves_whom_it_met_last() {
        let mut crowd = Crowd::default();
        let there = u64::try_from(MET).unwrap();
        for number in (1..=there + 2).chain([4]) {
            crowd.tried(socket(1, 1), Some(client(number)), FEW + 1, START);
        }
        for port in 0..32 {
            crowd.tried(socket(1, port), None, 2_048, START);
        }
        assert!(crowd.is_spent(&socket(1, 9_999), START) && !crowd.is_spent(&socket(2, 1), START));
        let met = crowd.met_at(&socket(1, 1).ip());
        assert_eq!((met.len(), met[0], met[1]), (MET, client(4), client(there + 2)));
        assert!(!met.contains(&client(1)) && met.contains(&client(3)));
        assert!(crowd.met_at(&socket(2, 1).ip()).is_empty());
    }

    #[test]
    fn no_number_of_addresses_takes_more_memory() {
        let mut crowd = Crowd::default();
        for number in 0..100_000_u32 {
            let source = SocketAddr::from((number.to_be_bytes(), 1));
            crowd.tried(source, None, 100, Duration::ZERO);
            crowd.tried(source, Some(client(1)), 100, Duration::ZERO);
            assert!(crowd.sockets.len() <= SOCKETS && crowd.addresses.len() <= ADDRESSES);
            assert!(crowd.known.len() <= GEAR);
        }
    }
}
