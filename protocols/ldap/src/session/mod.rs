//! One client's connection.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;
use zeroize::Zeroize;

use crate::ber::{self, Header, Malformed};
use crate::envelope::{Envelope, Operation};
use crate::response;
use crate::{
    Answer, Command, EntryWriter, Missed, Question, ResultCode, Security, Settings, Ticket,
};

mod bind;
mod extended;
mod finish;
mod passwords;
mod request;
mod running;
mod sasl;
mod search;
mod serve;

use request::LastSelection;
pub(crate) use running::Search;
use running::{Running, Work};

#[cfg(test)]
mod tests;

/// A buffer that grew beyond this many octets is given back once it is empty.
const KEPT: usize = 16 << 10;

/// So much of what was not done is kept until it is taken.
const MISSED: usize = 32;

/// One client's connection: octets and time go in, commands come out.
///
/// After each call that changes something, call [`next`](Self::next) until it has nothing more, then
/// write [`output`](Self::output) to the client, and so on until there is nothing to write:
///
/// ```
/// # use std::time::Duration;
/// # use ldap::{Answer, CleartextBind, Command, Limits, Outcome, Question, Security, Session};
/// # use ldap::{Settings, StartTls};
/// # let settings = Settings {
/// #     limits: Limits::default(),
/// #     start_tls: StartTls::Withheld,
/// #     cleartext_bind: CleartextBind::Refused,
/// # };
/// # let (now, received) = (Duration::ZERO, b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00");
/// let mut session = Session::new(settings, Security::Clear, [0; 32], now);
/// session.receive(received, now);
/// loop {
///     while let Some(command) = session.next() {
///         match command {
///             Command::Ask(ticket, Question::Search(_)) => {
///                 // Write entries by `session.entries(ticket)`, then:
///                 session.answer(ticket, Answer::Result(Outcome::success()), now);
///             }
///             Command::Ask(..) => { /* Find out. */ }
///             Command::Anonymous => { /* Forget who it was. */ }
///             Command::Abandoned(_) | Command::StartTls | Command::Close => {}
///         }
///     }
///     let written = session.output().split();
///     if written.is_empty() {
///         break;
///     }
///     assert_eq!(written[0], 0x30); // Write it to the socket.
/// }
/// ```
pub struct Session {
    settings: Settings,
    security: Security,
    cookie_key: [u8; 32],
    state: State,
    /// The server stops: what is under way is the last.
    stopping: bool,
    /// The last Bind succeeded: larger messages are taken.
    bound: bool,
    /// Binds so far.
    generation: u64,
    input: BytesMut,
    /// The most that [`Self::input`] held since it was made.
    input_peak: usize,
    output: BytesMut,
    commands: VecDeque<Command>,
    /// What was asked for and not done; few at a time.
    missed: Vec<Missed>,
    /// The numbers of the controls beside the last Bind that are not known there, until it is over.
    beside_bind: Vec<String>,
    /// How many requests were refused without a question.
    turned_away: u32,
    /// Whose turn it is: a search that waited for its reader, or the next request.
    resume_first: bool,
    running: VecDeque<Running>,
    selected: LastSelection,
    tickets: u64,
    clock: Duration,
    /// Since when the session waits for the rest of a request.
    partial_since: Option<Duration>,
    /// When a request last came or ended.
    active: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Between the StartTLS response and the end of the handshake.
    Upgrading,
    Closed,
}

impl Session {
    /// Begins a session. The key seals paging cookies and must be random for each connection.
    #[must_use]
    pub fn new(
        settings: Settings,
        security: Security,
        cookie_key: [u8; 32],
        now: Duration,
    ) -> Self {
        Self {
            settings,
            security,
            cookie_key,
            state: State::Open,
            stopping: false,
            bound: false,
            generation: 0,
            input: BytesMut::new(),
            input_peak: 0,
            output: BytesMut::new(),
            // Most clients ask one thing after the other: room for more comes with who asks more, and
            // is not held by thousands that are idle.
            commands: VecDeque::with_capacity(1),
            missed: Vec::new(),
            beside_bind: Vec::new(),
            turned_away: 0,
            resume_first: true,
            running: VecDeque::with_capacity(1),
            selected: LastSelection::new(),
            tickets: 0,
            clock: now,
            partial_since: None,
            active: now,
        }
    }

    /// Takes octets from the client. They are looked at by [`next`](Self::next).
    pub fn receive(&mut self, octets: &[u8], now: Duration) {
        self.clock = self.clock.max(now);
        if self.state == State::Open {
            self.input.extend_from_slice(octets);
            self.input_peak = self.input_peak.max(self.input.len());
        }
    }

    /// Should the caller read from the client? While requests wait for answers, or output for its
    /// reader, only little is read ahead: enough to see that the client has gone. Ask again after
    /// each call that changes something.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.state == State::Open && (self.input.len() < KEPT || self.is_ready())
    }

    /// What to do next. `None`: nothing until there are more octets, answers, or time passed.
    #[expect(clippy::should_implement_trait, reason = "more may follow after None")]
    pub fn next(&mut self) -> Option<Command> {
        loop {
            if let Some(command) = self.commands.pop_front() {
                return Some(command);
            }
            if self.state != State::Open {
                return None;
            }
            if self.stopping {
                self.end_waiting();
            }
            if self.stopping && self.running.is_empty() {
                self.disconnect(ResultCode::Unavailable, "the server stops");
                continue;
            }
            if self.output.len() >= self.settings.limits.output {
                return None;
            }
            if let Some(command) = self.resumed() {
                return Some(command);
            }
            self.resume_first = true;
            if !self.is_ready() {
                if matches!(self.message_length(), Ok(Some(_))) {
                    // It has arrived, and waits for us.
                    self.partial_since = None;
                }
                return self.resumed();
            }
            match self.message_length() {
                Ok(Some(length)) => {
                    if let Some(command) = self.serve(length) {
                        return Some(command);
                    }
                }
                Ok(None) => {
                    self.wait();
                    return self.resumed();
                }
                Err(words) => self.disconnect(ResultCode::ProtocolError, words),
            }
        }
    }

    /// Takes the answer to a question. Ignored when nobody waits for it any more.
    pub fn answer(&mut self, ticket: Ticket, answer: Answer, now: Duration) {
        self.clock = self.clock.max(now);
        let Some(position) = self.running.iter().position(|running| running.ticket == ticket)
        else {
            return;
        };
        let Some(mut running) = self.running.remove(position) else {
            return;
        };
        if let (Answer::More | Answer::Waiting, Work::Search(search)) = (&answer, &mut running.work)
        {
            search.waiting = matches!(answer, Answer::Waiting);
            search.paused = !search.waiting;
            self.running.push_back(running);
            return;
        }
        self.active = self.clock;
        self.finish(&running, answer);
    }

    /// Lets a search that waits for changes go on. Ignored when it does not wait.
    pub fn wake(&mut self, ticket: Ticket) {
        let running = self.running.iter_mut().find(|running| running.ticket == ticket);
        if let Some(Running { work: Work::Search(search), .. }) = running
            && search.waiting
        {
            search.waiting = false;
            search.paused = true;
        }
    }

    /// The place to write a search's entries; `None` when nobody waits for them any more.
    pub fn entries(&mut self, ticket: Ticket) -> Option<EntryWriter<'_>> {
        let running = self.running.iter_mut().find(|running| running.ticket == ticket)?;
        let Work::Search(search) = &mut running.work else {
            return None;
        };
        Some(EntryWriter {
            output: &mut self.output,
            search,
            id: running.id,
            mark: self.settings.limits.output,
        })
    }

    /// Takes what the client asked for since and the session did not do, for who keeps record of it. It is
    /// of whoever the client is before the next command is done.
    pub fn missed(&mut self) -> Vec<Missed> {
        std::mem::take(&mut self.missed)
    }

    /// Takes how many requests were refused since without a question: those that are not served, or
    /// are not what the protocol allows.
    pub const fn turned_away(&mut self) -> u32 {
        std::mem::replace(&mut self.turned_away, 0)
    }

    /// Counts a request that is refused without a question.
    const fn turn_away(&mut self) {
        self.turned_away = self.turned_away.saturating_add(1);
    }

    /// Keeps what was not done until it is taken.
    fn miss(&mut self, missed: Missed) {
        if self.missed.len() < MISSED {
            self.missed.push(missed);
        }
    }

    /// What waits to be written to the client; whoever writes it takes it out. Call
    /// [`next`](Self::next) afterwards.
    pub const fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// How the connection's octets travel at this moment.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }

    /// When [`expire`](Self::expire) has to be called, unless something happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        if self.state != State::Open {
            return None;
        }
        let limits = &self.settings.limits;
        let partial = self.partial_since.map(|since| since.saturating_add(limits.partial));
        let idle = if self.bound { limits.idle } else { limits.idle_anonymous.min(limits.idle) };
        let idle = self.running.is_empty().then(|| self.active.saturating_add(idle));
        [partial, idle].into_iter().flatten().min()
    }

    /// Ends the connection if its [`deadline`](Self::deadline) has passed.
    pub fn expire(&mut self, now: Duration) {
        self.clock = self.clock.max(now);
        if self.deadline().is_some_and(|deadline| deadline <= self.clock) {
            match self.partial_since {
                Some(_) => {
                    self.disconnect(ResultCode::ProtocolError, "the request did not arrive in time")
                }
                None => self.disconnect(ResultCode::Unavailable, "nothing was asked for too long"),
            }
        }
    }

    /// Takes note that the handshake after [`Command::StartTls`] is done.
    pub fn tls_established(&mut self, now: Duration) {
        self.clock = self.clock.max(now);
        self.active = self.clock;
        self.security = Security::Tls;
        if self.state == State::Upgrading {
            self.state = State::Open;
        }
    }

    /// Ends the connection because the server stops: what is under way is answered, nothing else
    /// is looked at; then it says so and asks for [`Command::Close`].
    pub const fn shutdown(&mut self) {
        self.stopping = true;
    }

    /// May another request be looked at? Not during a Bind, not when it is one behind a change of a
    /// password, and not while those under way are as many, or hold as many octets, as are allowed,
    /// or output waits.
    fn is_ready(&self) -> bool {
        let binding = matches!(self.running.back(), Some(Running { work: Work::Bind, .. }));
        let held: usize = self.running.iter().map(|running| running.octets).sum();
        !self.stopping
            && !binding
            && self.running.len() < self.settings.limits.outstanding
            && held < self.message_limit()
            && self.output.len() < self.settings.limits.output
            && !self.binds_behind_change()
    }

    /// Is a Bind next while a password is changed? It waits, as RFC 4511 section 4.2.1 allows: who
    /// changed a password hears how that ended, and the Bind is judged by what came of it.
    fn binds_behind_change(&self) -> bool {
        let changes =
            |running: &Running| matches!(running.work, Work::Modify | Work::PasswordModify);
        if !self.running.iter().any(changes) {
            return false;
        }
        let Ok(Some(length)) = self.message_length() else { return false };
        let message = self.input.get(..length).unwrap_or_default();
        Envelope::read(message).is_ok_and(|envelope| envelope.operation == Operation::Bind)
    }

    const fn message_limit(&self) -> usize {
        let limits = &self.settings.limits;
        if self.bound { limits.message_bound } else { limits.message_anonymous }
    }

    /// A search that may go on, because the client has read half of what waited. Requests and
    /// searches take turns, so that a long search does not hide an Abandon behind it.
    fn resumed(&mut self) -> Option<Command> {
        if !self.resume_first || self.output.len() > self.settings.limits.output / 2 {
            return None;
        }
        let paused = self.running.iter_mut().find_map(|running| match &mut running.work {
            Work::Search(search) if search.paused => Some((running.ticket, search)),
            Work::Search(_)
            | Work::Bind
            | Work::Compare
            | Work::WhoAmI
            | Work::Modify
            | Work::PasswordModify => None,
        });
        let (ticket, search) = paused?;
        search.paused = false;
        self.resume_first = false;
        Some(Command::Ask(ticket, Question::Continue))
    }

    /// The length of the message that the input begins with, when all of it is there.
    fn message_length(&self) -> Result<Option<usize>, &'static str> {
        match self.input.first() {
            None => return Ok(None),
            Some(&ber::SEQUENCE) => {}
            Some(_) => return Err("not an LDAP message"),
        }
        match ber::header(&self.input) {
            Ok(Header::Incomplete) => Ok(None),
            Ok(Header::Complete { header, content }) if content <= self.message_limit() => {
                Ok(Some(header + content).filter(|&length| length <= self.input.len()))
            }
            Ok(Header::Complete { .. }) => Err("the message is too long"),
            Err(Malformed) => Err("the message has no definite length"),
        }
    }

    /// No request is to be served: takes note of an incomplete request and gives memory back.
    fn wait(&mut self) {
        if !self.input.is_empty() {
            self.partial_since.get_or_insert(self.clock);
        } else if self.input_peak > KEPT {
            self.input = BytesMut::new();
            self.input_peak = 0;
        }
        if self.running.is_empty() && self.output.is_empty() && self.output.capacity() > KEPT {
            self.output = BytesMut::new();
        }
    }

    /// Says why, then closes (RFC 4511 section 4.4.1).
    fn disconnect(&mut self, code: ResultCode, words: &'static str) {
        if code == ResultCode::ProtocolError {
            self.turn_away();
        }
        response::disconnection(&mut self.output, code, words);
        self.close();
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.running.clear();
        self.commands.clear();
        self.commands.push_back(Command::Close);
        self.discard_input();
    }

    /// Forgets what came in: it may hold a password.
    fn discard_input(&mut self) {
        self.input.as_mut().zeroize();
        self.input = BytesMut::new();
        self.partial_since = None;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.discard_input();
    }
}
