//! Devices on the network.
//!
//! A hardware address by which gear names one could be claimed by anybody: it proves nothing but
//! what the gear believes. So it counts only where the RADIUS client says so, never for a user, and
//! only for what the client's policy gives to devices. A certificate proves a device at every client.

use std::net::IpAddr;
use std::sync::Arc;

use storage::{Reading, Snapshot};
use subtle::ConstantTimeEq as _;

use super::attempt::{Attempt, Begun, Door, Outcome, Proof, Who};
use super::conclusion::Decided;
use super::expiry::Notice;
use super::placeholders::filled_for_device;
use super::reconsider::Reconsidered;
use crate::access::Actor;
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{EventActor, Outcome as EventOutcome};
use crate::id::{DeviceId, OrganizationId, RecordId};
use crate::network::{Circumstances, MacAddress, NetworkMethod};
use crate::policy::{Accepted, Asker, Decision, NetworkPolicy, Place, UNKNOWN, device_at};
use crate::records::{Device, Granted, Guest, indices};
use crate::time::Time;

pub(super) const ADDRESS_TWICE: &str =
    "name and password are one hardware address, which proves no user";
const SUSPENDED: &str = "the device is suspended";
const NO_ACCOUNT: &str = "a device has no account in the directory";
const NO_MACHINE: &str = "the address is no machine's: it is a group's, or nought";
const NO_DEVICES: &str = "the RADIUS client lets no devices in by their addresses";

/// What was decided about a device.
pub(super) struct Judged<'p> {
    pub(super) device: Option<Device>,
    pub(super) rule: Option<&'p str>,
    pub(super) verdict: Result<Accepted<'p>, &'static str>,
}

/// The device that a request is about, if it is about one: by what gear gives for a password, that counts
/// for the device as it does for no user.
pub(super) fn named(
    policy: &NetworkPolicy,
    by: &Circumstances,
    proof: &Proof,
) -> Option<MacAddress> {
    if !policy.mac_authentication {
        return None;
    }
    by.device.or_else(|| by.named.filter(|_| is_common_password(policy, proof)))
}

/// Whether gear gives an address for name and password. That is how it names a device, and proves nobody
/// who is called so: in another system such a user may have stood for the device.
pub(super) fn is_address_twice(name: &str, proof: &Proof) -> bool {
    let Some(address) = MacAddress::read(name.as_bytes()) else { return false };
    match proof {
        Proof::Password(given) => MacAddress::read(given.expose()) == Some(address),
        Proof::Challenge(fits) => fits(name.as_bytes()),
        Proof::MsChapV2(_) | Proof::Earlier(_) | Proof::Code { .. } => false,
    }
}

/// Whether a proof is the password that the gear gives for all devices.
fn is_common_password(policy: &NetworkPolicy, proof: &Proof) -> bool {
    let Some(common) = &policy.mac_password else { return false };
    match proof {
        Proof::Password(given) => given.expose().ct_eq(common.expose()).into(),
        Proof::Challenge(fits) => fits(common.expose()),
        Proof::MsChapV2(_) | Proof::Earlier(_) | Proof::Code { .. } => false,
    }
}

/// Decides about the device with an address, or about one that is not known, at a client that lets devices
/// in by their addresses.
pub(super) fn judge<'p>(
    policy: &'p NetworkPolicy,
    place: Place<'_>,
    address: MacAddress,
    asked: (&Circumstances, Time),
) -> Result<Judged<'p>, Error> {
    match device_at(place, Some(address))? {
        Some(device) => judge_known(policy, place, device, asked),
        None => {
            let Decision { rule, verdict, .. } = policy.decide(place, Asker::Unknown, asked)?;
            // No rule makes a machine of what can be none.
            let verdict =
                verdict.and_then(
                    |accepted| {
                        if address.is_of_one() { Ok(accepted) } else { Err(NO_MACHINE) }
                    },
                );
            Ok(Judged { device: None, rule, verdict })
        }
    }
}

fn judge_known<'p>(
    policy: &'p NetworkPolicy,
    place: Place<'_>,
    known: Device,
    asked: (&Circumstances, Time),
) -> Result<Judged<'p>, Error> {
    if known.fields.suspended {
        return Ok(Judged { device: Some(known), rule: None, verdict: Err(SUSPENDED) });
    }
    let asker = Asker::Device(&known.fields.groups);
    let decision = policy.decide(place, asker, asked)?;
    let (rule, verdict) = (decision.rule, decision.verdict);
    Ok(Judged { device: Some(known), rule, verdict })
}

/// Decides again about a device, by what was known when it was let in.
pub(super) fn reconsider_device(
    place: Place<'_>,
    policy: &NetworkPolicy,
    device: DeviceId,
    granted: Option<&Granted>,
    now: Time,
) -> Result<Reconsidered, Error> {
    let device = place.snapshot.get::<Device>(place.partition(), device.record())?;
    let Some(device) = device else { return Ok(Reconsidered::Out(UNKNOWN)) };
    if device.fields.suspended {
        return Ok(Reconsidered::Out(SUSPENDED));
    }
    let Some(by) = granted.map(Granted::circumstances) else { return Ok(Reconsidered::Unknown) };
    if by.method == NetworkMethod::Mac && !policy.mac_authentication {
        return Ok(Reconsidered::Out(NO_DEVICES));
    }
    let judged = judge_known(policy, place, device, (&by, now))?;
    let reply = judged.verdict.and_then(filled_for_device);
    Ok(reply.map_or_else(Reconsidered::Out, Reconsidered::In))
}

/// The number of a device.
fn number_of(place: Place<'_>, device: &Device) -> Result<Option<DeviceId>, Error> {
    let (source, partition) = (place.snapshot, place.partition());
    let found = source.find_first(partition, indices::DEVICE_UUID, device.uuid.as_bytes())?;
    Ok(found.and_then(DeviceId::from_record))
}

impl Directory {
    /// Answers for a device that gear named by its address in a conversation, `seen` from where and when.
    /// Nobody else is looked for: a user has nothing to do with what is proven there.
    ///
    /// # Errors
    /// When the store fails.
    pub fn authenticate_device(
        &self,
        organization: OrganizationId,
        address: MacAddress,
        door: Door,
        seen: (IpAddr, Time),
    ) -> Result<Begun, Error> {
        let snapshot = self.inner.store.read()?;
        let who = Who::User(address.to_string());
        let mut attempt = Attempt::new(who, door, seen.0, seen.1);
        attempt.look_up_place(self, &snapshot, Some(organization))?;
        let policy = attempt.policy.clone().filter(|policy| policy.mac_authentication);
        let (Some(policy), Door::Radius(_, circumstances)) = (policy, door) else {
            let device = EventActor::Device { id: None, name: address.to_string() };
            let refused = EventOutcome::Failure(NO_DEVICES.to_owned());
            let access = (NetworkMethod::Mac, Decided::default());
            self.note_device(&attempt, device, access, refused);
            return Ok(Begun::Done(Outcome::Reject));
        };
        self.let_device_in(&snapshot, &attempt, (&policy, address), &circumstances)
    }

    /// Answers for a device.
    pub(super) fn let_device_in(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        (policy, address): (&NetworkPolicy, MacAddress),
        circumstances: &Circumstances,
    ) -> Result<Begun, Error> {
        let Some(organization) = attempt.organization else {
            return Ok(Begun::Done(Outcome::Reject));
        };
        let circumstances = Circumstances { method: NetworkMethod::Mac, ..*circumstances };
        let asked = (&circumstances, attempt.now);
        let place = Place { snapshot, lookups: &self.inner.lookups, organization };
        let judged = judge(policy, place, address, asked)?;
        // By the address that gear knows it by, its reports name it too.
        let told = policy.tells_what_is_granted;
        let named = || address.to_string();
        let outcome = self.conclude_device((place, attempt), judged, (&circumstances, told), named);
        outcome.map(Begun::Done)
    }

    /// Answers for a device that has shown a certificate of its own.
    pub(super) fn let_certified_device_in(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        device: Device,
    ) -> Result<Outcome, Error> {
        let (Some(organization), Some(policy), Door::Radius(_, by)) =
            (attempt.organization, attempt.policy.as_deref(), &attempt.door)
        else {
            return Ok(self.fail(attempt, NO_ACCOUNT));
        };
        let asked = (by, attempt.now);
        let place = Place { snapshot, lookups: &self.inner.lookups, organization };
        let judged = judge_known(policy, place, device, asked)?;
        // Whatever gear calls it is no name of the directory's.
        let outcome = self.conclude_device((place, attempt), judged, (by, true), String::new)?;
        if matches!(outcome, Outcome::Accept { .. }) {
            let engine = &self.inner.engine;
            engine.throttle.succeeded(attempt.whence(), attempt.throttled, attempt.now.0);
        }
        Ok(outcome)
    }

    /// Tells of what was decided, and answers; gear may be told what is granted, to say it again.
    fn conclude_device(
        &self,
        (place, attempt): (Place<'_>, &Attempt),
        judged: Judged<'_>,
        (by, is_told): (&Circumstances, bool),
        unknown: impl FnOnce() -> String,
    ) -> Result<Outcome, Error> {
        let number = match &judged.device {
            Some(device) if is_told => number_of(place, device)?,
            Some(_) | None => None,
        };
        let reply = judged.verdict.and_then(filled_for_device).map(|reply| match number {
            Some(number) => Arc::new(reply.telling(place.organization, Guest::Device(number), by)),
            None => reply,
        });
        let outcome = match reply {
            Ok(_) => EventOutcome::Success,
            Err(reason) => EventOutcome::Failure(reason.to_owned()),
        };
        let actor = EventActor::Device {
            id: judged.device.as_ref().map(|device| device.uuid),
            name: judged.device.map_or_else(unknown, |device| device.fields.name),
        };
        self.note_device(attempt, actor, (by.method, Decided::new(judged.rule, &reply)), outcome);
        let Ok(reply) = reply else { return Ok(Outcome::Reject) };
        let (actor, notice, reply) = (Actor::nobody(), Notice::Nothing, Some(reply));
        Ok(Outcome::Accept { actor, reply, notice, counterproof: None, earlier: None })
    }
}
