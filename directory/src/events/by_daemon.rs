//! What the daemon tells by itself.

use super::{Action, Event, EventActor, Outcome, Subject};
use crate::time::Time;

impl Event {
    /// An event of what the daemon did or noticed without anybody asking: it comes from nowhere, and
    /// nothing differs by it unless that is added.
    pub(crate) fn of_daemon(
        at: Time,
        (action, subject): (Action, Option<Subject>),
        outcome: Outcome,
    ) -> Self {
        Self {
            at,
            actor: EventActor::Daemon,
            source: None,
            action,
            subject,
            outcome,
            differences: Vec::new(),
            access: None,
            request: None,
            search: None,
        }
    }
}
