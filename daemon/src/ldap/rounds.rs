//! Rounds of organizations: how long one's connections work between two looks at who else is ready.
//!
//! What is answered at once takes turns by the time that it takes. Of each round an organization has so many
//! microseconds on each thread; what its connections want beyond waits in line until the runtime has looked
//! who is ready, and so until everybody else had a chance. However many of them ask, a request of another
//! organization waits for that moment, not for all of them. Those who have not bound share one round: nobody
//! knows whose they are.
//!
//! Whoever stays until the runtime has looked gives back what it had itself, to who waits longest. For whoever
//! goes before, the round is renewed by a task that waits for the look, once somebody is in line.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::turns::{OfEach, Whose};
use crate::runtimes::at_once;

/// The rounds of every organization, and of all who have not bound.
#[derive(Debug)]
pub(super) struct Rounds {
    /// What one of them has in a round, in microseconds.
    share: u32,
    known: OfEach<Round>,
}

/// How long one organization's connections work on each thread before it looks who else is ready, in
/// microseconds.
const ROUND: u32 = 50;

/// What a connection takes of it that was not answered yet, and what each takes for reading its requests and
/// writing their answers: about what these take.
const UNKNOWN: u32 = 6;
const AROUND: u32 = 6;

impl Rounds {
    /// Rounds on so many threads.
    pub(super) fn new(threads: usize) -> Self {
        let threads = u32::try_from(threads).unwrap_or(u32::MAX).max(1);
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        Self { share: threads.saturating_mul(ROUND).min(most), known: OfEach::default() }
    }

    fn of(&self, whose: Whose) -> Arc<Round> {
        self.known.of(whose, || Round::new(self.share))
    }
}

/// The round of one organization.
#[derive(Debug)]
struct Round {
    /// The microseconds that are left of it; who finds too few waits in line.
    left: Arc<Semaphore>,
    /// Those of whoever left before the runtime has looked; they come back once it has.
    worked: AtomicUsize,
    /// How many wait in line.
    waiting: AtomicUsize,
    /// Somebody waits for the runtime to look, to begin another round then.
    renewing: AtomicBool,
}

impl Round {
    fn new(share: u32) -> Self {
        Self {
            left: Arc::new(Semaphore::new(share as usize)),
            worked: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            renewing: AtomicBool::new(false),
        }
    }

    /// Waits for so many microseconds of a round.
    async fn take(self: &Arc<Self>, share: u32) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.left).try_acquire_many_owned(share) {
            return Some(permit);
        }
        let _waits = Waits::on(self);
        let mut acquired = pin!(Arc::clone(&self.left).acquire_many_owned(share));
        // In line first, so that what comes back goes to whoever waits longest.
        if let Poll::Ready(permit) = at_once(acquired.as_mut()).await {
            return permit.ok();
        }
        self.renew_after_a_look();
        // Nobody closes it.
        acquired.await.ok()
    }

    /// Notes that microseconds were worked.
    fn leave(self: &Arc<Self>, permit: OwnedSemaphorePermit) {
        self.worked.fetch_add(permit.num_permits(), Ordering::SeqCst);
        permit.forget();
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.renew_after_a_look();
        }
    }

    /// Begins another round once the runtime has looked who is ready.
    fn renew_after_a_look(self: &Arc<Self>) {
        if self.renewing.swap(true, Ordering::SeqCst) {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => {
                let round = Arc::clone(self);
                drop(runtime.spawn(async move {
                    tokio::task::yield_now().await;
                    round.renew();
                }));
            }
            // It ends, and nobody is there to be looked for.
            Err(_) => self.renew(),
        }
    }

    fn renew(&self) {
        // Whatever is worked from here on asks for the next round itself.
        self.renewing.store(false, Ordering::SeqCst);
        self.left.add_permits(self.worked.swap(0, Ordering::SeqCst));
    }
}

/// Somebody in line.
struct Waits<'r>(&'r Round);

impl<'r> Waits<'r> {
    fn on(round: &'r Round) -> Self {
        round.waiting.fetch_add(1, Ordering::SeqCst);
        Self(round)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection's place among those of its organization that are answered at once. What it takes of the
/// round is as many microseconds as its last requests took, and a few for reading and writing.
#[derive(Debug)]
pub(super) struct Place {
    whose: Whose,
    round: Arc<Round>,
    microseconds: u32,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    since: Duration,
    round: Arc<Round>,
    /// Dropped, it belongs to the next in line at once.
    permit: Option<OwnedSemaphorePermit>,
    /// The runtime has looked who is ready since it was taken.
    looked: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take_if(|_| !self.looked) {
            self.round.leave(permit);
        }
    }
}

impl Place {
    /// The place of a connection on which nobody has bound.
    pub(super) fn new(rounds: &Rounds) -> Self {
        Self { whose: None, round: rounds.of(None), microseconds: UNKNOWN, held: None }
    }

    /// A place of an organization's that takes half of what a thread has in a round.
    pub(super) fn wide(rounds: &Rounds, whose: Whose) -> Self {
        Self { whose, round: rounds.of(whose), microseconds: ROUND / 2 - AROUND, held: None }
    }

    /// Waits until it is this connection's turn, unless it is, and says since when.
    pub(super) async fn take(
        &mut self,
        rounds: &Rounds,
        whose: Whose,
        now: impl Fn() -> Duration,
    ) -> Duration {
        if let Some(held) = &self.held {
            return held.since;
        }
        if whose != self.whose {
            self.round = rounds.of(whose);
            self.whose = whose;
        }
        let share = self.microseconds.saturating_add(AROUND).min(ROUND);
        let permit = self.round.take(share).await;
        let since = now();
        self.held = Some(Held { since, round: Arc::clone(&self.round), permit, looked: false });
        since
    }

    /// Notes that the turn has come to a time; says whether that is as long as a turn may be.
    pub(super) fn worked(&mut self, until: Duration) -> bool {
        let Some(held) = &self.held else { return false };
        let took = until.saturating_sub(held.since).as_micros();
        self.microseconds = u32::try_from(took).unwrap_or(u32::MAX);
        self.microseconds >= ROUND
    }

    /// Lets the runtime look who is ready; ended after that, the turn costs nobody another look.
    pub(super) async fn look(&mut self) {
        tokio::task::yield_now().await;
        if let Some(held) = &mut self.held {
            held.looked = true;
        }
    }

    /// Ends the turn.
    pub(super) fn leave(&mut self) {
        self.held = None;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn organization(number: u64) -> Whose {
        directory::RecordId::from_record(number)
    }

    /// A runtime that looks who is ready only when it is run.
    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    /// Has it look.
    fn look(runtime: &Runtime) {
        runtime.block_on(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        });
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn take(place: &mut Place, rounds: &Rounds, whose: Whose) -> bool {
        let mut taking = pin!(place.take(rounds, whose, || Duration::ZERO));
        poll(taking.as_mut())
    }

    /// Takes a place, works and leaves it, as often as there is a round for it.
    fn works(rounds: &Rounds, place: &mut Place, whose: Whose, took: u64) -> usize {
        let mut times = 0;
        while times < 1_000 && take(place, rounds, whose) {
            place.worked(Duration::from_micros(took));
            place.leave();
            times += 1;
        }
        times
    }

    #[test]
    fn an_organization_works_for_a_round_and_then_the_runtime_looks_who_else_is_ready() {
        let (runtime, rounds) = (runtime(), Rounds::new(1));
        let _entered = runtime.enter();
        let (acme, globex) = (organization(1), organization(2));
        let [mut first, mut other] = [(); 2].map(|()| Place::new(&rounds));
        let usual = (ROUND / (UNKNOWN + AROUND)) as usize;
        assert_eq!(works(&rounds, &mut first, acme, u64::from(UNKNOWN)), usual);
        assert_eq!(
            works(&rounds, &mut other, globex, u64::from(UNKNOWN)),
            usual,
            "nobody else waits"
        );
        look(&runtime);
        assert_eq!(works(&rounds, &mut first, acme, u64::from(UNKNOWN)), usual);
    }

    #[test]
    fn what_is_kept_over_a_look_is_given_back_without_another() {
        let (runtime, rounds) = (runtime(), Rounds::new(1));
        let _entered = runtime.enter();
        let acme = organization(1);
        let [mut first, mut second] = [(); 2].map(|()| Place::new(&rounds));
        (first.microseconds, second.microseconds) = (ROUND, ROUND);
        assert!(take(&mut first, &rounds, acme));
        runtime.block_on(first.look());
        let mut waits = pin!(second.take(&rounds, acme, || Duration::ZERO));
        assert!(!poll(waits.as_mut()), "it is the first's still");
        first.leave();
        assert!(poll(waits.as_mut()));
    }

    #[test]
    fn two_wide_places_are_a_round_although_nobody_else_has_it() {
        let (runtime, rounds) = (runtime(), Rounds::new(1));
        let _entered = runtime.enter();
        let acme = organization(1);
        let goes = || {
            let mut place = Place::wide(&rounds, acme);
            let went = take(&mut place, &rounds, acme);
            // As a connection that closes does: it keeps what it took until the runtime has looked.
            drop(runtime.spawn(async move { place.look().await }));
            went
        };
        assert!(goes() && goes());
        assert!(!goes());
        look(&runtime);
        assert!(goes());
    }

    #[test]
    fn who_waits_longest_is_first_in_the_next_round() {
        let (runtime, rounds) = (runtime(), Rounds::new(1));
        let _entered = runtime.enter();
        let acme = organization(1);
        let [mut first, mut second, mut third] = [(); 3].map(|()| Place::new(&rounds));
        first.microseconds = ROUND;
        assert!(take(&mut first, &rounds, acme));
        (second.microseconds, third.microseconds) = (ROUND, 1);
        let mut waits = pin!(second.take(&rounds, acme, || Duration::ZERO));
        let mut behind = pin!(third.take(&rounds, acme, || Duration::ZERO));
        assert!(!poll(waits.as_mut()) && !poll(behind.as_mut()));
        first.leave();
        assert!(!poll(waits.as_mut()), "nobody has looked who else is ready");
        look(&runtime);
        assert!(!poll(behind.as_mut()), "there is no room beside who takes all of it");
        assert!(poll(waits.as_mut()));
    }

    #[test]
    fn whoever_gives_up_or_falls_leaves_the_round_to_others() {
        let (runtime, rounds) = (runtime(), Rounds::new(1));
        let _entered = runtime.enter();
        let acme = organization(1);
        let [mut first, mut second, mut third] = [(); 3].map(|()| Place::new(&rounds));
        first.microseconds = ROUND;
        assert!(take(&mut first, &rounds, acme));
        assert!(!take(&mut second, &rounds, acme), "it waits, and gives up");
        drop(first);
        look(&runtime);
        assert!(take(&mut third, &rounds, acme));
        assert_eq!(third.round.waiting.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_place_is_taken_once_and_whatever_it_took_fits_into_a_round() {
        let (runtime, rounds) = (runtime(), Rounds::new(1));
        let _entered = runtime.enter();
        let mut place = Place::new(&rounds);
        for _ in 0..2 {
            assert!(take(&mut place, &rounds, None) && take(&mut place, &rounds, None));
            assert!(place.worked(Duration::from_secs(5_000)), "it is over");
            place.leave();
            assert!(!take(&mut place, &rounds, None));
            look(&runtime);
        }
        assert_eq!(rounds.of(None).left.available_permits(), ROUND as usize);
    }
}
