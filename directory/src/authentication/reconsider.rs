//! Whether somebody who was let onto a network would still be, and with what.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::NetworkReply;
use super::account::account_of;
use super::attempt::{Attempt, Door, Who};
use super::machine::reconsider_device;
use super::placeholders::filled;
use super::second_factor::Reason;
use crate::error::Error;
use crate::id::{RadiusClientId, UserId};
use crate::network::{Circumstances, NetworkMethod};
use crate::policy::{Asker, NetworkPolicy, Place};
use crate::records::{Granted, Guest, Lock, Marks};
use crate::time::Time;

/// What would become of somebody whose proof is believed.
pub(crate) enum Reconsidered {
    /// They would be let in with this.
    In(Arc<NetworkReply>),
    /// They would not.
    Out(Reason),
    /// Nobody knows, since it is not known how they were let in.
    Unknown,
}

/// Decides again about a user or a device, by what was known when they were let in, and whether a lock
/// counts: wrong passwords, which may be anybody's, lock as well, and are to end no session.
pub(crate) fn reconsider(
    place: Place<'_>,
    policy: &Arc<NetworkPolicy>,
    (client, guest, lock_counts): (RadiusClientId, Guest, bool),
    granted: Option<&Granted>,
    now: Time,
) -> Result<Reconsidered, Error> {
    match guest {
        Guest::User(user) => {
            reconsider_user(place, policy, (client, user, lock_counts), granted, now)
        }
        Guest::Device(device) => reconsider_device(place, policy, device, granted, now),
    }
}

fn reconsider_user(
    place: Place<'_>,
    policy: &Arc<NetworkPolicy>,
    (client, user, lock_counts): (RadiusClientId, UserId, bool),
    granted: Option<&Granted>,
    now: Time,
) -> Result<Reconsidered, Error> {
    let known = granted.map(Granted::circumstances);
    let by = known.unwrap_or_else(|| Circumstances::of(NetworkMethod::Pap));
    let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let who = Who::User(String::new());
    let mut attempt = Attempt::new(who, Door::Radius(client, by), nowhere, now);
    attempt.organization = Some(place.organization);
    attempt.settings = policy.settings;
    attempt.policy = Some(Arc::clone(policy));
    let home = place.lookups.organization(place.snapshot, place.organization)?;
    let whose = (place.organization, home.map_or_else(Marks::default, |home| home.marks));
    let mut account = account_of(place.snapshot, whose, user)?;
    if let Some(account) = &mut account {
        let is_meant = |lock: &Lock| lock_counts && lock.is_by_admin();
        account.credential.lock = account.credential.lock.filter(is_meant);
    }
    attempt.account = account.map(Arc::new);
    if let Some(reason) = attempt.obstacle() {
        return Ok(Reconsidered::Out(reason));
    }
    if known.is_none() {
        return Ok(Reconsidered::Unknown);
    }
    let decision = policy.decide(place, Asker::User(user), (&by, now))?;
    let reply = match decision.verdict {
        Ok(accepted) => filled(place, user, accepted)?,
        Err(reason) => Err(reason),
    };
    Ok(reply.map_or_else(Reconsidered::Out, Reconsidered::In))
}
