//! The conversations that wait for their peers, each under the State that its next request brings.
//!
//! A State is drawn anew for each round, counts once, and only for the RADIUS client whose request
//! was answered with it. Whoever opens conversations without end pushes out their own oldest ones.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Sixteen octets that nobody can guess.
pub(super) type State = [u8; 16];

/// How many conversations wait, and how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Of all organizations.
    pub(super) all: usize,
    /// Of one organization.
    pub(super) of_organization: usize,
    /// Of one RADIUS client.
    pub(super) of_client: usize,
    /// How long each waits.
    pub(super) patience: Duration,
}

impl Limits {
    /// The shares of one client and one organization in `all`.
    pub(super) fn new(all: usize, patience: Duration) -> Self {
        let share = |part: usize| (all / part).max(1);
        Self { all, of_organization: share(2), of_client: share(4), patience }
    }
}

/// The table: organizations `O`, their clients `C`, and what waits, `T`.
pub(super) struct Table<O, C, T> {
    limits: Limits,
    held: Mutex<Held<O, C, T>>,
}

struct Held<O, C, T> {
    organizations: HashMap<O, Share<C, T>>,
    count: usize,
}

/// What waits for the clients of one organization.
struct Share<C, T> {
    lines: HashMap<C, Line<T>>,
    /// Of all its lines.
    count: usize,
}

/// What waits for one client, the oldest first; a State whose conversation was taken stays in the
/// order until it is met there, and counts there no more, even if it waits again since.
struct Line<T> {
    /// With the time at which each is over.
    waiting: HashMap<State, (Duration, T)>,
    order: VecDeque<(Duration, State)>,
}

impl<O: Copy + Eq + Hash, C: Copy + Eq + Hash, T> Table<O, C, T> {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, held: Mutex::new(Held { organizations: HashMap::new(), count: 0 }) }
    }

    /// Lets something wait; what it pushes out is dropped.
    pub(super) fn put(&self, client: (O, C), state: State, waits: T, now: Duration) {
        let until = now.saturating_add(self.limits.patience);
        let mut pushed_out = Vec::new();
        let mut held = self.lock();
        pushed_out.extend(held.make_room(client, &self.limits));
        let share = held.organizations.entry(client.0).or_default();
        let line = share.lines.entry(client.1).or_default();
        let former = line.waiting.insert(state, (until, waits)).map(|(_, former)| former);
        line.order.push_back((until, state));
        line.tidy();
        if former.is_none() {
            share.count = share.count.saturating_add(1);
            held.count = held.count.saturating_add(1);
        }
        pushed_out.extend(former);
        drop(held);
    }

    /// Takes what waits for a client under a State, unless its time is over.
    pub(super) fn take(&self, client: (O, C), state: &[u8], now: Duration) -> Option<T> {
        let state = State::try_from(state).ok()?;
        let mut held = self.lock();
        let expired = held.expire_line(client, now);
        let share = held.organizations.get_mut(&client.0);
        let taken = share.and_then(|share| {
            let (_, taken) = share.lines.get_mut(&client.1)?.waiting.remove(&state)?;
            share.count = share.count.saturating_sub(1);
            Some(taken)
        });
        if taken.is_some() {
            held.count = held.count.saturating_sub(1);
        }
        drop(held);
        drop(expired);
        taken
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.lock().count
    }

    /// Forgets everything whose time is over.
    pub(super) fn expire(&self, now: Duration) {
        let mut held = self.lock();
        let clients: Vec<_> = held
            .organizations
            .iter()
            .flat_map(|(organization, share)| {
                share.lines.keys().map(|client| (*organization, *client))
            })
            .collect();
        let expired: Vec<_> =
            clients.into_iter().flat_map(|client| held.expire_line(client, now)).collect();
        for share in held.organizations.values_mut() {
            share.lines.retain(|_, line| !line.waiting.is_empty());
        }
        held.organizations.retain(|_, share| !share.lines.is_empty());
        drop(held);
        drop(expired);
    }

    fn lock(&self) -> MutexGuard<'_, Held<O, C, T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O: Copy + Eq + Hash, C: Copy + Eq + Hash, T> Held<O, C, T> {
    /// Pushes out the oldest of the client, of the organization's client that has most, or of the
    /// organization that has most, whichever has as many as it may.
    fn make_room(&mut self, client: (O, C), limits: &Limits) -> Option<T> {
        let share = self.organizations.get(&client.0);
        let own = share.and_then(|share| share.lines.get(&client.1)).map_or(0, Line::length);
        let victim = if own >= limits.of_client {
            client
        } else if share.is_some_and(|share| share.count >= limits.of_organization) {
            (client.0, longest(&share?.lines)?)
        } else if self.count >= limits.all {
            let (organization, share) =
                self.organizations.iter().max_by_key(|(_, share)| share.count)?;
            (*organization, longest(&share.lines)?)
        } else {
            return None;
        };
        let share = self.organizations.get_mut(&victim.0)?;
        let oldest = share.lines.get_mut(&victim.1)?.pop()?;
        share.count = share.count.saturating_sub(1);
        self.count = self.count.saturating_sub(1);
        Some(oldest)
    }

    fn expire_line(&mut self, client: (O, C), now: Duration) -> Vec<T> {
        let Some(share) = self.organizations.get_mut(&client.0) else { return Vec::new() };
        let Some(line) = share.lines.get_mut(&client.1) else { return Vec::new() };
        let mut expired = Vec::new();
        while line.order.front().is_some_and(|(until, _)| *until <= now) {
            expired.extend(line.order.pop_front().and_then(|place| line.remove(place)));
        }
        share.count = share.count.saturating_sub(expired.len());
        self.count = self.count.saturating_sub(expired.len());
        expired
    }
}

fn longest<C: Copy, T>(lines: &HashMap<C, Line<T>>) -> Option<C> {
    lines.iter().max_by_key(|(_, line)| line.length()).map(|(client, _)| *client)
}

impl<T> Line<T> {
    fn length(&self) -> usize {
        self.waiting.len()
    }

    /// Takes the oldest out.
    fn pop(&mut self) -> Option<T> {
        while let Some(place) = self.order.pop_front() {
            if let Some(oldest) = self.remove(place) {
                return Some(oldest);
            }
        }
        None
    }

    /// Takes out what has this place in the order.
    fn remove(&mut self, (until, state): (Duration, State)) -> Option<T> {
        if self.waiting.get(&state).is_none_or(|(other, _)| *other != until) {
            return None;
        }
        self.waiting.remove(&state).map(|(_, waits)| waits)
    }

    /// Forgets the order of what was taken, when that is most of it.
    fn tidy(&mut self) {
        if self.order.len() > 2 * self.waiting.len() + 16 {
            let waiting = &self.waiting;
            let stands = |(until, state): &(Duration, State)| {
                waiting.get(state).is_some_and(|(other, _)| other == until)
            };
            self.order.retain(stands);
        }
    }
}

impl<C, T> Default for Share<C, T> {
    fn default() -> Self {
        Self { lines: HashMap::new(), count: 0 }
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), order: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn table(all: usize) -> Table<u32, u32, usize> {
        Table::new(Limits::new(all, 30 * SECOND))
    }

    fn state(number: usize) -> State {
        u128::try_from(number).unwrap().to_be_bytes()
    }

    #[test]
    fn a_state_counts_once_and_for_its_client_alone() {
        let table = table(100);
        table.put((1, 1), state(7), 7, SECOND);
        assert_eq!(table.take((1, 2), &state(7), SECOND), None);
        assert_eq!(table.take((2, 1), &state(7), SECOND), None);
        assert_eq!(table.take((1, 1), &state(8), SECOND), None);
        assert_eq!(table.take((1, 1), b"short", SECOND), None);
        assert_eq!(table.take((1, 1), &state(7), SECOND), Some(7));
        assert_eq!(table.take((1, 1), &state(7), SECOND), None);
    }

    #[test]
    fn patience_ends() {
        let table = table(100);
        table.put((1, 1), state(1), 1, SECOND);
        table.put((1, 1), state(2), 2, 2 * SECOND);
        assert_eq!(table.take((1, 1), &state(1), 31 * SECOND), None);
        assert_eq!(table.take((1, 1), &state(2), 31 * SECOND), Some(2));
        table.put((1, 1), state(3), 3, 40 * SECOND);
        table.expire(70 * SECOND);
        let held = table.lock();
        assert_eq!((held.count, held.organizations.len()), (0, 0));
    }

    #[test]
    fn what_waits_again_has_its_whole_patience_and_a_new_place() {
        let table = table(8);
        let again = |at: u32| {
            assert_eq!(table.take((1, 1), &state(1), SECOND * at), Some(1));
            table.put((1, 1), state(1), 1, SECOND * at);
        };
        table.put((1, 1), state(1), 1, SECOND);
        again(20);
        table.expire(31 * SECOND);
        again(49);
        table.put((1, 1), state(2), 2, 50 * SECOND);
        again(51);
        // One client has two.
        table.put((1, 1), state(3), 3, 52 * SECOND);
        assert_eq!(table.take((1, 1), &state(2), 53 * SECOND), None);
        again(53);
    }

    #[test]
    fn whoever_opens_without_end_pushes_out_their_own() {
        let table = table(40);
        table.put((1, 1), state(1), 1, SECOND);
        table.put((2, 1), state(2), 2, SECOND);
        for number in 100..10_000 {
            table.put((2, 2), state(number), number, SECOND);
        }
        assert_eq!(table.lock().count, 12);
        assert_eq!(table.take((1, 1), &state(1), SECOND), Some(1));
        assert_eq!(table.take((2, 1), &state(2), SECOND), Some(2));
        assert_eq!(table.take((2, 2), &state(9_989), SECOND), None);
        assert_eq!(table.take((2, 2), &state(9_999), SECOND), Some(9_999));
    }

    #[test]
    fn one_organization_has_half_at_most_whatever_the_number_of_its_clients() {
        let table = table(40);
        for number in 0..1_000 {
            let client = u32::try_from(number % 50).unwrap();
            table.put((1, client), state(number), number, SECOND);
        }
        assert_eq!(table.lock().count, 20);
    }

    #[test]
    fn a_full_table_takes_from_who_has_most() {
        let table = table(8);
        for number in 0..8 {
            table.put((u32::try_from(number % 3).unwrap(), 1), state(number), number, SECOND);
        }
        table.put((9, 9), state(99), 99, SECOND);
        assert!(table.lock().count <= 8);
        assert_eq!(table.take((9, 9), &state(99), SECOND), Some(99));
    }

    #[test]
    fn the_counts_are_those_of_what_waits() {
        let table = table(24);
        for number in 0..2_000 {
            let (organization, client) = (number * 7 % 5, number * 3 % 4);
            let client = (u32::try_from(organization).unwrap(), u32::try_from(client).unwrap());
            let now = SECOND * u32::try_from(number / 10).unwrap();
            table.put(client, state(number), number, now);
            if number % 3 == 0 {
                table.take(client, &state(number), now);
            }
            if number % 50 == 0 {
                table.expire(now);
            }
            let held = table.lock();
            let lengths =
                |share: &Share<_, _>| -> usize { share.lines.values().map(Line::length).sum() };
            assert!(held.organizations.values().all(|share| share.count == lengths(share)));
            let all: usize = held.organizations.values().map(lengths).sum();
            assert_eq!(held.count, all);
        }
    }

    #[test]
    fn rounds_of_one_conversation_leave_nothing_behind() {
        let table = table(100);
        table.put((1, 1), state(0), 0, SECOND);
        for number in 1..5_000 {
            table.put((1, 1), state(number), number, SECOND);
            table.take((1, 1), &state(number), SECOND);
        }
        let held = table.lock();
        assert!(held.organizations[&1].lines[&1].order.len() < 32);
    }
}
