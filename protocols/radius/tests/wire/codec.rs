//! The other codec as an oracle, for plain attributes and passwords.

use core::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use radius::{Answer, AttributeType, Credential, Reply};
use radius_codec::core::avp::AVP;
use radius_codec::core::packet::Packet;

use crate::client::{Request, SECRET, hidden_by_codec};
use crate::site::Site;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn plain_attributes_are_read_by_the_other_codec_as_they_were_meant(
        text in "\\PC{1,60}",
        octets in prop::collection::vec(any::<u8>(), 1..=253),
        number: u32,
        v4: [u8; 4],
        v6: [u8; 16],
    ) {
        let mut reply = Reply::new();
        reply.text(AttributeType::FILTER_ID, &text).unwrap();
        reply.octets(AttributeType::CLASS, &octets).unwrap();
        reply.integer(AttributeType::SESSION_TIMEOUT, number).unwrap();
        reply.ipv4(AttributeType::FRAMED_IP_ADDRESS, v4.into()).unwrap();
        reply.ipv6(AttributeType(168), v6.into()).unwrap();
        let mut site = Site::strict();
        let (ticket, _) = site.asks(&Request::pap());
        let datagram = site.answers(ticket, &Answer::Accept(reply));
        let packet = Packet::decode(&datagram, SECRET).unwrap();
        let found = |kind: AttributeType| packet.lookup(kind.0).unwrap();
        prop_assert_eq!(found(AttributeType::FILTER_ID).encode_string().unwrap(), text);
        prop_assert_eq!(found(AttributeType::CLASS).encode_bytes(), octets);
        prop_assert_eq!(found(AttributeType::SESSION_TIMEOUT).encode_u32().unwrap(), number);
        let framed = found(AttributeType::FRAMED_IP_ADDRESS).encode_ipv4().unwrap();
        prop_assert_eq!(framed, Ipv4Addr::from(v4));
        prop_assert_eq!(found(AttributeType(168)).encode_ipv6().unwrap(), Ipv6Addr::from(v6));
    }

    #[test]
    fn passwords_that_the_other_codec_hides_are_uncovered(
        password in "[^\0]{1,32}",
        authenticator: [u8; 16],
    ) {
        let hidden = hidden_by_codec(password.as_bytes(), SECRET, &authenticator);
        let request = Request { authenticator, ..Request::new(1) };
        let request = request.user(b"ada").with(2, &hidden).authentic();
        let (_, question) = Site::strict().asks(&request);
        let Credential::Pap(found) = question.credential() else { panic!("PAP was sent") };
        prop_assert_eq!(found, password.as_bytes());
    }

    #[test]
    fn plain_attributes_of_the_other_codec_are_read(name in "\\PC{1,60}", kind: u32) {
        let name_of_nas = AVP::from_string(32, &name).encode_bytes();
        let port_type = AVP::from_u32(61, kind).encode_bytes();
        let request = Request::pap().with(32, &name_of_nas).with(61, &port_type);
        let (_, question) = Site::strict().asks(&request);
        prop_assert_eq!(question.nas_identifier(), Some(name.as_bytes()));
        prop_assert_eq!(question.nas_port_type(), Some(kind));
    }
}
