//! A bounded pool of threads for password hashing.
//!
//! Hashing costs memory and time by design, so both are limited here: a thread hashes one password
//! at a time, and what cannot wait is refused at once. Organizations take turns, so that the storm
//! of one delays the others by one hash, not by its whole queue.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use thiserror::Error;

/// What a pool is asked to run.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// A thread that found nothing to do for so long gives back what its jobs took.
const REST: Duration = Duration::from_secs(2);

/// How much the pool runs and holds.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    /// Jobs that run at once: times the memory of one hash, this is what hashing can take.
    pub threads: NonZeroUsize,
    /// Jobs that wait, of all organizations.
    pub waiting: usize,
    /// Jobs that wait, of one organization.
    pub waiting_per_organization: usize,
    /// What each thread does first: it may let the others of the process go before it.
    pub prepare: fn(),
}

/// How hashing goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HashingFigures {
    /// Jobs that may run at once.
    pub threads: usize,
    /// Jobs that run.
    pub running: usize,
    /// Jobs that wait.
    pub waiting: usize,
    /// Jobs that were refused because as many waited as may.
    pub refused: u64,
    /// The same because as many of their organization did.
    pub refused_of_organization: u64,
}

/// Threads that run jobs, taking one from each organization in turn.
///
/// Dropping the pool lets running jobs end and drops those that wait.
pub(crate) struct HashPool<K> {
    limits: PoolLimits,
    shared: Arc<Shared<K>>,
    threads: Vec<JoinHandle<()>>,
}

impl<K: Copy + Eq + Hash + Send + 'static> HashPool<K> {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start(limits: PoolLimits) -> io::Result<Self> {
        let mut pool = Self {
            limits,
            shared: Arc::new(Shared::new()),
            threads: Vec::with_capacity(limits.threads.get()),
        };
        for number in 0..limits.threads.get() {
            let shared = Arc::clone(&pool.shared);
            let thread =
                thread::Builder::new().name(format!("hash-{number}")).spawn(move || {
                    (limits.prepare)();
                    shared.work();
                })?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Finds room for a job of an organization to wait for its turn.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) fn room(&self, organization: K) -> Result<Room<'_, K>, Full> {
        let queue = self.shared.lock();
        if queue.total >= self.limits.waiting {
            self.shared.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Full::All);
        }
        if queue.waiting_of(organization) >= self.limits.waiting_per_organization {
            self.shared.refused_of_organization.fetch_add(1, Ordering::Relaxed);
            return Err(Full::Organization);
        }
        Ok(Room { queue, changed: &self.shared.changed, organization })
    }

    /// How hashing goes.
    pub(crate) fn figures(&self) -> HashingFigures {
        let shared = &self.shared;
        HashingFigures {
            threads: self.limits.threads.get(),
            running: shared.running.load(Ordering::Relaxed),
            waiting: shared.lock().total,
            refused: shared.refused.load(Ordering::Relaxed),
            refused_of_organization: shared.refused_of_organization.load(Ordering::Relaxed),
        }
    }

    /// Counts the jobs that wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.shared.lock().total
    }
}

impl<K> Drop for HashPool<K> {
    fn drop(&mut self) {
        let waiting = self.shared.lock().close();
        drop(waiting);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A job may own the last handle to the pool; its thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() {
                let _ended = thread.join();
            }
        }
    }
}

/// Room for one job; nobody else finds any before it is filled or given up.
pub(crate) struct Room<'p, K> {
    queue: MutexGuard<'p, Queue<K>>,
    changed: &'p Condvar,
    organization: K,
}

impl<K: Copy + Eq + Hash> Room<'_, K> {
    /// Lets the job wait here for its turn.
    pub(crate) fn fill(mut self, job: Job) {
        self.queue.push(self.organization, job);
        drop(self.queue);
        self.changed.notify_one();
    }
}

/// Whose limit kept a job out.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum Full {
    /// The organization has as many jobs waiting as one organization may.
    #[error("too many passwords of this organization wait to be hashed")]
    Organization,
    /// All organizations together have.
    #[error("too many passwords wait to be hashed")]
    All,
}

struct Shared<K> {
    queue: Mutex<Queue<K>>,
    changed: Condvar,
    running: AtomicUsize,
    refused: AtomicU64,
    refused_of_organization: AtomicU64,
}

impl<K> Shared<K> {
    fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                jobs: HashMap::new(),
                turns: VecDeque::new(),
                total: 0,
                closed: false,
            }),
            changed: Condvar::new(),
            running: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            refused_of_organization: AtomicU64::new(0),
        }
    }

    /// No job runs under the lock, so a poisoned queue is a whole one.
    fn lock(&self) -> MutexGuard<'_, Queue<K>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Shared<K> {
    fn work(&self) {
        while let Some(job) = self.next() {
            // Whoever waits for the job learns of the panic by its dropped channel.
            self.running.fetch_add(1, Ordering::Relaxed);
            let _outcome = catch_unwind(AssertUnwindSafe(job));
            self.running.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Waits for a job; there is none any more when the pool is dropped.
    fn next(&self) -> Option<Job> {
        let idle = |queue: &mut Queue<K>| !queue.closed && queue.total == 0;
        let (mut queue, rested) = self
            .changed
            .wait_timeout_while(self.lock(), REST, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if rested.timed_out() {
            drop(queue);
            give_back();
            queue =
                self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        }
        queue.pop()
    }
}

/// Lets the allocator give freed memory back to the system, the tens of megabytes of hashes above all.
/// It keeps what was freed for a second, and then looks at the next occasion, which may never come in
/// an idle process; the end of a thread is one.
fn give_back() {
    let _ended = thread::Builder::new().spawn(|| ()).map(JoinHandle::join);
}

/// `turns` holds each organization that has jobs, once; no list in `jobs` is empty.
struct Queue<K> {
    jobs: HashMap<K, VecDeque<Job>>,
    turns: VecDeque<K>,
    total: usize,
    closed: bool,
}

impl<K> Queue<K> {
    /// Hands out the waiting jobs, to be dropped outside the lock.
    fn close(&mut self) -> HashMap<K, VecDeque<Job>> {
        self.closed = true;
        self.total = 0;
        self.turns.clear();
        std::mem::take(&mut self.jobs)
    }
}

impl<K: Copy + Eq + Hash> Queue<K> {
    fn waiting_of(&self, organization: K) -> usize {
        self.jobs.get(&organization).map_or(0, VecDeque::len)
    }

    fn push(&mut self, organization: K, job: Job) {
        let jobs = self.jobs.entry(organization).or_default();
        if jobs.is_empty() {
            self.turns.push_back(organization);
        }
        jobs.push_back(job);
        self.total += 1;
    }

    fn pop(&mut self) -> Option<Job> {
        let organization = self.turns.pop_front()?;
        let jobs = self.jobs.get_mut(&organization)?;
        let job = jobs.pop_front()?;
        self.total -= 1;
        if jobs.is_empty() {
            self.jobs.remove(&organization);
        } else {
            self.turns.push_back(organization);
        }
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    fn pool(threads: usize, waiting: usize, waiting_per_organization: usize) -> HashPool<u32> {
        HashPool::start(PoolLimits {
            threads: NonZeroUsize::new(threads).unwrap(),
            waiting,
            waiting_per_organization,
            prepare: || {},
        })
        .unwrap()
    }

    impl HashPool<u32> {
        fn submit(&self, organization: u32, job: Job) -> Result<(), Full> {
            self.room(organization).map(|room| room.fill(job))
        }
    }

    /// Keeps one thread busy until the sender is dropped or used.
    fn occupy(pool: &HashPool<u32>) -> Sender<()> {
        let (release, released) = channel::<()>();
        let (started, starts) = channel();
        let job = move || {
            started.send(()).unwrap();
            let _released = released.recv();
        };
        pool.submit(u32::MAX, Box::new(job)).unwrap();
        starts.recv().unwrap();
        release
    }

    fn note(sender: &Sender<&'static str>, text: &'static str) -> Job {
        let sender = sender.clone();
        Box::new(move || sender.send(text).unwrap())
    }

    fn notes(receiver: &Receiver<&'static str>, count: usize) -> Vec<&'static str> {
        receiver.iter().take(count).collect()
    }

    #[test]
    fn organizations_take_turns() {
        let pool = pool(1, 16, 16);
        let release = occupy(&pool);
        let (sender, receiver) = channel();
        for text in ["storm 1", "storm 2", "storm 3"] {
            pool.submit(1, note(&sender, text)).unwrap();
        }
        pool.submit(2, note(&sender, "calm 1")).unwrap();
        pool.submit(2, note(&sender, "calm 2")).unwrap();
        pool.submit(3, note(&sender, "other")).unwrap();
        drop(release);
        assert_eq!(
            notes(&receiver, 6),
            ["storm 1", "calm 1", "other", "storm 2", "calm 2", "storm 3"]
        );
        assert_eq!(pool.waiting(), 0);
    }

    #[test]
    fn an_organization_over_its_limit_leaves_room_for_others() {
        let pool = pool(1, 3, 2);
        let _busy = occupy(&pool);
        let nothing = || -> Job { Box::new(|| {}) };
        assert_eq!(pool.submit(1, nothing()), Ok(()));
        assert_eq!(pool.submit(1, nothing()), Ok(()));
        assert_eq!(pool.submit(1, nothing()), Err(Full::Organization));
        assert_eq!(pool.submit(2, nothing()), Ok(()));
        assert_eq!(pool.submit(3, nothing()), Err(Full::All));
        assert_eq!(pool.waiting(), 3);
        let (refused, refused_of_organization) = (1, 1);
        let told =
            HashingFigures { threads: 1, running: 1, waiting: 3, refused, refused_of_organization };
        assert_eq!(pool.figures(), told);
    }

    #[test]
    fn a_panicking_job_kills_no_thread() {
        let pool = pool(1, 16, 16);
        let (sender, receiver) = channel();
        let release = occupy(&pool);
        let fall = || std::panic::resume_unwind(Box::new("fallen"));
        pool.submit(1, Box::new(fall)).unwrap();
        pool.submit(1, note(&sender, "alive")).unwrap();
        drop(release);
        assert_eq!(notes(&receiver, 1), ["alive"]);
    }

    #[test]
    fn as_many_jobs_run_at_once_as_there_are_threads() {
        let pool = pool(2, 16, 16);
        let first = occupy(&pool);
        let second = occupy(&pool);
        drop((first, second));
    }

    #[test]
    fn dropping_the_pool_ends_what_runs_and_drops_what_waits() {
        let pool = pool(1, 16, 16);
        let (sender, receiver) = channel();
        let (release, released) = channel::<()>();
        let (started, starts) = channel();
        let ended = sender.clone();
        let job = move || {
            started.send(()).unwrap();
            let _released = released.recv();
            ended.send("ended").unwrap();
        };
        pool.submit(1, Box::new(job)).unwrap();
        starts.recv().unwrap();
        // Dropped with the pool, before the thread is waited for: only then may the job end.
        let release_by_drop = move || drop(release);
        let waiting = note(&sender, "ran after all");
        pool.submit(
            1,
            Box::new(move || {
                waiting();
                release_by_drop();
            }),
        )
        .unwrap();
        drop(sender);
        drop(pool);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), ["ended"]);
    }

    #[test]
    fn a_job_may_own_the_pool() {
        let pool = Arc::new(pool(1, 16, 16));
        let (sender, receiver) = channel();
        let own = Arc::clone(&pool);
        let release = occupy(&pool);
        let done = note(&sender, "done");
        let job = move || {
            drop(own);
            done();
        };
        pool.submit(1, Box::new(job)).unwrap();
        drop(pool);
        drop(release);
        assert_eq!(notes(&receiver, 1), ["done"]);
    }
}
