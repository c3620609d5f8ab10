//! Whose datagram is next, where more have come than are answered at once.
//!
//! The kernel hands datagrams on in the order in which they came, so that one organization's storm would
//! stand before everybody else's few. So all that have come are taken in, and looked at in turns, one of
//! each organization. Where there is no room, those go that came first of whoever has most: their gear
//! will ask again, and waits for these no more.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use directory::OrganizationId;

use super::datagrams::Origin;

/// Datagrams of one socket that wait at most.
const ROOM: usize = 4_096;
/// Buffers that are kept for further datagrams, and queues for whoever sends next; those queues have so much
/// room at most.
const SPARE: usize = 64;

/// Whose gear is where a datagram comes from; of several organizations there, the first.
pub(super) type Whose = Option<OrganizationId>;

/// A datagram that came.
pub(super) struct Arrival {
    pub(super) source: SocketAddr,
    /// To which of the machine's addresses it came, where the socket tells.
    pub(super) origin: Option<Origin>,
    pub(super) octets: Vec<u8>,
}

/// Datagrams that wait.
#[derive(Default)]
pub(super) struct Turns {
    waiting: HashMap<Whose, VecDeque<Arrival>>,
    /// Those who have some, each once, the next one first.
    order: VecDeque<Whose>,
    count: usize,
    spare: Vec<Vec<u8>>,
    spare_queues: Vec<VecDeque<Arrival>>,
}

impl Turns {
    /// Whether nothing waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes in a datagram; where there is no room, another one goes.
    pub(super) fn add(
        &mut self,
        whose: Whose,
        (source, origin): (SocketAddr, Option<Origin>),
        datagram: &[u8],
    ) {
        if self.count >= ROOM {
            self.make_room();
        }
        let mut octets = self.spare.pop().unwrap_or_default();
        octets.extend_from_slice(datagram);
        let spare = &mut self.spare_queues;
        let queue = self.waiting.entry(whose).or_insert_with(|| spare.pop().unwrap_or_default());
        if queue.is_empty() {
            self.order.push_back(whose);
        }
        queue.push_back(Arrival { source, origin, octets });
        self.count += 1;
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Option<Arrival> {
        let whose = self.order.pop_front()?;
        let queue = self.waiting.get_mut(&whose)?;
        let arrival = queue.pop_front()?;
        self.count -= 1;
        if !queue.is_empty() {
            self.order.push_back(whose);
        } else if let Some(queue) = self.waiting.remove(&whose)
            && queue.capacity() <= SPARE
            && self.spare_queues.len() < SPARE
        {
            self.spare_queues.push(queue);
        }
        Some(arrival)
    }

    /// Takes back a buffer.
    pub(super) fn done(&mut self, mut octets: Vec<u8>) {
        if self.spare.len() < SPARE {
            octets.clear();
            self.spare.push(octets);
        }
    }

    /// Lets the oldest of whoever has most go, several at once, because all have to be looked at for it.
    fn make_room(&mut self) {
        let largest = self.waiting.iter().max_by_key(|(_, queue)| queue.len());
        let Some(whose) = largest.map(|(whose, _)| *whose) else { return };
        let Some(queue) = self.waiting.get_mut(&whose) else { return };
        let going = queue.len().div_ceil(2).min(SPARE);
        let oldest: Vec<Arrival> = queue.drain(..going).collect();
        self.count -= going;
        if queue.is_empty() {
            self.waiting.remove(&whose);
            self.order.retain(|waiting| *waiting != whose);
        }
        oldest.into_iter().for_each(|arrival| self.done(arrival.octets));
    }
}

#[cfg(test)]
mod tests {
    use directory::RecordId;

    use super::*;

    fn whose(number: u64) -> Whose {
        OrganizationId::from_record(number)
    }

    fn came(turns: &mut Turns, number: u64, port: u16) {
        let source = SocketAddr::from(([192, 0, 2, 1], port));
        turns.add(whose(number), (source, None), &port.to_be_bytes());
    }

    fn ports(turns: &mut Turns, most: usize) -> Vec<u16> {
        let next = std::iter::from_fn(|| {
            let Arrival { source, octets, .. } = turns.next()?;
            assert_eq!(octets, source.port().to_be_bytes());
            turns.done(octets);
            Some(source.port())
        });
        next.take(most).collect()
    }

    #[test]
    fn who_sends_little_waits_for_one_of_who_sends_much() {
        let mut turns = Turns::default();
        for port in 0..100 {
            came(&mut turns, 1, port);
        }
        came(&mut turns, 2, 1_000);
        turns.add(None, (SocketAddr::from(([192, 0, 2, 1], 2_000)), None), &[7, 208]);
        assert_eq!(ports(&mut turns, 5), [0, 1_000, 2_000, 1, 2]);
        came(&mut turns, 2, 1_001);
        assert_eq!(ports(&mut turns, 3), [3, 1_001, 4]);
        assert_eq!(ports(&mut turns, 1_000).len(), 95);
        assert!(turns.is_empty() && turns.waiting.is_empty() && turns.order.is_empty());
    }

    #[test]
    fn a_storm_pushes_out_its_own_and_nobody_elses() {
        let mut turns = Turns::default();
        came(&mut turns, 2, 60_000);
        for port in 0..10_000 {
            came(&mut turns, 1, port);
            assert!(turns.count <= ROOM);
            // The first for which there is no room.
            assert!(port != 4_095 || turns.count == ROOM - SPARE + 1, "{}", turns.count);
        }
        came(&mut turns, 3, 60_001);
        let kept = ports(&mut turns, 10_000);
        assert!((ROOM - SPARE..=ROOM).contains(&kept.len()), "{}", kept.len());
        assert!(kept.contains(&60_000) && kept.contains(&60_001) && kept.contains(&9_999));
        assert!(!kept.contains(&0));
        assert!(turns.is_empty() && turns.spare.len() <= SPARE);
        // A storm's queue is not kept.
        assert!(turns.spare_queues.iter().all(|it| it.is_empty() && it.capacity() <= SPARE));
        for port in 0..1_000 {
            came(&mut turns, port.into(), port);
        }
        assert_eq!(ports(&mut turns, 1_000).len(), 1_000);
        assert_eq!(turns.spare_queues.len(), SPARE);
    }
}
