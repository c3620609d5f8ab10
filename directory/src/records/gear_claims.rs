//! What RADIUS clients of all organizations have for themselves.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::{GearCertificates, indices, kinds};
use crate::id::{OrganizationId, RadiusClientId, RecordId};

/// The length of what stands for a secret.
pub(crate) const SECRET_TAG: usize = 16;

/// What one RADIUS client has that no other may have: it stands with the provider, as everything
/// does that organizations have only once among all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GearClaims {
    pub(crate) organization: OrganizationId,
    pub(crate) client: RadiusClientId,
    pub(crate) sources: Vec<IpNet>,
    /// Whether requests are taken without Message-Authenticator.
    pub(crate) is_lenient: bool,
    /// What stands for each of its secrets, by a key that rests sealed.
    pub(crate) secrets: Vec<[u8; SECRET_TAG]>,
    pub(crate) certificates: GearCertificates,
}

impl GearClaims {
    /// How a client is called in the index.
    pub(crate) fn of(organization: OrganizationId, client: RadiusClientId) -> Vec<u8> {
        [&Self::of_all(organization)[..], &client.record().to_be_bytes()].concat()
    }

    /// What all clients of an organization begin with there.
    pub(crate) fn of_all(organization: OrganizationId) -> [u8; 4] {
        organization.number().to_be_bytes()
    }

    /// How a network is called in the index.
    pub(crate) fn of_network(network: &IpNet) -> Vec<u8> {
        let network = network.trunc();
        let mut octets = vec![network.prefix_len()];
        match network {
            IpNet::V4(network) => octets.extend(network.addr().octets()),
            IpNet::V6(network) => octets.extend(network.addr().octets()),
        }
        octets
    }
}

impl Record for GearClaims {
    const KIND: Kind = kinds::GEAR_CLAIMS;
    const VERSION: u8 = 1;
    /// The client's own record is; nothing is remembered of this one.
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::CLAIMS_OF, &Self::of(self.organization, self.client));
        for secret in &self.secrets {
            entries.add(indices::CLAIMED_SECRET, secret);
        }
        for fingerprint in &self.certificates.fingerprints {
            entries.add(indices::CLAIMED_FINGERPRINT, &fingerprint.0);
        }
        for name in &self.certificates.names {
            entries.add(indices::CLAIMED_NAME, name.as_bytes());
        }
        if self.is_lenient {
            for network in &self.sources {
                entries.add(indices::CLAIMED_NETWORK, &Self::of_network(network));
            }
        }
    }
}
