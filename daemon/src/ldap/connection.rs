//! One connection: its octets to the session, the session's questions to the directory.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use ldap::{Answer, Command, Outcome, ResultCode, Security, Session, Ticket};
use tokio::sync::mpsc;
use tokio::time::Sleep;

use super::Door;
use super::answer::{Asked, Caller};
use super::transport::Transport;
use crate::lifecycle::Shutdown;
use crate::randomness;

/// Octets that are read at once.
const READ: usize = 8 << 10;
/// The longest that a connection sleeps when nothing is due.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Work that took as long leaves the thread to others before it goes on.
const TURN: Duration = Duration::from_millis(1);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves a connection until either side ends it.
pub(super) async fn run(
    door: Arc<Door>,
    stream: tokio::net::TcpStream,
    peer: SocketAddr,
    security: Security,
    shutdown: Shutdown,
) {
    let mut transport = Transport::Clear(stream);
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
    let session = Session::new(door.settings, security, cookie_key, door.clock.monotonic());
    let (bound, outcomes) = mpsc::unbounded_channel();
    let caller = Caller::new(Arc::clone(&door), peer.ip(), bound);
    let alarm = Duration::ZERO;
    let mut connection = Connection { door, session, transport, caller, outcomes, alarm };
    connection.serve(&shutdown).await;
    let _late = tokio::time::timeout(GOODBYE, connection.transport.close()).await;
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
    /// Binds whose password was hashed meanwhile.
    outcomes: mpsc::UnboundedReceiver<(Ticket, directory::authentication::Outcome)>,
    /// When the alarm rings.
    alarm: Duration,
}

enum Flow {
    GoOn,
    End,
}

impl Connection {
    async fn serve(&mut self, shutdown: &Shutdown) {
        let mut buffer = vec![0; READ];
        let mut draining = pin!(shutdown.draining());
        let mut alarm = pin!(self.set_alarm());
        let mut stopping = false;
        loop {
            match self.work().await {
                Flow::GoOn => {}
                Flow::End => return,
            }
            // A client that never pauses would hide the end behind its requests.
            if !stopping && shutdown.is_draining() {
                stopping = true;
                self.session.shutdown();
                continue;
            }
            let draining = async {
                if stopping { std::future::pending().await } else { draining.as_mut().await }
            };
            if let Flow::End = self.wait(&mut buffer, pin!(draining), alarm.as_mut()).await {
                return;
            }
        }
    }

    /// Does everything that can be done now, and writes what came of it.
    async fn work(&mut self) -> Flow {
        loop {
            while let Some(command) = self.session.next() {
                if let Flow::End = self.obey(command).await {
                    return Flow::End;
                }
            }
            if self.session.output().is_empty() {
                return Flow::GoOn;
            }
            if let Flow::End = self.flush().await {
                return Flow::End;
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Flow {
        match command {
            Command::Ask(ticket, question) => {
                let begun = self.door.clock.monotonic();
                self.ask(ticket, question);
                if self.door.clock.monotonic().saturating_sub(begun) >= TURN {
                    tokio::task::yield_now().await;
                }
            }
            Command::Anonymous => self.caller.forget(),
            Command::Abandoned(ticket) => self.caller.abandon(ticket),
            Command::StartTls => return self.start_tls().await,
            Command::Close => {
                let _broken = self.flush().await;
                return Flow::End;
            }
        }
        Flow::GoOn
    }

    fn ask(&mut self, ticket: Ticket, question: ldap::Question) {
        let asked = self.caller.ask(ticket, question, &mut self.session);
        let now = self.door.clock.monotonic();
        match asked {
            Ok(Asked::Answered(answer)) => self.session.answer(ticket, answer, now),
            Ok(Asked::Later) => {}
            Err(error) => {
                tracing::error!(%error, "an LDAP question could not be answered");
                let outcome = Outcome::new(ResultCode::Other, "an internal error");
                self.session.answer(ticket, Answer::Result(outcome), now);
            }
        }
    }

    async fn start_tls(&mut self) -> Flow {
        if let Flow::End = self.flush().await {
            return Flow::End;
        }
        if !secure(&self.door, &mut self.transport).await {
            return Flow::End;
        }
        self.session.tls_established(self.door.clock.monotonic());
        Flow::GoOn
    }

    async fn flush(&mut self) -> Flow {
        let output = self.session.output().split();
        if output.is_empty() {
            return Flow::GoOn;
        }
        let written = self.transport.write_all(&output);
        match tokio::time::timeout(self.door.write_timeout, written).await {
            Ok(Ok(())) => Flow::GoOn,
            Ok(Err(_)) | Err(_) => Flow::End,
        }
    }

    /// An alarm for the session's deadline as it stands now.
    fn set_alarm(&mut self) -> Sleep {
        let now = self.door.clock.monotonic();
        let latest = now.saturating_add(LONGEST);
        self.alarm = self.session.deadline().unwrap_or(latest).min(latest);
        tokio::time::sleep(self.alarm.saturating_sub(now))
    }

    /// Waits until something can be done again.
    ///
    /// The alarm is left where it is while the deadline moves away with each request; when it
    /// rings too early it is set anew.
    async fn wait(
        &mut self,
        buffer: &mut [u8],
        draining: Pin<&mut impl Future<Output = ()>>,
        mut alarm: Pin<&mut Sleep>,
    ) -> Flow {
        let wants_input = self.session.wants_input();
        if self.session.deadline().is_some_and(|deadline| deadline < self.alarm) {
            alarm.set(self.set_alarm());
        }
        tokio::select! {
            biased;
            read = self.transport.read(buffer), if wants_input => match read {
                Ok(0) | Err(_) => return Flow::End,
                Ok(length) => {
                    let octets = buffer.get(..length).unwrap_or_default();
                    self.session.receive(octets, self.door.clock.monotonic());
                }
            },
            Some((ticket, outcome)) = self.outcomes.recv() => {
                let answer = self.caller.bound(&outcome);
                self.session.answer(ticket, answer, self.door.clock.monotonic());
            }
            () = draining => {}
            () = alarm.as_mut() => {
                self.session.expire(self.door.clock.monotonic());
                alarm.set(self.set_alarm());
            }
        }
        Flow::GoOn
    }
}
