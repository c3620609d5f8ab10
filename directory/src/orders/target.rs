//! The RADIUS client that an order goes to.

use std::sync::Arc;

use storage::{Reading, Secret, Snapshot};

use super::networks::OrderNetworks;
use super::standing::Wanted;
use super::{Cause, SessionOrder};
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::records::{RadiusClient, RadiusClientFields, Session, kinds};
use crate::time::Time;

/// A RADIUS client with the secrets that its gear may have.
pub(super) struct Target {
    record: RadiusClient,
    secrets: Arc<[Secret]>,
}

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
        (wanted, cause): (Wanted, Cause),
        networks: &OrderNetworks,
    ) -> SessionOrder {
        SessionOrder {
            to: networks.place(&self.record.fields, &session),
            secrets: Arc::clone(&self.secrets),
            client: (self.record.uuid, self.record.fields.name.clone()),
            organization,
            session,
            what: wanted.what,
            instead: wanted.instead,
            ends_when_refused: self.record.fields.orders.end_when_refused,
            was_refused: false,
            was_repeated: false,
            cause,
        }
    }

    /// Brings an order to how its session and this client stand.
    pub(super) fn renew(
        self,
        order: &mut SessionOrder,
        session: Session,
        networks: &OrderNetworks,
    ) {
        order.to = networks.place(&self.record.fields, &session);
        order.ends_when_refused = self.record.fields.orders.end_when_refused;
        order.secrets = self.secrets;
        order.client = (self.record.uuid, self.record.fields.name);
        order.session = session;
    }
}
