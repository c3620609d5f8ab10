//! From which of the machine's addresses replies leave.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// An address of this machine, with the number of its link where it means nothing elsewhere.
pub(crate) type Origin = (IpAddr, u32);

/// Peers whose address here is remembered at most.
const PEERS: usize = 65_536;

/// To which of the machine's addresses requests came, on a socket that takes those of all of them:
/// gear believes no reply but from the address that it asked.
#[derive(Default)]
pub(super) struct Origins {
    /// The one to which most come.
    usual: Option<Origin>,
    /// Who asked another one last.
    others: HashMap<SocketAddr, Origin>,
}

impl Origins {
    /// Notes to which address a request came that was found to be its peer's: anybody could write
    /// the peer's address into another.
    pub(super) fn note(&mut self, peer: SocketAddr, origin: Origin) {
        // Nothing leaves from an address of many machines.
        if origin.0.is_multicast() || origin.0.is_unspecified() {
            return;
        }
        if *self.usual.get_or_insert(origin) != origin {
            if self.others.len() >= PEERS && !self.others.contains_key(&peer) {
                // Whoever still waits is answered from the usual one, and asks again.
                self.others.clear();
            }
            self.others.insert(peer, origin);
        } else if !self.others.is_empty() {
            self.others.remove(&peer);
        }
    }

    /// From where a reply leaves; the kernel chooses when nothing is known.
    pub(super) fn of(&self, peer: &SocketAddr) -> Option<Origin> {
        let other = (!self.others.is_empty()).then(|| self.others.get(peer)).flatten();
        other.copied().or(self.usual)
    }

    /// Forgets from where replies to a peer leave, since nothing can leave from there: the machine
    /// may have lost the address. Says whether anything was known.
    pub(super) fn forget(&mut self, peer: &SocketAddr) -> bool {
        self.others.remove(peer).is_some() || self.usual.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_leaves_from_where_its_peer_asked_last() {
        let origin = |last: u8| (IpAddr::from([192, 0, 2, last]), 0);
        let peer = |port: u16| SocketAddr::from(([198, 51, 100, 1], port));
        let mut origins = Origins::default();
        assert_eq!(origins.of(&peer(1)), None);
        origins.note(peer(1), origin(1));
        origins.note(peer(2), origin(2));
        let seen = [1, 2, 3].map(|port| origins.of(&peer(port)));
        assert_eq!(seen, [origin(1), origin(2), origin(1)].map(Some));
        origins.note(peer(2), origin(1));
        origins.note(peer(1), origin(2));
        assert_eq!([1, 2].map(|port| origins.of(&peer(port))), [origin(2), origin(1)].map(Some));
    }

    #[test]
    fn nothing_leaves_from_an_address_of_many_machines_or_one_that_is_gone() {
        let origin = |last: u8| (IpAddr::from([192, 0, 2, last]), 0);
        let [one, other] = [1, 2].map(|port| SocketAddr::from(([198, 51, 100, 1], port)));
        let mut origins = Origins::default();
        for many in ["224.0.0.1", "ff02::1", "0.0.0.0", "::"] {
            origins.note(one, (many.parse().unwrap(), 0));
            assert_eq!(origins.of(&one), None, "{many}");
        }
        origins.note(one, origin(1));
        origins.note(other, origin(2));
        assert!(origins.forget(&other));
        assert_eq!(origins.of(&other), Some(origin(1)), "from the usual one");
        assert!(origins.forget(&other) && !origins.forget(&other));
        assert_eq!(origins.of(&one), None);
    }

    #[test]
    fn no_number_of_peers_takes_more_memory() {
        let mut origins = Origins::default();
        origins.note(SocketAddr::from(([0; 4], 1)), (IpAddr::from([192, 0, 2, 1]), 0));
        for number in 0..100_000_u32 {
            let peer = SocketAddr::from((number.to_be_bytes(), 1));
            origins.note(peer, (IpAddr::from([192, 0, 2, 2]), 0));
            assert!(origins.others.len() <= PEERS);
        }
    }
}
