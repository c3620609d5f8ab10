//! The server: datagrams and answers in, commands out.

use core::net::SocketAddr;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::hash::Hash;
use std::time::Duration;

use thiserror::Error;

use crate::accounting::Accounting;
use crate::admission::{Admitted, Candidate, NotAdmitted, admit};
use crate::limits::Limits;
use crate::packet::{Code, Packet};
use crate::question::Question;
use crate::recent::{Key, Meeting, Pending, Recent, Ticket};
use crate::refusal::{DropReason, Refusal};
use crate::reply::{Answer, Message, eap_failure};
use crate::request::Request;
use crate::sign::{Draft, SignedReply, Signer};

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// Access-Request and Status-Server, by custom on port 1812.
    Authentication,
    /// Accounting-Request and Status-Server, by custom on port 1813.
    Accounting,
}

/// What whoever drives the server has to do next.
pub enum Command<C> {
    /// Send the datagram from the address and port that the request came to.
    Send {
        /// Where the request came from.
        to: SocketAddr,
        /// The datagram.
        reply: SignedReply,
    },
    /// Find the answer and give it to [`Server::answer`] with the ticket, soon or later.
    Ask(Ticket, Question<C>),
    /// Keep what is reported, so that it outlives a loss of power, and then give
    /// [`Answer::Recorded`] to [`Server::answer`] with the ticket.
    Account(Ticket, Accounting<C>),
    /// Nothing but to note it: a request was rejected without asking; its reply is the next
    /// command.
    Refused {
        /// Where the request came from.
        source: SocketAddr,
        /// The client that asked.
        client: C,
        /// Why.
        refusal: Refusal,
    },
    /// Nothing but to note it: a datagram was met with silence.
    Drop {
        /// Where the datagram claims to come from.
        source: SocketAddr,
        /// The client whose packet it is, or, unproven, the only one that may use the address.
        client: Option<C>,
        /// Why.
        reason: DropReason,
    },
}

/// Why an answer did not go out as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum AnswerError {
    /// The request was superseded by a newer one with its identifier, or waited too long; nothing
    /// was sent.
    #[error("the request does not wait for an answer any more")]
    NotWaiting,
    /// With the request's Proxy-State the reply would be longer than a packet; an Access-Reject
    /// without a message was sent.
    #[error("the reply is longer than a packet may be; the request was rejected")]
    TooLong,
}

/// The RADIUS server of one socket; `C` is the caller's key of a RADIUS client.
///
/// After each call the caller takes all [`Command`]s with [`next`](Self::next). Times are measured
/// from any origin, as long as it is always the same one and time does not run backwards.
pub struct Server<C> {
    port: Port,
    limits: Limits,
    recent: Recent<C>,
    signer: Signer,
    commands: VecDeque<Command<C>>,
}

impl<C: Copy + Eq + Hash> Server<C> {
    /// Starts with nothing remembered.
    #[must_use]
    pub fn new(port: Port, limits: Limits) -> Self {
        Self {
            port,
            limits,
            recent: Recent::new(limits),
            signer: Signer::default(),
            commands: VecDeque::new(),
        }
    }

    /// Takes a datagram and the clients that its source address allows, best fitting first.
    ///
    /// Where several have the same secret, the first one is taken.
    pub fn receive<'s>(
        &mut self,
        source: SocketAddr,
        datagram: &[u8],
        candidates: impl IntoIterator<Item = Candidate<'s, C>>,
        now: Duration,
    ) {
        self.expire(now);
        if let Err(NotAdmitted { client, reason }) =
            self.handle(source, datagram, candidates.into_iter(), now)
        {
            self.commands.push_back(Command::Drop { source, client, reason });
        }
    }

    /// What to do next; `None` when everything is done.
    #[expect(clippy::should_implement_trait, reason = "the verb of all protocol sessions")]
    pub fn next(&mut self) -> Option<Command<C>> {
        self.commands.pop_front()
    }

    /// Gives the answer to the question that came with `ticket`.
    ///
    /// # Errors
    /// When the request does not wait any more, or its reply would be too long.
    pub fn answer(
        &mut self,
        ticket: Ticket,
        answer: &Answer,
        now: Duration,
    ) -> Result<(), AnswerError> {
        let pending = self.recent.waiting(&ticket).ok_or(AnswerError::NotWaiting)?;
        let failure = pending.eap_failure.as_ref().map_or([].as_slice(), |failure| failure);
        let (code, attributes) = match answer {
            Answer::Accept(reply) => (Code::AccessAccept, reply.written(pending)),
            Answer::Reject(message) => {
                let message = message.as_ref().map_or([].as_slice(), Message::as_octets);
                (Code::AccessReject, Cow::Owned([failure, message].concat()))
            }
            Answer::Challenge(challenge) => {
                (Code::AccessChallenge, Cow::Borrowed(challenge.as_octets()))
            }
            Answer::Recorded => (Code::AccountingResponse, Cow::Borrowed([].as_slice())),
            Answer::Silence => {
                self.recent.drop_waiting(ticket);
                return Ok(());
            }
        };
        let to = pending.source;
        let mut outcome = Ok(());
        let mut signed = self.signer.sign(&pending.draft(code, &attributes), &pending.secret);
        if signed.is_err() {
            outcome = Err(AnswerError::TooLong);
            let rejection = pending.draft(Code::AccessReject, failure);
            signed = self.signer.sign(&rejection, &pending.secret);
        }
        let reply = signed.map_err(|_| AnswerError::TooLong)?;
        self.recent.keep(ticket, reply.clone(), now);
        self.commands.push_back(Command::Send { to, reply });
        outcome
    }

    /// When [`expire`](Self::expire) has something to do; `None` while nothing is remembered.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.recent.deadline()
    }

    /// Forgets kept replies and waiting requests whose time is over. Every
    /// [`receive`](Self::receive) does it too.
    pub fn expire(&mut self, now: Duration) {
        self.recent.expire(now);
    }

    fn handle<'s>(
        &mut self,
        source: SocketAddr,
        datagram: &[u8],
        candidates: impl Iterator<Item = Candidate<'s, C>>,
        now: Duration,
    ) -> Result<(), NotAdmitted<C>> {
        let mut candidates = candidates.peekable();
        if candidates.peek().is_none() {
            return Err(DropReason::Stranger.into());
        }
        let packet = Packet::read(datagram).map_err(DropReason::from)?;
        let asked =
            Asked::of(packet.code, self.port).ok_or(DropReason::UnexpectedCode(packet.code))?;
        let request = Request::read(packet, self.limits.attributes).map_err(DropReason::from)?;
        let admitted = admit(request, candidates)?;
        let outcome = match asked {
            Asked::Access => self.access(source, &admitted, now),
            Asked::Accounting => self.account(source, &admitted, now),
            Asked::Status => self.status(source, &admitted),
        };
        outcome.map_err(|reason| NotAdmitted { client: Some(admitted.client()), reason })
    }

    /// Says that we are alive ([RFC 5997, section 4.2]); whatever else is in the request is not
    /// looked at.
    ///
    /// [RFC 5997, section 4.2]: https://www.rfc-editor.org/rfc/rfc5997#section-4.2
    fn status(
        &mut self,
        source: SocketAddr,
        admitted: &Admitted<'_, '_, C>,
    ) -> Result<(), DropReason> {
        let code = match self.port {
            Port::Authentication => Code::AccessAccept,
            Port::Accounting => Code::AccountingResponse,
        };
        let reply = self.sign(admitted, code, &[])?;
        self.commands.push_back(Command::Send { to: source, reply });
        Ok(())
    }

    fn access(
        &mut self,
        source: SocketAddr,
        admitted: &Admitted<'_, '_, C>,
        now: Duration,
    ) -> Result<(), DropReason> {
        let question = match Question::read(admitted, source) {
            Ok(question) => question,
            Err(refusal) => return self.refuse(source, admitted, refusal),
        };
        self.meet(source, admitted, now, |ticket| Command::Ask(ticket, question))
    }

    fn account(
        &mut self,
        source: SocketAddr,
        admitted: &Admitted<'_, '_, C>,
        now: Duration,
    ) -> Result<(), DropReason> {
        let command = |ticket| Command::Account(ticket, Accounting::of(admitted, source));
        self.meet(source, admitted, now, command)
    }

    /// Hands a request on, unless it was met before.
    fn meet(
        &mut self,
        source: SocketAddr,
        admitted: &Admitted<'_, '_, C>,
        now: Duration,
        command: impl FnOnce(Ticket) -> Command<C>,
    ) -> Result<(), DropReason> {
        let packet = admitted.request().packet;
        let key = Key { client: admitted.client(), source, identifier: packet.identifier };
        let pending = || Pending::new(admitted, source);
        match self.recent.meet(key, packet.authenticator, pending, now) {
            Meeting::New(ticket) => self.commands.push_back(command(ticket)),
            Meeting::Waiting => return Err(DropReason::Duplicate),
            Meeting::Answered(reply) => {
                self.commands.push_back(Command::Send { to: source, reply });
            }
            Meeting::Full => return Err(DropReason::Busy),
        }
        Ok(())
    }

    /// Rejects without asking. The same request would be refused with the same octets again, so
    /// nothing needs to be remembered.
    fn refuse(
        &mut self,
        source: SocketAddr,
        admitted: &Admitted<'_, '_, C>,
        refusal: Refusal,
    ) -> Result<(), DropReason> {
        let request = admitted.request();
        let mut attributes = request.eap.map(eap_failure).map_or_else(Vec::new, Vec::from);
        attributes.extend(request.ms_chap.refusal());
        let reply = self.sign(admitted, Code::AccessReject, &attributes)?;
        self.commands.push_back(Command::Refused { source, client: admitted.client(), refusal });
        self.commands.push_back(Command::Send { to: source, reply });
        Ok(())
    }

    fn sign(
        &mut self,
        admitted: &Admitted<'_, '_, C>,
        code: Code,
        attributes: &[u8],
    ) -> Result<SignedReply, DropReason> {
        let request = admitted.request();
        let draft = Draft {
            code,
            identifier: request.packet.identifier,
            authenticator: request.packet.authenticator,
            attributes,
            proxy_states: &request.proxy_states(),
            message_authenticator: true,
        };
        self.signer.sign(&draft, admitted.secret()).map_err(|_| DropReason::ReplyTooLong)
    }
}

/// The requests that are served.
#[derive(Clone, Copy)]
enum Asked {
    Access,
    Accounting,
    Status,
}

impl Asked {
    fn of(code: u8, port: Port) -> Option<Self> {
        if code == Code::StatusServer.octet() {
            return Some(Self::Status);
        }
        match port {
            Port::Authentication => (code == Code::AccessRequest.octet()).then_some(Self::Access),
            Port::Accounting => {
                (code == Code::AccountingRequest.octet()).then_some(Self::Accounting)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_questions_and_tickets_may_move_to_another_thread() {
        const fn movable<T: Send + 'static>() {}
        movable::<Server<u64>>();
        movable::<Question<u64>>();
        movable::<Ticket>();
        movable::<SignedReply>();
    }
}
