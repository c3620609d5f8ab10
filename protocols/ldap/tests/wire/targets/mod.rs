//! What a fuzzer calls with octets of its own, and the tests with those of the corpus.

pub(crate) mod controls;
pub(crate) mod decoder;
mod same;
pub(crate) mod session;
pub(crate) mod texts;

use std::time::Duration;

use ldap::{CleartextBind, Limits, Settings, StartTls};
use ldap3_lber::parse::Parser;
use ldap3_lber::structure::StructureTag;
use ldap3_proto::proto::{LdapMsg, LdapOp};

/// The time at which sessions begin.
const BEGIN: Duration = Duration::from_secs(1000);

/// Limits that few octets reach.
const SETTINGS: Settings = Settings {
    limits: Limits {
        message_anonymous: 4096,
        message_bound: 16 << 10,
        depth: 40,
        elements: 512,
        outstanding: 8,
        output: 4096,
        partial: Duration::from_secs(20),
        idle: Duration::from_secs(900),
        idle_anonymous: Duration::from_secs(90),
        attributes: 50,
    },
    start_tls: StartTls::Offered,
    cleartext_bind: CleartextBind::Allowed,
};

/// The message that octets begin with as somebody else reads it, if it is one, and what follows.
fn split(octets: &[u8]) -> Option<(Option<LdapMsg>, &[u8])> {
    let (rest, tag) = Parser::new(64).parse(octets).ok()?;
    let message = LdapMsg::try_from(tag.clone()).ok().filter(|message| !misread(message, tag));
    Some((message, rest))
}

/// Takes somebody else the last two elements of a Compare's assertion for it, where the first two
/// are meant? What follows is to be ignored (RFC 4511 section 4).
fn misread(message: &LdapMsg, tag: StructureTag) -> bool {
    matches!(message.op, LdapOp::CompareRequest(_)) && {
        let operation = tag.expect_constructed().and_then(|parts| parts.into_iter().nth(1));
        let parts = operation.and_then(StructureTag::expect_constructed);
        let assertion = parts.and_then(|parts| parts.into_iter().nth(1));
        assertion.and_then(StructureTag::expect_constructed).is_none_or(|parts| parts.len() != 2)
    }
}

/// Takes the whole messages out of what a server wrote.
///
/// # Panics
/// When a response is not one.
fn responses(written: &mut Vec<u8>) -> Vec<LdapMsg> {
    let mut rest = &written[..];
    let mut messages = Vec::new();
    while let Some((message, following)) = split(rest) {
        messages.push(message.expect("a response that can be read"));
        rest = following;
    }
    *written = rest.to_vec();
    messages
}
