//! Where orders to gear may go.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::collections::is_wide;
use crate::records::{OrderWay, RadiusClientFields, Session};

/// Where an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderPlace {
    /// By datagram, to where the gear listens.
    Datagram(SocketAddr),
    /// Down a connection that the gear has open: one from this address, where there is one.
    Connection(Option<IpAddr>),
}

impl fmt::Display for OrderPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Datagram(address) => write!(formatter, "{address}"),
            Self::Connection(Some(address)) => write!(formatter, "radsec {address}"),
            Self::Connection(None) => formatter.write_str("radsec"),
        }
    }
}

/// Where the operator lets orders to gear go. Within that an organization's own admins say, by the
/// networks of each of their RADIUS clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderNetworks {
    /// Networks into which orders may go.
    pub allowed: Vec<IpNet>,
    /// Networks in these into which none may.
    pub excepted: Vec<IpNet>,
    /// Networks in which the address counts that gear gives itself, which nothing proves. Elsewhere
    /// an order goes where the reports of its session come from.
    pub believed: Vec<IpNet>,
}

impl Default for OrderNetworks {
    fn default() -> Self {
        let all = [Ipv4Net::default().into(), Ipv6Net::default().into()];
        Self { allowed: all.into(), excepted: Self::here(), believed: Vec::new() }
    }
}

const INSIDE_TLS: &str = "the RADIUS client has no sources: orders go by datagram, unless their \
     `way` is radsec";
const ELSEWHERE: &str = "the address that the gear's reports came from lies in no network of the \
     RADIUS client where orders may go";
const CLOSED: &str = "the operator lets no orders go to the gear's address";

impl OrderNetworks {
    /// The networks of this machine and of the links that it is on, in which others than gear listen.
    #[must_use]
    pub fn here() -> Vec<IpNet> {
        let v4 = [([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16)];
        let v6 = [(Ipv6Addr::LOCALHOST, 128), (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10)];
        let v4 = v4.into_iter().filter_map(|(at, length)| IpNet::new(at.into(), length).ok());
        v4.chain(v6.into_iter().filter_map(|(at, length)| IpNet::new(at.into(), length).ok()))
            .collect()
    }

    /// Where the gear of a session takes orders. What it opened itself leads nowhere else.
    pub(super) fn place(
        &self,
        client: &RadiusClientFields,
        session: &Session,
    ) -> Result<OrderPlace, &'static str> {
        match client.orders.way {
            OrderWay::Datagram => self.address(client, session).map(OrderPlace::Datagram),
            OrderWay::Connection => {
                let source = session.source.map(|source| source.to_canonical());
                Ok(OrderPlace::Connection(source))
            }
        }
    }

    /// Where the gear of a session takes orders by datagram. They carry names, and whoever holds the client's
    /// secret could aim them: what its reports came from counts in all networks that its admins
    /// named, and what gear says of itself in those alone that are the client's own and where the
    /// operator believes it.
    fn address(
        &self,
        client: &RadiusClientFields,
        session: &Session,
    ) -> Result<SocketAddr, &'static str> {
        if client.sources.is_empty() {
            return Err(INSIDE_TLS);
        }
        // Of what an earlier version kept, the gear's name is its address where it had no other.
        let told = session.gear_address.or_else(|| session.gear.parse().ok());
        let is_own = |network: &&IpNet| !is_wide(network);
        // Nobody but who is here already is told something here.
        let from_here = session.source.is_some_and(is_here);
        let told = told.filter(|told| from_here || !is_here(*told));
        let told = told.filter(|told| lies_in(*told, client.sources.iter().filter(is_own)));
        let told = told.filter(|told| lies_in(*told, self.believed.iter()));
        let source = session.source.filter(|source| lies_in(*source, client.sources.iter()));
        let address = told.or(source).ok_or(ELSEWHERE)?;
        if !lies_in(address, self.allowed.iter()) || lies_in(address, self.excepted.iter()) {
            return Err(CLOSED);
        }
        Ok(SocketAddr::new(address.to_canonical(), client.orders.port))
    }
}

/// Whether an address is one of this machine or of the link that it is on.
fn is_here(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
    }
}

fn lies_in<'n>(address: IpAddr, mut networks: impl Iterator<Item = &'n IpNet>) -> bool {
    let address = address.to_canonical();
    let is_one_machine = match address {
        IpAddr::V4(address) => {
            !(address.is_unspecified() || address.is_multicast() || address.is_broadcast())
        }
        IpAddr::V6(address) => !(address.is_unspecified() || address.is_multicast()),
    };
    is_one_machine && networks.any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::RecordId;
    use crate::records::{Carried, Prefixes, Traffic};
    use crate::time::Time;

    fn session(gear: &str, told: Option<&str>, source: Option<&str>) -> Session {
        let ip = |text: &str| text.parse().unwrap();
        Session {
            uuid: Uuid::nil(),
            client: RecordId::from_record(1).unwrap(),
            key: None,
            name: "1".into(),
            gear: gear.into(),
            login: "ada".into(),
            user: None,
            started: Time(0),
            updated: Time(0),
            ended: None,
            interval: 0,
            traffic: Traffic::default(),
            ipv4: None,
            ipv6: None,
            calling: String::new(),
            called: String::new(),
            cause: None,
            class: Vec::new(),
            gear_address: told.map(ip),
            source: source.map(ip),
            certificate: None,
            port: None,
            granted: None,
            changed: None,
            carried: Carried::default(),
            prefixes: Prefixes::default(),
            device: None,
        }
    }

    fn client(sources: &[&str]) -> RadiusClientFields {
        let sources = sources.iter().map(|network| network.parse().unwrap()).collect();
        RadiusClientFields { sources, ..RadiusClientFields::default() }
    }

    fn networks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|network| network.parse().unwrap()).collect()
    }

    /// The networks of a client, the gear's name, the address that it gives itself and the one that its
    /// reports came from; and where orders go.
    type Case<'c> = (&'c [&'c str], &'c str, [Option<&'c str>; 2], Option<&'c str>);

    fn go(networks: &OrderNetworks, cases: &[Case<'_>]) {
        for (sources, gear, [told, source], expected) in cases {
            let session = session(gear, *told, *source);
            let found = networks.address(&client(sources), &session).ok();
            let expected = expected.map(|ip| SocketAddr::new(ip.parse().unwrap(), 3799));
            assert_eq!(found, expected, "{sources:?} {gear} {told:?} {source:?}");
        }
    }

    const INSIDE: Option<&str> = Some("192.0.2.7");
    const OUTSIDE: Option<&str> = Some("198.51.100.7");
    const NAT: Option<&str> = Some("203.0.113.1");
    const NARROW: [&str; 2] = ["192.0.2.0/24", "203.0.113.1/32"];

    #[test]
    fn an_order_goes_where_reports_come_from_and_into_the_networks_of_the_client() {
        go(
            &OrderNetworks::default(),
            &[
                (&NARROW, "ap", [INSIDE, NAT], NAT),
                (&NARROW, "ap", [None, INSIDE], INSIDE),
                (&NARROW, "ap", [INSIDE, OUTSIDE], None),
                (&NARROW, "192.0.2.9", [None, None], None),
                (&NARROW, "ap", [None, Some("::ffff:192.0.2.7")], INSIDE),
                (&["0.0.0.0/0"], "ap", [INSIDE, NAT], NAT),
                // What the gear of most customers has.
                (&["10.1.0.0/16"], "ap", [None, Some("10.1.2.3")], Some("10.1.2.3")),
                (&["224.0.0.0/24"], "ap", [None, Some("224.0.0.1")], None),
                (&[], "ap", [INSIDE, NAT], None),
            ],
        );
    }

    #[test]
    fn what_goes_down_a_connection_needs_no_network() {
        let mut client = client(&[]);
        client.orders.way = OrderWay::Connection;
        let place = |source| OrderNetworks::default().place(&client, &session("ap", None, source));
        assert_eq!(place(None), Ok(OrderPlace::Connection(None)));
        let inside = place(Some("::ffff:192.0.2.7")).unwrap();
        assert_eq!(inside, OrderPlace::Connection(INSIDE.map(|ip| ip.parse().unwrap())));
        assert_eq!(inside.to_string(), "radsec 192.0.2.7");
        client.orders.way = OrderWay::Datagram;
        let place = OrderNetworks::default().place(&client, &session("ap", None, INSIDE));
        assert!(place.unwrap_err().contains("no sources"));
    }

    #[test]
    fn nothing_goes_to_this_machine_or_its_link_unless_the_operator_lets_it() {
        let addresses = ["127.0.0.1", "127.1.2.3", "::1", "169.254.1.1", "fe80::1", "febf::1"];
        let sources = ["0.0.0.0/0", "::/0"];
        let excepted = OrderNetworks { excepted: Vec::new(), ..OrderNetworks::default() };
        for here in addresses.map(Some) {
            go(&OrderNetworks::default(), &[(&sources, "ap", [None, here], None)]);
            go(&excepted, &[(&sources, "ap", [None, here], here)]);
        }
        go(&OrderNetworks::default(), &[(&sources, "ap", [None, Some("::ffff:127.0.0.1")], None)]);
    }

    #[test]
    fn what_gear_says_of_itself_counts_where_the_operator_believes_it() {
        let believed = networks(&["0.0.0.0/0", "::/0"]);
        let excepted = Vec::new();
        let believing = OrderNetworks { believed, excepted, ..OrderNetworks::default() };
        go(
            &believing,
            &[
                (&NARROW, "ap", [INSIDE, NAT], INSIDE),
                (&NARROW, "ap", [OUTSIDE, NAT], NAT),
                (&NARROW, "ap", [None, NAT], NAT),
                (&NARROW, "ap", [OUTSIDE, OUTSIDE], None),
                (&NARROW, "ap", [None, None], None),
                (&NARROW, "192.0.2.9", [None, None], Some("192.0.2.9")),
                (&NARROW, "198.51.100.9", [None, None], None),
                (&NARROW, "ap", [Some("::ffff:192.0.2.7"), None], INSIDE),
                // Whoever has the secret could name any address of a wide network.
                (&["0.0.0.0/0"], "ap", [INSIDE, NAT], NAT),
                (&["0.0.0.0/0"], "192.0.2.9", [INSIDE, None], None),
                (&["224.0.0.0/24", "255.255.255.255/32"], "ap", [Some("224.0.0.1"), None], None),
                // What listens on this machine alone is told something by who is on it.
                (&["127.0.0.1/32", "192.0.2.0/24"], "ap", [Some("127.0.0.1"), INSIDE], INSIDE),
                (
                    &["127.0.0.1/32", "127.0.0.9/32"],
                    "ap",
                    [Some("127.0.0.1"), Some("127.0.0.9")],
                    Some("127.0.0.1"),
                ),
                (&["fe80::1/128", "192.0.2.0/24"], "ap", [Some("fe80::1"), INSIDE], INSIDE),
            ],
        );
        let near = OrderNetworks { believed: networks(&["192.0.2.0/28"]), ..believing };
        go(
            &near,
            &[
                (&NARROW, "ap", [INSIDE, NAT], INSIDE),
                (&NARROW, "ap", [Some("192.0.2.77"), NAT], NAT),
            ],
        );
    }

    #[test]
    fn nothing_goes_where_the_operator_lets_nothing_go() {
        let allowed = networks(&["10.0.0.0/8", "2001:db8::/32"]);
        let excepted = networks(&["10.0.0.0/24"]);
        let closed = OrderNetworks { allowed, excepted, believed: networks(&["10.0.0.0/24"]) };
        let sources = ["0.0.0.0/0", "10.0.0.0/24", "::/0"];
        go(
            &closed,
            &[
                (&sources, "ap", [None, Some("10.1.2.3")], Some("10.1.2.3")),
                (&sources, "ap", [None, Some("10.0.0.3")], None),
                (&sources, "ap", [None, Some("::ffff:10.0.0.3")], None),
                (&sources, "ap", [Some("10.0.0.3"), Some("10.1.2.3")], None),
                (&sources, "ap", [None, Some("192.0.2.1")], None),
                (&sources, "ap", [None, Some("2001:db8::1")], Some("2001:db8::1")),
            ],
        );
    }
}
