//! Trying a destination: something is sent that is no event, and what happens is told.

use storage::Snapshot;
use uuid::Uuid;

use super::places::route;
use super::{DeliveredEvent, Delivery, DestinationKey, Sent, What};
use crate::access::{Context, Grant, ManageDelivery, organization};
use crate::collections::require_reach;
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{self, Action, Event, EventActor, EventRequest, Outcome, Subject, SubjectKind};
use crate::id::Place;
use crate::records::EventDestination;

impl Grant<'_, &Snapshot, ManageDelivery> {
    /// Something to be sent to the destination with an external id that is no event and says so.
    ///
    /// # Errors
    /// `Missing` when there is none; `Invalid` when nothing can be sent there.
    pub fn try_destination(&self, destination: Uuid) -> Result<Delivery, Error> {
        let destinations = self.event_destinations();
        let id = destinations.id_of(destination)?;
        let destination = destinations.read(id)?;
        require_reach(self.source, self.context, self.place, destination.reach)?;
        let owner = match self.place {
            Place::Organization(id) => organization(self.source, id)?.map(|record| record.uuid),
            Place::Provider => None,
        };
        let at = self.context.now;
        let actor = self.site().event_actor()?;
        let event = tried(actor, self.context, &destination, &Sent::Done);
        let json = events::trial_of(owner, event);
        let action = "destination_tested".to_owned();
        let event = DeliveredEvent { sequence: None, at, action, success: true, json };
        let key = DestinationKey::own(self.place, id);
        let events = vec![event];
        let source = (self.source, self.tools.events());
        let route = route(source, key, &destination, (&events, at))?;
        let destination = Box::new(destination);
        Ok(Delivery { route, events, key, destination, what: What::Trial })
    }

    /// Who tries a destination, for the event.
    ///
    /// # Errors
    /// When the store fails.
    pub fn trier(&self) -> Result<EventActor, Error> {
        self.site().event_actor()
    }
}

impl Delivery {
    /// The destination's place and name, for the event of a trial.
    pub fn trial(&self) -> TrialOf {
        TrialOf { key: self.key, destination: self.destination.clone() }
    }
}

/// What was tried.
pub struct TrialOf {
    key: DestinationKey,
    destination: Box<EventDestination>,
}

impl Directory {
    /// Tells that a destination was tried, and what happened.
    pub fn tell_trial(&self, context: &Context, trial: &TrialOf, by: EventActor, sent: &Sent) {
        let event = Event {
            request: self.request_of(context),
            ..tried(by, context, &trial.destination, sent)
        };
        self.note_event(trial.key.place, &event);
    }
}

fn tried(actor: EventActor, context: &Context, of: &EventDestination, sent: &Sent) -> Event {
    let (kind, name) = (SubjectKind::EventDestination, of.fields.name.clone());
    let outcome = match sent {
        Sent::Done => Outcome::Success,
        Sent::Failed { reason, .. } => Outcome::Failure(super::conclude::abridged(reason.clone())),
    };
    Event {
        at: context.now,
        actor,
        source: context.source,
        action: Action::DestinationTested,
        subject: Some(Subject { kind, id: of.uuid, name }),
        outcome,
        differences: Vec::new(),
        access: None,
        request: EventRequest::of(context),
        search: None,
    }
}
