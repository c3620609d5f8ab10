//! What a peer says inside of a tunnel in packets of EAP, without the tunnel. The tests of the crate call
//! it with what is in the corpus.

use crate::ms_chap::{Inner, Step};
use crate::packet::Response;
use crate::question::{Proof, Question};

/// What the method asks.
const CHALLENGE: [u8; 16] = *b"0123456789abcdef";

/// The first octet says whether who asks is accepted; then comes one packet after another, with its header
/// or without, each behind its length. Tells whether somebody was asked about, and was let in.
///
/// # Panics
/// When somebody is let in who was not accepted, or asked about who did not say so.
pub(crate) fn run(octets: &[u8]) -> [bool; 2] {
    let Some((flags, mut rest)) = octets.split_first() else { return [false; 2] };
    let (mut inner, accepts) = (Inner::new(CHALLENGE), flags & 1 != 0);
    let (mut was_asked, mut was_let_in) = (false, false);
    while let [high, low, following @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(following.len());
        let (said, following) = following.split_at(length);
        rest = following;
        let Some(response) = Response::read_inside(said, inner.identifier()) else { continue };
        match inner.receive(&response) {
            Step::Send(packet) => assert_request(&packet, &inner),
            Step::Ask(question) => {
                assert!(!was_asked, "somebody is asked about twice");
                was_asked = true;
                look_at(&question, said);
                let packet = if accepts { inner.accept("S=00") } else { inner.reject() };
                assert_request(&packet, &inner);
            }
            Step::Succeeded => {
                assert!(was_asked && accepts, "somebody is let in who was not accepted");
                was_let_in = true;
            }
            Step::Failed => assert!(was_asked && !accepts, "whoever is accepted fails"),
            Step::NoMethod(wanted) => {
                assert!(!was_asked && wanted.len() < said.len(), "more is wanted than was said");
            }
            Step::Nonsense => {}
        }
    }
    [was_asked, was_let_in]
}

fn assert_request(packet: &[u8], inner: &Inner) {
    let [1, identifier, high, low, ..] = packet else { panic!("{packet:?} is no request") };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    assert_eq!((*identifier, length), (inner.identifier(), packet.len()));
}

fn look_at(question: &Question, said: &[u8]) {
    let Proof::MsChapV2(proof) = &question.proof else { panic!("another proof") };
    assert_eq!(proof.authenticator_challenge, CHALLENGE);
    assert!(said.ends_with(&question.user), "a name that was not said");
}
