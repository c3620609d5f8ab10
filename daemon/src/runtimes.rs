//! The two runtimes: one for whoever waits for an answer of LDAP or RADIUS, and one behind it for what
//! takes longer or may wait.
//!
//! A thread runs its tasks one after another and looks for what else became ready only between batches of
//! them. A request of the admin API or a part of a handshake of EAP takes as long as ten logins, so it would make
//! every login behind it in the same batch wait. It runs on threads of its own, and these have little weight:
//! where cores are few, the system takes them from who computes to give them to who logs in.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::clock::stopwatch;

/// So many tasks run before a thread looks which others became ready, where there are always more: all that
/// are ready have their turn before, because a thread takes the newest of those that find no room in its own
/// queue before the older ones in it. Of hundreds of busy connections some would wait for a second otherwise.
const READY: u32 = 8192;
/// So many become ready with one look. All of them find room in the thread's own queue, which keeps the order in
/// which they came, and what they read was not there for long before.
const AT_ONCE: usize = 64;
/// How long blocking calls may take to come back once everything else has ended.
const BLOCKING_GRACE: Duration = Duration::from_secs(1);
/// The niceness of threads that compute for long, about a tenth of the weight of the others.
const NICE: i32 = 10;
/// How long a thread works before it lets others have the core.
const WHILE: Duration = Duration::from_micros(500);
/// Who waited as long for something to do begins anew: the others had the core meanwhile.
const PAUSE: Duration = Duration::from_micros(50);

thread_local! {
    /// Since when this thread has had the core, by the stopwatch.
    static WORKING: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    /// Since when it had nothing to do.
    static IDLE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The daemon's threads, as long as it lives.
pub(crate) struct Runtimes {
    front: Runtime,
    background: Runtime,
}

impl Runtimes {
    /// Starts the threads of both.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn start() -> io::Result<Self> {
        let front = Builder::new_multi_thread()
            .enable_all()
            .thread_name("tenantryd")
            .event_interval(READY)
            .max_io_events_per_tick(AT_ONCE)
            .on_thread_park(|| IDLE.set(stopwatch()))
            .on_thread_unpark(begin_to_work)
            .build()?;
        let background = Builder::new_multi_thread()
            .enable_all()
            .thread_name("background")
            .on_thread_start(yield_to_others)
            .build()?;
        Ok(Self { front, background })
    }

    /// Runs the daemon: in front, with a handle to what is behind.
    pub(crate) fn run<F: Future>(&self, daemon: impl FnOnce(Handle) -> F) -> F::Output {
        self.front.block_on(daemon(self.background.handle().clone()))
    }

    /// Ends the threads. A blocking call that does not come back must not keep the process alive.
    pub(crate) fn end(self) {
        self.background.shutdown_timeout(BLOCKING_GRACE);
        self.front.shutdown_timeout(BLOCKING_GRACE);
    }
}

/// Lets the process's other threads go before this one, which has work for long.
pub(crate) fn yield_to_others() {
    // Threads have priorities of their own on Linux; where the system refuses, all are equal.
    let _refused = rustix::process::setpriority_process(None, NICE);
}

/// Notes that this thread has something to do again.
fn begin_to_work() {
    let now = stopwatch();
    if now.saturating_sub(IDLE.get()) >= PAUSE {
        WORKING.set(now);
    }
}

/// Asks a future once, which wakes its task when it goes on.
pub(crate) async fn at_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// Lets the tasks that are ready have their turn, without a look for others.
pub(crate) async fn after_the_ready() {
    let mut waited = false;
    poll_fn(|context| match std::mem::replace(&mut waited, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// Lets the process's other threads have the core where this one has had it for a while. The system does
/// so by itself, but only every few milliseconds, and gives them then all that they are owed at once: whoever
/// logs in then would wait as long.
pub(crate) fn hand_on_the_core() {
    let now = stopwatch();
    if now.saturating_sub(WORKING.get()) >= WHILE {
        WORKING.set(now);
        std::thread::yield_now();
    }
}
