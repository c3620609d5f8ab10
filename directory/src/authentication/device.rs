//! A device that comes for itself, proven by its certificate alone.

use std::net::IpAddr;

use storage::{Partition, Reading, Snapshot};
use uuid::Uuid;

use super::attempt::Who;
use super::certificate::{Holder, NOBODYS, fingerprint_text, holder, issued, registered};
use super::engine::Bearer;
use super::second_factor::Reason;
use crate::access::{Actor, Context, Refusal, RequestId, organization};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, EventRequest, Outcome};
use crate::id::{DeviceId, OrganizationId, Place, RecordId};
use crate::records::{OrganizationState, indices};
use crate::time::Time;

const NO_DEVICE: Reason = "the certificate is valid, but it is no device's";
const SUSPENDED: Reason = "the device is suspended";
const NO_PLACE: Reason = "there is no such organization, or it is suspended";

/// Certificates that a device shows; that it holds the key of the first was proven in the handshake.
pub struct ShownByDevice<'a> {
    /// The external id of the organization that the device says to be of, which decides.
    pub organization: Uuid,
    /// The device's certificate in DER, and those between it and its authority.
    pub chain: &'a [Vec<u8>],
    /// From where.
    pub source: IpAddr,
    /// When.
    pub now: Time,
    /// By which request.
    pub request: Option<RequestId>,
}

/// A device that was proven.
#[derive(Clone, Copy, Debug)]
pub struct IdentifiedDevice {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Which one.
    pub device: DeviceId,
    /// Who asks, from where and when.
    pub context: Context,
}

impl Directory {
    /// Finds which device shows a certificate, in the organization that it names.
    ///
    /// # Errors
    /// `Unauthenticated` for whatever does not prove a device there that is let in; why is for the
    /// event alone.
    pub fn identify_device(&self, shown: &ShownByDevice<'_>) -> Result<IdentifiedDevice, Error> {
        let snapshot = self.inner.store.read()?;
        let place = active(&snapshot, shown.organization)?;
        let chain = shown.chain;
        let engine = &self.inner.engine;
        let (source, now, request) = (shown.source, shown.now, shown.request);
        let name = fingerprint_text(chain);
        let key = engine.name_key(place.map(Into::into), Bearer::Certified, &name);
        let refuse = |device: EventActor, reason: Reason| {
            self.note_refused_device(place, device, reason, shown);
            Err(Refusal::Unauthenticated.into())
        };
        if engine.throttle.check(source, key, now.0).is_err() {
            let known = match (place, chain.first()) {
                (Some(place), Some(own)) => is_known(&snapshot, place.partition(), own)?,
                _ => false,
            };
            // Whoever made up many certificates behind an address would else keep others out there. No
            // event tells of it: strangers would write as many as they like.
            if !known || engine.throttle.waits(source, key, now.0) {
                return Err(Refusal::Unauthenticated.into());
            }
        }
        let found = match place {
            Some(place) => holder(&snapshot, place, chain, now)?.map(|holder| (place, holder)),
            None => Err(NO_PLACE),
        };
        let (device, reason) = match found {
            Ok((place, Holder::Device(device))) if !device.fields.suspended => {
                let partition = place.partition();
                let index = indices::DEVICE_UUID;
                let number = snapshot.find_first(partition, index, device.uuid.as_bytes())?;
                let certificate = match chain.first() {
                    Some(own) => issued(&snapshot, partition, own)?,
                    None => None,
                };
                if let Some(device) = number.and_then(DeviceId::from_record) {
                    engine.throttle.succeeded(source, key, now.0);
                    let actor = Actor::device(place, device, certificate);
                    let context = Context { actor, source: Some(source), now, request };
                    return Ok(IdentifiedDevice { organization: place, device, context });
                }
                (EventActor::Nobody, NOBODYS)
            }
            Ok((_, Holder::Device(device))) => {
                let (id, name) = (Some(device.uuid), device.fields.name);
                (EventActor::Device { id, name }, SUSPENDED)
            }
            Ok((_, Holder::Account(who))) => (account(who), NO_DEVICE),
            Err(reason) => (EventActor::Nobody, reason),
        };
        engine.throttle.failed(source, key, now.0);
        refuse(device, reason)
    }

    fn note_refused_device(
        &self,
        place: Option<OrganizationId>,
        actor: EventActor,
        reason: Reason,
        shown: &ShownByDevice<'_>,
    ) {
        let event = Event {
            access: None,
            request: shown.request.map(EventRequest::named),
            search: None,
            at: shown.now,
            actor,
            source: Some(shown.source),
            action: Action::DeviceRefused,
            subject: None,
            outcome: Outcome::Failure(format!("{reason}: {}", fingerprint_text(shown.chain))),
            differences: Vec::new(),
        };
        self.note_event(place.map_or(Place::Provider, Into::into), &event);
    }
}

/// The active organization of an external id.
fn active(snapshot: &Snapshot, uuid: Uuid) -> Result<Option<OrganizationId>, Error> {
    let index = indices::ORGANIZATION_UUID;
    let found = snapshot.find_first(Partition::Provider, index, uuid.as_bytes())?;
    let Some(id) = found.and_then(OrganizationId::from_record) else { return Ok(None) };
    let record = organization(snapshot, id)?;
    Ok(record.filter(|record| record.state == OrganizationState::Active).map(|_| id))
}

/// Whether somebody of the organization has a certificate of these octets, counted or not.
fn is_known(snapshot: &Snapshot, partition: Partition, own: &[u8]) -> Result<bool, Error> {
    let is_issued = issued(snapshot, partition, own)?.is_some();
    Ok(is_issued || registered(snapshot, partition, own)?.is_some())
}

fn account(who: Who) -> EventActor {
    match who {
        Who::User(login) => EventActor::User { id: None, login },
        Who::ServiceAccount(name) => EventActor::ServiceAccount { id: None, name },
    }
}
