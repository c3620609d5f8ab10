//! RFC 3579: Message-Authenticator and EAP.

use radius::{AttributeType, DropReason, Malformed, Refusal};

use crate::client::Request;
use crate::site::{Known, Site};

/// EAP-Response/Identity of ada with identifier 5.
const IDENTITY: &[u8] = b"\x02\x05\x00\x08\x01ada";

fn eap() -> Request {
    Request::new(1).user(b"ada").with(79, IDENTITY).authentic()
}

#[test]
fn section_2_6_3_eap_is_refused_with_an_eap_failure_of_its_identifier() {
    let (refusal, attributes) = Site::strict().refuses(&eap());
    assert_eq!(refusal, Refusal::EapNotOffered);
    assert_eq!(attributes[1..], [(79, vec![4, 5, 0, 4])]);
}

#[test]
fn section_2_1_an_eap_start_is_refused_too() {
    let start = Request::new(1).user(b"ada").with(79, b"").authentic();
    let (refusal, attributes) = Site::strict().refuses(&start);
    assert_eq!(refusal, Refusal::EapNotOffered);
    assert_eq!(attributes[1..], [(79, vec![4, 0, 0, 4])]);
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
    assert_eq!(Site::strict().refuses(&request).0, Refusal::EapNotOffered);
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
