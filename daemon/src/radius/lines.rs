//! Connections that gear has open, down which orders go to it (RFC 6614, section 2.5).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use radius::{Obedience, OrderKind, Reply, ReplyError};
use tokio::sync::{mpsc, oneshot};

use super::candidates::ClientKey;

/// Orders that wait for one connection to write them.
const HANDED: usize = 16;

/// An order that a connection is to write.
pub(super) struct Errand {
    pub(super) kind: OrderKind,
    pub(super) attributes: Reply,
    /// When, in seconds since 1970.
    pub(super) seconds: u32,
    /// Who waits for what the gear answers; dropped where the connection ends before.
    pub(super) answered: Answered,
}

/// Who waits for what gear answers, or why it was asked nothing.
pub(super) type Answered = oneshot::Sender<Result<Obedience, ReplyError>>;

/// The connections that are open, of each RADIUS client in the order in which they came.
#[derive(Default)]
pub(super) struct Lines {
    open: Mutex<HashMap<ClientKey, Vec<Line>>>,
    next: AtomicU64,
}

struct Line {
    number: u64,
    peer: IpAddr,
    errands: mpsc::Sender<Errand>,
}

/// A connection's place among the others, until it is dropped.
pub(super) struct Open {
    lines: Arc<Lines>,
    client: ClientKey,
    number: u64,
}

impl Lines {
    /// A connection of a client is open, from an address; tells what it is to write.
    pub(super) fn enter(
        self: &Arc<Self>,
        client: ClientKey,
        peer: IpAddr,
    ) -> (Open, mpsc::Receiver<Errand>) {
        let (errands, handed) = mpsc::channel(HANDED);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let line = Line { number, peer: peer.to_canonical(), errands };
        self.lock().entry(client).or_default().push(line);
        (Open { lines: Arc::clone(self), client, number }, handed)
    }

    /// The last connection of a client that came from an address, or else the last one.
    pub(super) fn find(
        &self,
        client: ClientKey,
        from: Option<IpAddr>,
    ) -> Option<mpsc::Sender<Errand>> {
        let open = self.lock();
        let lines = open.get(&client)?;
        let from = from.map(|from| from.to_canonical());
        let there = lines.iter().rev().find(|line| Some(line.peer) == from);
        there.or_else(|| lines.last()).map(|line| line.errands.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientKey, Vec<Line>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.lines.lock();
        if let Some(lines) = open.get_mut(&self.client) {
            lines.retain(|line| line.number != self.number);
            if lines.is_empty() {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use directory::{OrganizationId, RadiusClientId, RecordId};

    use super::*;

    fn client(organization: u64, number: u64) -> ClientKey {
        let organization = OrganizationId::from_record(organization).unwrap();
        (organization, RadiusClientId::from_record(number).unwrap())
    }

    #[test]
    fn an_order_goes_down_the_connection_from_where_reports_come_or_else_the_last_one() {
        let lines = Arc::new(Lines::default());
        let [one, two, three] = [1, 2, 3].map(|last| IpAddr::from([192, 0, 2, last]));
        let (first, _a) = lines.enter(client(1, 5), one);
        let (second, _b) = lines.enter(client(1, 5), two);
        let (other, _c) = lines.enter(client(2, 5), three);
        let is = |from, open: &Open| {
            let found = lines.find(client(1, 5), from).unwrap();
            let all = lines.lock();
            let line = all[&open.client].iter().find(|line| line.number == open.number).unwrap();
            found.same_channel(&line.errands)
        };
        assert!(is(Some(one), &first) && is(Some(two), &second));
        assert!(is(Some("::ffff:192.0.2.1".parse().unwrap()), &first));
        // What comes from elsewhere is another client's, or nobody's.
        assert!(is(Some(three), &second) && is(None, &second));
        drop(second);
        assert!(is(Some(two), &first));
        drop((first, other));
        assert!(lines.find(client(1, 5), Some(one)).is_none());
        assert!(lines.lock().is_empty());
    }
}
