//! Pure functions between RADIUS's words and the directory's.

use std::net::Ipv6Addr;

use directory::authentication::{
    Counterproof, MsChapV2, NetworkReply, Outcome, Password, Proof, Who,
};
use directory::records::{
    NamedAttribute, NamedValue, ReplyProfileFields, VendorAttribute, VendorValue,
};
use directory::{NetworkMethod, ReplyAttribute, ReplyKind};
use radius::{
    Answer, AttributeType, Challenge, Credential, Failure, Message, Question, Reply, ReplyError,
    SessionKeys, Tag, ValueKind, named_attributes, verify_chap,
};

/// Why nobody is asked about a name and what is to prove it.
pub(super) const UNREADABLE: &str = "what stands for the name or the password can be nobody's";

/// Who a question claims to be, and what is to prove it; `None` for what can prove nobody.
pub(crate) fn claim<C: Copy>(question: &Question<C>) -> Option<(Who, Proof)> {
    let login = std::str::from_utf8(question.user_name()).ok()?;
    // No login has control characters, but matching would pass over them (RFC 4518, section 2.2).
    if login.chars().any(char::is_control) {
        return None;
    }
    let proof = match question.credential() {
        Credential::Pap(octets) => {
            let typed = Password::new(octets).ok()?;
            // A State of another kind is none of ours, and does no harm.
            match question.state().and_then(|state| state.try_into().ok()) {
                Some(state) => Proof::Code { state, code: typed },
                None => Proof::Password(typed),
            }
        }
        // Conversations have questions of their own.
        Credential::Eap(_) => return None,
        Credential::Chap(chap) => {
            let (identifier, response) = (chap.identifier, *chap.response);
            let challenge = chap.challenge.to_vec();
            Proof::Challenge(Box::new(move |clear| {
                verify_chap(identifier, &challenge, &response, clear)
            }))
        }
        Credential::MsChapV2(proof) => Proof::MsChapV2(Box::new(MsChapV2 {
            authenticator_challenge: proof.challenge,
            peer_challenge: proof.peer_challenge,
            user_name: without_domain(login).into(),
            nt_response: proof.nt_response,
        })),
    };
    // The same rule as inside tunnels; the client's organization is the only one that is looked at.
    let login = match question.credential() {
        Credential::MsChapV2(_) => without_domain(login),
        Credential::Pap(_) | Credential::Chap(_) | Credential::Eap(_) => login,
    };
    Some((Who::User(login.to_owned()), proof))
}

/// By which method a question proves who asks; `None` for a conversation, which has its own.
pub(super) fn method<C: Copy>(question: &Question<C>) -> Option<NetworkMethod> {
    match question.credential() {
        Credential::Pap(_) => Some(NetworkMethod::Pap),
        Credential::Chap(_) => Some(NetworkMethod::Chap),
        Credential::MsChapV2(_) => Some(NetworkMethod::MsChapV2),
        Credential::Eap(_) => None,
    }
}

/// The name that goes into the answer (RFC 2759, section 8.2), and by which its user is found.
fn without_domain(name: &str) -> &str {
    name.split_once('\\').map_or(name, |(_, name)| name)
}

/// What network gear gets back beside the verdict.
#[derive(Clone, Copy)]
pub(crate) enum Spoken {
    /// Nothing.
    Plain,
    /// What MS-CHAPv2 asks for, with the identifier of the exchange.
    MsChapV2(u8),
}

impl Spoken {
    /// What a question was asked in.
    pub(crate) fn of<C: Copy>(question: &Question<C>) -> Self {
        match question.credential() {
            Credential::MsChapV2(proof) => Self::MsChapV2(proof.identifier),
            Credential::Pap(_) | Credential::Chap(_) | Credential::Eap(_) => Self::Plain,
        }
    }

    fn reject(self, failure: Failure) -> Answer {
        match self {
            Self::Plain => Answer::Reject(None),
            Self::MsChapV2(identifier) => {
                Answer::Reject(Message::ms_chap(identifier, failure).ok())
            }
        }
    }

    /// Rejects somebody who was proven, with what a rule tells them.
    fn refuse(self, text: &str) -> Answer {
        let message = match self {
            Self::Plain => Message::new(text),
            Self::MsChapV2(identifier) => Message::ms_chap(identifier, Failure::Rejected)
                .and_then(|message| message.and(text)),
        };
        message.map_or_else(|_| self.reject(Failure::Rejected), |it| Answer::Reject(Some(it)))
    }
}

/// What the network gear is told; `salt` differs from accept to accept.
pub(crate) fn answer(outcome: Outcome, spoken: Spoken, salt: impl FnOnce() -> u16) -> Answer {
    match outcome {
        Outcome::Accept { reply, counterproof, .. } => {
            accept(reply.as_deref(), spoken, counterproof.map(|proof| (proof, salt())))
        }
        Outcome::Challenge { state } => ask_for_code(&state),
        Outcome::Refused(message) => spoken.refuse(&message),
        Outcome::Ended => spoken.reject(Failure::PasswordEnded),
        Outcome::Reject | Outcome::Locked | Outcome::Unprotected => {
            spoken.reject(Failure::Rejected)
        }
        Outcome::Busy | Outcome::Unhashed(_) => Answer::Silence,
    }
}

/// Asks for a code; nothing that the user sent is in it.
fn ask_for_code(state: &[u8]) -> Answer {
    let prompt = Message::new("Enter the code of your authenticator app");
    let challenge = prompt.and_then(|prompt| Challenge::new(state, Some(&prompt)));
    challenge.map_or(Answer::Reject(None), Answer::Challenge)
}

type Proven = (Box<Counterproof>, u16);

fn accept(reply: Option<&NetworkReply>, spoken: Spoken, proven: Option<Proven>) -> Answer {
    let profile = reply.and_then(|reply| reply.profile.as_deref());
    let written = profile.map_or_else(|| Ok(Reply::new()), of_profile).and_then(|mut written| {
        if let Some(reply) = reply {
            put_marks(&mut written, reply)?;
        }
        if let (Spoken::MsChapV2(identifier), Some((proof, salt))) = (spoken, proven) {
            let keys = SessionKeys::new(proof.send_key(), proof.receive_key(), salt);
            written.ms_chap_success(identifier, &proof.authenticator_response())?;
            written.session_keys(keys)?;
        }
        Ok(written)
    });
    match written {
        Ok(reply) => Answer::Accept(reply),
        Err(error) => {
            // Letting somebody in without the VLAN that was meant would be worse than not at all.
            let profile = profile.map(|profile| profile.name.as_str());
            tracing::error!(profile, %error, "a reply profile cannot be sent");
            spoken.reject(Failure::Rejected)
        }
    }
}

/// Writes what the gear is to tell of the accept with its reports.
pub(super) fn put_marks(written: &mut Reply, reply: &NetworkReply) -> Result<(), ReplyError> {
    if let Some(mark) = &reply.certificate {
        written.octets(AttributeType::CLASS, mark.to_class().as_bytes())?;
    }
    let granted = reply.granted.as_ref();
    let classes = granted.and_then(|(of, granted, carried)| granted.to_classes(*of, carried));
    let Some((class, rest)) = classes else { return Ok(()) };
    for class in [Some(class), rest].into_iter().flatten() {
        written.octets(AttributeType::CLASS, class.as_bytes())?;
    }
    Ok(())
}

/// Writes a profile's attributes in their order.
pub(super) fn of_profile(profile: &ReplyProfileFields) -> Result<Reply, ReplyError> {
    let mut reply = Reply::new();
    if let Some(vlan) = &profile.vlan {
        reply.vlan(Tag::NONE, vlan)?;
    }
    for filter in &profile.filters {
        reply.text(AttributeType::FILTER_ID, filter)?;
    }
    for class in &profile.classes {
        reply.octets(AttributeType::CLASS, class.as_bytes())?;
    }
    if let Some(seconds) = profile.session_timeout {
        reply.integer(AttributeType::SESSION_TIMEOUT, seconds)?;
    }
    if let Some(seconds) = profile.idle_timeout {
        reply.integer(AttributeType::IDLE_TIMEOUT, seconds)?;
    }
    for attribute in &profile.vendor_attributes {
        put_vendor(&mut reply, attribute)?;
    }
    for attribute in &profile.attributes {
        put_named(&mut reply, attribute)?;
    }
    Ok(reply)
}

fn put_vendor(reply: &mut Reply, attribute: &VendorAttribute) -> Result<(), ReplyError> {
    let (vendor, number) = (attribute.vendor, attribute.number);
    match &attribute.value {
        VendorValue::Text(text) => reply.vendor(vendor, number, text.as_bytes())?,
        VendorValue::Integer(value) => reply.vendor(vendor, number, &value.to_be_bytes())?,
        VendorValue::Address(address) => reply.vendor(vendor, number, &address.octets())?,
    };
    Ok(())
}

fn put_named(reply: &mut Reply, attribute: &NamedAttribute) -> Result<(), ReplyError> {
    let NamedAttribute { vendor, number, tag, value, .. } = attribute;
    let kind = AttributeType(*number);
    let tag = tag.map(|tag| Tag::new(tag).unwrap_or_default());
    let (address, integer, address6, prefix6);
    let octets: &[u8] = match value {
        NamedValue::Text(text) if let (None, Some(tag)) = (vendor, tag) => {
            return reply.tagged_text(kind, tag, text).map(drop);
        }
        NamedValue::Integer(number) if let (None, Some(tag)) = (vendor, tag) => {
            return reply.tagged_integer(kind, tag, *number).map(drop);
        }
        NamedValue::Text(text) => text.as_bytes(),
        NamedValue::Octets(octets) => octets,
        NamedValue::Integer(number) => {
            integer = number.to_be_bytes();
            &integer
        }
        NamedValue::Address(value) => {
            address = value.octets();
            &address
        }
        NamedValue::Ipv6Address(value) => {
            address6 = value.octets();
            &address6
        }
        NamedValue::Ipv6Prefix(prefix) => {
            prefix6 = prefix_octets(prefix.addr(), prefix.prefix_len());
            &prefix6
        }
        // Nobody was asked what it is read from.
        NamedValue::Told(..) => return Err(ReplyError::Empty),
    };
    match vendor {
        Some(vendor) => reply.vendor(*vendor, *number, octets).map(drop),
        None => reply.octets(kind, octets).map(drop),
    }
}

/// A prefix as it is sent: a reserved octet, its length, and no more octets than it has bits of.
fn prefix_octets(address: Ipv6Addr, length: u8) -> Vec<u8> {
    let octets = address.octets().into_iter().take(length.div_ceil(8).into());
    [0, length].into_iter().chain(octets).collect()
}

/// What gear can be told by name, in the directory's words.
pub(crate) fn reply_attributes() -> Vec<ReplyAttribute> {
    let kind = |kind| match kind {
        ValueKind::Text => ReplyKind::Text,
        ValueKind::Octets => ReplyKind::Octets,
        ValueKind::Integer => ReplyKind::Integer,
        ValueKind::Ipv4 => ReplyKind::Address,
        ValueKind::Ipv6 => ReplyKind::Ipv6Address,
        ValueKind::Ipv6Prefix => ReplyKind::Ipv6Prefix,
        ValueKind::TaggedText => ReplyKind::TaggedText,
        ValueKind::TaggedInteger => ReplyKind::TaggedInteger,
    };
    let known = named_attributes().map(|it| ReplyAttribute {
        name: it.name,
        vendor: it.vendor,
        number: it.number,
        kind: kind(it.kind),
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use directory::authentication::HashingFailed;

    use super::*;

    #[test]
    fn a_prefix_has_its_length_and_the_octets_that_it_needs() {
        let address: Ipv6Addr = "2001:db8:f000::".parse().unwrap();
        let octets = |length| prefix_octets(address, length);
        assert_eq!(octets(0), [0, 0]);
        assert_eq!(octets(36), [0, 36, 0x20, 0x01, 0x0d, 0xb8, 0xf0]);
        assert_eq!(octets(32), [0, 32, 0x20, 0x01, 0x0d, 0xb8]);
        assert_eq!(octets(128).len(), 18);
    }

    #[test]
    fn who_was_not_looked_at_is_not_rejected() {
        for outcome in [Outcome::Busy, Outcome::Unhashed(HashingFailed)] {
            assert!(matches!(answer(outcome, Spoken::Plain, || 0), Answer::Silence));
        }
        assert!(matches!(answer(Outcome::Reject, Spoken::Plain, || 0), Answer::Reject(None)));
    }

    #[test]
    fn what_a_rule_tells_stands_beside_what_the_method_asks_for() {
        let told = |spoken| answer(Outcome::Refused("Call us.".into()), spoken, || 0);
        let error = Message::ms_chap(7, Failure::Rejected).unwrap();
        let both = Answer::Reject(error.and("Call us.").ok());
        assert_eq!(told(Spoken::MsChapV2(7)), both);
        assert_eq!(told(Spoken::Plain), Answer::Reject(Message::new("Call us.").ok()));
    }
}
