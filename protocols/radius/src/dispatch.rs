//! Sending orders: in turn for each party, again until they are answered, and not for ever.

mod queue;
mod retry;

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use crate::order::{Obedience, Order, OrderKind, least};
use crate::reply::{Reply, ReplyError};
use crate::secret::Secret;
use queue::Queue;
use retry::Retry;

/// An order that is to be sent once its turn comes.
#[derive(Debug, PartialEq, Eq)]
pub struct NewOrder<S, K> {
    /// On whose behalf: parties take turns.
    pub share: S,
    /// What the end of it is told by.
    pub key: K,
    /// Where the gear listens, as far as is known.
    pub to: SocketAddr,
    /// Whether it goes before others of its party: somebody waits for it.
    pub urgent: bool,
}

/// An order whose turn has come: it has a place until it is [sent](Dispatcher::send) or
/// [left](Dispatcher::leave).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "its place is taken until it is sent or left"]
pub struct Turn<S, K>(NewOrder<S, K>);

impl<S, K: Copy> Turn<S, K> {
    /// Which order.
    pub const fn key(&self) -> K {
        self.0.key
    }
}

/// What an order says, once its turn has come.
pub struct OrderText {
    /// Where the gear listens.
    pub to: SocketAddr,
    /// What the gear is to do.
    pub kind: OrderKind,
    /// The secrets that the gear may have, the likeliest first. Where there are two, they are used
    /// in turn: gear that has the other one hears nothing that it would believe.
    pub secrets: Vec<Secret>,
    /// What names the session.
    pub session: Reply,
    /// What becomes of it.
    pub change: Reply,
}

impl OrderText {
    /// All that the order says.
    ///
    /// # Errors
    /// When it is longer than a packet may be.
    pub fn attributes(&self) -> Result<Reply, ReplyError> {
        let mut attributes = self.session.clone();
        attributes.append(&self.change)?;
        Ok(attributes)
    }

    /// What the order says with the least that names the session, where it names it by more.
    #[must_use]
    pub fn least(&self) -> Option<Reply> {
        let mut least = least(&self.session)?;
        least.append(&self.change).ok()?;
        Some(least)
    }
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Dispatched<S, K> {
    /// Look at an order again, as much may have changed since it was added, and send or leave it.
    Turn(Turn<S, K>),
    /// Send a datagram.
    Send {
        /// Where to.
        to: SocketAddr,
        /// The order.
        octets: Arc<[u8]>,
    },
    /// Tell how an order ended.
    Ended {
        /// Which.
        key: K,
        /// How.
        how: OrderEnd,
    },
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderEnd {
    /// The gear answered.
    Answered(Obedience),
    /// The gear refused it, as it does not support an attribute; the order was sent once more with
    /// the least that names a session, and this is what the gear said to that, or else before.
    Repeated(Obedience),
    /// Nobody who has the secret answered.
    Silence,
    /// It could not be written.
    Unwritable(ReplyError),
    /// Too many waited, and it gave way.
    Crowded,
}

/// The bounds of a [`Dispatcher`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DispatchLimits {
    /// Orders that wait for their turn, all together; when one more comes, one of the party that has
    /// most gives way.
    pub waiting: usize,
    /// The same of one party.
    pub waiting_of_one: usize,
    /// Orders that wait for an answer, all together.
    pub under_way: usize,
    /// The same of one party.
    pub under_way_of_one: usize,
    /// The same at one destination, at most 128.
    pub under_way_at_one: usize,
    /// How long an answer is waited for.
    pub patience: Duration,
}

/// Sends orders as a machine without sockets: orders, datagrams and time go in, commands come out.
pub struct Dispatcher<S, K> {
    limits: DispatchLimits,
    queue: Queue<S, K>,
    /// Orders whose turn has come, and which are neither sent nor left.
    called: usize,
    under_way: HashMap<u64, UnderWay<S, K>>,
    next: u64,
    /// By which an answer is found: where it comes from, and its identifier.
    asked: HashMap<(IpAddr, u16, u8), u64>,
    destinations: HashMap<SocketAddr, Destination>,
    timers: BTreeSet<(Duration, u64)>,
    commands: VecDeque<Dispatched<S, K>>,
}

struct UnderWay<S, K> {
    share: S,
    key: K,
    to: SocketAddr,
    /// One for each secret, with the identifier of each.
    orders: Vec<(u8, Order)>,
    retry: Retry,
    /// The attributes of an order with the least that names the session, where this one has more.
    least: Option<Reply>,
    /// What the gear said to more than the least.
    refusal: Option<Obedience>,
}

/// What is known of where gear listens.
#[derive(Clone, Copy)]
struct Destination {
    next: u8,
    under_way: usize,
    used: Duration,
}

/// Gear takes what comes twice with one identifier within so long for the same.
const IDENTIFIER_REST: Duration = Duration::from_secs(60);
/// Destinations of which nothing is under way that are remembered, about.
const DESTINATIONS: usize = 1_024;
/// Secrets that gear may have at most: half of the identifiers are enough for all orders.
const SECRETS: usize = 2;

impl<S: Copy + Eq + Hash + Ord, K: Copy> Dispatcher<S, K> {
    /// Starts with nothing to send.
    #[must_use]
    pub fn new(limits: DispatchLimits) -> Self {
        let under_way_at_one = limits.under_way_at_one.min(256 / SECRETS);
        Self {
            limits: DispatchLimits { under_way_at_one, ..limits },
            queue: Queue::new(limits.waiting, limits.waiting_of_one),
            called: 0,
            under_way: HashMap::new(),
            next: 0,
            asked: HashMap::new(),
            destinations: HashMap::new(),
            timers: BTreeSet::new(),
            commands: VecDeque::new(),
        }
    }

    /// Takes an order, which [`start`](Self::start) calls once it is its turn.
    pub fn add(&mut self, order: NewOrder<S, K>) {
        if let Some(key) = self.queue.add(order) {
            self.commands.push_back(Dispatched::Ended { key, how: OrderEnd::Crowded });
        }
    }

    /// Calls what may be sent.
    pub fn start(&mut self, now: Duration, random: &mut impl FnMut() -> u32) {
        let limits = self.limits;
        while self.under_way.len() + self.called < limits.under_way {
            let destinations = &self.destinations;
            let is_full = |to: &SocketAddr| {
                let known = destinations.get(to);
                known.is_some_and(|known| known.under_way >= limits.under_way_at_one)
            };
            let Some(order) = self.queue.take(limits.under_way_of_one, is_full) else { break };
            let fresh = || Destination { next: random().to_be_bytes()[0], under_way: 0, used: now };
            let known = self.destinations.entry(order.to).or_insert_with(fresh);
            known.under_way += 1;
            known.used = now;
            self.called += 1;
            self.commands.push_back(Dispatched::Turn(Turn(order)));
        }
        if self.destinations.len() > DESTINATIONS {
            self.destinations.retain(|_, known| {
                known.under_way > 0 || now < known.used.saturating_add(IDENTIFIER_REST)
            });
        }
    }

    /// Sends an order whose turn has come; `seconds` is the time since 1970. One that goes elsewhere
    /// than was said when it was added waits for its turn there.
    pub fn send(
        &mut self,
        turn: Turn<S, K>,
        text: &OrderText,
        (now, seconds): (Duration, u32),
        random: &mut impl FnMut() -> u32,
    ) {
        self.called = self.called.saturating_sub(1);
        let Turn(order) = turn;
        if order.to != text.to {
            self.free(order.share, order.to);
            return self.add(NewOrder { to: text.to, ..order });
        }
        match self.signed(text, seconds) {
            Ok(orders) => self.begin(&order, orders, text.least(), (now, random())),
            Err(error) => {
                self.free(order.share, order.to);
                let how = OrderEnd::Unwritable(error);
                self.commands.push_back(Dispatched::Ended { key: order.key, how });
            }
        }
    }

    /// Gives up an order whose turn has come; nothing more is told of it.
    pub fn leave(&mut self, turn: Turn<S, K>) {
        self.called = self.called.saturating_sub(1);
        let Turn(order) = turn;
        self.free(order.share, order.to);
    }

    /// Takes a datagram; says whether it answered an order. Whatever else it is, it is ignored. An
    /// order with an attribute that its gear does not support is sent once more with the least that
    /// names a session.
    pub fn receive(
        &mut self,
        source: SocketAddr,
        datagram: &[u8],
        now: Duration,
        random: &mut impl FnMut() -> u32,
    ) -> bool {
        let Some(identifier) = datagram.get(1) else { return false };
        let place = (source.ip(), source.port(), *identifier);
        let Some(serial) = self.asked.get(&place).copied() else { return false };
        let Some(order) = self.under_way.get(&serial) else { return false };
        let asked = order.orders.iter().filter(|(own, _)| own == identifier);
        let Some(obedience) = asked.filter_map(|(_, order)| order.read(datagram)).next() else {
            return false;
        };
        if obedience == Obedience::UNSUPPORTED && order.least.is_some() {
            self.repeat(serial, *identifier, (now, random()));
        } else {
            let is_repeated = order.refusal.is_some();
            let how = if is_repeated { OrderEnd::Repeated } else { OrderEnd::Answered };
            self.end(serial, how(obedience));
        }
        true
    }

    /// When [`expire`](Self::expire) has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Sends again what was not answered, and gives up what was not for long.
    pub fn expire(&mut self, now: Duration, random: &mut impl FnMut() -> u32) {
        while let Some((due, serial)) = self.timers.first().copied().filter(|(due, _)| *due <= now)
        {
            self.timers.remove(&(due, serial));
            let Some(order) = self.under_way.get_mut(&serial) else { continue };
            let turn = order.retry.sent() as usize;
            if !order.retry.again(now, random()) {
                let how = order.refusal.map_or(OrderEnd::Silence, OrderEnd::Repeated);
                self.end(serial, how);
                continue;
            }
            self.timers.insert((order.retry.due(), serial));
            let mut orders = order.orders.iter().cycle();
            if let Some((_, signed)) = orders.nth(turn % order.orders.len().max(1)) {
                let octets = signed.octets().into();
                self.commands.push_back(Dispatched::Send { to: order.to, octets });
            }
        }
    }

    /// The next command.
    pub fn command(&mut self) -> Option<Dispatched<S, K>> {
        self.commands.pop_front()
    }

    /// Whether nothing waits, neither for its turn nor for an answer.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// An order in each of the secrets, with identifiers that rest where it goes.
    fn signed(&mut self, text: &OrderText, seconds: u32) -> Result<Vec<(u8, Order)>, ReplyError> {
        let attributes = text.attributes()?;
        let mut orders = Vec::with_capacity(SECRETS);
        for secret in text.secrets.iter().take(SECRETS) {
            let identifier = self.take_identifier(text.to);
            let signed = Order::new(text.kind, identifier, secret, &attributes, seconds)?;
            orders.push((identifier, signed));
        }
        Ok(orders)
    }

    fn begin(
        &mut self,
        order: &NewOrder<S, K>,
        orders: Vec<(u8, Order)>,
        least: Option<Reply>,
        (now, random): (Duration, u32),
    ) {
        let NewOrder { share, key, to, .. } = *order;
        let serial = self.next;
        self.next += 1;
        if let Some((_, signed)) = orders.first() {
            let octets = signed.octets().into();
            self.commands.push_back(Dispatched::Send { to, octets });
        }
        let asked =
            orders.iter().map(|(identifier, _)| ((to.ip(), to.port(), *identifier), serial));
        self.asked.extend(asked);
        let retry = Retry::begin(now, self.limits.patience, random);
        self.timers.insert((retry.due(), serial));
        let order = UnderWay { share, key, to, orders, retry, least, refusal: None };
        self.under_way.insert(serial, order);
    }

    /// Sends an order once more with the least that names its session, in the secret of the one that
    /// was refused: that one its gear has.
    fn repeat(&mut self, serial: u64, refused: u8, (now, random): (Duration, u32)) {
        let Some(mut order) = self.under_way.remove(&serial) else { return };
        let to = order.to;
        self.timers.remove(&(order.retry.due(), serial));
        let former = std::mem::take(&mut order.orders);
        for (identifier, _) in &former {
            self.asked.remove(&(to.ip(), to.port(), *identifier));
        }
        let identifier = self.take_identifier(to);
        let former = former.iter().find(|(own, _)| *own == refused);
        let again = former.zip(order.least.take());
        // It is shorter than the one that was sent before.
        if let Some(Ok(signed)) = again.map(|((_, own), least)| own.with(identifier, &least)) {
            self.commands.push_back(Dispatched::Send { to, octets: signed.octets().into() });
            self.asked.insert((to.ip(), to.port(), identifier), serial);
            order.orders.push((identifier, signed));
        }
        order.refusal = Some(Obedience::UNSUPPORTED);
        order.retry = Retry::begin(now, self.limits.patience, random);
        self.timers.insert((order.retry.due(), serial));
        self.under_way.insert(serial, order);
    }

    /// Gives back the place of an order.
    fn free(&mut self, share: S, to: SocketAddr) {
        if let Some(known) = self.destinations.get_mut(&to) {
            known.under_way = known.under_way.saturating_sub(1);
        }
        self.queue.ended(share, to);
    }

    /// An identifier that rests where an order goes.
    fn take_identifier(&mut self, to: SocketAddr) -> u8 {
        let next = self.destinations.get(&to).map_or(0, |known| known.next);
        let identifier = self.free_identifier(to, next);
        if let Some(known) = self.destinations.get_mut(&to) {
            known.next = identifier.wrapping_add(1);
        }
        identifier
    }

    /// The first identifier from one on by which nothing was asked there that is not answered.
    fn free_identifier(&self, to: SocketAddr, from: u8) -> u8 {
        let all = (0..=u8::MAX).map(|step| from.wrapping_add(step));
        let mut free =
            all.filter(|identifier| !self.asked.contains_key(&(to.ip(), to.port(), *identifier)));
        free.next().unwrap_or(from)
    }

    fn end(&mut self, serial: u64, how: OrderEnd) {
        let Some(order) = self.under_way.remove(&serial) else { return };
        let UnderWay { share, key, to, orders, retry, .. } = order;
        self.timers.remove(&(retry.due(), serial));
        for (identifier, _) in orders {
            self.asked.remove(&(to.ip(), to.port(), identifier));
        }
        self.free(share, to);
        self.commands.push_back(Dispatched::Ended { key, how });
    }
}

#[cfg(test)]
mod tests;
