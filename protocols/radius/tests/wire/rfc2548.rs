//! Microsoft's vendor attributes: MS-CHAPv2 and the keys that come of it.

use radius::{Answer, Credential, Failure, Message, Refusal, Reply, SessionKeys};

use crate::client::{Request, SECRET, md5_of};
use crate::site::Site;

const CHALLENGE: &[u8] = b"sixteen octets..";

fn microsoft(kind: u8, value: &[u8]) -> Vec<u8> {
    let mut octets = vec![0, 0, 1, 55, kind, u8::try_from(value.len() + 2).unwrap()];
    octets.extend(value);
    octets
}

/// Identifier 9, no flags.
fn response() -> Vec<u8> {
    [&[9, 0][..], &[1; 16], &[0; 8], &[2; 24]].concat()
}

fn ms_chap() -> Request {
    let request = Request::new(1).user(b"ada").authentic().with(26, &microsoft(11, CHALLENGE));
    request.with(26, &microsoft(25, &response()))
}

#[test]
fn section_2_3_2_a_response_is_asked_with_its_challenge() {
    let (_, question) = Site::strict().asks(&ms_chap());
    let Credential::MsChapV2(proof) = question.credential() else { panic!("another credential") };
    assert_eq!((proof.identifier, proof.challenge.as_slice()), (9, CHALLENGE));
    assert_eq!((proof.peer_challenge, proof.nt_response), ([1; 16], [2; 24]));
    // Both in one Vendor-Specific attribute, among others' attributes.
    let both = [microsoft(11, CHALLENGE), microsoft(25, &response())[4..].to_vec()].concat();
    let request = Request::new(1).user(b"ada").authentic().with(26, &[0, 0, 0, 9, 1, 3, 7]);
    let (_, question) = Site::strict().asks(&request.with(26, &both));
    assert!(matches!(question.credential(), Credential::MsChapV2(proof) if proof.identifier == 9));
}

fn refused(request: &Request) -> (Refusal, Vec<(u8, Vec<u8>)>) {
    let (refusal, mut attributes) = Site::strict().refuses(request);
    attributes.remove(0);
    (refusal, attributes)
}

fn error(identifier: u8, code: u16) -> Vec<(u8, Vec<u8>)> {
    let text = format!("E={code} R=0 C=00000000000000000000000000000000 V=3 M=Access denied");
    vec![(26, microsoft(2, &[&[identifier], text.as_bytes()].concat()))]
}

#[test]
fn section_2_3_2_what_is_not_one_whole_response_is_rejected() {
    let alone = |kind, value: &[u8]| {
        Request::new(1).user(b"ada").authentic().with(26, &microsoft(kind, value))
    };
    let missing = alone(25, &response());
    assert_eq!(refused(&missing), (Refusal::CredentialMissing, error(9, 691)));
    assert_eq!(refused(&alone(11, CHALLENGE)).0, Refusal::CredentialMissing);
    let short = missing.with(26, &microsoft(11, &CHALLENGE[1..]));
    assert_eq!(refused(&short).0, Refusal::CredentialMalformed);
    for length in [0, 1, 49, 51] {
        let mut value = response();
        value.resize(length, 0);
        let request = alone(11, CHALLENGE).with(26, &microsoft(25, &value));
        assert_eq!(refused(&request).0, Refusal::CredentialMalformed, "{length}");
    }
    let twice = ms_chap().with(26, &microsoft(25, &response()));
    assert_eq!(refused(&twice).0, Refusal::Repeated);
    assert_eq!(refused(&ms_chap().password(b"x")).0, Refusal::CredentialsMixed);
}

#[test]
fn section_2_1_the_first_version_is_not_offered_and_no_password_is_changed() {
    let v1 = [&[4, 1][..], &[0; 48]].concat();
    let request = Request::new(1).user(b"ada").authentic().with(26, &microsoft(11, &[1; 8]));
    let request = request.with(26, &microsoft(1, &v1));
    assert_eq!(refused(&request), (Refusal::MsChapV1NotOffered, error(4, 691)));
    let change = [&[7, 5][..], &[0; 66]].concat();
    let request = ms_chap().with(26, &microsoft(27, &change));
    assert_eq!(refused(&request), (Refusal::PasswordChangeNotOffered, error(5, 709)));
}

#[test]
fn section_2_3_3_success_comes_with_keys_that_only_the_gear_reads() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&ms_chap());
    let mut reply = Reply::new();
    reply.ms_chap_success(9, "S=0123").unwrap();
    reply.session_keys(SessionKeys::new(&[7; 16], &[8; 16], 3)).unwrap();
    let reply = site.answers(ticket, &Answer::Accept(reply));
    let attributes = ms_chap().check(&reply, 2);
    let found = |kind| {
        let found = attributes.iter().find(|(_, value)| value.get(4) == Some(&kind));
        found.unwrap().1[6..].to_vec()
    };
    assert_eq!(found(26), b"\x09S=0123");
    assert_eq!((found(7), found(8)), (vec![0, 0, 0, 1], vec![0, 0, 0, 4]));
    let uncovered = |value: Vec<u8>| {
        let request = ms_chap();
        let (salt, hidden) = value.split_at(2);
        assert!(salt[0] & 0x80 != 0, "the first bit of a salt is set");
        let first = md5_of(&[SECRET, &request.authenticator, salt]);
        let second = md5_of(&[SECRET, &hidden[..16]]);
        let pad = [first, second].concat();
        let octets: Vec<u8> = hidden.iter().zip(pad).map(|(octet, pad)| octet ^ pad).collect();
        octets[1..=usize::from(octets[0])].to_vec()
    };
    assert_eq!((uncovered(found(16)), uncovered(found(17))), (vec![7; 16], vec![8; 16]));
    assert_ne!(found(16)[..2], found(17)[..2], "salts differ");
}

#[test]
fn section_2_1_5_a_rejection_says_why_in_the_words_of_the_protocol() {
    for (failure, code) in
        [(Failure::Rejected, 691), (Failure::PasswordEnded, 648), (Failure::ChangeRefused, 709)]
    {
        let mut site = Site::strict();
        let (ticket, _) = site.asks(&ms_chap());
        let message = Message::ms_chap(9, failure).unwrap();
        let reply = site.answers(ticket, &Answer::Reject(Some(message)));
        assert_eq!(ms_chap().check(&reply, 3)[1..], error(9, code));
    }
}
