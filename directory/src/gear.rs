//! Which RADIUS clients may be behind an address: a table in memory, right at every moment.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::events::Subject;
use crate::id::{OrganizationId, RadiusClientId};
use crate::policy::NetworkPolicy;
use crate::records::{EapMethods, OrderWay};
use crate::time::Time;

mod certificates;
mod organization;
mod secret;
mod silence;
mod table;
mod weakness;

use self::certificates::Certificates;
pub use self::certificates::CertifiedGear;
use self::organization::OrganizationGear;
pub use self::secret::GearSecret;
pub(crate) use self::table::GearTable;
pub use self::table::Unreadable;
pub use self::weakness::Weakness;

/// Names a RADIUS client among those of all organizations.
type Whose = (OrganizationId, RadiusClientId);

/// The RADIUS clients of every active organization, by the networks they come from.
///
/// What belongs to an organization stays the same while nothing of it is changed.
#[derive(Default)]
pub struct Gear {
    organizations: BTreeMap<OrganizationId, Arc<OrganizationGear>>,
    clients: HashMap<Whose, Arc<GearClient>>,
    networks: HashMap<IpNet, Vec<Arc<GearClient>>>,
    /// The prefix lengths that occur, the longest first.
    prefixes_v4: Vec<u8>,
    prefixes_v6: Vec<u8>,
    certificates: Certificates,
}

/// A RADIUS client as a request is matched with it.
pub struct GearClient {
    /// Whose client it is.
    pub organization: OrganizationId,
    /// Which.
    pub client: RadiusClientId,
    /// The secret shared with it.
    pub secret: GearSecret,
    /// The one that was shared before, and until when it counts.
    pub previous: Option<(GearSecret, Time)>,
    /// Whether a request without Message-Authenticator is dropped.
    pub require_message_authenticator: bool,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped.
    pub limit_proxy_state: bool,
    sources: Vec<IpNet>,
    way: OrderWay,
    pub(crate) policy: Arc<NetworkPolicy>,
}

impl GearClient {
    /// Whether one of the client's networks is smaller than `network`, an address with the length
    /// of a prefix, and holds that address: the client was found by it before.
    fn is_behind_less_than(&self, network: IpNet) -> bool {
        let address = network.addr();
        let smaller =
            |own: &IpNet| own.prefix_len() > network.prefix_len() && own.contains(&address);
        self.sources.iter().any(smaller)
    }
}

impl Gear {
    /// The clients whose networks contain `address`, each once, those with the longest prefix first.
    ///
    /// Each comes with the length of that prefix.
    pub fn candidates(&self, address: IpAddr) -> impl Iterator<Item = (u8, &GearClient)> {
        let address = address.to_canonical();
        let prefixes = match address {
            IpAddr::V4(_) => &self.prefixes_v4,
            IpAddr::V6(_) => &self.prefixes_v6,
        };
        prefixes
            .iter()
            .filter_map(move |prefix| IpNet::new(address, *prefix).ok())
            .filter_map(|network| Some((network, self.networks.get(&network.trunc())?)))
            .flat_map(|(network, clients)| clients.iter().map(move |client| (network, client)))
            .filter(|(network, client)| !client.is_behind_less_than(*network))
            .map(|(network, client)| (network.prefix_len(), &**client))
    }

    /// The one client that may be at an address; none where it is one that may be almost anywhere,
    /// since strangers and the gear of others are there as well.
    fn alone_at(&self, address: IpAddr) -> Option<&GearClient> {
        let least = if address.to_canonical().is_ipv4() { 16 } else { 48 };
        let mut all = self.candidates(address);
        match (all.next(), all.next()) {
            (Some((precision, client)), None) if precision >= least => Some(client),
            _ => None,
        }
    }

    /// A client, if it may be behind an address.
    pub fn client(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
        address: IpAddr,
    ) -> Option<&GearClient> {
        let (known, address) = (self.clients.get(&(organization, client))?, address.to_canonical());
        known.sources.iter().any(|network| network.contains(&address)).then_some(known)
    }

    /// Whether orders go to a client's gear down a connection that it has open.
    pub fn is_ordered_by_connection(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
    ) -> bool {
        let known = self.clients.get(&(organization, client));
        known.is_some_and(|known| known.way == OrderWay::Connection)
    }

    /// What decides about those who ask through a client; `None` for one that is gone or whose
    /// organization does not answer.
    pub(crate) fn policy(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
    ) -> Option<&Arc<NetworkPolicy>> {
        self.clients.get(&(organization, client)).map(|client| &client.policy)
    }

    /// A client as events name it; `None` for one that is gone or whose organization does not
    /// answer.
    pub(crate) fn subject(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
    ) -> Option<Subject> {
        self.policy(organization, client).map(|policy| policy.client.clone())
    }

    /// Which methods of EAP are offered behind a client; `None` for one that is gone or whose
    /// organization does not answer.
    pub fn eap_methods(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
    ) -> Option<EapMethods> {
        self.policy(organization, client).map(|policy| policy.settings.eap_methods)
    }

    /// Whether devices are let in behind a client by their hardware addresses; never behind one that is
    /// gone or whose organization does not answer.
    pub fn lets_devices_in(&self, organization: OrganizationId, client: RadiusClientId) -> bool {
        self.policy(organization, client).is_some_and(|policy| policy.mac_authentication)
    }

    /// Whether an organization has any RADIUS clients that are answered.
    pub fn answers(&self, organization: OrganizationId) -> bool {
        self.organizations.get(&organization).is_some_and(|gear| !gear.clients.is_empty())
    }

    /// All of them.
    pub fn clients(&self) -> impl Iterator<Item = &GearClient> {
        self.organizations.values().flat_map(|gear| gear.clients.iter().map(|client| &**client))
    }

    /// Joins what was read of organizations.
    fn join(organizations: BTreeMap<OrganizationId, Arc<OrganizationGear>>) -> Self {
        let mut gear = Self::default();
        for (organization, own) in &organizations {
            gear.certificates.join(*organization, own);
            for client in &own.clients {
                gear.clients.insert((*organization, client.client), Arc::clone(client));
                let mut networks: Vec<_> = client.sources.iter().map(IpNet::trunc).collect();
                networks.sort_unstable();
                networks.dedup();
                for network in networks {
                    gear.networks.entry(network).or_default().push(Arc::clone(client));
                }
            }
        }
        gear.organizations = organizations;
        gear.sort();
        gear
    }

    fn sort(&mut self) {
        for network in self.networks.keys() {
            match network {
                IpNet::V4(network) => self.prefixes_v4.push(network.prefix_len()),
                IpNet::V6(network) => self.prefixes_v6.push(network.prefix_len()),
            }
        }
        for prefixes in [&mut self.prefixes_v4, &mut self.prefixes_v6] {
            prefixes.sort_unstable_by(|one, other| other.cmp(one));
            prefixes.dedup();
        }
    }
}
