//! RFC 2865: frames, credentials, replies.

use radius::{
    Answer, AttributeType, Credential, DropReason, Malformed, Message, Refusal, Reply, ReplyError,
    Secret, VendorAttribute,
};

use crate::client::Request;
use crate::site::{Known, Site};

fn password(site: &mut Site, request: &Request) -> Vec<u8> {
    let (_, question) = site.asks(request);
    match question.credential() {
        Credential::Pap(password) => password.to_vec(),
        Credential::Chap(_) | Credential::MsChapV2(_) | Credential::Eap(_) => {
            panic!("PAP was sent")
        }
    }
}

#[test]
fn section_2_2_chap_without_challenge_uses_the_request_authenticator() {
    let request = Request::new(1).user(b"ada").chap(9, b"pass", None).authentic();
    let (_, question) = Site::strict().asks(&request);
    let Credential::Chap(chap) = question.credential() else { panic!("CHAP was sent") };
    assert_eq!((chap.identifier, chap.challenge), (9, request.authenticator.as_slice()));
    assert!(chap.verify(b"pass"));
    assert!(!chap.verify(b"Pass"));
}

#[test]
fn section_3_a_source_without_client_meets_silence_on_every_code() {
    let mut site = Site::of(Vec::new());
    for code in 0..=255 {
        let request = Request { code, ..Request::pap() };
        assert_eq!(site.drops(&request.encode()), (None, DropReason::Stranger));
    }
    assert_eq!(site.drops(b"noise").1, DropReason::Stranger);
}

#[test]
fn section_3_wrong_lengths_are_dropped() {
    let mut site = Site::strict();
    let mut packet = Request::pap().encode();
    assert_eq!(site.drops(&packet[..19]).1, Malformed::TooShort.into());
    assert_eq!(site.drops(&[]).1, Malformed::TooShort.into());
    assert_eq!(site.drops(&packet[..packet.len() - 1]).1, Malformed::Length.into());
    packet[2..4].copy_from_slice(&19_u16.to_be_bytes());
    assert_eq!(site.drops(&packet).1, Malformed::Length.into());
    packet.resize(5000, 0);
    packet[2..4].copy_from_slice(&4097_u16.to_be_bytes());
    assert_eq!(site.drops(&packet).1, Malformed::Length.into());
}

#[test]
fn section_3_octets_beyond_the_length_are_padding() {
    let mut packet = Request::pap().encode();
    packet.extend([0xff; 9]);
    assert!(matches!(
        Site::strict().deliver(&packet).as_slice(),
        [radius::Command::Ask(_, question)] if question.user_name() == b"ada"
    ));
}

#[test]
fn section_3_a_packet_of_4096_octets_is_answered() {
    let mut request = Request::pap();
    while request.encode().len() + 255 <= 4096 {
        request = request.with(33, &[7; 253]);
    }
    let left = 4096 - request.encode().len();
    let request = request.with(33, &vec![8; left - 2]);
    assert_eq!(request.encode().len(), 4096);
    let attributes = Site::strict().accepts(&request, Reply::new());
    assert_eq!(attributes[1..], request.attributes[3..]);
}

#[test]
fn section_3_other_codes_meet_silence() {
    let mut site = Site::strict();
    for code in (0..=255).filter(|code| ![1, 12].contains(code)) {
        let request = Request { code, ..Request::pap() };
        assert_eq!(site.drops(&request.encode()).1, DropReason::UnexpectedCode(code));
    }
}

#[test]
fn section_3_the_accounting_port_answers_no_logins() {
    let mut site = Site::accounting();
    for code in (0..=255).filter(|code| ![4, 12].contains(code)) {
        let request = Request { code, ..Request::pap() };
        assert_eq!(site.drops(&request.encode()).1, DropReason::UnexpectedCode(code));
    }
}

#[test]
fn section_3_an_empty_secret_is_refused() {
    assert!(Secret::new(b"").is_err());
    assert!(Secret::new(b"x").is_ok());
}

#[test]
fn section_3_the_secret_says_which_of_several_clients_it_is() {
    let mut site = Site::of(vec![
        Known::strict(1, b"secret of the first"),
        Known::lenient(2, b"secret of the second"),
        Known::strict(3, b"secret of the third"),
    ]);
    for (client, secret) in [(1, "first"), (2, "second"), (3, "third")] {
        let mut request = Request::new(1);
        request.secret = format!("secret of the {secret}").into_bytes();
        let request = request.user(b"ada").password(b"same").authentic();
        let (ticket, question) = site.asks(&request);
        assert_eq!(question.client(), client);
        let reply = site.answers(ticket, &Answer::Reject(None));
        request.check(&reply, 3);
    }
}

#[test]
fn section_4_1_no_credential_is_rejected_without_asking() {
    let bare = Request::new(1).user(b"ada").authentic();
    let requests = [
        bare.clone(),
        bare.clone().with(24, b"some state"),
        bare.clone().with(6, &[0, 0, 0, 10]),
        bare.clone().with(6, &[0, 0, 0, 17]),
        bare.clone().with(60, b"a challenge alone"),
        bare.clone().with(3, b""),
        bare.password(b""),
    ];
    for request in requests {
        let (refusal, attributes) = Site::strict().refuses(&request);
        assert_eq!(refusal, Refusal::CredentialMissing);
        assert_eq!(attributes.len(), 1);
    }
}

#[test]
fn section_4_1_two_kinds_of_credential_are_rejected() {
    let request = Request::pap().chap(1, b"correct horse", None);
    assert_eq!(Site::strict().refuses(&request).0, Refusal::CredentialsMixed);
}

#[test]
fn section_5_attribute_lengths_below_two_or_beyond_the_end_are_dropped() {
    let mut site = Site::strict();
    let good = Request::pap().encode();
    for length in [0, 1, 255] {
        let mut packet = good.clone();
        packet[21] = length;
        assert_eq!(site.drops(&packet).1, Malformed::AttributeLength.into());
    }
    let mut packet = good;
    packet.push(1);
    let length = u16::try_from(packet.len()).unwrap();
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    assert_eq!(site.drops(&packet).1, Malformed::AttributeLength.into());
}

#[test]
fn section_5_more_than_200_attributes_are_dropped() {
    let full = (0..197).fold(Request::pap(), |request, _| request.with(222, b"x"));
    Site::strict().asks(&full);
    let over = full.with(222, b"x").encode();
    assert_eq!(Site::strict().drops(&over).1, Malformed::TooManyAttributes.into());
}

#[test]
fn section_5_unknown_attributes_and_vendors_are_ignored() {
    let request = Request::pap()
        .with(0, b"zero")
        .with(241, b"\x01extended")
        .with(255, b"")
        .with(26, b"")
        .with(26, b"abc")
        .with(26, b"\x00\x01\x02\x03\x04\x00\x05");
    assert_eq!(password(&mut Site::strict(), &request), b"correct horse");
}

#[test]
fn section_5_1_a_missing_or_empty_user_name_is_rejected() {
    let nameless = Request::pap().without(AttributeType::USER_NAME);
    for request in [nameless.clone(), nameless.user(b"")] {
        assert_eq!(Site::strict().refuses(&request).0, Refusal::UserNameMissing);
    }
}

#[test]
fn section_5_1_a_user_name_is_octets_without_meaning() {
    for name in [b"*".as_slice(), b"alice)(uid=*", b"alice\0x", b"\xff\xfe", &[b'a'; 253]] {
        let request = Request::new(1).user(name).password(b"p").authentic();
        assert_eq!(Site::strict().asks(&request).1.user_name(), name);
    }
}

#[test]
fn section_5_2_passwords_of_1_to_128_octets_are_uncovered() {
    for length in 1..=128 {
        let sent: Vec<u8> = (1..=length).collect();
        let request = Request::new(1).user(b"ada").password(&sent).authentic();
        assert_eq!(password(&mut Site::strict(), &request), sent);
    }
}

#[test]
fn section_5_2_only_trailing_nul_is_padding() {
    let request = Request::new(1).user(b"ada").password(b"a\0b\0\0c\0").authentic();
    assert_eq!(password(&mut Site::strict(), &request), b"a\0b\0\0c");
}

#[test]
fn section_5_2_impossible_lengths_are_rejected() {
    for length in [0, 1, 15, 17, 31, 129, 144, 253] {
        let request = Request::new(1).user(b"ada").with(2, &vec![1; length]).authentic();
        assert_eq!(Site::strict().refuses(&request).0, Refusal::CredentialMalformed);
    }
}

#[test]
fn section_5_3_a_chap_password_has_17_octets() {
    for length in [1, 16, 18, 253] {
        let request = Request::new(1).user(b"ada").with(3, &vec![1; length]).authentic();
        assert_eq!(Site::strict().refuses(&request).0, Refusal::CredentialMalformed);
    }
}

#[test]
fn section_5_every_typed_value_goes_out_in_the_configured_order() {
    let mut reply = Reply::new();
    reply
        .integer(AttributeType::SESSION_TIMEOUT, 3600)
        .and_then(|reply| reply.octets(AttributeType::CLASS, b"staff"))
        .and_then(|reply| reply.text(AttributeType::FILTER_ID, "staff.in"))
        .and_then(|reply| reply.octets(AttributeType::CLASS, &[0, 255]))
        .and_then(|reply| reply.integer(AttributeType::SERVICE_TYPE, 6))
        .and_then(|reply| reply.integer(AttributeType::IDLE_TIMEOUT, 60))
        .and_then(|reply| reply.ipv4(AttributeType::FRAMED_IP_ADDRESS, [192, 0, 2, 1].into()))
        .and_then(|reply| reply.ipv6(AttributeType(168), core::net::Ipv6Addr::LOCALHOST))
        .and_then(|reply| reply.text(AttributeType::REPLY_MESSAGE, "Grüezi"))
        .unwrap();
    let attributes = Site::strict().accepts(&Request::pap(), reply);
    let expected: [(u8, Vec<u8>); 9] = [
        (27, vec![0, 0, 0x0e, 0x10]),
        (25, b"staff".to_vec()),
        (11, b"staff.in".to_vec()),
        (25, vec![0, 255]),
        (6, vec![0, 0, 0, 6]),
        (28, vec![0, 0, 0, 60]),
        (8, vec![192, 0, 2, 1]),
        (168, core::net::Ipv6Addr::LOCALHOST.octets().to_vec()),
        (18, "Grüezi".as_bytes().to_vec()),
    ];
    assert_eq!(attributes[1..], expected);
}

#[test]
fn section_5_values_that_do_not_fit_are_refused() {
    let mut reply = Reply::new();
    let class = AttributeType::CLASS;
    assert_eq!(reply.octets(class, b"").err(), Some(ReplyError::Empty));
    assert_eq!(reply.octets(class, &[1; 254]).err(), Some(ReplyError::TooLong { longest: 253 }));
    assert_eq!(reply.vendor(9, 1, b"").err(), Some(ReplyError::Empty));
    assert_eq!(reply.vendor(9, 1, &[1; 248]).err(), Some(ReplyError::TooLong { longest: 247 }));
    assert_eq!(reply.vendor(9, 1, &[1; 900]).err(), Some(ReplyError::TooLong { longest: 247 }));
    for reserved in [0, 2, 3, 26, 33, 60, 69, 79, 80] {
        let refused = reply.octets(AttributeType(reserved), b"value").err();
        assert_eq!(refused, Some(ReplyError::Reserved(reserved)));
    }
    for number in [2, 16, 17, 26] {
        let refused = reply.vendor(311, number, b"value").err();
        assert_eq!(refused, Some(ReplyError::ReservedOfVendor { vendor: 311, number }));
    }
    assert_eq!(reply, Reply::new());
}

#[test]
fn section_5_a_reply_ends_at_4096_octets() {
    let mut reply = Reply::new();
    let full = (0..).find_map(|_| reply.octets(AttributeType::CLASS, &[1; 253]).err());
    assert_eq!(full, Some(ReplyError::PacketFull));
    Site::strict().accepts(&Request::pap(), reply);
}

#[test]
fn section_5_26_vendor_attributes_go_out_in_order() {
    let mut reply = Reply::new();
    reply.vendor(9, 1, b"shell:priv-lvl=15").unwrap().vendor(9, 1, &[b'x'; 247]).unwrap();
    let attributes = Site::strict().accepts(&Request::pap(), reply);
    assert_eq!(attributes[1], (26, b"\x00\x00\x00\x09\x01\x13shell:priv-lvl=15".to_vec()));
    assert_eq!(attributes[2].1.len(), 253);
}

#[test]
fn section_5_26_vendor_attributes_are_read_and_malformed_ones_skipped() {
    let request = Request::pap()
        .with(26, b"\x00\x00\x00\x09\x01\x04ab\x02\x03c")
        .with(26, b"\x00\x00\x00\x0b\x01\x00zz")
        .with(26, b"\x00\x00")
        .with(26, b"\x00\x00\x39\xe7\x02\x06site\x07\xff");
    let (_, question) = Site::strict().asks(&request);
    let found: Vec<_> = question.vendor_attributes().collect();
    let cisco = |kind, value| VendorAttribute { vendor: 9, kind, value };
    let aruba = VendorAttribute { vendor: 14823, kind: 2, value: b"site" };
    assert_eq!(found, [cisco(1, b"ab"), cisco(2, b"c"), aruba]);
}

#[test]
fn section_5_33_all_proxy_states_come_back_last_unchanged_and_in_order() {
    let request = Request::pap().with(33, b"one").with(4, &[1; 4]).with(33, b"").with(33, b"one");
    let proxies = [(33, b"one".to_vec()), (33, Vec::new()), (33, b"one".to_vec())];
    let mut reply = Reply::new();
    reply.octets(AttributeType::CLASS, b"c").unwrap();
    let mut site = Site::strict();
    assert_eq!(site.accepts(&request, reply)[2..], proxies);
    let mut request = request;
    request.identifier += 1;
    let (ticket, _) = site.asks(&request);
    let reply = site.answers(ticket, &Answer::Reject(None));
    assert_eq!(request.check(&reply, 3)[1..], proxies);
    let refused = request.without(AttributeType::USER_PASSWORD);
    assert_eq!(site.refuses(&refused).1[1..], proxies);
}

#[test]
fn section_5_40_chap_challenges_have_5_to_253_octets() {
    for length in [5, 16, 253] {
        let challenge = vec![3; length];
        let request = Request::new(1).user(b"ada").chap(0, b"pass", Some(&challenge)).authentic();
        let (_, question) = Site::strict().asks(&request);
        assert!(matches!(question.credential(), Credential::Chap(chap) if chap.verify(b"pass")));
    }
    for length in [0, 4] {
        let challenge = vec![3; length];
        let request = Request::new(1).user(b"ada").chap(0, b"pass", Some(&challenge)).authentic();
        assert_eq!(Site::strict().refuses(&request).0, Refusal::CredentialMalformed);
    }
}

#[test]
fn section_5_44_a_repeated_name_or_credential_is_rejected() {
    let chap = Request::new(1).user(b"ada").chap(0, b"pass", Some(b"challenge")).authentic();
    let requests = [
        Request::pap().user(b"eve"),
        Request::pap().password(b"another"),
        chap.clone().chap(0, b"another", None),
        chap.with(60, b"challenge"),
    ];
    for request in requests {
        assert_eq!(Site::strict().refuses(&request).0, Refusal::Repeated);
    }
}

#[test]
fn section_5_44_a_reject_carries_a_message_and_nothing_else() {
    let mut site = Site::strict();
    let (ticket, _) = site.asks(&Request::pap());
    let message = Message::new("Call the help desk.").unwrap();
    let reply = site.answers(ticket, &Answer::Reject(Some(message)));
    let attributes = Request::pap().check(&reply, 3);
    assert_eq!(attributes[1..], [(18, b"Call the help desk.".to_vec())]);
}

#[test]
fn section_5_what_the_nas_says_of_itself_is_in_the_question() {
    let request = Request::pap()
        .with(32, b"switch-1")
        .with(4, &[192, 0, 2, 9])
        .with(30, b"00-11:corp")
        .with(31, b"aa-bb")
        .with(61, &[0, 0, 0, 19])
        .with(6, &[0, 0, 0, 2])
        .with(24, b"state");
    let (_, question) = Site::strict().asks(&request);
    assert_eq!(question.nas_identifier(), Some(b"switch-1".as_slice()));
    assert_eq!(question.nas_ip(), Some(core::net::IpAddr::from([192, 0, 2, 9])));
    assert_eq!(question.called_station_id(), Some(b"00-11:corp".as_slice()));
    assert_eq!(question.calling_station_id(), Some(b"aa-bb".as_slice()));
    assert_eq!((question.nas_port_type(), question.service_type()), (Some(19), Some(2)));
    assert_eq!(question.state(), Some(b"state".as_slice()));
    let kinds: Vec<u8> = question.attributes().map(|attribute| attribute.kind.0).collect();
    assert_eq!(kinds, [1, 80, 32, 4, 30, 31, 61, 6, 24]);
}

#[test]
fn section_5_malformed_hints_are_as_good_as_missing() {
    let request = Request::pap().with(4, b"abc").with(95, b"abc").with(61, b"").with(6, &[0; 5]);
    let (_, question) = Site::strict().asks(&request);
    assert_eq!(question.nas_ip(), None);
    assert_eq!((question.nas_port_type(), question.service_type()), (None, None));
}
