//! A conversation with what the daemon has to know of it.

use std::net::IpAddr;
use std::sync::Arc;

use directory::authentication::{NetworkReply, Outcome};
use eap::{Command, Conversation, Failure, Success};
use radius::Question;

use super::table::State;
use super::view;
use crate::radius::candidates::ClientKey;

/// A conversation with one peer.
pub(in crate::radius) struct Talk {
    conversation: Box<Conversation>,
    pub(super) client: ClientKey,
    /// The State of the request that is being answered.
    pub(super) state: Option<State>,
    /// From where the request came.
    pub(in crate::radius) source: IpAddr,
    /// Whether the gear wants to know how the keys are called.
    wants_key_name: bool,
    /// What an accept will carry, once somebody was let in.
    accepted: Option<Arc<NetworkReply>>,
}

/// What follows.
pub(in crate::radius) enum Next {
    /// This packet goes to the peer.
    Send(Vec<u8>),
    /// The directory has to say.
    Ask(eap::Question),
    /// The peer is let in.
    Accept(radius::Reply),
    /// It is not.
    Reject(Option<Failure>),
    /// Nothing.
    Silence,
}

impl Talk {
    /// Starts with the first request.
    pub(super) fn new(conversation: Conversation, question: &Question<ClientKey>) -> Self {
        Self {
            conversation: Box::new(conversation),
            client: question.client(),
            state: None,
            source: question.source().ip(),
            wants_key_name: question.wants_key_name(),
            accepted: None,
        }
    }

    pub(in crate::radius) const fn client(&self) -> ClientKey {
        self.client
    }

    /// Whether taking a packet takes so long that the socket must not wait for it.
    pub(in crate::radius) fn is_costly(&self, packet: &[u8]) -> bool {
        self.conversation.is_costly(packet)
    }

    /// Takes a packet of the peer.
    pub(in crate::radius) fn receive(&mut self, packet: &[u8]) -> Next {
        let command = self.conversation.receive(packet);
        self.follow(command)
    }

    /// Takes what the directory says; nothing follows where it found nothing out.
    pub(in crate::radius) fn hear(&mut self, outcome: Outcome) -> Next {
        let answer = match outcome {
            Outcome::Accept { reply, .. } => {
                self.accepted = Some(reply.unwrap_or_default());
                eap::Answer::Accept { counterproof: None }
            }
            Outcome::Reject | Outcome::Ended | Outcome::Locked | Outcome::Unprotected => {
                eap::Answer::Reject
            }
            Outcome::Busy => return Next::Silence,
        };
        let command = self.conversation.answer(answer);
        self.follow(command)
    }

    fn follow(&mut self, command: Command) -> Next {
        match command {
            Command::Send(packet) => Next::Send(packet),
            Command::Ask(question) => Next::Ask(question),
            Command::Succeed(success) => self.accept(&success),
            Command::Fail(Failure::Refused) => Next::Reject(None),
            Command::Fail(failure) => Next::Reject(Some(failure)),
            Command::Ignore => Next::Silence,
        }
    }

    /// Nobody is let in about whom the directory was not asked.
    fn accept(&mut self, success: &Success) -> Next {
        let Some(accepted) = self.accepted.take() else { return Next::Reject(None) };
        view::accept(&accepted, success, self.wants_key_name)
            .map_or(Next::Reject(None), Next::Accept)
    }
}
