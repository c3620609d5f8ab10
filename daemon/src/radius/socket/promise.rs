//! That something which takes longer reports, whatever becomes of it.

use radius::Ticket;
use tokio::sync::mpsc::UnboundedSender;

use super::Late;

/// Reports once: what is kept, or that it was dropped unkept. Without a report the socket would wait
/// for it for ever when it is to end.
pub(super) struct Promise {
    late: UnboundedSender<Late>,
    ticket: Option<Ticket>,
}

impl Promise {
    /// Promises a report about a request.
    pub(super) const fn new(late: UnboundedSender<Late>, ticket: Ticket) -> Self {
        Self { late, ticket: Some(ticket) }
    }

    /// Reports.
    pub(super) fn keep(mut self, report: impl FnOnce(Ticket) -> Late) {
        if let Some(ticket) = self.ticket.take() {
            // A socket that was closed meanwhile answers nobody.
            let _closed = self.late.send(report(ticket));
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            let _closed = self.late.send(Late::Lost(ticket));
        }
    }
}
