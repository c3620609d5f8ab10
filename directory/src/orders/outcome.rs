//! What became of orders, as events tell it.

use super::{Cause, Ordered, Sequel, SessionOrder};
use crate::directory::Directory;
use crate::events::{Action, Difference, Event, EventActor, Outcome, Subject, SubjectKind};
use crate::id::{OrganizationId, Place};
use crate::records::Trigger;
use crate::time::Time;

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderOutcome {
    /// The gear did so.
    Done,
    /// The gear did not, for a reason in words.
    Refused(String),
    /// Nobody answered who has the secret.
    Silent,
    /// It was not sent, for a reason in words.
    NotSent(String),
}

impl OrderOutcome {
    /// Why it was not done, in words that a help desk can use.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Done => None,
            Self::Refused(reason) => Some(format!("the gear refused: {reason}")),
            Self::Silent => Some(SILENT.to_owned()),
            Self::NotSent(reason) => Some(format!("nothing was sent: {reason}")),
        }
    }
}

const SILENT: &str = "the gear did not answer; it must take orders from here, with the shared secret, or down a \
     connection that it has open";

const REPEATED: &str = "with no more than names the session, as the gear does not support an \
                        attribute (Error-Cause 401)";

impl Directory {
    /// Tells what became of an order, and says what follows from that.
    #[must_use]
    pub fn conclude_order(
        &self,
        order: SessionOrder,
        outcome: &OrderOutcome,
        now: Time,
    ) -> Option<Sequel> {
        let event = event_of(&order, outcome, now);
        self.note_event(Place::Organization(order.organization), &event);
        Sequel::of(order, outcome)
    }

    /// Tells that orders were given up, as too many of the organization wait already.
    pub fn drop_orders(&self, organization: OrganizationId, orders: &[SessionOrder], now: Time) {
        let reason =
            format!("too many orders wait: {} sessions were left as they are", orders.len());
        self.note_event(Place::Organization(organization), &given_up(reason, now));
    }
}

fn event_of(order: &SessionOrder, outcome: &OrderOutcome, now: Time) -> Event {
    let (actor, source, trigger) = match &order.cause {
        Cause::Admin { actor, source } => (actor.clone(), *source, None),
        Cause::Errand { trigger, .. } => (EventActor::Daemon, None, Some(*trigger)),
    };
    let action = match &order.what {
        Ordered::End => Action::SessionDisconnect,
        Ordered::Change(_) => Action::SessionChange,
    };
    let mut differences = vec![told("radius_client", &order.client.1)];
    differences.extend(order.to.ok().map(|to| told("sent_to", &to.to_string())));
    if order.was_repeated {
        differences.push(told("sent_again", REPEATED));
    }
    let of_device = order.session.device.is_some();
    differences.extend(trigger.map(|trigger| told("because", words(trigger, of_device))));
    differences.extend(order.instead.map(|reason| told("instead_of_change", reason)));
    if let Ordered::Change(profile) = &order.what {
        differences.push(told("reply_profile", &profile.name));
    }
    let session = &order.session;
    let name = if session.login.is_empty() { &session.name } else { &session.login };
    let (id, name) = (session.uuid, name.clone());
    Event {
        at: now,
        actor,
        source,
        action,
        subject: Some(Subject { kind: SubjectKind::Session, id, name }),
        outcome: outcome.reason().map_or(Outcome::Success, Outcome::Failure),
        differences,
        access: None,
        request: None,
        search: None,
    }
}

/// That sessions were left as they are.
pub(super) fn given_up(reason: String, now: Time) -> Event {
    Event::of_daemon(now, (Action::SessionDisconnect, None), Outcome::Failure(reason))
}

fn told(field: &str, value: &str) -> Difference {
    let after = Some(serde_json::Value::from(value).to_string());
    Difference { field: field.to_owned(), before: None, after }
}

fn words(trigger: Trigger, of_device: bool) -> &'static str {
    match trigger {
        Trigger::Suspended if of_device => "the device was suspended",
        Trigger::Deleted if of_device => "the device was deleted",
        Trigger::LeftGroup if of_device => "the device left a group",
        Trigger::JoinedGroup if of_device => "the device came into a group",
        Trigger::Suspended => "the user was suspended",
        Trigger::Deleted => "the user was deleted",
        Trigger::Locked => "an admin locked the user out",
        Trigger::LeftGroup => "the user left a group",
        Trigger::JoinedGroup => "the user came into a group",
        Trigger::PasswordChanged => "the user has another password",
        Trigger::CertificateRevoked => "the certificate was revoked",
        Trigger::PolicyChanged => "what the RADIUS client decides by was changed",
        Trigger::TimeTurned => "a time of a rule of the RADIUS client began or ended",
    }
}
