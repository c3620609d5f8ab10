//! One connection: its octets to the session, the session's questions to the directory.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ldap::{Answer, Command, Outcome, Question, ResultCode, Security, Session, Ticket};
use tokio::time::Sleep;

use super::answer::{Asked, Caller, Late};
use super::rounds::Place;
use super::{Door, Entrance};
use crate::lifecycle::Shutdown;
use crate::metrics::Operation;
use crate::randomness;
use crate::runtimes::{after_the_ready, at_once, hand_on_the_core};
use crate::transport::Transport;

/// The longest that a connection sleeps when nothing is due.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Work that took as long leaves the thread to others before it goes on.
const TURN: Duration = Duration::from_millis(1);
/// So many octets are written in one turn: the system copies them in about the time of a round.
const PIECE: usize = 16 * 1024;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves a connection until either side ends it.
pub(super) async fn run(
    door: Arc<Door>,
    stream: tokio::net::TcpStream,
    peer: SocketAddr,
    entrance: Entrance,
    shutdown: Shutdown,
) {
    let mut transport = Transport::Clear(stream);
    let security = entrance.security();
    if security == Security::Tls && !secure(&door, &mut transport).await {
        return;
    }
    let cookie_key = match randomness::octets() {
        Ok(key) => key,
        Err(error) => {
            tracing::error!(%error, "a connection was refused");
            return;
        }
    };
    let settings = entrance.settings(door.settings);
    let session = Session::new(settings, security, cookie_key, door.clock.monotonic());
    let mut caller = Caller::new(Arc::clone(&door), peer.ip());
    caller.introduced(&transport);
    let turn = door.clock.monotonic();
    let place = Place::new(&door.rounds);
    let (written, stayed) = (false, false);
    let mut connection =
        Connection { door, session, transport, caller, turn, place, written, stayed };
    connection.serve(&shutdown).await;
    connection.depart().await;
}

async fn secure(door: &Door, transport: &mut Transport) -> bool {
    let Some(identity) = &door.tls else { return false };
    match transport.secure(identity).await {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "a TLS handshake failed");
            false
        }
    }
}

struct Connection {
    door: Arc<Door>,
    session: Session,
    transport: Transport,
    caller: Caller,
    /// Since when the connection works without having left the thread to others.
    turn: Duration,
    /// Among those of its organization that are answered now.
    place: Place,
    /// Whether something was written since the last question.
    written: bool,
    /// A search stays, or has stayed, to hear of changes.
    stayed: bool,
}

enum Flow {
    GoOn,
    End,
}

impl Connection {
    async fn serve(&mut self, shutdown: &Shutdown) {
        let rings = self.alarm();
        let mut interruptions = Interruptions {
            shutdown,
            draining: pin!(shutdown.draining()),
            drained: false,
            alarm: pin!(tokio::time::sleep(rings.saturating_sub(self.turn))),
            rings,
            told: None,
        };
        loop {
            let flow = self.work().await;
            self.place.leave();
            if let Flow::End = flow {
                return;
            }
            // A client that never pauses would hide the end behind its requests.
            if !interruptions.drained && shutdown.is_draining() {
                interruptions.drained = true;
                self.session.shutdown();
                continue;
            }
            if let Flow::End = self.wait(&mut interruptions).await {
                return;
            }
        }
    }

    /// Closes it when it is its turn among those of its organization that close: closing takes the system
    /// as long as two answers take us, and many that close at once would make everybody else wait.
    async fn depart(self) {
        let Self { door, session, mut transport, caller, .. } = self;
        let whose = caller.organization();
        // What it had of its organization's is free again, for whoever comes meanwhile.
        drop((caller, session));
        let mut place = Place::wide(&door.departures, whose);
        place.take(&door.departures, whose, || door.clock.monotonic()).await;
        {
            let mut closed = pin!(transport.close());
            if at_once(closed.as_mut()).await.is_pending() {
                // Others do not wait for this client to read.
                place.leave();
                let _late = tokio::time::timeout(GOODBYE, closed).await;
            }
        }
        // The system closes the socket before it is somebody else's turn, and the round is there for who
        // closes meanwhile.
        drop(transport);
        place.look().await;
    }

    /// Does everything that can be done now, and writes what came of it.
    async fn work(&mut self) -> Flow {
        loop {
            while let Some(command) = self.session.next() {
                // Before the command is done, which may end the connection or make it somebody else's.
                self.take_missed();
                if let Flow::End = self.obey(command).await {
                    return Flow::End;
                }
            }
            self.take_missed();
            self.count_turned_away();
            if self.session.output().is_empty() {
                return Flow::GoOn;
            }
            // Others read and find their answers before anybody writes: the kernel's work for a
            // write and ours for a request would push each other out of the processor's caches.
            // Where more are ready than a thread's own queue holds, they would push each other out.
            let few = self.door.runtime.global_queue_depth() == 0;
            if few {
                after_the_ready().await;
            }
            let in_pieces = self.session.output().len() > PIECE;
            if let Flow::End = self.flush().await {
                return Flow::End;
            }
            // Behind the last piece there was a look already.
            if few && !in_pieces {
                self.place.look().await;
            }
            self.place.leave();
            hand_on_the_core();
        }
    }

    async fn obey(&mut self, command: Command) -> Flow {
        match command {
            Command::Ask(ticket, question) => {
                let goes_on = matches!(question, Question::Continue);
                if goes_on && let Flow::End = self.glance().await {
                    return Flow::End;
                }
                // A search that goes on although nobody has read meanwhile takes its time itself.
                let long = goes_on && !self.written;
                self.written = false;
                let turn = match self.caller.organization().filter(|_| long) {
                    Some(organization) => {
                        // What is answered already need not wait for what takes long.
                        if let Flow::End = self.flush().await {
                            return Flow::End;
                        }
                        self.place.leave();
                        Some(self.door.turns.wait(organization).await)
                    }
                    None => {
                        self.take_place().await;
                        None
                    }
                };
                let now = self.ask(ticket, question);
                let round_is_over = self.place.worked(now);
                // The turn is kept until the runtime has looked who is ready: handed on at once, it
                // would go from one long search to the next before anybody else is heard.
                if turn.is_some() || round_is_over || now.saturating_sub(self.turn) >= TURN {
                    self.place.look().await;
                    self.place.leave();
                    self.turn = self.door.clock.monotonic();
                }
                drop(turn);
            }
            Command::Anonymous => self.caller.forget(),
            Command::Abandoned(ticket) => self.caller.abandon(ticket),
            Command::StartTls => return self.start_tls().await,
            Command::Close => {
                self.count_turned_away();
                let _broken = self.flush().await;
                return Flow::End;
            }
        }
        Flow::GoOn
    }

    /// Waits until it is this connection's turn among those of its organization, unless it is.
    async fn take_place(&mut self) {
        let (door, whose) = (&self.door, self.caller.organization());
        let since = self.place.take(&door.rounds, whose, || door.clock.monotonic()).await;
        self.turn = self.turn.max(since);
    }

    /// Takes what the client sent meanwhile, without waiting: it may want a long search to end.
    async fn glance(&mut self) -> Flow {
        if !self.session.wants_input() {
            return Flow::GoOn;
        }
        self.place.leave();
        // Only then does the runtime look whether octets came.
        tokio::task::yield_now().await;
        let clock = self.door.clock;
        let read = poll_fn(|context| {
            let take = |octets: &[u8]| self.session.receive(octets, clock.monotonic());
            Poll::Ready(self.transport.poll_read(context, take))
        });
        match read.await {
            Poll::Ready(Ok(false) | Err(_)) => Flow::End,
            Poll::Ready(Ok(true)) | Poll::Pending => Flow::GoOn,
        }
    }

    /// Finds an answer, or has it found; returns the time.
    fn ask(&mut self, ticket: Ticket, question: Question) -> Duration {
        let operation = Operation::from(&question);
        let asked = self.caller.ask(ticket, question, &mut self.session);
        let now = self.door.clock.monotonic();
        match asked {
            Ok(Asked::Answered(answer)) => self.answer(ticket, operation, answer, now),
            Ok(Asked::Later) => {}
            Err(error) => {
                tracing::error!(%error, "an LDAP question could not be answered");
                let outcome = Outcome::new(ResultCode::Other, "an internal error");
                self.answer(ticket, operation, Answer::Result(outcome), now);
            }
        }
        now
    }

    fn answer(&mut self, ticket: Ticket, operation: Operation, answer: Answer, now: Duration) {
        self.door.tally.ldap.answered(operation, &answer);
        self.session.answer(ticket, answer, now);
    }

    /// Takes note of what the session did not do.
    fn take_missed(&mut self) {
        for missed in self.session.missed() {
            self.caller.missed(&missed);
        }
    }

    fn count_turned_away(&mut self) {
        self.door.tally.ldap.turned_away(self.session.turned_away());
    }

    async fn start_tls(&mut self) -> Flow {
        if let Flow::End = self.flush().await {
            return Flow::End;
        }
        self.place.leave();
        if !secure(&self.door, &mut self.transport).await {
            return Flow::End;
        }
        self.caller.introduced(&self.transport);
        self.session.tls_established(self.door.clock.monotonic());
        Flow::GoOn
    }

    async fn flush(&mut self) -> Flow {
        let output = self.session.output().split();
        if output.is_empty() {
            return Flow::GoOn;
        }
        self.written = true;
        let timeout = self.door.write_timeout;
        if output.len() > PIECE {
            let written = tokio::time::timeout(timeout, self.write_in_pieces(&output)).await;
            return if let Ok(Ok(())) = written { Flow::GoOn } else { Flow::End };
        }
        let mut written = pin!(self.transport.write_all(&output));
        // Most clients read, so most writes need no alarm.
        let written = match at_once(written.as_mut()).await {
            Poll::Ready(written) => written,
            Poll::Pending => {
                // Others of the organization do not wait for this client to read.
                self.place.leave();
                match tokio::time::timeout(timeout, written).await {
                    Ok(written) => written,
                    Err(_) => return Flow::End,
                }
            }
        };
        if written.is_ok() { Flow::GoOn } else { Flow::End }
    }

    /// Writes what takes the system long, each piece in a turn of its own.
    async fn write_in_pieces(&mut self, output: &[u8]) -> io::Result<()> {
        for piece in output.chunks(PIECE) {
            self.take_place().await;
            let mut written = pin!(self.transport.write_all(piece));
            match at_once(written.as_mut()).await {
                Poll::Ready(written) => written?,
                Poll::Pending => {
                    // Others of the organization do not wait for this client to read.
                    self.place.leave();
                    written.await?;
                }
            }
            self.place.look().await;
            self.place.leave();
        }
        Ok(())
    }

    /// Waits until something can be done again.
    async fn wait(
        &mut self,
        interruptions: &mut Interruptions<'_, impl Future<Output = ()>>,
    ) -> Flow {
        let wants_input = self.session.wants_input();
        if !self.stayed && self.caller.stays() {
            self.transport.keep_alive();
            self.stayed = true;
        }
        let clock = self.door.clock;
        if let Some(deadline) = self.session.deadline().filter(|at| *at < interruptions.rings) {
            interruptions.set(deadline, clock.monotonic());
        }
        let woken = poll_fn(|context| {
            if wants_input {
                let take = |octets: &[u8]| self.session.receive(octets, clock.monotonic());
                if let Poll::Ready(read) = self.transport.poll_read(context, take) {
                    return Poll::Ready(Woken::Read(read));
                }
            }
            if let Poll::Ready(outcome) = self.caller.awaited().poll(context) {
                return Poll::Ready(Woken::Hashed(outcome));
            }
            interruptions.poll(context, clock.monotonic()).map(|()| Woken::Interrupted)
        })
        .await;
        self.turn = clock.monotonic();
        match woken {
            Woken::Read(Ok(true)) => {}
            Woken::Read(Ok(false) | Err(_)) => return Flow::End,
            Woken::Hashed((ticket, late)) => match self.caller.late(late) {
                Some((operation, answer)) => self.answer(ticket, operation, answer, self.turn),
                None => {
                    self.caller.disturb(ticket);
                    self.session.wake(ticket);
                }
            },
            Woken::Interrupted => {
                self.session.expire(self.turn);
                interruptions.set(self.alarm(), self.turn);
            }
        }
        Flow::GoOn
    }

    /// When the alarm is to ring, as the session's deadline stands.
    fn alarm(&self) -> Duration {
        let latest = self.turn.saturating_add(LONGEST);
        self.session.deadline().unwrap_or(latest).min(latest)
    }
}

/// What ended a wait.
enum Woken {
    /// Octets came, or the end of them.
    Read(io::Result<bool>),
    /// Something was hashed.
    Hashed((Ticket, Late)),
    /// The alarm rang, or the daemon drains.
    Interrupted,
}

/// The end of the daemon, and an alarm for the session's deadline. The alarm stays where it is while
/// the deadline moves away with each request; when it rings too early it is set anew.
///
/// Both hardly ever come, and each request would pay for asking them again: they are asked when
/// they are due or do not know whom to wake.
struct Interruptions<'p, D> {
    shutdown: &'p Shutdown,
    draining: Pin<&'p mut D>,
    /// The end has come and was taken note of.
    drained: bool,
    alarm: Pin<&'p mut Sleep>,
    /// When the alarm rings.
    rings: Duration,
    /// Whom both will wake.
    told: Option<Waker>,
}

impl<D: Future<Output = ()>> Interruptions<'_, D> {
    fn set(&mut self, rings: Duration, now: Duration) {
        self.rings = rings;
        self.told = None;
        let alarm = tokio::time::sleep(rings.saturating_sub(now));
        self.alarm.set(alarm);
    }

    fn poll(&mut self, context: &mut Context<'_>, now: Duration) -> Poll<()> {
        let told = self.told.as_ref().is_some_and(|told| told.will_wake(context.waker()));
        let drains = !self.drained && self.shutdown.is_draining();
        if told && !drains && now < self.rings {
            return Poll::Pending;
        }
        self.told = Some(context.waker().clone());
        let drains = drains || (!self.drained && self.draining.as_mut().poll(context).is_ready());
        if drains || self.alarm.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
