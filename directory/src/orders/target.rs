//! Where orders about the sessions of a RADIUS client go.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use storage::{Reading, Secret, Snapshot};

use super::{Cause, Ordered, SessionOrder};
use crate::collections::is_wide;
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::records::{RadiusClient, RadiusClientFields, Session, kinds};
use crate::time::Time;

/// A RADIUS client with the secrets that its gear may have.
pub(super) struct Target {
    record: RadiusClient,
    secrets: Arc<[Secret]>,
}

const INSIDE_TLS: &str = "the RADIUS client has no sources: orders go by datagram alone";
const ELSEWHERE: &str = "neither the address that the gear gave itself nor the one that its reports \
     came from lies in a network of the RADIUS client where orders may go";

impl Target {
    /// Reads a client; `None` when it is gone.
    pub(super) fn read(
        source: &Snapshot,
        organization: OrganizationId,
        client: RadiusClientId,
        now: Time,
    ) -> Result<Option<Self>, Error> {
        let (partition, number) = (organization.partition(), client.record());
        let Some(record) = source.get::<RadiusClient>(partition, number)? else { return Ok(None) };
        let current = source.secret(partition, kinds::SHARED_SECRET, number)?;
        let previous = match record.previous_until {
            Some(until) if now < until => {
                source.secret(partition, kinds::PREVIOUS_SECRET, number)?
            }
            Some(_) | None => None,
        };
        let secrets = current.into_iter().chain(previous).collect();
        Ok(Some(Self { record, secrets }))
    }

    /// What its admins wrote.
    pub(super) fn fields(&self) -> &RadiusClientFields {
        &self.record.fields
    }

    /// An order about one of its sessions.
    pub(super) fn order(
        &self,
        organization: OrganizationId,
        session: Session,
        what: Ordered,
        cause: Cause,
    ) -> SessionOrder {
        SessionOrder {
            to: address(&self.record.fields, &session),
            secrets: Arc::clone(&self.secrets),
            client: (self.record.uuid, self.record.fields.name.clone()),
            organization,
            session,
            what,
            cause,
        }
    }
}

/// Where the gear of a session takes orders. They carry names, and whoever holds the client's secret
/// could aim them: what gear says of itself counts in networks that are the client's own, and what
/// its reports came from in all that its admins named; nothing else does.
fn address(client: &RadiusClientFields, session: &Session) -> Result<SocketAddr, &'static str> {
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
    let source = session.source.filter(|source| lies_in(*source, client.sources.iter()));
    let address = told.or(source).ok_or(ELSEWHERE)?;
    Ok(SocketAddr::new(address.to_canonical(), client.orders.port))
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
    use crate::records::Traffic;

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
        }
    }

    /// The networks of a client, the gear's name, the address that it gives itself and the one that its
    /// reports came from; and where orders go.
    type Case<'c> = (&'c [&'c str], &'c str, [Option<&'c str>; 2], Option<&'c str>);

    #[test]
    fn an_order_goes_nowhere_but_into_the_networks_of_the_client() {
        let client = |sources: &[&str]| RadiusClientFields {
            sources: sources.iter().map(|network| network.parse().unwrap()).collect(),
            ..RadiusClientFields::default()
        };
        let (inside, outside, nat) = (Some("192.0.2.7"), Some("198.51.100.7"), Some("203.0.113.1"));
        let narrow = ["192.0.2.0/24", "203.0.113.1/32"];
        let cases: [Case<'_>; 15] = [
            (&narrow, "ap", [inside, nat], inside),
            (&narrow, "ap", [outside, nat], nat),
            (&narrow, "ap", [None, nat], nat),
            (&narrow, "ap", [outside, outside], None),
            (&narrow, "ap", [None, None], None),
            (&narrow, "192.0.2.9", [None, None], Some("192.0.2.9")),
            (&narrow, "198.51.100.9", [None, None], None),
            (&narrow, "ap", [Some("::ffff:192.0.2.7"), None], inside),
            // Whoever has the secret could name any address of a wide network.
            (&["0.0.0.0/0"], "ap", [inside, nat], nat),
            (&["0.0.0.0/0"], "192.0.2.9", [inside, None], None),
            (&["224.0.0.0/24", "255.255.255.255/32"], "ap", [Some("224.0.0.1"), None], None),
            (&[], "ap", [inside, nat], None),
            // What listens on this machine alone is told something by who is on it.
            (&["127.0.0.1/32", "192.0.2.0/24"], "ap", [Some("127.0.0.1"), inside], inside),
            (
                &["127.0.0.1/32", "127.0.0.9/32"],
                "ap",
                [Some("127.0.0.1"), Some("127.0.0.9")],
                Some("127.0.0.1"),
            ),
            (&["fe80::1/128", "192.0.2.0/24"], "ap", [Some("fe80::1"), inside], inside),
        ];
        for (sources, gear, [told, source], expected) in cases {
            let found = address(&client(sources), &session(gear, told, source)).ok();
            let expected = expected.map(|ip| SocketAddr::new(ip.parse().unwrap(), 3799));
            assert_eq!(found, expected, "{sources:?} {gear} {told:?} {source:?}");
        }
    }
}
