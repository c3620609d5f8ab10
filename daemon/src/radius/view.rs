//! Pure functions between RADIUS's words and the directory's.

use directory::authentication::{NetworkReply, Outcome, Password, Proof, Who};
use directory::records::{ReplyProfileFields, VendorAttribute, VendorValue};
use radius::{Answer, AttributeType, Credential, Question, Reply, ReplyError, Tag, verify_chap};

/// Who a question claims to be, and what is to prove it; `None` for what can prove nobody.
pub(crate) fn claim<C: Copy>(question: &Question<C>) -> Option<(Who, Proof)> {
    let login = std::str::from_utf8(question.user_name()).ok()?.to_owned();
    // No login has control characters, but matching would pass over them (RFC 4518, section 2.2).
    if login.chars().any(char::is_control) {
        return None;
    }
    let proof = match question.credential() {
        Credential::Pap(octets) => Proof::Password(Password::new(octets).ok()?),
        Credential::Chap(chap) => {
            let (identifier, response) = (chap.identifier, *chap.response);
            let challenge = chap.challenge.to_vec();
            Proof::Challenge(Box::new(move |clear| {
                verify_chap(identifier, &challenge, &response, clear)
            }))
        }
    };
    Some((Who::User(login), proof))
}

/// What the network gear is told.
pub(crate) fn answer(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Accept { reply, .. } => accept(reply.as_deref()),
        Outcome::Reject | Outcome::Ended | Outcome::Locked | Outcome::Unprotected => {
            Answer::Reject(None)
        }
        Outcome::Busy => Answer::Silence,
    }
}

fn accept(reply: Option<&NetworkReply>) -> Answer {
    let Some(profile) = reply.and_then(|reply| reply.profile.as_ref()) else {
        return Answer::Accept(Reply::new());
    };
    match of_profile(profile) {
        Ok(reply) => Answer::Accept(reply),
        Err(error) => {
            // Letting somebody in without the VLAN that was meant would be worse than not at all.
            tracing::error!(profile = profile.name, %error, "a reply profile cannot be sent");
            Answer::Reject(None)
        }
    }
}

/// Writes a profile's attributes in their order.
fn of_profile(profile: &ReplyProfileFields) -> Result<Reply, ReplyError> {
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
