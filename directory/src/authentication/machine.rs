//! A device that network gear names by its hardware address, which anybody could claim: it proves
//! nothing but what the gear believes. So it counts only where the RADIUS client says so, never for
//! a user, and only for what the client's policy gives to devices.

use storage::{Partition, Reading, Snapshot};

use super::attempt::{Attempt, Begun, Outcome};
use super::expiry::Notice;
use super::placeholders::filled_for_device;
use crate::access::Actor;
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{EventActor, Outcome as EventOutcome};
use crate::network::{Circumstances, MacAddress, NetworkMethod};
use crate::policy::{Accepted, Asker, NetworkPolicy};
use crate::records::{Device, indices};
use crate::time::Time;

const SUSPENDED: &str = "the device is suspended";
const UNKNOWN: &str = "there is no such device";

/// What was decided about a device.
pub(super) struct Judged<'p> {
    pub(super) device: Option<Device>,
    pub(super) rule: Option<&'p str>,
    pub(super) verdict: Result<Accepted<'p>, &'static str>,
}

/// Decides about the device with an address, or about one that is not known.
pub(super) fn judge<'p>(
    policy: &'p NetworkPolicy,
    source: &impl Reading,
    partition: Partition,
    address: MacAddress,
    asked: (&Circumstances, Time),
) -> Result<Judged<'p>, Error> {
    let found = source.find_first(partition, indices::DEVICE_ADDRESS, address.octets())?;
    let device = match found {
        Some(id) => source.get::<Device>(partition, id)?,
        None => None,
    };
    let Some(known) = &device else {
        let verdict = policy.unknown_device().ok_or(UNKNOWN);
        return Ok(Judged { device, rule: None, verdict });
    };
    if known.fields.suspended {
        return Ok(Judged { device, rule: None, verdict: Err(SUSPENDED) });
    }
    let asker = Asker::Device(&known.fields.groups);
    let decision = policy.decide(source, partition, asker, asked)?;
    let (rule, verdict) = (decision.rule, decision.verdict);
    Ok(Judged { device, rule, verdict })
}

impl Directory {
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
        let judged = judge(policy, snapshot, organization.partition(), address, asked)?;
        let reply = judged.verdict.and_then(filled_for_device);
        let outcome = match reply {
            Ok(_) => EventOutcome::Success,
            Err(reason) => EventOutcome::Failure(reason.to_owned()),
        };
        let actor = EventActor::Device {
            id: judged.device.as_ref().map(|device| device.uuid),
            name: judged.device.map_or_else(|| address.to_string(), |device| device.fields.name),
        };
        self.note_device(attempt, actor, judged.rule, outcome);
        let Ok(reply) = reply else { return Ok(Begun::Done(Outcome::Reject)) };
        let (actor, notice, reply) = (Actor::nobody(), Notice::Nothing, Some(reply));
        let accept = Outcome::Accept { actor, reply, notice, counterproof: None, earlier: None };
        Ok(Begun::Done(accept))
    }
}
