//! The server: datagrams and answers in, commands out.

use core::net::SocketAddr;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::hash::Hash;
use std::time::Duration;

use thiserror::Error;

use crate::accounting::Accounting;
use crate::admission::{Admitted, Candidate, NotAdmitted, Slate, admit};
use crate::attribute::AttributeType;
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
    /// All of them on a connection inside TLS, by custom on port 2083
    /// ([RFC 6614](https://www.rfc-editor.org/rfc/rfc6614)). The one candidate is the client whose
    /// connection it is, with the secret that they all have there: [`RADSEC`].
    Tls(Version),
}

/// How packets are written inside TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// As everywhere else.
    V1_0,
    /// With a token, without MD5 ([RFC 9765](https://www.rfc-editor.org/rfc/rfc9765)).
    V1_1,
}

/// The shared secret of all packets inside TLS, which TLS protects
/// ([RFC 6614, section 2.3](https://www.rfc-editor.org/rfc/rfc6614#section-2.3)).
pub const RADSEC: &[u8] = b"radsec";

impl Port {
    const fn version(self) -> Version {
        match self {
            Self::Authentication | Self::Accounting => Version::V1_0,
            Self::Tls(version) => version,
        }
    }
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
    /// Starts with nothing remembered. All clients are of one owner.
    #[must_use]
    pub fn new(port: Port, limits: Limits) -> Self {
        Self::shared(port, limits, |_| 0)
    }

    /// Starts with nothing remembered; `owner` names whose a client is. What one owner takes of the
    /// limits is bounded, so that something is left for the others.
    #[must_use]
    pub fn shared(port: Port, limits: Limits, owner: fn(C) -> u32) -> Self {
        Self {
            port,
            limits,
            recent: Recent::new(limits, owner),
            signer: Signer::default(),
            commands: VecDeque::new(),
        }
    }

    /// Takes a datagram and the clients that its source address allows, best fitting first; returns
    /// whose it is, where that was found out and it is none that is worked on already.
    ///
    /// Where several have the same secret, the first one is taken.
    pub fn receive<'s>(
        &mut self,
        source: SocketAddr,
        datagram: &[u8],
        candidates: Slate<impl IntoIterator<Item = Candidate<'s, C>>>,
        now: Duration,
    ) -> Option<C> {
        self.expire(now);
        let Slate { all, is_cut } = candidates;
        match self.handle(source, datagram, all.into_iter(), now) {
            Ok(client) => Some(client),
            Err(NotAdmitted { client, reason }) => {
                let reason = if is_cut { reason.behind_a_cut() } else { reason };
                self.commands.push_back(Command::Drop { source, client, reason });
                None
            }
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
                let said = message.as_ref().filter(|_| failure.is_empty());
                let said = said.map_or([].as_slice(), Message::as_octets);
                (Code::AccessReject, Cow::Owned([failure, said].concat()))
            }
            Answer::Challenge(challenge) => {
                (Code::AccessChallenge, Cow::Borrowed(challenge.as_octets()))
            }
            Answer::Recorded => (Code::AccountingResponse, Cow::Borrowed([].as_slice())),
            Answer::Silence | Answer::Discard => {
                if let (Port::Tls(version), Answer::Silence) = (self.port, answer) {
                    let attributes = error(pending.code, UNAVAILABLE, version);
                    let draft = pending.draft(Code::ProtocolError, &attributes);
                    let (to, secret) = (pending.source, pending.secret.as_ref());
                    let signed = self.signer.sign(&draft, secret);
                    let send = |reply| Command::Send { to, reply };
                    self.commands.extend(signed.ok().map(send));
                }
                self.recent.drop_waiting(ticket);
                return Ok(());
            }
        };
        let to = pending.source;
        let mut outcome = Ok(());
        let secret = pending.secret.as_ref();
        let mut signed = self.signer.sign(&pending.draft(code, &attributes), secret);
        if signed.is_err() {
            outcome = Err(AnswerError::TooLong);
            let rejection = pending.draft(Code::AccessReject, failure);
            signed = self.signer.sign(&rejection, secret);
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
    ) -> Result<C, NotAdmitted<C>> {
        let mut candidates = candidates.peekable();
        if candidates.peek().is_none() {
            return Err(DropReason::Stranger.into());
        }
        let packet = Packet::read(datagram).map_err(DropReason::from)?;
        let version = self.port.version();
        let asked =
            Asked::of(packet.code, self.port).ok_or(DropReason::UnexpectedCode(packet.code))?;
        let attributes = self.limits.attributes;
        let request = Request::read(packet, version, attributes).map_err(DropReason::from)?;
        let admitted = match asked {
            Asked::Unserved => Admitted::of_connection(request, candidates.next())?,
            Asked::Access if self.lacks_authenticator(&request) => {
                let admitted = Admitted::of_connection(request, candidates.next())?;
                let reason = match self.excuse(source, &admitted, MISSING_ATTRIBUTE) {
                    Ok(()) => DropReason::UnprotectedEap,
                    Err(reason) => reason,
                };
                return Err(NotAdmitted { client: Some(admitted.client()), reason });
            }
            Asked::Access | Asked::Accounting | Asked::Status => {
                admit(request, candidates, self.is_in_tls())?
            }
        };
        let outcome = match asked {
            Asked::Access => self.access(source, &admitted, now),
            Asked::Accounting => self.account(source, &admitted, now),
            Asked::Status => self.status(source, &admitted),
            Asked::Unserved => self.excuse(source, &admitted, UNSUPPORTED),
        };
        let client = admitted.client();
        outcome.map(|()| client).map_err(|reason| NotAdmitted { client: Some(client), reason })
    }

    /// Whether a request inside TLS is not served for want of a Message-Authenticator, which EAP has
    /// to have (RFC 3579, section 3.1).
    fn lacks_authenticator(&self, request: &Request<'_>) -> bool {
        self.is_in_tls()
            && request.version == Version::V1_0
            && request.eap.is_some()
            && request.message_authenticator.is_none()
    }

    const fn is_in_tls(&self) -> bool {
        matches!(self.port, Port::Tls(_))
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
            Port::Authentication | Port::Tls(_) => Code::AccessAccept,
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
        let question = match Question::read(admitted, source, self.is_in_tls()) {
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
        let key = Key::of(admitted.client(), source, admitted.request());
        let pending = || Pending::new(admitted, source);
        let authenticator = match admitted.request().version {
            Version::V1_0 => packet.authenticator,
            // The token is in the key, and what is behind it is ignored (RFC 9765, section 4.1).
            Version::V1_1 => &[0; 16],
        };
        match self.recent.meet(key, authenticator, pending, now) {
            Meeting::New(ticket) => self.commands.push_back(command(ticket)),
            Meeting::Waiting if admitted.secret().is_none() => return Err(DropReason::TokenReused),
            Meeting::Waiting => return Err(DropReason::Duplicate),
            Meeting::Answered(reply) => {
                self.commands.push_back(Command::Send { to: source, reply });
            }
            Meeting::Full => {
                if self.is_in_tls() {
                    self.excuse(source, admitted, UNAVAILABLE)?;
                }
                return Err(DropReason::Busy);
            }
        }
        Ok(())
    }

    /// Says why a request is not served, where nobody sends it again
    /// ([RFC 9765, section 6.1](https://www.rfc-editor.org/rfc/rfc9765#section-6.1), and the
    /// successor of RFC 6614).
    fn excuse(
        &mut self,
        source: SocketAddr,
        admitted: &Admitted<'_, '_, C>,
        cause: u32,
    ) -> Result<(), DropReason> {
        let request = admitted.request();
        let attributes = error(request.packet.code, cause, request.version);
        let reply = self.sign(admitted, Code::ProtocolError, &attributes)?;
        self.commands.push_back(Command::Send { to: source, reply });
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

/// Codes that answer something: the ones of RFC 2865 and 2866, Disconnect and CoA, and errors.
const ANSWERS: [u8; 9] = [2, 3, 5, 11, 41, 42, 44, 45, 52];

/// The requests that are served.
#[derive(Clone, Copy)]
enum Asked {
    Access,
    Accounting,
    Status,
    /// Something else, which is answered inside TLS.
    Unserved,
}

/// Error-Cause: the packet lacks an attribute that it has to have.
const MISSING_ATTRIBUTE: u32 = 402;
/// Error-Cause: the kind of packet is not served.
const UNSUPPORTED: u32 = 406;
/// Error-Cause: not at the moment.
const UNAVAILABLE: u32 = 506;

/// The attributes of a Protocol-Error: Original-Packet-Code, where identifiers belong to codes, and
/// Error-Cause ([RFC 7930, section 4](https://www.rfc-editor.org/rfc/rfc7930#section-4)).
fn error(code: u8, cause: u32, version: Version) -> Vec<u8> {
    let mut attributes = Vec::with_capacity(13);
    if version == Version::V1_0 {
        attributes.extend([241, 7, 4]);
        attributes.extend(u32::from(code).to_be_bytes());
    }
    attributes.extend([AttributeType::ERROR_CAUSE.0, 6]);
    attributes.extend(cause.to_be_bytes());
    attributes
}

impl Asked {
    fn of(code: u8, port: Port) -> Option<Self> {
        if code == Code::StatusServer.octet() {
            return Some(Self::Status);
        }
        let is = |wanted: Code| code == wanted.octet();
        match port {
            Port::Tls(_) if is(Code::AccessRequest) => Some(Self::Access),
            Port::Tls(_) if is(Code::AccountingRequest) => Some(Self::Accounting),
            // An answer to an answer would have no end.
            Port::Tls(_) => (!ANSWERS.contains(&code)).then_some(Self::Unserved),
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
