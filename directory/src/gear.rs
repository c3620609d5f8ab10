//! Which RADIUS clients may be behind an address: a table in memory, right at every moment.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use ipnet::IpNet;
use storage::{Commit, Partition, Reading, Secret, Snapshot, Store};

use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome};
use crate::id::{OrganizationId, Place, RadiusClientId, RecordId};
use crate::policy::NetworkPolicy;
use crate::records::{EapMethods, Organization, OrganizationState, RadiusClient, Settings, kinds};
use crate::time::Time;

mod certificates;
mod weakness;

use self::certificates::Certificates;
pub use self::certificates::CertifiedGear;
pub use self::weakness::Weakness;

/// The RADIUS clients of every active organization, by the networks they come from.
#[derive(Default)]
pub struct Gear {
    clients: Vec<GearClient>,
    positions: HashMap<(OrganizationId, RadiusClientId), usize>,
    networks: HashMap<IpNet, Vec<usize>>,
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
    pub secret: Secret,
    /// The one that was shared before, and until when it counts.
    pub previous: Option<(Secret, Time)>,
    /// Whether a request without Message-Authenticator is dropped.
    pub require_message_authenticator: bool,
    /// Whether a request with Proxy-State but without Message-Authenticator is dropped.
    pub limit_proxy_state: bool,
    sources: Vec<IpNet>,
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
    /// Each comes with its position among [`Gear::clients`] and the length of that prefix.
    pub fn candidates(&self, address: IpAddr) -> impl Iterator<Item = (usize, u8, &GearClient)> {
        let address = address.to_canonical();
        let prefixes = match address {
            IpAddr::V4(_) => &self.prefixes_v4,
            IpAddr::V6(_) => &self.prefixes_v6,
        };
        prefixes
            .iter()
            .filter_map(move |prefix| IpNet::new(address, *prefix).ok())
            .filter_map(|network| Some((network, self.networks.get(&network.trunc())?)))
            .flat_map(|(network, positions)| positions.iter().map(move |at| (network, *at)))
            .filter_map(|(network, at)| Some((network, at, self.clients.get(at)?)))
            .filter(|(network, _, client)| !client.is_behind_less_than(*network))
            .map(|(network, at, client)| (at, network.prefix_len(), client))
    }

    /// What decides about those who ask through a client; `None` for one that is gone or whose
    /// organization does not answer.
    pub(crate) fn policy(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
    ) -> Option<&Arc<NetworkPolicy>> {
        let position = self.positions.get(&(organization, client))?;
        self.clients.get(*position).map(|client| &client.policy)
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

    /// All of them.
    pub fn clients(&self) -> &[GearClient] {
        &self.clients
    }

    fn read(snapshot: &Snapshot) -> Result<Self, Error> {
        let mut gear = Self::default();
        for found in snapshot.scan::<Organization>(Partition::Provider, None) {
            let (number, record) = found?;
            if record.state != OrganizationState::Active {
                continue;
            }
            if let Some(organization) = OrganizationId::from_record(number) {
                gear.read_organization(snapshot, organization, record.settings)?;
            }
        }
        gear.sort();
        Ok(gear)
    }

    fn read_organization(
        &mut self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        settings: Settings,
    ) -> Result<(), Error> {
        let partition = organization.partition();
        let names = self.certificates.names();
        for found in snapshot.scan::<RadiusClient>(partition, None) {
            let (number, record) = found?;
            let secret = snapshot.secret(partition, kinds::SHARED_SECRET, number)?;
            let (Some(client), Some(secret)) = (RadiusClientId::from_record(number), secret) else {
                continue;
            };
            let previous = match record.previous_until {
                Some(until) => snapshot
                    .secret(partition, kinds::PREVIOUS_SECRET, number)?
                    .map(|secret| (secret, until)),
                None => None,
            };
            let policy = NetworkPolicy::read(snapshot, partition, settings, &record.fields)?;
            let position = self.clients.len();
            self.positions.insert((organization, client), position);
            self.clients.push(GearClient {
                organization,
                client,
                secret,
                previous,
                require_message_authenticator: record.fields.require_message_authenticator,
                limit_proxy_state: record.fields.limit_proxy_state,
                sources: record.fields.sources.clone(),
                policy: Arc::new(policy),
            });
            self.certificates.add(&record.fields.certificates, position);
            for network in &record.fields.sources {
                let positions = self.networks.entry(network.trunc()).or_default();
                if !positions.contains(&position) {
                    positions.push(position);
                }
            }
        }
        if self.certificates.names() > names {
            self.certificates.trust(snapshot, organization)?;
        }
        Ok(())
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

/// The table with what tells whether it is still right.
#[derive(Default)]
pub(crate) struct GearTable {
    current: ArcSwap<Gear>,
    /// Counts the commits that changed what the table is made of, from one.
    wanted: AtomicU64,
    /// The count that the table was made at.
    made: AtomicU64,
    making: Mutex<()>,
    /// When clients were told of that send unsigned requests.
    unsigned: Mutex<HashMap<(OrganizationId, RadiusClientId), Time>>,
}

impl GearTable {
    /// Makes a table that follows the store's commits.
    pub(crate) fn following(store: &Store) -> Arc<Self> {
        let table = Arc::new(Self { wanted: AtomicU64::new(1), ..Self::default() });
        let follower = Arc::clone(&table);
        store.watch(Box::new(move |commit: &Commit| {
            let touches = |kind| {
                let followed = [
                    kinds::ORGANIZATION,
                    kinds::RADIUS_CLIENT,
                    kinds::REPLY_PROFILE,
                    kinds::SHARED_SECRET,
                    kinds::CERTIFICATE_AUTHORITY,
                ];
                followed.contains(&kind)
            };
            if commit.changes.iter().any(|change| touches(change.kind)) {
                follower.wanted.fetch_add(1, Ordering::AcqRel);
            }
        }));
        table
    }
}

impl Directory {
    /// Notes with the provider that a RADIUS packet met silence. Whose gear sent it was not proven,
    /// so an organization could learn of another's gear behind its own address.
    pub fn note_dropped(&self, source: IpAddr, reason: &str, now: Time) {
        let event = Event {
            access: None,
            at: now,
            actor: EventActor::Nobody,
            source: Some(source),
            action: Action::RadiusDropped,
            subject: None,
            outcome: Outcome::Failure(reason.to_owned()),
            differences: Vec::new(),
        };
        self.note_event(Place::Provider, &event);
    }

    /// The RADIUS clients of every active organization, as the last acknowledged change left them.
    ///
    /// A client is believed for holding its secret; what it may then ask is up to
    /// [`Directory::authenticate`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn gear(&self) -> Result<Arc<Gear>, Error> {
        let table = &self.inner.gear;
        if table.made.load(Ordering::Acquire) == table.wanted.load(Ordering::Acquire) {
            return Ok(table.current.load_full());
        }
        let _making = table.making.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = table.wanted.load(Ordering::Acquire);
        if table.made.load(Ordering::Acquire) != wanted {
            let gear = Gear::read(&self.inner.store.read()?)?;
            table.current.store(Arc::new(gear));
            table.made.store(wanted, Ordering::Release);
        }
        Ok(table.current.load_full())
    }
}
