//! Turns at what is costly: so many are had at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::{Receiver, Sender, channel};
use uuid::Uuid;

use crate::problem::Problem;

/// Who may do something costly. Those who wait stand in line with whoever asks about the same
/// organization, and the lines take turns: however many ask about one, who asks about another waits
/// for one of them.
#[derive(Clone)]
pub(crate) struct Turns {
    lines: Arc<Mutex<Lines>>,
    /// How long somebody waits.
    patience: Duration,
}

/// A turn; as it is dropped the next in line has it.
pub(crate) struct Turn(Arc<Mutex<Lines>>);

/// Who waits for a turn.
struct Lines {
    /// So many turns nobody has.
    free: usize,
    /// The lines, the next one first; none is empty.
    waiting: VecDeque<Line>,
}

/// Who waits for a turn and asks about the same organization, or about the provider.
struct Line {
    whose: Option<Uuid>,
    waiting: VecDeque<Sender<Turn>>,
}

impl Turns {
    /// Gives so many turns at once, one at least; who waits for longer than `patience` hears so.
    pub(crate) fn new(at_once: usize, patience: Duration) -> Self {
        let lines = Lines { free: at_once.max(1), waiting: VecDeque::new() };
        Self { lines: Arc::new(Mutex::new(lines)), patience }
    }

    /// Waits for a turn about an organization, or about the provider, but not for ever.
    ///
    /// # Errors
    /// When the time is over.
    pub(crate) async fn take(&self, whose: Option<Uuid>) -> Result<Turn, Problem> {
        let taken = tokio::time::timeout(self.patience, self.wait(whose)).await;
        taken.unwrap_or_else(|_| Err(Problem::crowded()))
    }

    /// Waits for a turn, however long it takes.
    ///
    /// # Errors
    /// Never, as whoever has a turn passes it on.
    pub(crate) async fn wait(&self, whose: Option<Uuid>) -> Result<Turn, Problem> {
        match self.begin(whose) {
            Ok(turn) => Ok(turn),
            Err(coming) => coming.await.map_err(|error| Problem::internal(&error)),
        }
    }

    /// A turn that nobody has, or else one that is to come.
    fn begin(&self, whose: Option<Uuid>) -> Result<Turn, Receiver<Turn>> {
        let mut lines = locked(&self.lines);
        if lines.free > 0 {
            lines.free -= 1;
            return Ok(Turn(Arc::clone(&self.lines)));
        }
        let (sender, receiver) = channel();
        lines.stand(whose, sender);
        Err(receiver)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = locked(&self.0).pass_on();
        if let Some(waiting) = next {
            // Whoever went away just then gives it back, as what was not sent is dropped.
            drop(waiting.send(Self(Arc::clone(&self.0))));
        }
    }
}

impl Lines {
    fn stand(&mut self, whose: Option<Uuid>, sender: Sender<Turn>) {
        match self.waiting.iter_mut().find(|line| line.whose == whose) {
            Some(line) => line.waiting.push_back(sender),
            None => self.waiting.push_back(Line { whose, waiting: VecDeque::from([sender]) }),
        }
    }

    /// Whose turn is next; it is free where nobody waits any more.
    fn pass_on(&mut self) -> Option<Sender<Turn>> {
        while let Some(mut line) = self.waiting.pop_front() {
            while let Some(next) = line.waiting.pop_front() {
                if next.is_closed() {
                    continue;
                }
                if !line.waiting.is_empty() {
                    self.waiting.push_back(line);
                }
                return Some(next);
            }
        }
        self.free = self.free.saturating_add(1);
        None
    }
}

fn locked(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse;

    use super::*;

    const ONE: Option<Uuid> = Some(Uuid::from_u128(1));
    const OTHER: Option<Uuid> = Some(Uuid::from_u128(2));

    fn waiting(turns: &Turns, whose: Option<Uuid>) -> Receiver<Turn> {
        turns.begin(whose).err().unwrap()
    }

    #[tokio::test]
    async fn however_many_ask_about_one_another_waits_for_one_of_them() {
        let turns = Turns::new(1, Duration::from_secs(60));
        let first = turns.take(ONE).await.unwrap();
        let (mut second, mut third) = (waiting(&turns, ONE), waiting(&turns, ONE));
        let (mut other, mut provider) = (waiting(&turns, OTHER), waiting(&turns, None));
        drop(first);
        let turn = second.try_recv().unwrap();
        assert!(third.try_recv().is_err() && other.try_recv().is_err());
        drop(turn);
        let turn = other.try_recv().unwrap();
        assert!(third.try_recv().is_err() && provider.try_recv().is_err());
        drop(turn);
        let turn = provider.try_recv().unwrap();
        assert!(third.try_recv().is_err());
        drop(turn);
        drop(third.try_recv().unwrap());
        assert!(turns.begin(ONE).is_ok(), "nobody waits any more");
    }

    #[tokio::test]
    async fn who_waits_too_long_hears_so_and_holds_nobody_up() {
        let turns = Turns::new(2, Duration::from_millis(1));
        let both = [turns.take(ONE).await.unwrap(), turns.take(ONE).await.unwrap()];
        let refused = turns.take(OTHER).await.err().unwrap().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key("retry-after"));
        // Whoever has gone away gets no turn, and none is lost by it.
        drop(waiting(&turns, OTHER));
        let mut next = waiting(&turns, ONE);
        drop(both);
        drop(next.try_recv().unwrap());
        let again = [turns.begin(ONE).ok(), turns.begin(ONE).ok(), turns.begin(ONE).ok()];
        assert!(again[0].is_some() && again[1].is_some() && again[2].is_none());
    }
}
