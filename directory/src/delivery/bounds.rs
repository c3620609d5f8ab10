//! What the operator allows, and which addresses are whose.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What the operator allows destinations of events.
#[derive(Clone, Debug)]
pub struct DeliveryBounds {
    /// Where they may be.
    pub networks: DeliveryNetworks,
    /// Whether syslog messages may go in clear.
    pub in_clear: bool,
    /// Whether there are files.
    pub files: bool,
    /// So often the same is tried at a webhook before it is given up.
    pub attempts: u32,
    /// What lies between the first attempt and the second at most, in milliseconds; each time as much
    /// again.
    pub first_pause: u64,
    /// What lies between two attempts at most, in milliseconds.
    pub longest_pause: u64,
    /// So many deliveries to one address, a host with a port, are under way at once.
    pub at_address: usize,
}

impl Default for DeliveryBounds {
    fn default() -> Self {
        Self {
            networks: DeliveryNetworks::default(),
            in_clear: false,
            files: false,
            attempts: 15,
            first_pause: 1_000,
            longest_pause: 60 * 60 * 1_000,
            at_address: 16,
        }
    }
}

/// Where destinations may be: everywhere in the internet, and in what the operator names of the rest.
/// Whoever names a destination could have the daemon speak with whatever only it can reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryNetworks {
    /// Networks that are not public, in which destinations may be.
    pub private: Vec<IpNet>,
}

impl DeliveryNetworks {
    /// Whether something may be sent to an address.
    pub fn admit(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_unspecified() || address.is_multicast() {
            return false;
        }
        is_public(address) || self.private.iter().any(|network| network.contains(&address))
    }
}

/// Whether an address is one of the internet's (by the registries of special addresses of RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |first: [u8; 4], length: u32| {
        let mask = u32::MAX << (32 - length);
        u32::from(address) & mask == u32::from(Ipv4Addr::from(first)) & mask
    };
    let special = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 3),
    ];
    !special.into_iter().any(|(first, length)| within(first, length))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // What was given to anybody begins like this; in it are IETF's own (Teredo among them), what
    // documents show, and IPv4 in other clothes (6to4).
    let given = first & 0xe000 == 0x2000;
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000);
    given && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(networks: &DeliveryNetworks, address: &str) -> bool {
        networks.admit(address.parse().unwrap())
    }

    #[test]
    fn what_only_this_machine_can_reach_is_no_destination() {
        let networks = DeliveryNetworks::default();
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff:fff::1",
            "::127.0.0.1",
        ] {
            assert!(!admitted(&networks, address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860::8888",
            "2a00::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(admitted(&networks, address), "{address}");
        }
    }

    #[test]
    fn what_the_operator_names_is_one_and_nothing_beside_it() {
        let private = ["127.0.0.1/32", "10.1.0.0/16", "fd00::/8", "0.0.0.0/0", "::/0"];
        let private: Vec<IpNet> = private.iter().map(|it| it.parse().unwrap()).collect();
        let few = DeliveryNetworks { private: private[..3].to_vec() };
        for address in ["127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "fd12::1", "1.1.1.1"] {
            assert!(admitted(&few, address), "{address}");
        }
        for address in ["127.0.0.2", "10.2.0.1", "::1", "fe80::1"] {
            assert!(!admitted(&few, address), "{address}");
        }
        let all = DeliveryNetworks { private };
        assert!(admitted(&all, "127.0.0.2") && admitted(&all, "::1"));
        assert!(
            !admitted(&all, "0.0.0.0") && !admitted(&all, "224.0.0.1") && !admitted(&all, "::")
        );
    }
}
