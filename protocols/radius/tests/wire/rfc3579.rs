//! RFC 3579: Message-Authenticator and EAP.

use radius::{
    Answer, AttributeType, Challenge, Command, Credential, DropReason, Malformed, Message,
    Question, Refusal, Reply, ReplyError, SessionKeys,
};

use crate::client::Request;
use crate::site::{Known, Site};
use crate::vectors::Exchange;

/// EAP-Response/Identity of ada with identifier 5.
const IDENTITY: &[u8] = b"\x02\x05\x00\x08\x01ada";

fn eap() -> Request {
    Request::new(1).user(b"ada").with(79, IDENTITY).authentic()
}

fn packet_of(question: &Question<u32>) -> &[u8] {
    match question.credential() {
        Credential::Eap(packet) => packet,
        Credential::Pap(_) | Credential::Chap(_) | Credential::MsChapV2(_) => panic!("no EAP"),
    }
}

#[test]
fn section_2_6_3_a_rejection_carries_an_eap_failure_of_the_responses_identifier() {
    let mut site = Site::strict();
    let (ticket, question) = site.asks(&eap());
    assert_eq!(packet_of(&question), IDENTITY);
    let reply = site.answers(ticket, &Answer::Reject(None));
    assert_eq!(eap().check(&reply, 3)[1..], [(79, vec![4, 5, 0, 4])]);
}

#[test]
fn section_2_6_5_nothing_is_said_to_the_user_beside_an_eap_message() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&eap());
    let reply = site.answers(ticket, &Answer::Reject(Some(Message::new("no").unwrap())));
    assert_eq!(eap().check(&reply, 3)[1..], [(79, vec![4, 5, 0, 4])]);
}

#[test]
fn section_2_6_5_an_accept_with_an_eap_message_keeps_everything_but_what_is_said_to_the_user() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&eap());
    let mut reply = Reply::new();
    reply.text(AttributeType::REPLY_MESSAGE, "Welcome.").unwrap();
    reply.text(AttributeType::FILTER_ID, "staff").unwrap();
    reply.text(AttributeType::REPLY_MESSAGE, "Again.").unwrap();
    reply.text(AttributeType::CLASS, "c").unwrap();
    reply.eap(&[3, 5, 0, 4]).unwrap();
    let reply = site.answers(ticket, &Answer::Accept(reply));
    let expected = [(11, b"staff".to_vec()), (25, b"c".to_vec()), (79, vec![3, 5, 0, 4])];
    assert_eq!(eap().check(&reply, 2)[1..], expected);
}

#[test]
fn section_2_1_an_eap_start_has_no_octets_and_may_lack_a_name() {
    for start in [Request::new(1).user(b"ada"), Request::new(1)] {
        let start = start.with(79, b"").authentic();
        let mut site = Site::strict();
        let (ticket, question) = site.asks(&start);
        assert_eq!(packet_of(&question), b"");
        let reply = site.answers(ticket, &Answer::Reject(None));
        assert_eq!(start.check(&reply, 3)[1..], [(79, vec![4, 0, 0, 4])]);
    }
    assert_eq!(Site::strict().refuses(&Request::new(1).authentic()).0, Refusal::UserNameMissing);
}

#[test]
fn section_3_1_pieces_of_a_packet_are_put_together_in_their_order() {
    let request = Request::new(1).user(b"ada").with(79, &[1; 253]).with(4, &[1; 4]);
    let (_, question) = Site::strict().asks(&request.with(79, &[2; 9]).authentic());
    assert_eq!(packet_of(&question), [&[1; 253][..], &[2; 9]].concat());
}

#[test]
fn section_3_1_a_long_packet_leaves_in_pieces_behind_the_state() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&eap());
    let challenge = Challenge::eap(b"state", &[7; 600]).unwrap();
    let reply = site.answers(ticket, &Answer::Challenge(challenge));
    let attributes = eap().check(&reply, 11);
    let expected =
        [(24, b"state".to_vec()), (79, vec![7; 253]), (79, vec![7; 253]), (79, vec![7; 94])];
    assert_eq!(attributes[1..], expected);
    assert_eq!(Challenge::eap(b"state", b""), Err(ReplyError::Empty));
    assert!(Challenge::eap(b"state", &[7; 4096]).is_err());
}

#[test]
fn section_2_4_a_packet_of_1160_octets_leaves_in_a_datagram_that_every_path_of_ipv6_carries() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&eap());
    let challenge = Challenge::eap(&[1; 16], &[7; 1_160]).unwrap();
    let reply = site.answers(ticket, &Answer::Challenge(challenge));
    // Behind the headers of IPv6 and UDP.
    assert!(40 + 8 + reply.len() <= 1_280, "{}", reply.len());
}

#[test]
fn rfc2548_section_2_4_keys_stand_behind_the_other_attributes_and_differ_from_reply_to_reply() {
    let accepted = |salt| {
        let mut reply = Reply::new();
        reply.session_keys(SessionKeys::new(&[1; 32], &[2; 32], salt)).unwrap();
        reply.eap(&[3, 5, 0, 4]).unwrap();
        Site::strict().accepts(&eap(), reply)
    };
    let attributes = accepted(1);
    assert_eq!(attributes[1], (79, vec![3, 5, 0, 4]));
    let lengths: Vec<_> =
        attributes[2..].iter().map(|(kind, value)| (*kind, value.len())).collect();
    assert_eq!(lengths, [(26, 56), (26, 56)]);
    assert_ne!(attributes, accepted(2));
    let clear = |value: &[u8]| value.windows(8).any(|part| part == [1; 8] || part == [2; 8]);
    assert!(!attributes.iter().any(|(_, value)| clear(value)));
}

#[test]
fn section_2_4_the_gear_tells_what_it_can_carry_and_whether_it_wants_the_name_of_the_keys() {
    let request = Request::new(1).user(b"ada").with(79, IDENTITY);
    let (_, question) = Site::strict().asks(&request.clone().authentic());
    assert_eq!((question.framed_mtu(), question.wants_key_name()), (None, false));
    let request = request.with(12, &1400_u32.to_be_bytes()).with(102, b"\0").authentic();
    let (_, question) = Site::strict().asks(&request);
    assert_eq!((question.framed_mtu(), question.wants_key_name()), (Some(1400), true));
}

#[test]
fn section_3_1_eap_without_message_authenticator_meets_silence_whatever_the_settings() {
    let request = eap().without(AttributeType::MESSAGE_AUTHENTICATOR).encode();
    for mut site in [Site::strict(), Site::lenient()] {
        assert_eq!(site.drops(&request), (Some(1), DropReason::UnprotectedEap));
    }
}

#[test]
fn section_3_2_a_wrong_message_authenticator_meets_silence_even_where_none_is_required() {
    let request = Request { secret: b"another secret".to_vec(), ..Request::pap() }.encode();
    for mut site in [Site::strict(), Site::lenient()] {
        assert_eq!(site.drops(&request), (Some(1), DropReason::NotAuthentic));
    }
}

#[test]
fn section_3_2_every_flipped_octet_of_a_signed_request_meets_silence() {
    let good = Request::pap().encode();
    let mut site = Site::lenient();
    for at in 0..good.len() {
        let mut packet = good.clone();
        packet[at] ^= 1;
        let kind_of_the_authenticator = good.len() - 18;
        if at != kind_of_the_authenticator {
            site.drops(&packet);
        }
    }
}

#[test]
fn section_3_2_the_message_authenticator_may_be_anywhere() {
    let first = Request::new(1).authentic().user(b"ada").password(b"p").with(4, &[1; 4]);
    let middle = Request::new(1).user(b"ada").authentic().password(b"p").with(4, &[1; 4]);
    for request in [first, middle] {
        Site::strict().asks(&request);
    }
}

#[test]
fn section_3_3_user_password_beside_eap_is_rejected() {
    let request = eap().password(b"correct horse");
    assert_eq!(Site::strict().refuses(&request).0, Refusal::CredentialsMixed);
}

#[test]
fn section_3_3_two_message_authenticators_or_one_of_a_wrong_length_meet_silence() {
    let bare = Request::new(1).user(b"ada").password(b"p");
    let mut requests = vec![bare.clone().authentic().authentic()];
    requests.extend([0, 15, 17].map(|length| bare.clone().with(80, &vec![0; length])));
    for request in requests {
        let reason = Site::lenient().drops(&request.encode()).1;
        assert_eq!(reason, Malformed::MessageAuthenticator.into());
    }
}

#[test]
fn section_3_2_nobody_is_held_to_blame_where_several_could_have_sent_it() {
    let mut site = Site::of(vec![Known::strict(1, b"one"), Known::strict(2, b"two")]);
    let forged = Request::pap().encode();
    assert_eq!(site.drops(&forged), (None, DropReason::NotAuthentic));
}

#[test]
fn section_3_requests_and_replies_lie_on_the_wire_as_the_vectors_say() {
    let vectors = Exchange::read(include_str!("../vectors/rfc3579_section_3.txt"));
    // A packet of EAP-TTLS with 300 octets of a handshake.
    let handshake: Vec<u8> = (0..=255).chain(0..=43).collect();
    let long = [&[1, 7, 1, 50, 21, 0][..], &handshake].concat();
    let challenge =
        |state: &[u8], packet: &[u8]| Answer::Challenge(Challenge::eap(state, packet).unwrap());
    let mut accept = Reply::new();
    accept.text(AttributeType::FILTER_ID, "staff").unwrap();
    accept.eap(&[3, 5, 0, 4]).unwrap();
    for (name, answer) in [
        ("challenge", challenge(b"state-1", &[1, 6, 0, 6, 21, 32])),
        ("long", challenge(b"state-2", &long)),
        ("reject", Answer::Reject(None)),
        ("accept", Answer::Accept(accept)),
    ] {
        let mut site = Site::of(vec![Known::strict(1, vectors.text("secret"))]);
        let Some(Command::Ask(ticket, question)) = site.deliver(&vectors.octets("request")).pop()
        else {
            panic!("no question")
        };
        assert_eq!(packet_of(&question), IDENTITY);
        assert_eq!((question.user_name(), question.framed_mtu()), (&b"ada"[..], Some(1400)));
        assert_eq!(site.answers(ticket, &answer), vectors.octets(name), "{name}");
    }
    // One octet of it is another one, and nobody can have sent it who has the secret.
    let mut forged = vectors.octets("request");
    *forged.last_mut().unwrap() ^= 1;
    let mut site = Site::of(vec![Known::strict(1, vectors.text("secret"))]);
    assert_eq!(site.drops(&forged), (Some(1), DropReason::NotAuthentic));
}
