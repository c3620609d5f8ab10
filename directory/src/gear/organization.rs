//! What the table has of one organization, as it is in a snapshot.

use std::sync::Arc;

use storage::{Reading, Snapshot};

use super::{GearClient, GearSecret};
use crate::access::organization;
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::policy::{NetworkPolicy, Profiles};
use crate::records::{
    CertificateAuthority, GearCertificates, OrganizationState, RadiusClient, kinds,
};

/// The RADIUS clients of an active organization.
#[derive(Default)]
pub(super) struct OrganizationGear {
    pub(super) clients: Vec<Arc<GearClient>>,
    /// The certificates of clients that have any.
    pub(super) certificates: Vec<(RadiusClientId, GearCertificates)>,
    /// Whom the organization trusts, where gear is known by names.
    pub(super) authorities: Vec<Arc<[u8]>>,
}

impl OrganizationGear {
    /// Reads them; `None` for an organization that does not answer.
    pub(super) fn read(snapshot: &Snapshot, id: OrganizationId) -> Result<Option<Self>, Error> {
        let found = organization(snapshot, id)?;
        let Some(record) = found.filter(|found| found.state == OrganizationState::Active) else {
            return Ok(None);
        };
        let (mut gear, mut profiles) = (Self::default(), Profiles::default());
        let partition = id.partition();
        for found in snapshot.scan::<RadiusClient>(partition, None) {
            let (number, client) = found?;
            let secret = snapshot.secret(partition, kinds::SHARED_SECRET, number)?;
            let (Some(client_id), Some(secret)) = (RadiusClientId::from_record(number), secret)
            else {
                continue;
            };
            let previous = match client.previous_until {
                Some(until) => snapshot
                    .secret(partition, kinds::PREVIOUS_SECRET, number)?
                    .map(|secret| (GearSecret::new(secret), until)),
                None => None,
            };
            let within = (snapshot, partition);
            let mut policy = NetworkPolicy::read(within, record.settings, &client, &mut profiles)?;
            if policy.mac_authentication {
                policy.mac_password = snapshot.secret(partition, kinds::MAC_PASSWORD, number)?;
            }
            let fields = client.fields;
            if !fields.certificates.is_empty() {
                gear.certificates.push((client_id, fields.certificates));
            }
            gear.clients.push(Arc::new(GearClient {
                organization: id,
                client: client_id,
                secret: GearSecret::new(secret),
                previous,
                require_message_authenticator: fields.require_message_authenticator,
                limit_proxy_state: fields.limit_proxy_state,
                sources: fields.sources,
                way: fields.orders.way,
                policy: Arc::new(policy),
            }));
        }
        if gear.certificates.iter().any(|(_, certificates)| !certificates.names.is_empty()) {
            for found in snapshot.scan::<CertificateAuthority>(partition, None) {
                let authority = found?.1.fields;
                // Its own authority issues nothing for gear: a device must not become one by its
                // name.
                if authority.built_in.is_none() {
                    gear.authorities.push(authority.certificate.into());
                }
            }
        }
        Ok(Some(gear))
    }
}
