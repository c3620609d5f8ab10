//! What a peer says inside of a tunnel of EAP-TTLS, without the tunnel. The tests of the crate call it
//! with what is in the corpus.

use crate::avp::{self, CHALLENGE, Said};
use crate::question::{Proof, Question};

/// The tunnel's challenge, with the identifier behind it.
const OWN: [u8; CHALLENGE] = *b"0123456789abcdefI";

/// Reads it, and tells whether it says somebody's name with a proof, or a packet of a method inside.
///
/// # Panics
/// When more is found than was said, or a proof that belongs elsewhere.
pub(crate) fn run(octets: &[u8]) -> bool {
    match avp::read(octets, &OWN) {
        Ok(Said::Question(question)) => look_at(&question, octets.len()),
        Ok(Said::Eap(packet)) => {
            assert!(packet.len() <= octets.len());
            // As it would be said by us, it is the same packet.
            let again = avp::read(&avp::eap_message(&packet), &OWN);
            assert!(matches!(again, Ok(Said::Eap(again)) if again == packet));
        }
        Err(_) => return false,
    }
    true
}

fn look_at(question: &Question, length: usize) {
    assert!(question.user.len() <= length);
    let asked = &OWN[..CHALLENGE - 1];
    match &question.proof {
        Proof::Password(password) => {
            assert!(password.len() <= length);
            assert_ne!(password.last(), Some(&0), "what fills it up is not its own");
        }
        Proof::Chap(answer) => {
            assert_eq!((&answer.challenge[..], answer.identifier), (asked, OWN[CHALLENGE - 1]));
        }
        Proof::MsChapV2(answer) => assert_eq!(answer.authenticator_challenge, asked),
        Proof::Certificate(_) | Proof::Earlier | Proof::Md5(_) => {
            panic!("a proof that nobody gives by AVPs")
        }
    }
}
