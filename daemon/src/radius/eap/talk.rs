//! A conversation with what the daemon has to know of it.

use std::net::IpAddr;
use std::sync::Arc;

use directory::authentication::{Earlier, NetworkReply, Outcome};
use directory::{Circumstances, NetworkMethod, OuterName};
use eap::{Command, Conversation, Failure, Method, Proof, Success};
use radius::Question;

use super::sessions::{By, Ledger, Proven};
use super::table::State;
use super::view;
use crate::radius::candidates::ClientKey;
use crate::radius::circumstances::{CallingDevice, circumstances};

/// A conversation with one peer.
pub(in crate::radius) struct Talk {
    conversation: Box<Conversation>,
    ledger: Arc<Ledger>,
    client: ClientKey,
    /// The State of the request that is being answered.
    pub(super) state: Option<State>,
    source: IpAddr,
    /// The method that was under way last: a conversation that is over has none.
    method: Option<Method>,
    /// Who the first request is about, outside of any tunnel.
    outer: String,
    /// What the first request says, but the method.
    circumstances: Circumstances,
    /// The device that the first request may be about, where the client lets those in.
    device: Option<CallingDevice>,
    /// Whether it was asked about last.
    is_device: bool,
    /// Whether the gear wants to know how the keys are called.
    wants_key_name: bool,
    /// Whom the question is about that was asked last.
    asked: String,
    /// By what that question is to be answered.
    by: By,
    /// What follows from it that somebody was let in.
    accepted: Option<Accepted>,
}

struct Accepted {
    reply: Arc<NetworkReply>,
    earlier: Option<Earlier>,
}

/// What follows.
pub(in crate::radius) enum Next {
    /// This packet goes to the peer.
    Send(Vec<u8>),
    /// The directory has to say.
    Ask(eap::Question),
    /// The peer is let in.
    Accept(radius::Reply),
    /// It would be, but that cannot be told to the gear.
    Unwritten,
    /// It is not.
    Reject(Option<Failure>),
    /// Nothing, since nothing could be found out.
    Silence,
    /// Nothing: the packet belongs to another request.
    Ignore,
}

impl Talk {
    /// Starts with the first request.
    pub(super) fn new(
        conversation: Conversation,
        ledger: Arc<Ledger>,
        question: &Question<ClientKey>,
        device: Option<CallingDevice>,
    ) -> Self {
        let outer = String::from_utf8_lossy(question.user_name()).into_owned();
        // Until a method is agreed on, nobody is asked about.
        let said = circumstances(question, NetworkMethod::EapTls);
        Self {
            conversation: Box::new(conversation),
            ledger,
            client: question.client(),
            state: None,
            source: question.source().ip(),
            method: None,
            circumstances: Circumstances { outer: Some(OuterName::of(&outer)), ..said },
            outer,
            device,
            is_device: false,
            wants_key_name: question.wants_key_name(),
            asked: String::new(),
            by: By::Proof,
            accepted: None,
        }
    }

    /// Whose gear brings it.
    pub(in crate::radius) const fn client(&self) -> ClientKey {
        self.client
    }

    /// What the first request says, and the method that was agreed on.
    pub(in crate::radius) fn circumstances(&self) -> Circumstances {
        let method = match self.conversation.method().or(self.method) {
            None if self.is_device => NetworkMethod::Mac,
            Some(Method::Ttls) => NetworkMethod::EapTtls,
            Some(Method::Peap) => NetworkMethod::Peap,
            Some(Method::Tls) | None => NetworkMethod::EapTls,
        };
        Circumstances { method, ..self.circumstances }
    }

    /// Who the first request is about, which nothing has proven.
    pub(in crate::radius) fn outer(&self) -> &str {
        &self.outer
    }

    /// From where the first request came.
    pub(in crate::radius) const fn source(&self) -> IpAddr {
        self.source
    }

    /// Whether taking a packet takes so long that the socket must not wait for it.
    pub(in crate::radius) fn is_costly(&self, packet: &[u8]) -> bool {
        self.conversation.is_costly(packet)
    }

    /// Takes a packet of the peer.
    pub(in crate::radius) fn receive(&mut self, packet: &[u8]) -> Next {
        self.method = self.conversation.method();
        let command = self.conversation.receive(packet);
        self.follow(command)
    }

    /// What a question means to the directory; `None` for what can prove nobody.
    pub(in crate::radius) fn claim(&mut self, question: &eap::Question) -> Option<view::Claim> {
        // A session counts for the method only in which it was made.
        let found = self.ledger.found();
        let own = found.filter(|found| Some(found.method) == self.conversation.method());
        self.is_device = matches!(question.proof, Proof::Md5(_));
        if let Proof::Md5(answer) = &question.proof {
            return self.device.as_ref().and_then(|device| view::device(device, answer));
        }
        self.by = match question.proof {
            // A certificate may be that of the session.
            Proof::Earlier | Proof::Certificate(_) => By::Session,
            Proof::Password(_) | Proof::Chap(_) | Proof::MsChapV2(_) | Proof::Md5(_) => By::Proof,
        };
        let claim = view::claim(question, own)?;
        self.asked = claim.login().to_owned();
        Some(claim)
    }

    /// Takes what the directory says; nothing follows where it found nothing out.
    pub(in crate::radius) fn hear(&mut self, outcome: Outcome) -> Next {
        let answer = match outcome {
            Outcome::Accept { reply, counterproof, earlier, .. } => {
                self.accepted = Some(Accepted { reply: reply.unwrap_or_default(), earlier });
                let counterproof = counterproof.map(|proof| proof.authenticator_response());
                eap::Answer::Accept { counterproof }
            }
            // Nobody can be asked for a code in here, and nobody is; nor is anybody told what rules say
            // (RFC 3579, section 2.6.5).
            Outcome::Reject
            | Outcome::Refused(_)
            | Outcome::Ended
            | Outcome::Locked
            | Outcome::Unprotected
            | Outcome::Challenge { .. } => {
                if self.by == By::Session {
                    self.ledger.forget_found();
                }
                eap::Answer::Reject
            }
            Outcome::Busy | Outcome::Unhashed(_) => return Next::Silence,
        };
        let command = self.conversation.answer(answer);
        self.follow(command)
    }

    fn follow(&mut self, command: Command) -> Next {
        match command {
            Command::Send(packet) => Next::Send(packet),
            Command::Ask(question) => Next::Ask(question),
            Command::Succeed(success) => self.accept(&success),
            Command::Admit(packet) => self.admit(&packet),
            Command::Fail(Failure::Refused) => Next::Reject(None),
            Command::Fail(failure) => Next::Reject(Some(failure)),
            Command::Ignore => Next::Ignore,
        }
    }

    /// Nobody is let in about whom the directory was not asked.
    fn accept(&mut self, success: &Success) -> Next {
        let Some(Accepted { reply, earlier }) = self.accepted.take() else {
            return Next::Reject(None);
        };
        let Some(reply) = view::accept(&reply, success, self.wants_key_name) else {
            return Next::Unwritten;
        };
        let asked = std::mem::take(&mut self.asked);
        let user = match success.method {
            Method::Tls => None,
            Method::Ttls | Method::Peap => earlier.map(|earlier| (asked, earlier)),
        };
        if user.is_some() || success.method == Method::Tls {
            self.ledger.keep(&Proven { method: success.method, user }, self.by);
        }
        Next::Accept(reply)
    }

    /// Likewise a device, which has no keys and leaves no session.
    fn admit(&mut self, packet: &[u8]) -> Next {
        match self.accepted.take().map(|accepted| view::admit(&accepted.reply, packet)) {
            Some(Some(reply)) => Next::Accept(reply),
            Some(None) => Next::Unwritten,
            None => Next::Reject(None),
        }
    }
}
