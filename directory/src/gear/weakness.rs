//! What is weak about a RADIUS client.

use std::net::IpAddr;
use std::sync::PoisonError;

use storage::{Reading, Snapshot};

use crate::access::{Grant, View};
use crate::collections::{RadiusClients, gear_claims};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome, Subject, SubjectKind};
use crate::id::{OrganizationId, Place, RadiusClientId, RecordId};
use crate::records::{RadiusClient, kinds};
use crate::time::Time;

/// Something that should be changed at a RADIUS client or its gear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// The shared secret has fewer octets than one that is made here would need.
    ShortSecret,
    /// Another client of the organization has the same secret.
    SameSecret,
    /// Requests are taken without Message-Authenticator.
    UnsignedTaken,
    /// A request without Message-Authenticator came since the daemon started.
    UnsignedSent,
}

/// Fewer octets are short for a secret (draft-ietf-radext-deprecating-radius, shared secrets).
const LONG: usize = 24;
/// A client that sends unsigned requests is told of once in so long.
const PAUSE: u64 = 24 * 60 * 60 * 1_000;

impl RadiusClients<'_, &Snapshot> {
    /// What is weak about a client's record and secret.
    ///
    /// # Errors
    /// `Missing` when there is no such client.
    pub fn weaknesses(&self, id: RadiusClientId) -> Result<Vec<Weakness>, Error> {
        let client = self.read(id)?;
        let (partition, source) = (self.site.partition(), self.site.source);
        let secret_of = |number| source.secret(partition, kinds::SHARED_SECRET, number);
        let Some(own) = secret_of(id.record())? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if own.expose().len() < LONG {
            found.push(Weakness::ShortSecret);
        }
        for other in source.scan::<RadiusClient>(partition, None) {
            let (number, _) = other?;
            if number != id.record()
                && secret_of(number)?.is_some_and(|other| other.expose() == own.expose())
            {
                found.push(Weakness::SameSecret);
                break;
            }
        }
        if !client.fields.require_message_authenticator {
            found.push(Weakness::UnsignedTaken);
        }
        Ok(found)
    }
}

impl Grant<'_, &Snapshot, View> {
    /// What is weak about a RADIUS client.
    ///
    /// # Errors
    /// `Missing` when there is no such client.
    pub fn weaknesses(
        &self,
        directory: &Directory,
        id: RadiusClientId,
    ) -> Result<Vec<Weakness>, Error> {
        let mut found = self.radius_clients().weaknesses(id)?;
        if let Place::Organization(organization) = self.place
            && directory.sent_unsigned(organization, id).is_some()
        {
            found.push(Weakness::UnsignedSent);
        }
        Ok(found)
    }
}

impl Directory {
    /// Notes that a RADIUS client sent a request that nothing signed, and tells of it once a day.
    pub fn note_unsigned(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
        source: IpAddr,
        now: Time,
    ) {
        let key = (organization, client);
        let mut told = self.inner.gear.unsigned.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(&key).is_some_and(|at| now < at.plus(PAUSE)) {
            return;
        }
        told.insert(key, now);
        drop(told);
        let found = self.inner.store.read().ok().and_then(|snapshot| {
            snapshot.get::<RadiusClient>(organization.partition(), client.record()).ok().flatten()
        });
        let Some(record) = found else { return };
        let subject =
            Subject { kind: SubjectKind::RadiusClient, id: record.uuid, name: record.fields.name };
        let reason = "a request came without Message-Authenticator, which anybody could change";
        let event = Event {
            at: now,
            actor: EventActor::Nobody,
            source: Some(source),
            action: Action::RadiusUnsigned,
            subject: Some(subject),
            outcome: Outcome::Failure(reason.to_owned()),
            differences: Vec::new(),
            access: None,
            request: None,
            search: None,
        };
        self.note_event(Place::Organization(organization), &event);
    }

    fn sent_unsigned(&self, organization: OrganizationId, client: RadiusClientId) -> Option<Time> {
        let told = self.inner.gear.unsigned.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(&(organization, client)).copied()
    }

    /// Erases secrets of RADIUS clients that were replaced and count no more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_secrets(&self, now: Time) -> Result<usize, Error> {
        let gear = self.gear()?;
        let is_over = |until: &Time| *until <= now;
        let over = gear
            .clients()
            .filter(|client| client.previous.as_ref().is_some_and(|(_, until)| is_over(until)));
        let over: Vec<_> = over.map(|client| (client.organization, client.client)).collect();
        let count = over.len();
        for (organization, client) in over {
            let forgotten = self.inner.store.write(move |change| {
                let (partition, number) = (organization.partition(), client.record());
                let record = change.get::<RadiusClient>(partition, number)?;
                if let Some(mut record) = record
                    && record.previous_until.is_some_and(|until| until <= now)
                {
                    record.previous_until = None;
                    change.put(partition, number, &record)?;
                    change.delete_secret(partition, kinds::PREVIOUS_SECRET, number)?;
                    gear_claims::renew(change, organization, client)?;
                }
                Ok::<_, Error>(())
            });
            forgotten?;
        }
        self.settle_gear();
        Ok(count)
    }
}
