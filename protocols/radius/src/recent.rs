//! The memory of recent requests: those that are being answered and those whose reply is kept for
//! retransmissions ([RFC 5080, section 2.2.2]).
//!
//! Requests lie in slots that are chained by age, once for the waiting and once for the answered, and
//! owners in ranks by how much they have; so everything, the making of room included, takes the same
//! time however many requests and owners there are, but for a step more where there are very many.
//!
//! [RFC 5080, section 2.2.2]: https://www.rfc-editor.org/rfc/rfc5080#section-2.2.2

use core::net::SocketAddr;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::admission::Admitted;
use crate::limits::Limits;
use crate::packet::Code;
use crate::reply::eap_failure;
use crate::request::Request;
use crate::secret::Secret;
use crate::server::Version;
use crate::sign::{Draft, SignedReply};

mod chain;
mod ranks;
mod shares;

use chain::{Chain, Link};
use shares::Shares;

/// Names one question until it is answered; it fits only the server that gave it.
#[derive(Debug)]
pub struct Ticket {
    slot: usize,
    serial: u64,
}

/// What tells one client's request from another's; a new Request Authenticator under the same key
/// is a new request that takes the old one's place.
///
/// In RADIUS/1.1 it is the token alone ([RFC 9765, section 4.2.2]).
///
/// [RFC 9765, section 4.2.2]: https://www.rfc-editor.org/rfc/rfc9765#section-4.2.2
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key<C> {
    pub(crate) client: C,
    pub(crate) source: SocketAddr,
    pub(crate) code: u8,
    pub(crate) identifier: u32,
}

impl<C> Key<C> {
    /// The key of a request.
    pub(crate) fn of(client: C, source: SocketAddr, request: &Request<'_>) -> Self {
        let packet = &request.packet;
        let (code, identifier) = match request.version {
            Version::V1_0 => (packet.code, u32::from(packet.identifier)),
            Version::V1_1 => (0, packet.token()),
        };
        Self { client, source, code, identifier }
    }
}

/// What the reply to a waiting request will need.
pub(crate) struct Pending {
    pub(crate) source: SocketAddr,
    pub(crate) code: u8,
    pub(crate) identifier: u8,
    pub(crate) authenticator: [u8; 16],
    /// What signs the reply; nothing where TLS does.
    pub(crate) secret: Option<Secret>,
    pub(crate) proxy_states: Vec<u8>,
    /// The EAP-Message that ends the conversation which the request is part of.
    pub(crate) eap_failure: Option<[u8; 6]>,
}

impl Pending {
    pub(crate) fn new<C: Copy>(admitted: &Admitted<'_, '_, C>, source: SocketAddr) -> Self {
        let request = admitted.request();
        Self {
            source,
            code: request.packet.code,
            identifier: request.packet.identifier,
            authenticator: *request.packet.authenticator,
            secret: admitted.secret().cloned(),
            proxy_states: request.proxy_states(),
            eap_failure: request.eap.map(eap_failure),
        }
    }

    /// A reply to this request.
    pub(crate) fn draft<'a>(&'a self, code: Code, attributes: &'a [u8]) -> Draft<'a> {
        Draft {
            code,
            identifier: self.identifier,
            authenticator: &self.authenticator,
            attributes,
            proxy_states: &self.proxy_states,
            message_authenticator: code != Code::AccountingResponse,
        }
    }
}

/// What the memory knows about a request that came in.
pub(crate) enum Meeting {
    /// It is new and waits for its answer.
    New(Ticket),
    /// It waits for its answer already.
    Waiting,
    /// It was answered with this.
    Answered(SignedReply),
    /// It is new, but too many wait.
    Full,
}

/// See the module.
pub(crate) struct Recent<C> {
    limits: Limits,
    /// Names the owner of a client.
    owner: fn(C) -> u32,
    shares: Shares,
    places: HashMap<Key<C>, usize>,
    slots: Vec<Slot<C>>,
    links: Vec<Link>,
    free: Vec<usize>,
    waiting: Chain,
    answered: Chain,
    /// Octets of all kept replies.
    octets: usize,
    /// The serial of the newest waiting request.
    serial: u64,
}

struct Slot<C> {
    key: Key<C>,
    /// The place of its owner's share.
    share: usize,
    authenticator: [u8; 16],
    expires: Duration,
    state: State,
}

enum State {
    Free,
    Waiting { serial: u64, pending: Pending },
    Answered(SignedReply),
}

impl<C> Slot<C> {
    const fn waits_with(&self, ticket: u64) -> bool {
        matches!(&self.state, State::Waiting { serial, .. } if *serial == ticket)
    }
}

impl<C: Copy + Eq + Hash> Recent<C> {
    pub(crate) fn new(limits: Limits, owner: fn(C) -> u32) -> Self {
        Self {
            limits,
            owner,
            shares: Shares::default(),
            places: HashMap::new(),
            slots: Vec::new(),
            links: Vec::new(),
            free: Vec::new(),
            waiting: Chain::default(),
            answered: Chain::default(),
            octets: 0,
            serial: 0,
        }
    }

    /// Looks a request up and, if it is new, lets it wait with what `pending` makes.
    pub(crate) fn meet(
        &mut self,
        key: Key<C>,
        authenticator: &[u8; 16],
        pending: impl FnOnce() -> Pending,
        now: Duration,
    ) -> Meeting {
        let known = self.places.get(&key).copied();
        if let Some(slot) = known.and_then(|slot| self.slots.get(slot))
            && slot.authenticator == *authenticator
        {
            return match &slot.state {
                State::Waiting { .. } | State::Free => Meeting::Waiting,
                State::Answered(reply) => Meeting::Answered(reply.clone()),
            };
        }
        if let Some(superseded) = known {
            self.forget(superseded);
        }
        let owner = (self.owner)(key.client);
        if self.waiting.length() >= self.limits.pending
            || self.shares.waiting(owner) >= self.limits.pending_of_owner
        {
            return Meeting::Full;
        }
        self.serial += 1;
        let share = self.shares.wait(owner);
        let slot = self.occupy(Slot {
            key,
            share,
            authenticator: *authenticator,
            expires: now.saturating_add(self.limits.patience),
            state: State::Waiting { serial: self.serial, pending: pending() },
        });
        self.waiting.push(&mut self.links, slot);
        Meeting::New(Ticket { slot, serial: self.serial })
    }

    /// The request that waits with this ticket.
    pub(crate) fn waiting(&self, ticket: &Ticket) -> Option<&Pending> {
        match &self.slots.get(ticket.slot)?.state {
            State::Waiting { serial, pending } if *serial == ticket.serial => Some(pending),
            State::Waiting { .. } | State::Answered(_) | State::Free => None,
        }
    }

    /// Keeps the reply to a request that waits.
    pub(crate) fn keep(
        &mut self,
        Ticket { slot: at, serial }: Ticket,
        reply: SignedReply,
        now: Duration,
    ) {
        let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.waits_with(serial)) else {
            return;
        };
        self.waiting.remove(&mut self.links, at);
        self.answered.push(&mut self.links, at);
        let octets = reply.as_ref().len();
        self.shares.answer(slot.share, at, octets);
        self.octets += octets;
        slot.expires = now.saturating_add(self.limits.reply_lifetime);
        slot.state = State::Answered(reply);
        while let Some(oldest) = self.one_too_many() {
            self.forget(oldest);
        }
    }

    /// The slot whose answer gives way: of who has most octets where there are too many of them, and
    /// of who has most answers where there are too many of these.
    fn one_too_many(&self) -> Option<usize> {
        if self.octets > self.limits.cached_octets {
            self.shares.oldest_of_the_heaviest()
        } else if self.answered.length() > self.limits.cached_replies {
            self.shares.oldest_of_the_largest()
        } else {
            None
        }
    }

    /// Forgets a request that waits, as if it had never come.
    pub(crate) fn drop_waiting(&mut self, Ticket { slot, serial }: Ticket) {
        if self.slots.get(slot).is_some_and(|slot| slot.waits_with(serial)) {
            self.forget(slot);
        }
    }

    /// When the first of all remembered requests expires.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let oldest = [self.waiting.oldest(), self.answered.oldest()];
        oldest.into_iter().flatten().filter_map(|slot| Some(self.slots.get(slot)?.expires)).min()
    }

    /// Forgets what has expired.
    pub(crate) fn expire(&mut self, now: Duration) {
        while let Some(oldest) = self.expired(&self.waiting, now) {
            self.forget(oldest);
        }
        while let Some(oldest) = self.expired(&self.answered, now) {
            self.forget(oldest);
        }
    }

    fn expired(&self, chain: &Chain, now: Duration) -> Option<usize> {
        let oldest = chain.oldest()?;
        (self.slots.get(oldest)?.expires <= now).then_some(oldest)
    }

    fn occupy(&mut self, content: Slot<C>) -> usize {
        let slot = self.free.pop().unwrap_or(self.slots.len());
        self.places.insert(content.key, slot);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = content;
        } else {
            self.slots.push(content);
            self.links.push(Link::default());
        }
        slot
    }

    fn forget(&mut self, at: usize) {
        let Some(slot) = self.slots.get_mut(at) else {
            return;
        };
        match std::mem::replace(&mut slot.state, State::Free) {
            State::Free => return,
            State::Waiting { .. } => {
                self.waiting.remove(&mut self.links, at);
                self.shares.give_up(slot.share);
            }
            State::Answered(reply) => {
                let octets = reply.as_ref().len();
                self.octets -= octets;
                self.answered.remove(&mut self.links, at);
                self.shares.forget_answer(slot.share, at, octets);
            }
        }
        self.places.remove(&slot.key);
        self.free.push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Signer;

    const LIMITS: Limits = Limits {
        attributes: 200,
        pending: 5,
        pending_of_owner: 4,
        patience: Duration::from_secs(9),
        cached_replies: 7,
        cached_octets: 4096,
        reply_lifetime: Duration::from_secs(3),
    };

    /// Clients 0 and 2 are of one owner.
    fn owner(client: u64) -> u32 {
        u32::try_from(client % 2).unwrap()
    }

    /// Lets request number `number` come in when its time has come.
    fn meet(recent: &mut Recent<u64>, number: u64) -> Meeting {
        meet_at(recent, number, Duration::from_secs(number / 4))
    }

    fn meet_at(recent: &mut Recent<u64>, number: u64, now: Duration) -> Meeting {
        let source = SocketAddr::from(([192, 0, 2, 1], 40000));
        let [identifier, ..] = number.to_le_bytes();
        let key = Key { client: number % 3, source, code: 1, identifier: identifier.into() };
        let pending = || Pending {
            source,
            code: 1,
            identifier,
            authenticator: [0; 16],
            secret: Secret::new(b"secret").ok(),
            proxy_states: vec![0; 200],
            eap_failure: None,
        };
        recent.expire(now);
        recent.meet(key, &u128::from(number).to_be_bytes(), pending, now)
    }

    fn answer(recent: &mut Recent<u64>, ticket: Ticket, now: Duration) {
        answer_with(recent, ticket, &[], now);
    }

    fn answer_with(recent: &mut Recent<u64>, ticket: Ticket, attributes: &[u8], now: Duration) {
        let pending = recent.waiting(&ticket).unwrap();
        let draft = pending.draft(Code::AccessAccept, attributes);
        let reply = Signer::default().sign(&draft, pending.secret.as_ref()).unwrap();
        recent.keep(ticket, reply, now);
    }

    #[test]
    fn places_are_reused_and_never_more_than_the_limits_allow() {
        let mut recent = Recent::new(LIMITS, owner);
        for number in 0..5000 {
            if let Meeting::New(ticket) = meet(&mut recent, number) {
                match number % 5 {
                    0 => recent.drop_waiting(ticket),
                    1 => {}
                    _ => answer(&mut recent, ticket, Duration::from_secs(number / 4)),
                }
            }
            let remembered = recent.waiting.length() + recent.answered.length();
            assert_eq!(recent.places.len(), remembered);
            assert_eq!(recent.slots.len(), remembered + recent.free.len());
            assert!(recent.waiting.length() <= LIMITS.pending);
            assert!(recent.shares.waiting(0) <= LIMITS.pending_of_owner);
            assert!(recent.answered.length() <= LIMITS.cached_replies);
        }
        assert!(recent.slots.len() <= LIMITS.pending + LIMITS.cached_replies + 1);
        recent.expire(Duration::from_secs(100_000));
        assert_eq!((recent.places.len(), recent.octets), (0, 0));
        assert_eq!((recent.deadline(), recent.shares.owners()), (None, 0));
    }

    #[test]
    fn whose_requests_all_wait_leaves_room_for_others() {
        let mut recent = Recent::new(LIMITS, owner);
        let mut news = |numbers: &[u64]| {
            let is_new = |number: &&u64| matches!(meet(&mut recent, **number), Meeting::New(_));
            numbers.iter().filter(is_new).count()
        };
        // Clients 0 and 2 are of one owner.
        assert_eq!(news(&[0, 2, 3, 5, 6, 8]), LIMITS.pending_of_owner);
        assert_eq!(news(&[1, 4]), 1, "no more wait than may of all");
    }

    #[test]
    fn a_full_memory_forgets_the_oldest_answer_of_who_has_most() {
        let mut recent = Recent::new(LIMITS, owner);
        let now = Duration::ZERO;
        for number in [1, 4].into_iter().chain((0..40).map(|number| number * 3)) {
            let Meeting::New(ticket) = meet_at(&mut recent, number, now) else { panic!() };
            answer(&mut recent, ticket, now);
        }
        for number in [1, 4, 39 * 3, 38 * 3] {
            let met = meet_at(&mut recent, number, now);
            assert!(matches!(met, Meeting::Answered(_)), "{number}");
        }
        assert!(matches!(meet_at(&mut recent, 0, now), Meeting::New(_)));
    }

    #[test]
    fn long_answers_give_way_to_short_ones_of_others_however_many_these_are() {
        let mut recent = Recent::new(LIMITS, owner);
        let now = Duration::ZERO;
        // 238 octets each, and two of 1738.
        for (number, attributes) in [(1, 0), (4, 0), (7, 0), (10, 0), (0, 1_500), (3, 1_500)] {
            let Meeting::New(ticket) = meet_at(&mut recent, number, now) else { panic!() };
            answer_with(&mut recent, ticket, &vec![0; attributes], now);
        }
        for number in [1, 4, 7, 10, 3] {
            let met = meet_at(&mut recent, number, now);
            assert!(matches!(met, Meeting::Answered(_)), "{number}");
        }
        assert!(matches!(meet_at(&mut recent, 0, now), Meeting::New(_)));
        recent.expire(Duration::from_secs(100));
        assert_eq!((recent.octets, recent.shares.owners()), (0, 0));
    }
}
