//! Reports of sessions on their way into the directory: those that came while others were being
//! kept share the next commit.

use directory::accounting::{SessionReport, Taken};
use directory::{Directory, Error};
use radius::Ticket;
use tokio::sync::mpsc;

/// What became of reports.
pub(super) type Kept = Vec<(Ticket, bool)>;

/// The reports of one socket.
pub(super) struct Ledger {
    directory: Directory,
    waiting: Vec<(Ticket, SessionReport)>,
    keeping: bool,
    kept: mpsc::Sender<Kept>,
    outcomes: mpsc::Receiver<Kept>,
}

impl Ledger {
    /// Starts with nothing to keep.
    pub(super) fn new(directory: Directory) -> Self {
        let (kept, outcomes) = mpsc::channel(1);
        Self { directory, waiting: Vec::new(), keeping: false, kept, outcomes }
    }

    /// Adds a report; [`Ledger::keep`] is to follow.
    pub(super) fn add(&mut self, ticket: Ticket, report: SessionReport) {
        self.waiting.push((ticket, report));
    }

    /// Keeps what waits, unless that is being done: then it waits for [`Ledger::outcome`].
    pub(super) fn keep(&mut self) {
        if self.keeping || self.waiting.is_empty() {
            return;
        }
        self.keeping = true;
        let (tickets, reports): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let (directory, kept) = (self.directory.clone(), self.kept.clone());
        tokio::task::spawn_blocking(move || {
            let taken = directory.take_reports(reports).unwrap_or_else(|error| {
                failed(&error);
                Vec::new()
            });
            let taken = taken.into_iter().map(is_kept).chain(std::iter::repeat(false));
            // A socket that was closed meanwhile answers nobody.
            let _closed = kept.blocking_send(tickets.into_iter().zip(taken).collect());
        });
    }

    /// Waits for what became of reports; for ever while there are none.
    pub(super) async fn outcome(&mut self) -> Kept {
        let Some(kept) = self.outcomes.recv().await else { return std::future::pending().await };
        self.keeping = false;
        self.keep();
        kept
    }

    /// Whether anybody waits for an answer.
    pub(super) const fn is_busy(&self) -> bool {
        self.keeping
    }
}

fn is_kept(taken: Taken) -> bool {
    match taken {
        Taken::Kept => true,
        Taken::Lost => false,
        Taken::Failed(error) => {
            failed(&error);
            false
        }
    }
}

fn failed(error: &Error) {
    tracing::error!(%error, "RADIUS accounting could not be kept");
}
