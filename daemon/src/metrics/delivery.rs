//! What became of events on their way to destinations.

use std::fmt;

use directory::delivery::{Delivery, Route, Sent};

use super::counts::{Counts, Kind, Table};
use super::pen::Pen;

/// What was sent, and how many events were in it.
#[derive(Debug, Default)]
pub(crate) struct DeliveryCounts {
    deliveries: Table<Way, Ending>,
    events: Counts<Way>,
}

/// How a destination takes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Syslog,
    Webhook,
    Files,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Done,
    Failed,
}

impl Kind for Way {
    const WORDS: &'static [&'static str] = &["syslog", "webhook", "files"];

    fn number(self) -> usize {
        self as usize
    }
}

impl Kind for Ending {
    const WORDS: &'static [&'static str] = &["done", "failed"];

    fn number(self) -> usize {
        self as usize
    }
}

impl From<&Route> for Way {
    fn from(route: &Route) -> Self {
        match route {
            Route::Syslog { .. } => Self::Syslog,
            Route::Webhook { .. } => Self::Webhook,
            Route::Files { .. } => Self::Files,
        }
    }
}

impl DeliveryCounts {
    /// Counts what became of a delivery.
    pub(crate) fn ended(&self, delivery: &Delivery, sent: &Sent) {
        let way = Way::from(&delivery.route);
        if matches!(sent, Sent::Failed { .. }) {
            return self.deliveries.one(way, Ending::Failed);
        }
        self.deliveries.one(way, Ending::Done);
        self.events.add(way, delivery.events.len() as u64);
    }

    pub(super) fn tell(&self, pen: &mut Pen<'_, '_>) -> fmt::Result {
        let rows = self
            .deliveries
            .rows()
            .map(|(kind, outcome, count)| ([("kind", kind), ("outcome", outcome)], count));
        let help = "Attempts to deliver events, by kind of destination and outcome.";
        pen.counters(("event_deliveries", help), rows)?;
        let rows = self.events.rows().map(|(kind, count)| ([("kind", kind)], count));
        pen.counters(("events_delivered", "Events that were delivered."), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word() {
        assert_eq!(Way::WORDS.len(), Way::Files.number() + 1);
        assert_eq!(Ending::WORDS.len(), Ending::Failed.number() + 1);
    }
}
