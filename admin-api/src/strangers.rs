//! How often strangers may ask for what needs no token.

use std::net::{IpAddr, Ipv6Addr};

use directory::Time;

use crate::allowance::Allowance;

/// Sources that are told apart at most; all others share what one has.
const SOURCES: usize = 16_384;

/// What strangers asked of late, by where they come from.
pub(crate) struct Strangers(Allowance<IpAddr>);

impl Strangers {
    /// Lets each source ask so often in a minute.
    pub(crate) fn new(each_minute: u32) -> Self {
        Self(Allowance::new(each_minute, SOURCES, Ipv6Addr::UNSPECIFIED.into()))
    }

    /// Takes a request.
    ///
    /// # Errors
    /// After how many seconds the next one is taken, when this one is not.
    pub(crate) fn admit(&self, source: IpAddr, now: Time) -> Result<(), u64> {
        self.0.take(network(source), now).map(drop)
    }
}

/// What one customer of a provider has for itself: an IPv4 address, or a network of IPv6.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            octets.iter_mut().skip(8).for_each(|octet| *octet = 0);
            Ipv6Addr::from(octets).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_has_its_minute_and_no_other_pays_for_it() {
        let strangers = Strangers::new(6);
        let (one, other) = (ip("192.0.2.1"), ip("192.0.2.2"));
        let start = Time(1_000_000);
        for _ in 0..6 {
            assert_eq!(strangers.admit(one, start), Ok(()));
        }
        assert_eq!(strangers.admit(one, start), Err(10));
        assert_eq!(strangers.admit(ip("::ffff:192.0.2.1"), start), Err(10));
        assert_eq!(strangers.admit(other, start), Ok(()));
        assert_eq!(strangers.admit(one, Time(start.0 + 9_999)), Err(1));
        assert_eq!(strangers.admit(one, Time(start.0 + 10_000)), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_source_and_no_number_of_sources_takes_more_memory() {
        let strangers = Strangers::new(1);
        let start = Time(1_000_000);
        assert_eq!(strangers.admit(ip("2001:db8::1"), start), Ok(()));
        assert_eq!(strangers.admit(ip("2001:db8::2"), start), Err(60));
        for number in 0..20_000_u32 {
            let _admitted = strangers.admit(IpAddr::from(number.to_be_bytes()), start);
        }
        assert_eq!(strangers.0.spent.lock().unwrap().len(), SOURCES + 1);
        assert!(strangers.admit(ip("203.0.113.1"), start).is_err(), "what all others share");
        assert_eq!(strangers.admit(ip("203.0.113.1"), Time(start.0 + 60_000)), Ok(()));
    }
}
