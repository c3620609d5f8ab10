//! Whose turn it is to compute a part of a handshake.
//!
//! Only so many are computed at once. What has to wait waits in the queue of its organization, and
//! the queues are served in turn: however many handshakes an organization's gear brings, the next
//! of every other organization waits for one of them at most. A full queue takes nothing more.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The turns of all organizations `O`.
pub(super) struct Turns<O: Copy + Eq + Hash> {
    at_once: usize,
    /// Waiting ones of each organization.
    most: usize,
    held: Mutex<Held<O>>,
}

struct Held<O: Copy + Eq + Hash> {
    running: usize,
    queues: HashMap<O, VecDeque<Waiting<O>>>,
    /// Those with a queue, whose turn is next first.
    round: VecDeque<O>,
}

type Waiting<O> = oneshot::Sender<Turn<O>>;

/// A turn; it ends when it is dropped.
pub(in crate::radius) struct Turn<O: Copy + Eq + Hash> {
    turns: Arc<Turns<O>>,
}

/// A place in a queue, or a turn already.
pub(in crate::radius) enum Place<O: Copy + Eq + Hash> {
    Turn(Turn<O>),
    Queue(oneshot::Receiver<Turn<O>>),
}

impl<O: Copy + Eq + Hash> Turns<O> {
    /// Lets `at_once` turns run at once, and `most` of each organization wait.
    pub(super) fn new(at_once: usize, most: usize) -> Arc<Self> {
        let held = Held { running: 0, queues: HashMap::new(), round: VecDeque::new() };
        Arc::new(Self { at_once: at_once.max(1), most, held: Mutex::new(held) })
    }

    /// Takes a place; `None` while as many of the organization wait as may.
    pub(super) fn place(self: &Arc<Self>, organization: O) -> Option<Place<O>> {
        let mut held = self.lock();
        if held.running < self.at_once {
            held.running = held.running.saturating_add(1);
            drop(held);
            return Some(Place::Turn(Turn { turns: Arc::clone(self) }));
        }
        let Held { queues, round, .. } = &mut *held;
        let queue = queues.entry(organization).or_insert_with(|| {
            round.push_back(organization);
            VecDeque::new()
        });
        if queue.len() >= self.most {
            return None;
        }
        let (waiting, place) = oneshot::channel();
        queue.push_back(waiting);
        Some(Place::Queue(place))
    }

    fn lock(&self) -> MutexGuard<'_, Held<O>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O: Copy + Eq + Hash> Held<O> {
    /// Ends a turn, or hands it to who is next.
    fn next(&mut self) -> Option<Waiting<O>> {
        while let Some(organization) = self.round.pop_front() {
            let Some(queue) = self.queues.get_mut(&organization) else { continue };
            let next = queue.pop_front();
            if queue.is_empty() {
                self.queues.remove(&organization);
            } else {
                self.round.push_back(organization);
            }
            if next.is_some() {
                return next;
            }
        }
        self.running = self.running.saturating_sub(1);
        None
    }
}

impl<O: Copy + Eq + Hash> Place<O> {
    /// Waits until the turn has come.
    pub(in crate::radius) async fn turn(self) -> Option<Turn<O>> {
        match self {
            Self::Turn(turn) => Some(turn),
            // Nobody drops the other end.
            Self::Queue(place) => place.await.ok(),
        }
    }
}

impl<O: Copy + Eq + Hash> Drop for Turn<O> {
    fn drop(&mut self) {
        let next = self.turns.lock().next();
        if let Some(waiting) = next {
            // Whoever waits no longer drops it, and the one behind has it.
            let _given_up = waiting.send(Self { turns: Arc::clone(&self.turns) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(turns: &Arc<Turns<u32>>, organization: u32) -> oneshot::Receiver<Turn<u32>> {
        match turns.place(organization) {
            Some(Place::Queue(place)) => place,
            Some(Place::Turn(_)) => panic!("a turn at once"),
            None => panic!("no place"),
        }
    }

    #[test]
    fn organizations_are_served_in_turn_however_many_wait_of_one() {
        let turns = Turns::new(1, 50);
        let Some(Place::Turn(running)) = turns.place(1) else { panic!("no turn") };
        let mut first: Vec<_> = (0..50).map(|_| queued(&turns, 1)).collect();
        assert!(turns.place(1).is_none(), "a queue without end");
        let mut other = queued(&turns, 2);
        drop(running);
        assert!(other.try_recv().is_err());
        let running = first[0].try_recv().unwrap();
        drop(running);
        let running = other.try_recv().unwrap();
        assert!(first[1].try_recv().is_err());
        drop(running);
        for place in &mut first[1..] {
            drop(place.try_recv().unwrap());
        }
        let held = turns.lock();
        assert_eq!((held.running, held.queues.len(), held.round.len()), (0, 0, 0));
    }

    #[test]
    fn who_waits_no_longer_holds_nobody_up() {
        let turns = Turns::new(2, 10);
        let places: Vec<_> = (0..2).map(|_| turns.place(1)).collect();
        assert!(places.iter().all(|place| matches!(place, Some(Place::Turn(_)))));
        drop((queued(&turns, 1), queued(&turns, 1)));
        let mut waiting = queued(&turns, 1);
        drop(places);
        assert!(waiting.try_recv().is_ok());
        drop(waiting);
        assert_eq!(turns.lock().running, 0);
    }
}
