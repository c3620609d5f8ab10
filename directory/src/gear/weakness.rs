//! What is weak about a RADIUS client.

use std::collections::HashMap;
use std::net::IpAddr;

use storage::{Reading, Snapshot};

use super::Whose;
use crate::access::{Grant, View};
use crate::collections::{RadiusClients, gear_claims};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome, Subject, SubjectKind};
use crate::id::{OrganizationId, Place, RadiusClientId, RecordId};
use crate::records::{RadiusClient, RadiusClientFields, kinds};
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
    /// A request without Message-Authenticator came since the daemon started, and was taken.
    UnsignedSent,
    /// A request without Message-Authenticator met silence since the daemon started. It came from
    /// where only this client may be; nothing proves that the client sent it.
    UnsignedDropped,
}

/// Fewer octets are short for a secret (draft-ietf-radext-deprecating-radius, shared secrets).
const LONG: usize = 24;
/// A client that sends unsigned requests is told of once in so long.
const PAUSE: u64 = 24 * 60 * 60 * 1_000;

/// The clients that sent requests without Message-Authenticator since the daemon started.
#[derive(Default)]
pub(super) struct Unsigned {
    taken: Told,
    dropped: Told,
}

/// When clients were last told of.
#[derive(Default)]
struct Told(HashMap<Whose, Time>);

impl Unsigned {
    /// Forgets clients that are gone.
    pub(super) fn retain(&mut self, is_there: impl Fn(&Whose) -> bool) {
        self.taken.0.retain(|client, _| is_there(client));
        self.dropped.0.retain(|client, _| is_there(client));
    }

    fn found(&self, client: Whose) -> impl Iterator<Item = Weakness> + use<> {
        let found = |told: &Told, weakness| told.0.contains_key(&client).then_some(weakness);
        let taken = found(&self.taken, Weakness::UnsignedSent);
        taken.into_iter().chain(found(&self.dropped, Weakness::UnsignedDropped))
    }
}

impl Told {
    /// Notes a client, and says whether it is to be told of now.
    fn tells(&mut self, client: Whose, now: Time) -> bool {
        if self.0.get(&client).is_some_and(|at| now < at.plus(PAUSE)) {
            return false;
        }
        self.0.insert(client, now);
        true
    }
}

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
        let mut is_shared = false;
        for other in source.scan::<RadiusClient>(partition, None) {
            let (number, _) = other?;
            if number != id.record()
                && secret_of(number)?.is_some_and(|other| other.expose() == own.expose())
            {
                is_shared = true;
                break;
            }
        }
        Ok(of_record(own.expose().len(), is_shared, &client.fields).collect())
    }

    /// What is weak about the records and secrets of all clients that have a secret; each secret is opened
    /// once.
    fn all_weaknesses(&self) -> Result<HashMap<RadiusClientId, Vec<Weakness>>, Error> {
        let (partition, source) = (self.site.partition(), self.site.source);
        let (mut clients, mut shared) = (Vec::new(), HashMap::<[u8; 32], usize>::new());
        for client in source.scan::<RadiusClient>(partition, None) {
            let (number, client) = client?;
            let secret = source.secret(partition, kinds::SHARED_SECRET, number)?;
            if let (Some(id), Some(secret)) = (RadiusClientId::from_record(number), secret) {
                let digest = *blake3::hash(secret.expose()).as_bytes();
                *shared.entry(digest).or_default() += 1;
                clients.push((id, digest, secret.expose().len(), client.fields));
            }
        }
        let found = clients.into_iter().map(|(id, digest, length, fields)| {
            let is_shared = shared.get(&digest).is_some_and(|clients| *clients > 1);
            (id, of_record(length, is_shared, &fields).collect())
        });
        Ok(found.collect())
    }
}

/// What is weak about a client with a secret of so many octets, which is another's too or not.
fn of_record(
    length: usize,
    is_shared: bool,
    fields: &RadiusClientFields,
) -> impl Iterator<Item = Weakness> + use<> {
    let weak = [
        (length < LONG, Weakness::ShortSecret),
        (is_shared, Weakness::SameSecret),
        (!fields.require_message_authenticator, Weakness::UnsignedTaken),
    ];
    weak.into_iter().filter_map(|(is_found, weakness)| is_found.then_some(weakness))
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
        if let Place::Organization(organization) = self.place {
            found.extend(directory.inner.gear.unsigned().found((organization, id)));
        }
        Ok(found)
    }

    /// What is weak about each RADIUS client.
    ///
    /// # Errors
    /// When the store fails.
    pub fn all_weaknesses(
        &self,
        directory: &Directory,
    ) -> Result<HashMap<RadiusClientId, Vec<Weakness>>, Error> {
        let mut all = self.radius_clients().all_weaknesses()?;
        if let Place::Organization(organization) = self.place {
            let unsigned = directory.inner.gear.unsigned();
            for (id, found) in &mut all {
                found.extend(unsigned.found((organization, *id)));
            }
        }
        Ok(all)
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
        if self.inner.gear.unsigned().taken.tells((organization, client), now) {
            let reason = "a request came without Message-Authenticator, which anybody could change";
            self.tell_unsigned((organization, client), Some(source), reason, now);
        }
    }

    /// Notes that a request that nothing signed met silence where only this RADIUS client may be,
    /// and tells of it once a day. Nothing proves whose gear sent it, and the client may be almost
    /// anywhere, so the event does not say from where.
    pub fn note_unsigned_dropped(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
        now: Time,
    ) {
        if self.inner.gear.unsigned().dropped.tells((organization, client), now) {
            let reason = "a request without Message-Authenticator met silence";
            self.tell_unsigned((organization, client), None, reason, now);
        }
    }

    fn tell_unsigned(
        &self,
        (organization, client): Whose,
        source: Option<IpAddr>,
        reason: &str,
        now: Time,
    ) {
        let found = self.inner.store.read().ok().and_then(|snapshot| {
            snapshot.get::<RadiusClient>(organization.partition(), client.record()).ok().flatten()
        });
        let Some(record) = found else { return };
        let subject =
            Subject { kind: SubjectKind::RadiusClient, id: record.uuid, name: record.fields.name };
        let event = Event {
            at: now,
            actor: EventActor::Nobody,
            source,
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
