//! One peer's way through EAP: responses and answers in, commands out.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::StoresServerSessions;

use crate::failure::Failure;
use crate::fragment::{Inbound, START};
use crate::md5::Md5;
use crate::method::Method;
use crate::packet::{self, Kind, Response};
use crate::question::{Answer, Question};
use crate::run::{Next, Run};
use crate::tunnel::Keys;

/// Octets of a request in front of a method's data.
const HEADER: usize = 5;
/// The fewest octets of a packet that a lower layer can ask for.
const SMALLEST: usize = 64;
/// What every lower layer carries
/// ([RFC 3748, section 3.1](https://www.rfc-editor.org/rfc/rfc3748#section-3.1)).
const USUAL: usize = 1020;
/// Octets that a lower layer puts in front of a packet
/// ([RFC 3579, section 2.4](https://www.rfc-editor.org/rfc/rfc3579#section-2.4)).
const FRAME: u32 = 4;
/// The most requests of one conversation: pieces of the longest message, and a method.
const ROUNDS: u16 = 250;

/// A method and what its TLS server is.
#[derive(Clone)]
pub struct Offer {
    /// The method.
    pub method: Method,
    /// The server; which sessions it resumes is up to [`Settings::sessions`].
    pub server: Arc<ServerConfig>,
}

/// What a conversation is held with.
#[derive(Clone)]
pub struct Settings {
    /// What is offered, in this order.
    pub offers: Vec<Offer>,
    /// Where earlier sessions are found, and where this one's are left.
    pub sessions: Arc<dyn StoresServerSessions>,
    /// Sixteen octets that nobody could foresee, for an inner method to ask.
    pub challenge: [u8; 16],
    /// Framed-MTU, if the network gear told it.
    pub framed_mtu: Option<u32>,
    /// The most octets of a packet that leaves, whatever the gear told.
    pub largest: usize,
    /// Sixteen other such octets where the peer may be a device that gear answers for by its hardware
    /// address: it is asked by MD5-Challenge before anything is offered. None for all others.
    pub device: Option<[u8; 16]>,
}

/// What to do next.
pub enum Command {
    /// Hand this packet to the peer, and its response to [`Conversation::receive`].
    Send(Vec<u8>),
    /// Find the answer and give it to [`Conversation::answer`]; or drop it: the question comes
    /// again when the peer repeats its response.
    Ask(Question),
    /// Let the peer in.
    Succeed(Success),
    /// Let the device in, with this packet for it, EAP-Success: it was asked by MD5-Challenge, of which
    /// no keys come.
    Admit([u8; 4]),
    /// Let the peer stay outside, and hand it an EAP-Failure with the identifier of its response,
    /// which belongs to the carrier's refusal. The conversation is over.
    Fail(Failure),
    /// Nothing: the response belongs to another request.
    Ignore,
}

/// A conversation that ended well.
pub struct Success {
    /// By which method.
    pub method: Method,
    /// The packet for the peer, EAP-Success.
    pub packet: [u8; 4],
    /// What peer and network gear share from here on.
    pub keys: Keys,
}

/// A conversation with one peer.
///
/// Before the peer has begun a method there is nothing of TLS in it.
pub struct Conversation {
    settings: Settings,
    /// The identifier of the request that the peer has to answer.
    identifier: u8,
    rounds: u16,
    stage: Stage,
}

enum Stage {
    New,
    Identifying,
    Challenged(Md5),
    /// A device was asked about; the question again for who repeats its answer.
    Answered(Question),
    Offered(Method),
    Running(Box<Run>),
    Over,
}

impl Conversation {
    /// Starts with nothing said.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, identifier: 0, rounds: 0, stage: Stage::New }
    }

    /// The method that has begun, or was offered last.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        match &self.stage {
            Stage::Offered(method) => Some(*method),
            Stage::Running(run) => Some(run.method()),
            Stage::New
            | Stage::Identifying
            | Stage::Challenged(_)
            | Stage::Answered(_)
            | Stage::Over => None,
        }
    }

    /// Whether taking `packet` would compute a part of a TLS handshake that takes a while: keys, a
    /// signature, a certificate.
    #[must_use]
    pub fn is_costly(&self, packet: &[u8]) -> bool {
        let is_costly = match &self.stage {
            Stage::Running(run) => run.is_costly(),
            Stage::Offered(_) => true,
            Stage::New
            | Stage::Identifying
            | Stage::Challenged(_)
            | Stage::Answered(_)
            | Stage::Over => false,
        };
        let completes = |response: Response<'_>| {
            Method::of(response.kind).is_some() && Inbound::is_completed_by(response.data)
        };
        is_costly && Response::read(packet).is_ok_and(completes)
    }

    /// Takes what the network gear brought of the peer: a response, or no octets where the gear
    /// wants to be told what to ask
    /// ([RFC 3579, section 2.1](https://www.rfc-editor.org/rfc/rfc3579#section-2.1)).
    pub fn receive(&mut self, packet: &[u8]) -> Command {
        if packet.is_empty() && matches!(self.stage, Stage::New) {
            self.stage = Stage::Identifying;
            return self.request(Kind::IDENTITY, &[]);
        }
        let response = match Response::read(packet) {
            Ok(response) => response,
            Err(malformed) => return self.fail(malformed.into()),
        };
        if matches!(self.stage, Stage::New) {
            self.identifier = response.identifier;
        } else if response.identifier != self.identifier {
            return Command::Ignore;
        }
        match (std::mem::replace(&mut self.stage, Stage::Over), response.kind) {
            (Stage::New | Stage::Identifying, Kind::IDENTITY) => self.identified(),
            (Stage::Challenged(md5), Kind::MD5) => {
                match md5.receive(response.identifier, response.data) {
                    Some(answer) => self.ask(Question::md5(answer)),
                    None => self.fail(Failure::Unexpected),
                }
            }
            (Stage::Answered(question), Kind::MD5) => self.ask(question),
            (Stage::Challenged(_), Kind::NAK) => self.renegotiate(None, response.data),
            (Stage::Offered(method), Kind::NAK) => self.renegotiate(Some(method), response.data),
            (Stage::Offered(method), kind) if kind == method.kind() => match self.begin(method) {
                Ok(run) => self.go_on(run, response.data),
                Err(failure) => self.fail(failure),
            },
            (Stage::Running(run), kind) if kind == run.method().kind() => {
                self.go_on(run, response.data)
            }
            _ => self.fail(Failure::Unexpected),
        }
    }

    /// Takes the answer to the question that was asked last.
    pub fn answer(&mut self, answer: Answer) -> Command {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Running(mut run) => {
                let next = run.answer(answer);
                self.follow(run, next)
            }
            Stage::Answered(_) => match answer {
                Answer::Accept { .. } => Command::Admit(packet::success(self.identifier)),
                Answer::Reject => self.fail(Failure::Refused),
            },
            Stage::New
            | Stage::Identifying
            | Stage::Challenged(_)
            | Stage::Offered(_)
            | Stage::Over => self.fail(Failure::Unexpected),
        }
    }

    /// Begins with a peer that said who it is, which nobody believes.
    fn identified(&mut self) -> Command {
        if let Some(challenge) = self.settings.device {
            let md5 = Md5::new(challenge);
            let data = md5.request();
            self.stage = Stage::Challenged(md5);
            return self.request(Kind::MD5, &data);
        }
        let first = self.settings.offers.first().map(|offer| offer.method);
        self.offer(first, &[])
    }

    /// Asks about a device.
    fn ask(&mut self, question: Question) -> Command {
        self.stage = Stage::Answered(question.clone());
        Command::Ask(question)
    }

    /// The peer takes none of what was offered but one of those that it names
    /// ([RFC 3748, section 5.3.1](https://www.rfc-editor.org/rfc/rfc3748#section-5.3.1)). Each
    /// method is offered once.
    fn renegotiate(&mut self, refused: Option<Method>, wanted: &[u8]) -> Command {
        self.settings.offers.retain(|offer| Some(offer.method) != refused);
        let offered =
            |method: &Method| self.settings.offers.iter().any(|offer| offer.method == *method);
        let next = wanted.iter().filter_map(|kind| Method::of(Kind(*kind))).find(offered);
        self.offer(next, wanted)
    }

    fn offer(&mut self, method: Option<Method>, wanted: &[u8]) -> Command {
        let Some(method) = method else {
            return self.fail(Failure::no_method(wanted));
        };
        self.stage = Stage::Offered(method);
        self.request(method.kind(), &[START])
    }

    fn begin(&self, method: Method) -> Result<Box<Run>, Failure> {
        let offers = &self.settings.offers;
        let offer =
            offers.iter().find(|offer| offer.method == method).ok_or(Failure::Unexpected)?;
        let mut server = ServerConfig::clone(&offer.server);
        server.session_storage = Arc::clone(&self.settings.sessions);
        let most = most(self.settings.framed_mtu, self.settings.largest);
        Ok(Box::new(Run::new(method, Arc::new(server), most, self.settings.challenge)?))
    }

    fn go_on(&mut self, mut run: Box<Run>, data: &[u8]) -> Command {
        let next = run.receive(data);
        self.follow(run, next)
    }

    fn follow(&mut self, run: Box<Run>, next: Next) -> Command {
        match next {
            Next::Send(data) => {
                let kind = run.method().kind();
                self.stage = Stage::Running(run);
                self.request(kind, &data)
            }
            Next::Ask(question) => {
                self.stage = Stage::Running(run);
                Command::Ask(question)
            }
            Next::Succeed(keys) => Command::Succeed(Success {
                method: run.method(),
                packet: packet::success(self.identifier),
                keys,
            }),
            Next::Fail(failure) => self.fail(failure),
        }
    }

    fn request(&mut self, kind: Kind, data: &[u8]) -> Command {
        self.rounds += 1;
        if self.rounds > ROUNDS {
            return self.fail(Failure::TooLong);
        }
        self.identifier = self.identifier.wrapping_add(1);
        Command::Send(packet::request(self.identifier, kind, &[data]))
    }

    fn fail(&mut self, failure: Failure) -> Command {
        self.stage = Stage::Over;
        Command::Fail(failure)
    }
}

/// The most octets of a method's data in one packet.
fn most(framed_mtu: Option<u32>, largest: usize) -> usize {
    let octets = framed_mtu
        .map_or(USUAL, |mtu| usize::try_from(mtu.saturating_sub(FRAME)).unwrap_or(largest));
    octets.min(largest).max(SMALLEST) - HEADER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3579_2_4_a_packet_is_as_large_as_the_gear_says_within_the_bounds() {
        for (framed_mtu, largest, expected) in [
            (None, 1_160, USUAL),
            (None, 512, 512),
            (Some(1_400), 1_160, 1_160),
            (Some(1_400), 1_400, 1_396),
            (Some(1_024), 1_160, USUAL),
            (Some(104), 1_160, 100),
            (Some(0), 1_160, SMALLEST),
            (Some(u32::MAX), 512, 512),
            (Some(1_400), 0, SMALLEST),
        ] {
            assert_eq!(most(framed_mtu, largest) + HEADER, expected, "{framed_mtu:?} {largest}");
        }
    }
}
