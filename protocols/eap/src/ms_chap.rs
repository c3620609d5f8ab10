//! EAP-MSCHAPv2 inside a tunnel: challenges and answers are carried, not computed.
//!
//! The layout of its packets is that of draft-kamath-pppext-eap-mschapv2.

use crate::packet::{self, Kind};
use crate::question::{MsChapV2, Question};

const CHALLENGE: u8 = 1;
const RESPONSE: u8 = 2;
const SUCCESS: u8 = 3;
const FAILURE: u8 = 4;
/// How we call ourselves to the peer.
const NAME: &[u8] = b"tenantry";

/// The parts of an answer that both TTLS and EAP carry alike: the peer's challenge, eight octets
/// that mean nothing, and what was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) peer_challenge: [u8; 16],
    pub(crate) nt_response: [u8; 24],
}

impl Response {
    /// Reads exactly these parts.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let (peer_challenge, rest) = octets.split_first_chunk()?;
        let nt_response = rest.get(8..)?.try_into().ok()?;
        Some(Self { peer_challenge: *peer_challenge, nt_response })
    }
}

/// How an EAP method inside a tunnel goes on.
pub(crate) enum Step {
    /// This packet goes to the peer.
    Send(Vec<u8>),
    /// Somebody has to say.
    Ask(Question),
    /// The peer knows that it is let in.
    Succeeded,
    /// It is not, and knows it or need not.
    Failed,
    /// The peer wants another method: one of these.
    NoMethod(Vec<u8>),
    /// The peer does not keep to the method.
    Nonsense,
}

/// An EAP conversation inside a tunnel: identity, then EAP-MSCHAPv2.
pub(crate) struct Inner {
    identifier: u8,
    challenge: [u8; 16],
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Identity,
    Challenged,
    Asked,
    Succeeding,
    Failing,
}

impl Inner {
    /// Starts with a challenge that nobody could foresee.
    pub(crate) const fn new(challenge: [u8; 16]) -> Self {
        Self { identifier: 0, challenge, stage: Stage::Identity }
    }

    /// The request for an identity, where the server has to begin.
    pub(crate) fn ask_identity(&self) -> Vec<u8> {
        packet::request(self.identifier, Kind::IDENTITY, &[])
    }

    /// The identifier of the last request.
    pub(crate) const fn identifier(&self) -> u8 {
        self.identifier
    }

    /// Takes a response; the identity says nothing that the method does not say itself.
    pub(crate) fn receive(&mut self, response: &packet::Response<'_>) -> Step {
        match (self.stage, response.kind) {
            (Stage::Identity, Kind::IDENTITY) => {
                self.stage = Stage::Challenged;
                self.identifier = response.identifier.wrapping_add(1);
                let value = [&[16], &self.challenge[..], NAME].concat();
                Step::Send(self.request(CHALLENGE, &value))
            }
            (Stage::Challenged, Kind::MS_CHAP_V2) if response.identifier == self.identifier => {
                self.read_answer(response.data)
            }
            (Stage::Challenged, Kind::NAK) if response.identifier == self.identifier => {
                Step::NoMethod(response.data.to_vec())
            }
            (Stage::Succeeding, Kind::MS_CHAP_V2) if response.data.first() == Some(&SUCCESS) => {
                Step::Succeeded
            }
            // Whatever a peer says to that it failed.
            (Stage::Failing, _) => Step::Failed,
            (_, _) => Step::Nonsense,
        }
    }

    /// Tells the peer that it is let in, by a text that proves that its password is known.
    pub(crate) fn accept(&mut self, counterproof: &str) -> Vec<u8> {
        self.stage = Stage::Succeeding;
        self.identifier = self.identifier.wrapping_add(1);
        self.request(SUCCESS, [counterproof, " M=OK"].concat().as_bytes())
    }

    /// Tells the peer that it is not let in and need not try again.
    pub(crate) fn reject(&mut self) -> Vec<u8> {
        self.stage = Stage::Failing;
        self.identifier = self.identifier.wrapping_add(1);
        let zeros = "0".repeat(32);
        self.request(FAILURE, format!("E=691 R=0 C={zeros} V=3 M=Not let in").as_bytes())
    }

    fn read_answer(&mut self, data: &[u8]) -> Step {
        let Some((answer, name)) = self.parts_of(data) else { return Step::Nonsense };
        self.stage = Stage::Asked;
        let proof = MsChapV2 {
            authenticator_challenge: self.challenge,
            peer_challenge: answer.peer_challenge,
            response: answer.nt_response,
        };
        Step::Ask(Question::ms_chap(name, proof))
    }

    /// Operation, identifier, length; the size of the value, 49; answer, flags; the name.
    fn parts_of<'d>(&self, data: &'d [u8]) -> Option<(Response, &'d [u8])> {
        let [RESPONSE, identifier, high, low, 49, rest @ ..] = data else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, name) = rest.split_at_checked(49)?;
        if *identifier != self.identifier || length != data.len() || name.is_empty() {
            return None;
        }
        Some((Response::read(value.get(..48)?)?, name))
    }

    fn request(&self, operation: u8, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX).to_be_bytes();
        let head = [operation, self.identifier];
        packet::request(self.identifier, Kind::MS_CHAP_V2, &[&head, &length, value])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Proof;

    fn response(identifier: u8, kind: Kind, data: &[u8]) -> packet::Response<'_> {
        packet::Response { identifier, kind, data }
    }

    fn answer(identifier: u8, name: &[u8]) -> Vec<u8> {
        let length = u8::try_from(54 + name.len()).unwrap();
        let head = [RESPONSE, identifier, 0, length, 49];
        [&head[..], &[1; 16], &[0; 8], &[2; 24], &[0], name].concat()
    }

    fn challenged() -> Inner {
        let mut inner = Inner::new([7; 16]);
        let Step::Send(packet) = inner.receive(&response(4, Kind::IDENTITY, b"ada")) else {
            panic!("no challenge");
        };
        let head = [1, 5, 0, 34, 26, CHALLENGE, 5, 0, 29, 16];
        assert_eq!(packet, [&head[..], &[7; 16], NAME].concat());
        inner
    }

    #[test]
    fn an_answer_is_asked_about_and_success_is_proven_to_the_peer() {
        let mut inner = challenged();
        let data = answer(5, b"ACME\\ada");
        let Step::Ask(question) = inner.receive(&response(5, Kind::MS_CHAP_V2, &data)) else {
            panic!("no question");
        };
        assert_eq!(question.user, b"ada");
        let Proof::MsChapV2(proof) = question.proof else { panic!("no MS-CHAPv2") };
        assert_eq!((proof.authenticator_challenge, proof.peer_challenge), ([7; 16], [1; 16]));
        let told = inner.accept("S=00");
        assert_eq!(told, b"\x01\x06\x00\x12\x1a\x03\x06\x00\x0dS=00 M=OK");
        let done = inner.receive(&response(6, Kind::MS_CHAP_V2, &[SUCCESS]));
        assert!(matches!(done, Step::Succeeded));
    }

    #[test]
    fn who_is_rejected_is_told_so_and_ends_in_failure_whatever_it_says() {
        for (kind, data) in [(Kind::MS_CHAP_V2, [FAILURE]), (Kind::MS_CHAP_V2, [SUCCESS])] {
            let mut inner = challenged();
            inner.receive(&response(5, Kind::MS_CHAP_V2, &answer(5, b"ada")));
            assert!(inner.reject().starts_with(&[1, 6]));
            assert!(matches!(inner.receive(&response(6, kind, &data)), Step::Failed));
        }
    }

    #[test]
    fn success_is_nothing_that_a_peer_could_say_by_itself() {
        let success = response(5, Kind::MS_CHAP_V2, &[SUCCESS]);
        assert!(matches!(challenged().receive(&success), Step::Nonsense));
        assert!(matches!(Inner::new([0; 16]).receive(&success), Step::Nonsense));
        let mut asked = challenged();
        asked.receive(&response(5, Kind::MS_CHAP_V2, &answer(5, b"ada")));
        assert!(matches!(asked.receive(&success), Step::Nonsense));
    }

    #[test]
    fn malformed_answers_are_nonsense() {
        let right = answer(5, b"ada");
        let mut wrong = vec![answer(6, b"ada"), answer(5, b""), right[..40].to_vec(), Vec::new()];
        wrong.push([&right[..], b"x"].concat());
        for (at, octet) in [(0, 9), (4, 48)] {
            let mut edited = right.clone();
            edited[at] = octet;
            wrong.push(edited);
        }
        for data in wrong {
            let step = challenged().receive(&response(5, Kind::MS_CHAP_V2, &data));
            assert!(matches!(step, Step::Nonsense), "{data:?}");
        }
    }

    #[test]
    fn who_wants_another_method_says_so_when_it_is_offered_and_at_no_other_time() {
        let nak = response(5, Kind::NAK, &[4, 6]);
        let step = challenged().receive(&nak);
        assert!(matches!(step, Step::NoMethod(wanted) if wanted == [4, 6]));
        let other = response(6, Kind::NAK, &[4]);
        assert!(matches!(challenged().receive(&other), Step::Nonsense));
        assert!(matches!(Inner::new([0; 16]).receive(&nak), Step::Nonsense));
        let mut asked = challenged();
        asked.receive(&response(5, Kind::MS_CHAP_V2, &answer(5, b"ada")));
        assert!(matches!(asked.receive(&nak), Step::Nonsense));
    }
}
