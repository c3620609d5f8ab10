//! The task that sends orders and hears answers.

use std::collections::{HashMap, VecDeque};
use std::fmt::Display;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use directory::orders::{ChangedSession, OrderOutcome, OrderPlace, Sequel, SessionOrder};
use directory::{Directory, Error, OrganizationId, Time};
use radius::{DispatchLimits, Dispatched, Dispatcher, NewOrder, OrderEnd, OrderText, Turn};
use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::super::lines::Lines;
use super::descent::Descent;
use super::{Handed, view};
use crate::clock::Clock;
use crate::lifecycle::Shutdown;
use crate::metrics::Tally;

/// How long nothing is looked at after the store failed.
const REST: Duration = Duration::from_secs(60);
/// Octets of the longest answer that is looked at, and one more to tell a longer one.
const DATAGRAM: usize = 4097;
/// Datagrams that are taken before something else has its turn.
const BATCH: usize = 64;
/// Orders whose turn has come that are looked at together.
const TURNS: usize = 64;

/// What sends orders and hears answers.
pub(super) struct Post {
    directory: Directory,
    clock: Clock,
    /// At most one of each family.
    sockets: Vec<UdpSocket>,
    machine: Dispatcher<OrganizationId, u64>,
    orders: HashMap<u64, (SessionOrder, Done)>,
    /// Orders that are to be looked at.
    turns: VecDeque<Turn<OrganizationId, u64>>,
    /// Sessions that go on otherwise, which has to be kept.
    changed: Vec<ChangedSession>,
    next: u64,
    /// Connections that gear has open.
    lines: Arc<Lines>,
    /// Orders that go down them, and their places among all that are under way.
    descents: JoinSet<(u64, OrderEnd)>,
    places: HashMap<u64, Turn<OrganizationId, u64>>,
    /// How long an answer is waited for there.
    patience: Duration,
    tally: Arc<Tally>,
}

/// Who waits for what becomes of an order.
type Done = Option<oneshot::Sender<OrderOutcome>>;

/// What follows from what happened to users.
type Step = Result<Option<Vec<SessionOrder>>, Error>;

/// What is done where others' packets do not wait for it: orders are looked at, and what sessions go
/// on with is kept.
#[derive(Default)]
struct Errands {
    looks: Vec<Look>,
    changed: Vec<ChangedSession>,
    /// Orders that follow from what was kept.
    following: Vec<SessionOrder>,
}

/// An order whose turn has come, as it is looked at again.
struct Look {
    turn: Turn<OrganizationId, u64>,
    order: SessionOrder,
    done: Done,
    /// What is to be sent, or why nothing is.
    text: Result<OrderText, String>,
}

const UNREAD: &str = "it could not be looked at";

impl Post {
    /// Starts with nothing to send.
    pub(super) fn new(
        (directory, clock): (Directory, Clock),
        limits: DispatchLimits,
        sockets: Vec<UdpSocket>,
        lines: Arc<Lines>,
        tally: Arc<Tally>,
    ) -> Self {
        Self {
            directory,
            clock,
            sockets,
            machine: Dispatcher::new(limits),
            orders: HashMap::new(),
            turns: VecDeque::new(),
            changed: Vec::new(),
            next: 0,
            lines,
            descents: JoinSet::new(),
            places: HashMap::new(),
            patience: limits.patience,
            tally,
        }
    }

    /// Sends orders until the daemon drains.
    pub(super) async fn serve(
        mut self,
        mut handed: mpsc::Receiver<Handed>,
        changed: Arc<Notify>,
        shutdown: Shutdown,
    ) {
        let mut step: Option<JoinHandle<Step>> = None;
        let mut look: Option<JoinHandle<Errands>> = None;
        let mut rests_until = Duration::ZERO;
        loop {
            let now = self.clock.monotonic();
            let due = self.machine.deadline().map(|due| due.saturating_sub(now));
            let rest = rests_until.saturating_sub(now);
            tokio::select! {
                biased;
                () = shutdown.draining() => return self.give_up(look).await,
                () = wait(due) => {
                    let now = self.clock.monotonic();
                    self.machine.expire(now, &mut random(&self.directory));
                }
                Some((order, done)) = handed.recv() => self.take(order, Some(done)),
                Errands { looks, following, .. } = looked(&mut look) => {
                    look = None;
                    self.follow(looks);
                    self.take_all(following);
                }
                stepped = stepped(&mut step) => {
                    step = None;
                    match stepped {
                        Ok(None) => {}
                        Ok(Some(orders)) => {
                            self.take_all(orders);
                            // There may be more.
                            changed.notify_one();
                        }
                        Err(error) => {
                            tracing::error!(error, "orders to gear cannot be read");
                            rests_until = self.clock.monotonic().saturating_add(REST);
                            changed.notify_one();
                        }
                    }
                }
                () = next_step(&changed, rest), if step.is_none() => {
                    let (directory, now) = (self.directory.clone(), Time(self.clock.wall()));
                    let look = move || directory.take_departures(now);
                    step = Some(tokio::task::spawn_blocking(look));
                }
                Some(Ok((key, how))) = self.descents.join_next() => self.landed(key, how),
                socket = readable(&self.sockets) => self.receive(socket),
            }
            self.work();
            if look.is_none() {
                look = self.look();
            }
        }
    }

    /// Tells those who wait for what becomes of an order. What follows from changes is in the store,
    /// and is looked at again at the next start.
    async fn give_up(mut self, mut look: Option<JoinHandle<Errands>>) {
        if look.is_some() {
            for Look { order, done, .. } in looked(&mut look).await.looks {
                if done.is_some() {
                    self.end(order, done, &OrderOutcome::Silent);
                }
            }
        }
        let keys: Vec<u64> = self.orders.keys().copied().collect();
        for key in keys {
            if matches!(self.orders.get(&key), Some((_, Some(_)))) {
                self.conclude(key, &OrderOutcome::Silent);
            }
        }
    }

    /// Takes orders; those for which there is no room are given up.
    fn take_all(&mut self, orders: Vec<SessionOrder>) {
        for order in orders {
            self.take(order, None);
        }
    }

    /// Takes an order, unless it goes nowhere.
    fn take(&mut self, order: SessionOrder, done: Done) {
        let to = match view::destination(&order).and_then(|to| self.reachable(&order, to)) {
            Ok(to) => to,
            Err(reason) => return self.end(order, done, &OrderOutcome::NotSent(reason)),
        };
        let (share, key, urgent) = (order.organization, self.next, order.is_by_hand());
        self.next += 1;
        self.orders.insert(key, (order, done));
        self.machine.add(NewOrder { share, key, to, urgent });
    }

    /// Whether there is a socket for where an order goes, if it needs one.
    fn reachable(&self, order: &SessionOrder, to: SocketAddr) -> Result<SocketAddr, String> {
        let reason = || "orders_from has no address of that kind".to_owned();
        if goes_down(order) {
            return Ok(to);
        }
        self.socket(to).map(|_| to).ok_or_else(reason)
    }

    /// Obeys the machine.
    fn work(&mut self) {
        let mut crowded = HashMap::<OrganizationId, Vec<SessionOrder>>::new();
        loop {
            // What is called has a place until it was looked at.
            if self.turns.is_empty() {
                self.machine.start(self.clock.monotonic(), &mut random(&self.directory));
            }
            let Some(command) = self.machine.command() else { break };
            match command {
                Dispatched::Turn(turn) => self.turns.push_back(turn),
                Dispatched::Send { to, octets } => self.send(to, &octets),
                Dispatched::Ended { key, how: OrderEnd::Crowded } => match self.orders.remove(&key)
                {
                    Some((order, None)) => {
                        // One event tells of all of them, and so they end here and not one by one.
                        self.tally.radius.ordered(&view::outcome(OrderEnd::Crowded));
                        crowded.entry(order.organization).or_default().push(order);
                    }
                    Some((order, done)) => self.end(order, done, &view::outcome(OrderEnd::Crowded)),
                    None => {}
                },
                Dispatched::Ended { key, how } => self.over(key, how),
            }
        }
        for (organization, orders) in crowded {
            self.directory.drop_orders(organization, &orders, Time(self.clock.wall()));
        }
    }

    /// Has some of the orders looked at again whose turn has come: that reads the store, and so does
    /// not belong on a thread that others' packets wait for.
    fn look(&mut self) -> Option<JoinHandle<Errands>> {
        let changed = std::mem::take(&mut self.changed);
        let mut errands = Errands { changed, ..Errands::default() };
        let looks = &mut errands.looks;
        while looks.len() < TURNS
            && let Some(turn) = self.turns.pop_front()
        {
            match self.orders.remove(&turn.key()) {
                Some((order, done)) => {
                    looks.push(Look { turn, order, done, text: Err(UNREAD.to_owned()) });
                }
                None => self.machine.leave(turn),
            }
        }
        if looks.is_empty() && errands.changed.is_empty() {
            return None;
        }
        let (directory, now) = (self.directory.clone(), Time(self.clock.wall()));
        Some(tokio::task::spawn_blocking(move || {
            for changed in std::mem::take(&mut errands.changed) {
                match directory.keep_change(changed, now) {
                    Ok(following) => errands.following.extend(following),
                    Err(error) => {
                        tracing::error!(%error, "what a session goes on with cannot be kept");
                    }
                }
            }
            for Look { order, text, .. } in &mut errands.looks {
                let renew = || {
                    let renewed = directory.renew_order(order, now).map_err(ToOwned::to_owned);
                    renewed.and_then(|()| view::written(order))
                };
                // Whatever happens with one, the others go on.
                if let Ok(found) = catch_unwind(AssertUnwindSafe(renew)) {
                    *text = found;
                }
            }
            errands
        }))
    }

    /// Sends orders that were looked at and are still to be sent.
    fn follow(&mut self, looks: Vec<Look>) {
        for Look { turn, order, done, text } in looks {
            match text.and_then(|text| self.reachable(&order, text.to).map(|_| text)) {
                Ok(text) if goes_down(&order) => self.descend(turn, (order, done), text),
                Ok(text) => {
                    self.orders.insert(turn.key(), (order, done));
                    let seconds = u32::try_from(self.clock.wall() / 1_000).unwrap_or(u32::MAX);
                    let time = (self.clock.monotonic(), seconds);
                    self.machine.send(turn, &text, time, &mut random(&self.directory));
                }
                Err(reason) => {
                    self.machine.leave(turn);
                    self.end(order, done, &OrderOutcome::NotSent(reason));
                }
            }
        }
    }

    /// Has an order go down a connection. It keeps its place until it has ended.
    fn descend(
        &mut self,
        turn: Turn<OrganizationId, u64>,
        (order, done): (SessionOrder, Done),
        text: OrderText,
    ) {
        let (key, client) = (turn.key(), (order.organization, order.session.client));
        let from = match order.to {
            Ok(OrderPlace::Connection(from)) => from,
            Ok(OrderPlace::Datagram(_)) | Err(_) => None,
        };
        let seconds = u32::try_from(self.clock.wall() / 1_000).unwrap_or(u32::MAX);
        let (lines, patience) = (Arc::clone(&self.lines), self.patience);
        let descent = Descent { lines, client, from, text, seconds, patience };
        self.orders.insert(key, (order, done));
        self.places.insert(key, turn);
        self.descents.spawn(async move { (key, descent.run().await) });
    }

    /// An order that went down a connection has ended.
    fn landed(&mut self, key: u64, how: OrderEnd) {
        if let Some(turn) = self.places.remove(&key) {
            self.machine.leave(turn);
        }
        self.over(key, how);
    }

    fn over(&mut self, key: u64, how: OrderEnd) {
        if let (OrderEnd::Repeated(_), Some((order, _))) = (how, self.orders.get_mut(&key)) {
            order.was_repeated = true;
        }
        self.conclude(key, &view::outcome(how));
    }

    /// Sends a datagram. One that cannot be sent is lost, as it may be on its way; it goes out again.
    fn send(&self, to: SocketAddr, octets: &[u8]) {
        let Some(socket) = self.socket(to) else { return };
        if let Err(error) = socket.try_send_to(octets, to) {
            tracing::debug!(%to, %error, "an order to gear was not sent");
        }
    }

    fn socket(&self, to: SocketAddr) -> Option<&UdpSocket> {
        let is_alike =
            |own: &&UdpSocket| own.local_addr().is_ok_and(|own| own.is_ipv4() == to.is_ipv4());
        self.sockets.iter().find(is_alike)
    }

    fn receive(&mut self, socket: usize) {
        let Some(socket) = self.sockets.get(socket) else { return };
        let mut datagram = [0; DATAGRAM];
        let (now, mut random) = (self.clock.monotonic(), random(&self.directory));
        for _ in 0..BATCH {
            match socket.try_recv_from(&mut datagram) {
                Ok((length, source)) => {
                    let octets = datagram.get(..length).unwrap_or_default();
                    if !self.machine.receive(source, octets, now, &mut random) {
                        tracing::debug!(%source, "a datagram answered no order");
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Gear that is not there may show up here as an ICMP message.
                Err(error) => tracing::debug!(%error, "an answer of gear was not received"),
            }
        }
    }

    fn conclude(&mut self, key: u64, outcome: &OrderOutcome) {
        if let Some((order, done)) = self.orders.remove(&key) {
            self.end(order, done, outcome);
        }
    }

    fn end(&mut self, order: SessionOrder, done: Done, outcome: &OrderOutcome) {
        self.tally.radius.ordered(outcome);
        match self.directory.conclude_order(order, outcome, Time(self.clock.wall())) {
            Some(Sequel::Order(order)) => self.take(*order, None),
            Some(Sequel::Changed(changed)) => self.changed.push(changed),
            None => {}
        }
        if let Some(done) = done {
            // Who waited may have gone; the event tells all the same.
            let _gone = done.send(outcome.clone());
        }
    }
}

/// Whether an order goes down a connection.
fn goes_down(order: &SessionOrder) -> bool {
    matches!(order.to, Ok(OrderPlace::Connection(_)))
}

fn random(directory: &Directory) -> impl FnMut() -> u32 + use<> {
    let directory = directory.clone();
    move || u32::from_be_bytes(directory.tools().random())
}

/// Waits until a socket has something, and tells which.
async fn readable(sockets: &[UdpSocket]) -> usize {
    let ready = |at: usize| async move {
        match sockets.get(at) {
            Some(socket) if socket.readable().await.is_ok() => at,
            Some(_) | None => pending().await,
        }
    };
    tokio::select! {
        at = ready(0) => at,
        at = ready(1) => at,
    }
}

/// Waits for as long; for ever without an end.
async fn wait(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => pending().await,
    }
}

async fn stepped(step: &mut Option<JoinHandle<Step>>) -> Result<Option<Vec<SessionOrder>>, String> {
    let Some(step) = step else { return pending().await };
    let failed = |error: &dyn Display| error.to_string();
    step.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

/// Waits until orders were looked at; for ever while none are.
async fn looked(look: &mut Option<JoinHandle<Errands>>) -> Errands {
    let Some(look) = look else { return pending().await };
    // Nothing there falls.
    look.await.unwrap_or_default()
}

/// Waits until there is something to look at, and for as long as nothing is looked at.
async fn next_step(changed: &Notify, rest: Duration) {
    tokio::time::sleep(rest).await;
    changed.notified().await;
}
