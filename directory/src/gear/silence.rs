//! What events tell of packets and connections of network gear that met silence.

use std::net::IpAddr;

use super::Whose;
use crate::authentication::shown;
use crate::directory::Directory;
use crate::events::{Action, Difference, Event, EventActor, Outcome};
use crate::id::{OrganizationId, Place, RadiusClientId};
use crate::time::Time;

impl Directory {
    /// Notes that a RADIUS packet met silence: with the organization whose client the connection is
    /// of, or whose client alone may be at the address, which mostly has another secret; or else
    /// with the provider. Among several clients nothing says whose gear it is, and an organization
    /// could learn of another's.
    pub fn note_dropped(
        &self,
        source: IpAddr,
        client: Option<(OrganizationId, RadiusClientId)>,
        reason: &str,
        now: Time,
    ) {
        let alone = || {
            let gear = self.gear().ok()?;
            gear.alone_at(source).map(|client| (client.organization, client.client))
        };
        self.tell_silence(client.or_else(alone), (source, now), reason, Vec::new());
    }

    /// Notes that a connection of gear was refused, with the certificates that it showed: with the
    /// organization whose client has the first one, if one does, or else with the provider.
    pub fn note_gear_refused(
        &self,
        source: IpAddr,
        client: Option<(OrganizationId, RadiusClientId)>,
        (chain, reason): (&[Vec<u8>], &str),
        now: Time,
    ) {
        self.tell_silence(client, (source, now), reason, shown(chain));
    }

    fn tell_silence(
        &self,
        whose: Option<Whose>,
        (source, now): (IpAddr, Time),
        reason: &str,
        differences: Vec<Difference>,
    ) {
        let named = |(organization, client)| {
            let subject = self.gear().ok()?.subject(organization, client)?;
            Some((Place::Organization(organization), subject))
        };
        let (place, subject) = whose.and_then(named).unzip();
        let event = Event {
            access: None,
            request: None,
            search: None,
            at: now,
            actor: EventActor::Nobody,
            source: Some(source),
            action: Action::RadiusDropped,
            subject,
            outcome: Outcome::Failure(reason.to_owned()),
            differences,
        };
        self.note_event(place.unwrap_or(Place::Provider), &event);
    }
}
