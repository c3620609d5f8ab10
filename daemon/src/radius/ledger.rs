//! Reports of sessions on their way into the directory: those that came while others were being
//! kept go to the disk together, so many of each organization.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use directory::accounting::SessionReport;
use directory::{Directory, OrganizationId};
use radius::Ticket;
use tokio::sync::mpsc;

/// What became of reports.
pub(super) type Kept = Vec<(Ticket, bool)>;

/// Reports of one organization that go to the disk together.
const AT_ONCE: usize = 256;

/// The reports of one socket.
pub(super) struct Ledger {
    directory: Directory,
    /// Reports of one organization that wait, at most.
    most_waiting: usize,
    waiting: HashMap<OrganizationId, VecDeque<(Ticket, SessionReport)>>,
    keeping: bool,
    kept: mpsc::Sender<Kept>,
    outcomes: mpsc::Receiver<Kept>,
}

impl Ledger {
    /// Starts with nothing to keep.
    pub(super) fn new(directory: Directory, most_waiting: usize) -> Self {
        let (kept, outcomes) = mpsc::channel(1);
        Self { directory, most_waiting, waiting: HashMap::new(), keeping: false, kept, outcomes }
    }

    /// Adds a report, after which [`Ledger::keep`] is to follow; gives its ticket back where too
    /// many of its organization wait already.
    pub(super) fn add(&mut self, ticket: Ticket, report: SessionReport) -> Result<(), Ticket> {
        let queue = self.waiting.entry(report.organization).or_default();
        if queue.len() >= self.most_waiting {
            return Err(ticket);
        }
        queue.push_back((ticket, report));
        Ok(())
    }

    /// Keeps what waits, unless that is being done: then it waits for [`Ledger::outcome`].
    pub(super) fn keep(&mut self) {
        if self.keeping || self.waiting.is_empty() {
            return;
        }
        self.keeping = true;
        let (tickets, reports): (Vec<_>, Vec<_>) = take(&mut self.waiting).into_iter().unzip();
        let (directory, kept) = (self.directory.clone(), self.kept.clone());
        tokio::task::spawn_blocking(move || {
            // Whatever happens there, others want to report as well.
            let take = AssertUnwindSafe(|| directory.take_reports(&reports));
            let taken = catch_unwind(take).unwrap_or_else(|_| Ok(Vec::new()));
            let taken = taken.unwrap_or_else(|error| {
                tracing::error!(%error, "RADIUS accounting could not be kept");
                Vec::new()
            });
            let taken = taken.into_iter().chain(std::iter::repeat(false));
            // A socket that was closed meanwhile answers nobody.
            let _closed = kept.blocking_send(tickets.into_iter().zip(taken).collect());
        });
    }

    /// Waits for what became of reports; for ever while there are none.
    pub(super) async fn outcome(&mut self) -> Kept {
        let Some(kept) = self.outcomes.recv().await else {
            return std::future::pending().await;
        };
        self.keeping = false;
        self.keep();
        kept
    }

    /// Whether anybody waits for an answer.
    pub(super) const fn is_busy(&self) -> bool {
        self.keeping
    }
}

/// Takes the next of each organization.
fn take<T>(waiting: &mut HashMap<OrganizationId, VecDeque<T>>) -> Vec<T> {
    let mut taken = Vec::new();
    waiting.retain(|_, queue| {
        taken.extend(queue.drain(..queue.len().min(AT_ONCE)));
        !queue.is_empty()
    });
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_has_so_many_of_each_organization_in_their_order() {
        let [acme, beta] = [1, 2].map(|one| directory::RecordId::from_record(one).unwrap());
        let mut waiting = HashMap::from([
            (acme, (0..3 * AT_ONCE).collect::<VecDeque<_>>()),
            (beta, VecDeque::from([10_000])),
        ]);
        let mut first = take(&mut waiting);
        first.sort_unstable();
        assert_eq!(first, (0..AT_ONCE).chain([10_000]).collect::<Vec<_>>());
        assert_eq!(take(&mut waiting), (AT_ONCE..2 * AT_ONCE).collect::<Vec<_>>());
        assert_eq!(take(&mut waiting).len(), AT_ONCE);
        assert!(waiting.is_empty());
    }
}
