//! The AVPs inside an EAP-TTLS tunnel
//! ([RFC 5281, section 10](https://www.rfc-editor.org/rfc/rfc5281#section-10)).

use thiserror::Error;
use zeroize::Zeroizing;

use crate::ms_chap::Response as MsChapResponse;
use crate::question::{Chap, MsChapV2, Proof, Question};

const USER_NAME: Code = Code(0, 1);
const USER_PASSWORD: Code = Code(0, 2);
const CHAP_PASSWORD: Code = Code(0, 3);
const CHAP_CHALLENGE: Code = Code(0, 60);
const EAP_MESSAGE: Code = Code(0, 79);
const MICROSOFT: u32 = 311;
const MS_CHAP_CHALLENGE: Code = Code(MICROSOFT, 11);
const MS_CHAP2_RESPONSE: Code = Code(MICROSOFT, 25);
const MS_CHAP2_SUCCESS: Code = Code(MICROSOFT, 26);

const HAS_VENDOR: u8 = 0x80;
const MANDATORY: u8 = 0x40;
/// The most AVPs that are looked at, as many as of attributes in a packet of RADIUS.
const MOST: usize = 200;

/// Octets of the challenge that both sides derive from the tunnel, with the identifier behind it.
pub(crate) const CHALLENGE: usize = 17;

/// Why AVPs are no proof of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum BadAvps {
    /// The octets end within an AVP, or its length is less than its header's.
    #[error("an AVP's length is wrong")]
    Length,
    /// There are more than anybody needs.
    #[error("too many AVPs")]
    TooMany,
    /// An AVP that must be understood is not.
    #[error("AVP {1} of vendor {0} must be understood and is not")]
    Unknown(u32, u32),
    /// An AVP that says who or what proves it is there twice.
    #[error("AVP {1} of vendor {0} is repeated")]
    Repeated(u32, u32),
    /// There is no name, no proof, or more than one kind of proof.
    #[error("the AVPs hold no name with one proof")]
    NoProof,
    /// A proof has a length that it cannot have.
    #[error("the proof is malformed")]
    ProofMalformed,
    /// The peer answered a challenge that is not this tunnel's.
    #[error("the challenge is not the tunnel's")]
    AnotherChallenge,
}

/// A vendor's number, zero for none, and the AVP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code(u32, u32);

/// One AVP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Avp<'a> {
    code: Code,
    mandatory: bool,
    value: &'a [u8],
}

impl<'a> Avp<'a> {
    /// Splits the first AVP off, with the octets that fill it up to a multiple of four; the last
    /// one may lack them.
    fn split(octets: &'a [u8]) -> Result<(Self, &'a [u8]), BadAvps> {
        let (head, _) = octets.split_first_chunk::<8>().ok_or(BadAvps::Length)?;
        let [a, b, c, d, flags, high, middle, low] = *head;
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        let (vendor, header) = if flags & HAS_VENDOR == 0 {
            (0, 8)
        } else {
            let vendor = octets.get(8..12).and_then(|vendor| vendor.try_into().ok());
            (u32::from_be_bytes(vendor.ok_or(BadAvps::Length)?), 12)
        };
        let value = octets.get(header..length).ok_or(BadAvps::Length)?;
        let rest = octets.get(length.next_multiple_of(4)..).unwrap_or_default();
        let code = Code(vendor, u32::from_be_bytes([a, b, c, d]));
        Ok((Self { code, mandatory: flags & MANDATORY != 0, value }, rest))
    }
}

/// What a peer said in its tunnel.
pub(crate) enum Said {
    /// Who it is and what proves it.
    Question(Question),
    /// A packet of an EAP method inside.
    Eap(Vec<u8>),
}

/// The AVPs that matter, each at most once but the pieces of an EAP packet.
#[derive(Default)]
struct Found<'a> {
    name: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    chap_password: Option<&'a [u8]>,
    chap_challenge: Option<&'a [u8]>,
    ms_challenge: Option<&'a [u8]>,
    ms_response: Option<&'a [u8]>,
    eap: Option<Vec<u8>>,
}

/// Reads what a peer said; `challenge` is the tunnel's.
pub(crate) fn read(octets: &[u8], challenge: &[u8; CHALLENGE]) -> Result<Said, BadAvps> {
    let found = Found::read(octets)?;
    match found {
        Found {
            eap: Some(packet), password: None, chap_password: None, ms_response: None, ..
        } => Ok(Said::Eap(packet)),
        Found {
            eap: None,
            name: Some(name),
            password: Some(password),
            chap_password: None,
            ms_response: None,
            ..
        } => {
            // Filled up with zeros, so that its length does not show.
            let length = password.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
            let password = password.get(..length).unwrap_or_default();
            let proof = Proof::Password(Zeroizing::new(password.to_vec()));
            Ok(Said::Question(Question::new(name, proof)))
        }
        Found {
            eap: None,
            name: Some(name),
            password: None,
            chap_password: Some(answer),
            chap_challenge: Some(asked),
            ms_response: None,
            ..
        } => read_chap(name, answer, asked, challenge),
        Found {
            eap: None,
            name: Some(name),
            password: None,
            chap_password: None,
            ms_challenge: Some(asked),
            ms_response: Some(answer),
            ..
        } => read_ms_chap(name, answer, asked, challenge),
        Found { .. } => Err(BadAvps::NoProof),
    }
}

impl<'a> Found<'a> {
    fn read(octets: &'a [u8]) -> Result<Self, BadAvps> {
        let (mut found, mut rest, mut left) = (Self::default(), octets, MOST);
        while !rest.is_empty() {
            left = left.checked_sub(1).ok_or(BadAvps::TooMany)?;
            let avp;
            (avp, rest) = Avp::split(rest)?;
            found.note(avp)?;
        }
        Ok(found)
    }

    fn note(&mut self, avp: Avp<'a>) -> Result<(), BadAvps> {
        let place = match avp.code {
            USER_NAME => &mut self.name,
            USER_PASSWORD => &mut self.password,
            CHAP_PASSWORD => &mut self.chap_password,
            CHAP_CHALLENGE => &mut self.chap_challenge,
            MS_CHAP_CHALLENGE => &mut self.ms_challenge,
            MS_CHAP2_RESPONSE => &mut self.ms_response,
            EAP_MESSAGE => {
                self.eap.get_or_insert_default().extend(avp.value);
                return Ok(());
            }
            Code(vendor, code) if avp.mandatory => return Err(BadAvps::Unknown(vendor, code)),
            Code(..) => return Ok(()),
        };
        let Code(vendor, code) = avp.code;
        match place.replace(avp.value) {
            Some(_) => Err(BadAvps::Repeated(vendor, code)),
            None => Ok(()),
        }
    }
}

/// RFC 5281, section 11.2.2: the challenge and the identifier must be those of the tunnel.
fn read_chap(
    name: &[u8],
    answer: &[u8],
    asked: &[u8],
    challenge: &[u8; CHALLENGE],
) -> Result<Said, BadAvps> {
    let (identifier, response) = answer.split_first().ok_or(BadAvps::ProofMalformed)?;
    let response = response.try_into().map_err(|_| BadAvps::ProofMalformed)?;
    let [own @ .., own_identifier] = challenge;
    if asked != own || identifier != own_identifier {
        return Err(BadAvps::AnotherChallenge);
    }
    let proof = Proof::Chap(Chap { identifier: *identifier, challenge: *own, response });
    Ok(Said::Question(Question::new(name, proof)))
}

/// RFC 5281, section 11.2.4.
fn read_ms_chap(
    name: &[u8],
    answer: &[u8],
    asked: &[u8],
    challenge: &[u8; CHALLENGE],
) -> Result<Said, BadAvps> {
    let [identifier, _flags, rest @ ..] = answer else { return Err(BadAvps::ProofMalformed) };
    let response = MsChapResponse::read(rest).ok_or(BadAvps::ProofMalformed)?;
    let [own @ .., own_identifier] = challenge;
    if asked != own || identifier != own_identifier {
        return Err(BadAvps::AnotherChallenge);
    }
    let proof = MsChapV2 {
        authenticator_challenge: *own,
        peer_challenge: response.peer_challenge,
        response: response.nt_response,
    };
    Ok(Said::Question(Question::ms_chap(name, proof)))
}

/// MS-CHAP2-Success with the identifier of the answer and the text that proves us to the peer.
pub(crate) fn ms_chap_success(identifier: u8, text: &str) -> Vec<u8> {
    write(MS_CHAP2_SUCCESS, &[&[identifier], text.as_bytes()])
}

/// A packet of an EAP method inside.
pub(crate) fn eap_message(packet: &[u8]) -> Vec<u8> {
    write(EAP_MESSAGE, &[packet])
}

fn write(Code(vendor, code): Code, parts: &[&[u8]]) -> Vec<u8> {
    let header = if vendor == 0 { 8 } else { 12 };
    let length = parts.iter().fold(header, |sum: usize, part| sum + part.len());
    let [_, high, middle, low] = u32::try_from(length).unwrap_or_default().to_be_bytes();
    let flags = if vendor == 0 { MANDATORY } else { MANDATORY | HAS_VENDOR };
    let mut octets = Vec::with_capacity(length.next_multiple_of(4));
    octets.extend(code.to_be_bytes());
    octets.extend([flags, high, middle, low]);
    if vendor != 0 {
        octets.extend(vendor.to_be_bytes());
    }
    for part in parts {
        octets.extend(*part);
    }
    octets.resize(length.next_multiple_of(4), 0);
    octets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: [u8; CHALLENGE] = *b"0123456789abcdefI";

    fn avp(code: Code, value: &[u8]) -> Vec<u8> {
        write(code, &[value])
    }

    fn question(octets: &[u8]) -> Result<Question, BadAvps> {
        match read(octets, &OWN)? {
            Said::Question(question) => Ok(question),
            Said::Eap(_) => panic!("EAP"),
        }
    }

    fn refusal(octets: &[u8]) -> BadAvps {
        read(octets, &OWN).err().unwrap()
    }

    #[test]
    fn rfc5281_10_1_an_avp_is_filled_up_to_four_octets_but_the_last_may_not_be() {
        let octets = avp(USER_NAME, b"ada");
        assert_eq!(octets, b"\0\0\0\x01\x40\0\0\x0bada\0");
        let (read, rest) = Avp::split(&octets).unwrap();
        assert_eq!((read.value, rest), (&b"ada"[..], &[][..]));
        assert_eq!(Avp::split(&octets[..11]).unwrap().0.value, b"ada");
        let vendor = avp(MS_CHAP2_SUCCESS, b"x");
        assert_eq!(vendor, b"\0\0\0\x1a\xc0\0\0\x0d\0\0\x01\x37x\0\0\0");
        assert_eq!(Avp::split(&vendor).unwrap().0.code, MS_CHAP2_SUCCESS);
    }

    #[test]
    fn rfc5281_10_1_wrong_lengths_are_found() {
        for octets in [
            &b"\0\0\0\x01\x40\0\0"[..],
            b"\0\0\0\x01\x40\0\0\x07",
            b"\0\0\0\x01\x40\0\0\x0cada",
            b"\0\0\0\x01\x40\xff\xff\xffada",
            b"\0\0\0\x1a\xc0\0\0\x0c\0\0\x01",
            b"\0\0\0\x1a\xc0\0\0\x0b\0\0\x01\x37",
        ] {
            assert_eq!(refusal(octets), BadAvps::Length, "{octets:?}");
        }
    }

    #[test]
    fn rfc5281_11_2_5_a_password_has_its_padding_taken_off() {
        let octets = [avp(USER_NAME, b"ada"), avp(USER_PASSWORD, b"secret\0\0\0\0")].concat();
        let question = question(&octets).unwrap();
        assert_eq!(question.user, b"ada");
        assert!(matches!(&question.proof, Proof::Password(password) if **password == b"secret"));
    }

    #[test]
    fn rfc5281_10_1_what_must_be_understood_is_or_ends_it() {
        let mut unknown = avp(Code(0, 4711), b"x");
        let login = [avp(USER_NAME, b"ada"), avp(USER_PASSWORD, b"secret")].concat();
        assert_eq!(refusal(&[&unknown[..], &login].concat()), BadAvps::Unknown(0, 4711));
        unknown[4] = 0;
        assert!(question(&[&unknown[..], &login].concat()).is_ok());
    }

    #[test]
    fn a_name_a_proof_or_a_challenge_stands_there_once() {
        let name = avp(USER_NAME, b"ada");
        let password = avp(USER_PASSWORD, b"secret");
        assert_eq!(refusal(&[&name[..], &name, &password].concat()), BadAvps::Repeated(0, 1));
        assert_eq!(refusal(&[&name[..], &password, &password].concat()), BadAvps::Repeated(0, 2));
        assert_eq!(refusal(&name), BadAvps::NoProof);
        assert_eq!(refusal(&password), BadAvps::NoProof);
        assert_eq!(refusal(b""), BadAvps::NoProof);
        let chap = avp(CHAP_PASSWORD, &[0; 17]);
        assert_eq!(refusal(&[&name[..], &password, &chap].concat()), BadAvps::NoProof);
        let eap = avp(EAP_MESSAGE, &[2, 0, 0, 5, 1]);
        assert_eq!(refusal(&[&name[..], &password, &eap].concat()), BadAvps::NoProof);
    }

    #[test]
    fn rfc5281_11_2_2_a_chap_answer_is_of_the_tunnels_challenge() {
        let name = avp(USER_NAME, b"ada");
        let answer = avp(CHAP_PASSWORD, b"Iresponse-octets");
        let asked = avp(CHAP_CHALLENGE, b"0123456789abcdef");
        let all = |answer: &[u8], asked: &[u8]| [&name, answer, asked].concat();
        let short = refusal(&all(&answer, &asked));
        assert_eq!(short, BadAvps::ProofMalformed);
        let answer = avp(CHAP_PASSWORD, b"Iresponse--octets");
        assert!(question(&all(&answer, &asked)).is_ok());
        let other = avp(CHAP_CHALLENGE, b"0123456789abcdeF");
        assert_eq!(refusal(&all(&answer, &other)), BadAvps::AnotherChallenge);
        let other = avp(CHAP_PASSWORD, b"Jresponse--octets");
        assert_eq!(refusal(&all(&other, &asked)), BadAvps::AnotherChallenge);
        assert_eq!(refusal(&all(&answer, b"")), BadAvps::NoProof);
    }

    #[test]
    fn rfc5281_11_2_4_an_ms_chap_answer_is_of_the_tunnels_challenge() {
        let name = avp(USER_NAME, b"ACME\\ada");
        let answer = [&b"I\0"[..], &[1; 16], &[0; 8], &[2; 24]].concat();
        let asked = avp(MS_CHAP_CHALLENGE, b"0123456789abcdef");
        let all = |answer: &[u8]| [&name[..], &asked, &avp(MS_CHAP2_RESPONSE, answer)].concat();
        let asked_for = question(&all(&answer)).unwrap();
        assert_eq!(asked_for.user, b"ada");
        assert!(matches!(asked_for.proof, Proof::MsChapV2(MsChapV2 { response: [2, ..], .. })));
        assert_eq!(refusal(&all(&answer[..49])), BadAvps::ProofMalformed);
        let other = [&b"J"[..], &answer[1..]].concat();
        assert_eq!(refusal(&all(&other)), BadAvps::AnotherChallenge);
    }

    #[test]
    fn what_nobody_needs_is_passed_over_as_long_as_it_comes_to_an_end() {
        let mut other = avp(Code(0, 4711), b"");
        other[4] = 0;
        let login = [avp(USER_NAME, b"ada"), avp(USER_PASSWORD, b"secret")].concat();
        assert!(question(&[login.clone(), other.repeat(MOST - 2)].concat()).is_ok());
        assert_eq!(refusal(&[login, other.repeat(MOST - 1)].concat()), BadAvps::TooMany);
    }

    #[test]
    fn an_eap_packet_may_come_in_pieces() {
        let octets = [avp(EAP_MESSAGE, &[2, 0, 0]), avp(EAP_MESSAGE, &[5, 1])].concat();
        assert!(matches!(read(&octets, &OWN), Ok(Said::Eap(packet)) if packet == [2, 0, 0, 5, 1]));
    }

    proptest! {
        #[test]
        fn no_octets_make_the_reader_fall_over(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _any = read(&octets, &OWN);
        }
    }
}
