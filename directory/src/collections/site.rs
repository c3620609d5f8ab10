//! Where a collection stands: the transaction, the place, who acts and when.

use std::ops::Deref;

use storage::{Change, Partition, Reading};
use uuid::Uuid;

use crate::access::{Context, Grant, Permit, Who};
use crate::error::Error;
use crate::events::{
    Action, Difference, Event, EventActor, EventRequest, Outcome, Subject, SubjectKind, bounded,
};
use crate::id::{Place, RecordId};
use crate::records::{Admin, Device, ServiceAccount, User};
use crate::time::Time;
use crate::tools::Tools;

/// What every collection is made of.
pub(crate) struct Site<'g, S> {
    pub(crate) source: S,
    pub(crate) place: Place,
    pub(crate) context: &'g Context,
    pub(crate) tools: &'g Tools,
}

impl<S> Site<'_, S> {
    pub(crate) fn partition(&self) -> Partition {
        self.place.partition()
    }

    pub(crate) fn now(&self) -> Time {
        self.context.now
    }
}

impl<'t, 's, S, P> Grant<'t, &'s S, P>
where
    S: Reading,
    P: Permit,
{
    pub(crate) fn site(&self) -> Site<'t, &'s S> {
        Site { source: self.source, place: self.place, context: self.context, tools: self.tools }
    }
}

impl<'t, 'c, P> Grant<'t, &mut Change<'c>, P> {
    pub(crate) fn site_mut(&mut self) -> Site<'t, &mut Change<'c>> {
        Site {
            source: &mut *self.source,
            place: self.place,
            context: self.context,
            tools: self.tools,
        }
    }
}

impl<S> Site<'_, S>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    /// The actor as events name it.
    pub(crate) fn event_actor(&self) -> Result<EventActor, Error> {
        match self.context.actor.0 {
            Who::Admin { admin, .. } => {
                let partition = admin.home.partition();
                let record = self.source.get::<Admin>(partition, admin.number.record())?;
                Ok(record.map_or(EventActor::Nobody, |record| EventActor::Admin {
                    id: record.uuid,
                    login: record.fields.login,
                }))
            }
            Who::User { organization, user, .. }
            | Who::UserToChangePassword { organization, user, .. } => {
                let record = self.source.get::<User>(organization.partition(), user.record())?;
                Ok(record.map_or(EventActor::Nobody, |record| EventActor::User {
                    id: Some(record.uuid),
                    login: record.fields.login,
                }))
            }
            Who::Device { organization, device, .. } => {
                let partition = organization.partition();
                let record = self.source.get::<Device>(partition, device.record())?;
                Ok(record.map_or(EventActor::Nobody, |record| EventActor::Device {
                    id: Some(record.uuid),
                    name: record.fields.name,
                }))
            }
            Who::ServiceAccount { organization, account, .. } => {
                let partition = organization.partition();
                let record = self.source.get::<ServiceAccount>(partition, account.record())?;
                Ok(record.map_or(EventActor::Nobody, |record| EventActor::ServiceAccount {
                    id: Some(record.uuid),
                    name: record.fields.name,
                }))
            }
            Who::Nobody => Ok(EventActor::Nobody),
            Who::Operator => Ok(EventActor::Operator),
        }
    }
}

impl Site<'_, &mut Change<'_>> {
    /// What the actor is called.
    pub(crate) fn actor_name(&self) -> Result<String, Error> {
        Ok(match self.event_actor()? {
            EventActor::Admin { login, .. } | EventActor::User { login, .. } => login,
            EventActor::ServiceAccount { name, .. } | EventActor::Device { name, .. } => name,
            EventActor::Nobody | EventActor::Daemon | EventActor::Operator => String::new(),
        })
    }

    /// Writes the event of a change into the change's own transaction.
    pub(crate) fn tell(
        &mut self,
        action: Action,
        subject: (SubjectKind, Uuid, &str),
        differences: Vec<Difference>,
    ) -> Result<(), Error> {
        let actor = self.event_actor()?;
        self.tell_by(actor, action, subject, differences)
    }

    /// Writes the event of what an admin does who is nobody before it is done.
    pub(crate) fn tell_as(
        &mut self,
        admin: &Admin,
        action: Action,
        differences: Vec<Difference>,
    ) -> Result<(), Error> {
        let (id, login) = (admin.uuid, admin.fields.login.as_str());
        let actor = EventActor::Admin { id, login: login.to_owned() };
        self.tell_by(actor, action, (SubjectKind::Admin, id, login), differences)
    }

    /// Writes the event of a change that is another's than the actor's. It tells as much of what differs
    /// as there is room for.
    pub(crate) fn tell_by(
        &mut self,
        actor: EventActor,
        action: Action,
        subject: (SubjectKind, Uuid, &str),
        differences: Vec<Difference>,
    ) -> Result<(), Error> {
        let (kind, id, name) = subject;
        let event = Event {
            access: None,
            request: EventRequest::by_token(self.context, &*self.source)?,
            search: None,
            at: self.now(),
            actor,
            source: self.context.source,
            action,
            subject: Some(Subject { kind, id, name: name.to_owned() }),
            outcome: Outcome::Success,
            differences: bounded(differences),
        };
        let partition = self.partition();
        self.source.event(partition, event.at.0, &event.encode());
        Ok(())
    }
}
