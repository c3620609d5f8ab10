//! RFC 2868 and RFC 3580: tunnel attributes and VLANs.

use radius::{AttributeType, Reply, ReplyError, Tag};

use crate::client::Request;
use crate::site::Site;
use crate::vectors::hex;

/// The attribute on the wire, behind header and Message-Authenticator.
fn on_the_wire(reply: Reply) -> Vec<u8> {
    let (ticket, mut site) = {
        let mut site = Site::strict();
        (site.asks(&Request::pap()).0, site)
    };
    site.answers(ticket, &radius::Answer::Accept(reply)).split_off(38)
}

#[test]
fn section_3_tagged_values_lie_on_the_wire_as_the_vectors_say() {
    let vectors = include_str!("../vectors/rfc2868_section_3.txt");
    let lines = vectors.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let (call, octets) = line.split_once('=').unwrap();
        let words: Vec<_> = call.split_whitespace().collect();
        let [form, kind, tag, value] = words.try_into().unwrap();
        let kind = AttributeType(kind.parse().unwrap());
        let tag = Tag::new(tag.parse().unwrap()).unwrap();
        let mut reply = Reply::new();
        match form {
            "integer" => reply.tagged_integer(kind, tag, value.parse().unwrap()).unwrap(),
            _ => reply.tagged_text(kind, tag, value).unwrap(),
        };
        assert_eq!(on_the_wire(reply), hex(octets), "{line}");
    }
}

#[test]
fn section_3_1_a_tagged_number_of_four_octets_is_refused() {
    let mut reply = Reply::new();
    let refused = reply.tagged_integer(AttributeType::TUNNEL_TYPE, Tag::NONE, 1 << 24);
    assert_eq!(refused.err(), Some(ReplyError::TooLarge));
}

#[test]
fn section_3_1_tags_end_at_31() {
    assert!(Tag::new(31).is_some());
    assert!(Tag::new(32).is_none());
}

#[test]
fn section_3_6_untagged_text_that_begins_like_a_tag_is_refused() {
    let mut reply = Reply::new();
    let refused = reply.tagged_text(AttributeType::TUNNEL_PRIVATE_GROUP_ID, Tag::NONE, "\u{1}a");
    assert_eq!(refused.err(), Some(ReplyError::LooksTagged));
}

#[test]
fn section_3_6_tagged_text_holds_252_octets() {
    let kind = AttributeType::TUNNEL_PRIVATE_GROUP_ID;
    let tag = Tag::new(1).unwrap();
    assert!(Reply::new().tagged_text(kind, tag, &"v".repeat(252)).is_ok());
    let refused = Reply::new().tagged_text(kind, tag, &"v".repeat(253)).err();
    assert_eq!(refused, Some(ReplyError::TooLong { longest: 252 }));
}

#[test]
fn rfc3580_section_3_31_a_vlan_is_three_attributes_with_one_tag() {
    let mut reply = Reply::new();
    reply.vlan(Tag::new(1).unwrap(), "42").unwrap();
    let expected = "40 06 01 00 00 0d  41 06 01 00 00 06  51 05 01 34 32";
    assert_eq!(on_the_wire(reply), hex(expected));
}

#[test]
fn rfc3580_section_3_31_an_untagged_vlan_is_plain_text() {
    let mut reply = Reply::new();
    reply.vlan(Tag::NONE, "42").unwrap();
    let expected = "40 06 00 00 00 0d  41 06 00 00 00 06  51 04 34 32";
    assert_eq!(on_the_wire(reply), hex(expected));
}
