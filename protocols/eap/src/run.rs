//! One method in its course: a TLS handshake in pieces, and what is said inside.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::avp::{self, BadAvps, Said};
use crate::failure::Failure;
use crate::fragment::{Inbound, Outbound, Received};
use crate::method::Method;
use crate::ms_chap::{Inner, Step};
use crate::packet::{self, Kind};
use crate::question::{Answer, Proof, Question};
use crate::tunnel::{Keys, Tunnel};

/// What follows from a response or an answer.
pub(crate) enum Next {
    /// A request with this data.
    Send(Vec<u8>),
    /// Somebody has to say.
    Ask(Question),
    /// The method ended well.
    Succeed(Keys),
    /// It ended.
    Fail(Failure),
}

/// A method that has begun.
pub(crate) struct Run {
    method: Method,
    /// The most octets of a request's data.
    most: usize,
    /// What an inner method asks.
    challenge: [u8; 16],
    inbound: Inbound,
    outbound: Outbound,
    tunnel: Tunnel,
    phase: Phase,
    /// The EAP conversation inside.
    inner: Option<Inner>,
    /// Whether the session that was resumed lets nobody in, so that the peer has to prove itself.
    begins_anew: bool,
}

enum Phase {
    Handshake,
    /// The last of the handshake is on its way to a peer that then waits to be asked.
    Opening,
    /// The peer speaks inside.
    Inside,
    /// Waits for an answer; the question again for who repeats it.
    Asking(Question),
    /// The peer was told inside whether it is let in, and says that it heard.
    Result(bool),
    /// The last words are on their way.
    Ending(Option<Failure>),
}

impl Run {
    pub(crate) fn new(
        method: Method,
        config: Arc<ServerConfig>,
        most: usize,
        challenge: [u8; 16],
    ) -> Result<Self, Failure> {
        Ok(Self {
            method,
            most,
            challenge,
            inbound: Inbound::new(method),
            outbound: Outbound::default(),
            tunnel: Tunnel::new(config)?,
            phase: Phase::Handshake,
            inner: None,
            begins_anew: false,
        })
    }

    pub(crate) const fn method(&self) -> Method {
        self.method
    }

    /// Whether the handshake is not over yet and what is left of it is more than a look at a MAC, as
    /// it is where a session goes on or, by TLS 1.3, our part is done. Of EAP-TLS a certificate is left.
    pub(crate) fn is_costly(&self) -> bool {
        let is_done = self.tunnel.is_resumed() || self.tunnel.is_1_3();
        matches!(self.phase, Phase::Handshake) && (self.method == Method::Tls || !is_done)
    }

    /// Takes the data of a response.
    pub(crate) fn receive(&mut self, data: &[u8]) -> Next {
        if let Phase::Asking(question) = &self.phase {
            return Next::Ask(question.clone());
        }
        match (self.inbound.take(data), self.outbound.is_left()) {
            (Err(bad), _) => Next::Fail(bad.into()),
            (Ok(Received::Acknowledgement), true) => self.piece(),
            (Ok(_), true) => Next::Fail(Failure::Unexpected),
            (Ok(Received::Piece), false) => self.piece(),
            (Ok(Received::Acknowledgement), false) => self.acknowledged(),
            (Ok(Received::Message(octets)), false) => self.hear(&octets),
        }
    }

    /// Takes the answer to the question that was asked last.
    pub(crate) fn answer(&mut self, answer: Answer) -> Next {
        let Phase::Asking(question) = std::mem::replace(&mut self.phase, Phase::Inside) else {
            return Next::Fail(Failure::Unexpected);
        };
        match (question.proof, answer) {
            (Proof::Certificate(_), Answer::Accept { .. }) => self.indicate_success(),
            (Proof::Earlier, Answer::Accept { .. }) => match self.method {
                Method::Tls | Method::Ttls => self.indicate_success(),
                Method::Peap => self.tell_result(true),
            },
            (Proof::Earlier, Answer::Reject) => {
                self.begins_anew = true;
                self.open()
            }
            (Proof::Password(_) | Proof::Chap(_), Answer::Accept { .. }) => self.succeed(),
            (Proof::MsChapV2(_), Answer::Accept { counterproof: Some(text) }) => {
                self.prove_back(&text)
            }
            (Proof::MsChapV2(_), _) => match &mut self.inner {
                Some(inner) => {
                    let packet = inner.reject();
                    self.say(&packet)
                }
                None => Next::Fail(Failure::Refused),
            },
            // It is asked outside of tunnels alone.
            (Proof::Md5(_), Answer::Accept { .. }) => Next::Fail(Failure::Unexpected),
            (_, Answer::Reject) => Next::Fail(Failure::Refused),
        }
    }

    fn acknowledged(&mut self) -> Next {
        match std::mem::replace(&mut self.phase, Phase::Inside) {
            Phase::Ending(None) => self.succeed(),
            Phase::Ending(Some(failure)) => Next::Fail(failure),
            Phase::Opening => self.ask_identity(),
            Phase::Inside if self.method == Method::Ttls => self.hear_early(),
            Phase::Handshake | Phase::Inside | Phase::Asking(_) | Phase::Result(_) => {
                Next::Fail(Failure::Unexpected)
            }
        }
    }

    /// A peer may have begun to speak inside behind the end of its handshake, before it
    /// acknowledged the end of ours. One that counted on its session has nothing to say.
    fn hear_early(&mut self) -> Next {
        let said = self.tunnel.read();
        match (said.is_empty(), self.begins_anew) {
            (false, _) => self.hear_avps(&said),
            (true, true) => Next::Fail(Failure::Refused),
            (true, false) => Next::Fail(Failure::Unexpected),
        }
    }

    fn hear(&mut self, octets: &[u8]) -> Next {
        if let Err(error) = self.tunnel.feed(octets) {
            let alert = self.tunnel.output();
            if alert.is_empty() {
                return Next::Fail(error.into());
            }
            self.phase = Phase::Ending(Some(error.into()));
            return self.send(alert);
        }
        match std::mem::replace(&mut self.phase, Phase::Inside) {
            Phase::Handshake if !self.tunnel.is_established() => {
                self.phase = Phase::Handshake;
                self.flush()
            }
            Phase::Handshake => self.established(),
            Phase::Inside => self.hear_inside(),
            Phase::Result(told) => self.hear_result(told),
            Phase::Ending(Some(failure)) => Next::Fail(failure),
            Phase::Ending(None) | Phase::Opening | Phase::Asking(_) => {
                Next::Fail(Failure::Unexpected)
            }
        }
    }

    fn established(&mut self) -> Next {
        self.inbound.go_inside();
        match self.method {
            Method::Tls => {
                let proof = Proof::Certificate(self.tunnel.certificates());
                self.ask(Question::new(b"", proof))
            }
            Method::Ttls | Method::Peap if self.tunnel.is_resumed() => {
                self.ask(Question::new(b"", Proof::Earlier))
            }
            Method::Ttls | Method::Peap => self.open(),
        }
    }

    /// Lets the inner method begin.
    fn open(&mut self) -> Next {
        let output = self.tunnel.output();
        match self.method {
            Method::Tls => Next::Fail(Failure::Unexpected),
            Method::Ttls => {
                self.phase = Phase::Inside;
                self.send(output)
            }
            Method::Peap if output.is_empty() => self.ask_identity(),
            Method::Peap => {
                self.phase = Phase::Opening;
                self.send(output)
            }
        }
    }

    /// In PEAP the server begins.
    fn ask_identity(&mut self) -> Next {
        let inner = Inner::new(self.challenge);
        let packet = inner.ask_identity();
        self.inner = Some(inner);
        self.say(&packet)
    }

    fn hear_inside(&mut self) -> Next {
        let said = self.tunnel.read();
        if said.is_empty() {
            return self.flush();
        }
        match self.method {
            Method::Tls => Next::Fail(Failure::Unexpected),
            Method::Ttls => self.hear_avps(&said),
            Method::Peap => self.hear_compressed(&said),
        }
    }

    fn hear_avps(&mut self, octets: &[u8]) -> Next {
        let challenge = match self.tunnel.challenge() {
            Ok(challenge) => challenge,
            Err(error) => return Next::Fail(error.into()),
        };
        match (avp::read(octets, &challenge), self.inner.is_some()) {
            (Err(bad), _) => Next::Fail(bad.into()),
            (Ok(Said::Question(question)), false) => self.ask(question),
            (Ok(Said::Question(_)), true) => Next::Fail(BadAvps::NoProof.into()),
            (Ok(Said::Eap(packet)), _) => match packet::Response::read(&packet) {
                Ok(response) => self.hear_inner(&response),
                Err(malformed) => Next::Fail(malformed.into()),
            },
        }
    }

    fn hear_compressed(&mut self, octets: &[u8]) -> Next {
        let identifier = self.inner.as_ref().map_or(0, Inner::identifier);
        match packet::Response::read_inside(octets, identifier) {
            Some(response) => self.hear_inner(&response),
            None => Next::Fail(Failure::Unexpected),
        }
    }

    fn hear_inner(&mut self, response: &packet::Response<'_>) -> Next {
        let challenge = self.challenge;
        let inner = self.inner.get_or_insert_with(|| Inner::new(challenge));
        match inner.receive(response) {
            Step::Send(packet) => self.say(&packet),
            Step::Ask(question) => self.ask(question),
            Step::Succeeded if self.method == Method::Peap => self.tell_result(true),
            Step::Succeeded => self.succeed(),
            Step::Failed if self.method == Method::Peap => self.tell_result(false),
            Step::Failed => Next::Fail(Failure::Refused),
            Step::NoMethod(wanted) => Next::Fail(Failure::no_method(&wanted)),
            Step::Nonsense => Next::Fail(Failure::Unexpected),
        }
    }

    fn prove_back(&mut self, text: &str) -> Next {
        if let Some(inner) = &mut self.inner {
            let packet = inner.accept(text);
            return self.say(&packet);
        }
        match self.tunnel.challenge() {
            Ok([.., identifier]) => {
                self.tunnel.write(&avp::ms_chap_success(identifier, text));
                self.phase = Phase::Ending(None);
                self.flush()
            }
            Err(error) => Next::Fail(error.into()),
        }
    }

    /// Tells a PEAP peer inside how it went (draft-kamath-pppext-peapv0, section 2.2).
    fn tell_result(&mut self, good: bool) -> Next {
        let identifier = self.inner.as_ref().map_or(0, Inner::identifier).wrapping_add(1);
        let packet = packet::request(identifier, Kind::EXTENSIONS, &[&result(good)]);
        self.tunnel.write(&packet);
        self.phase = Phase::Result(good);
        self.flush()
    }

    /// Only a peer that heard of success, and agrees, is let in.
    fn hear_result(&mut self, told: bool) -> Next {
        let said = self.tunnel.read();
        let agreed = packet::Response::read(&said).is_ok_and(|response| {
            response.kind == Kind::EXTENSIONS && response.data.starts_with(&result(true))
        });
        if told && agreed { self.succeed() } else { Next::Fail(Failure::Refused) }
    }

    /// In TLS 1.3 the peer is told inside that nothing else follows
    /// ([RFC 9190, section 2.5](https://www.rfc-editor.org/rfc/rfc9190#section-2.5)).
    fn indicate_success(&mut self) -> Next {
        if self.tunnel.is_1_3() {
            self.tunnel.write(&[0]);
        }
        let output = self.tunnel.output();
        if output.is_empty() {
            return self.succeed();
        }
        self.phase = Phase::Ending(None);
        self.send(output)
    }

    fn succeed(&self) -> Next {
        match self.tunnel.keys(self.method) {
            Ok(keys) => Next::Succeed(keys),
            Err(error) => Next::Fail(error.into()),
        }
    }

    fn ask(&mut self, question: Question) -> Next {
        let question = question.by(self.method, self.inner.is_some());
        self.phase = Phase::Asking(question.clone());
        Next::Ask(question)
    }

    /// Says an inner packet, as the method has it.
    fn say(&mut self, packet: &[u8]) -> Next {
        match self.method {
            Method::Tls | Method::Ttls => self.tunnel.write(&avp::eap_message(packet)),
            Method::Peap => self.tunnel.write(packet.get(4..).unwrap_or_default()),
        }
        self.flush()
    }

    fn flush(&mut self) -> Next {
        let output = self.tunnel.output();
        self.send(output)
    }

    fn send(&mut self, message: Vec<u8>) -> Next {
        self.outbound.put(message);
        self.piece()
    }

    fn piece(&mut self) -> Next {
        Next::Send(self.outbound.next(self.most))
    }
}

/// The Result TLV, which must be understood.
const fn result(good: bool) -> [u8; 6] {
    [0x80, 3, 0, 2, 0, if good { 1 } else { 2 }]
}
