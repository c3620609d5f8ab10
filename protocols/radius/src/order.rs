//! Dynamic authorization: orders to gear about sessions that go on, and what it answers
//! ([RFC 5176]). Here we are the client.
//!
//! [RFC 5176]: https://www.rfc-editor.org/rfc/rfc5176

use hmac::Mac as _;
use subtle::ConstantTimeEq as _;

use crate::attribute::{Attribute, AttributeType, Attributes};
use crate::packet::{HEADER, LONGEST, Packet};
use crate::refusal::DropReason;
use crate::reply::{Reply, ReplyError};
use crate::secret::Secret;

/// What gear is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// End a session.
    Disconnect,
    /// Treat a session otherwise.
    Change,
}

/// What gear answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obedience {
    /// It did so.
    Done,
    /// It did not, for the reason of this number if it named one
    /// ([RFC 5176, section 3.5](https://www.rfc-editor.org/rfc/rfc5176#section-3.5)).
    Refused(Option<u32>),
}

/// An order that is signed. It is sent again as it is, and never changes.
pub struct Order {
    octets: Vec<u8>,
    kind: OrderKind,
    identifier: u8,
    /// None where a token is in the place of identifier and authenticator.
    secret: Option<Secret>,
    seconds: u32,
}

/// What names a session where gear supports nothing more: the gear, and the session as it has named it.
const LEAST: [AttributeType; 6] = [
    AttributeType::USER_NAME,
    AttributeType::NAS_IP_ADDRESS,
    AttributeType::CALLING_STATION_ID,
    AttributeType::NAS_IDENTIFIER,
    AttributeType::ACCT_SESSION_ID,
    AttributeType::NAS_IPV6_ADDRESS,
];

/// What an Error-Cause says, for people; `None` for a number that nobody gave a meaning.
#[must_use]
pub const fn cause_in_words(cause: u32) -> Option<&'static str> {
    Some(match cause {
        201 => "what was left of the session was removed",
        202 => "there was an invalid EAP packet",
        401 => "the gear does not support an attribute",
        402 => "an attribute is missing",
        403 => "the order names other gear than this",
        404 => "the order is not acceptable",
        405 => "the gear does not offer such a service",
        406 => "the gear does not support an extension",
        407 => "an attribute has a value that is not acceptable",
        501 => "the gear is set up to refuse it",
        502 => "a proxy does not know where the gear is",
        503 => "the gear knows no such session",
        504 => "the gear cannot end the session",
        505 => "a proxy failed",
        506 => "the gear has no resources left",
        507 => "the gear asks for the session to be authorized anew",
        508 => "the order is about several sessions, which the gear does not support",
        _ => return None,
    })
}

/// The least by which gear finds the session that these attributes name; `None` where they are no
/// more than that, or Acct-Session-Id is not among them: then it could be another session.
pub(crate) fn least(session: &Reply) -> Option<Reply> {
    let mut least = Reply::new();
    let (mut is_less, mut is_named) = (false, false);
    for Attribute { kind, value } in Attributes::new(session.as_octets()) {
        is_named |= kind == AttributeType::ACCT_SESSION_ID;
        if LEAST.contains(&kind) {
            least.octets(kind, value).ok()?;
        } else {
            is_less = true;
        }
    }
    (is_less && is_named).then_some(least)
}

/// Whether a packet that came down a connection answers an order, and asks for nothing.
#[must_use]
pub fn answers_order(packet: &[u8]) -> bool {
    let answers = |kind: OrderKind, code| kind.codes().iter().skip(1).any(|own| *own == code);
    let all = [OrderKind::Disconnect, OrderKind::Change];
    packet.first().is_some_and(|code| all.into_iter().any(|kind| answers(kind, *code)))
}

impl OrderKind {
    /// The codes of the request, of an answer that says yes, and of one that says no.
    const fn codes(self) -> [u8; 3] {
        match self {
            Self::Disconnect => [40, 41, 42],
            Self::Change => [43, 44, 45],
        }
    }
}

impl Obedience {
    /// Unsupported-Attribute: the gear may obey an order that has fewer attributes.
    pub(crate) const UNSUPPORTED: Self = Self::Refused(Some(401));
}

impl Order {
    /// Signs an order about the session that the attributes name; `seconds` is when, since 1970.
    ///
    /// # Errors
    /// When it is longer than a packet may be.
    pub fn new(
        kind: OrderKind,
        identifier: u8,
        secret: &Secret,
        attributes: &Reply,
        seconds: u32,
    ) -> Result<Self, ReplyError> {
        const MAC: usize = HEADER + 2;
        let attributes = attributes.as_octets();
        let length = HEADER + 18 + 6 + attributes.len();
        let (Ok(field), true) = (u16::try_from(length), length <= LONGEST) else {
            return Err(ReplyError::PacketFull);
        };
        let [request, ..] = kind.codes();
        let mut octets = Vec::with_capacity(length);
        octets.extend([request, identifier]);
        octets.extend(field.to_be_bytes());
        octets.extend([0; 16]);
        octets.extend([AttributeType::MESSAGE_AUTHENTICATOR.0, 18]);
        octets.extend([0; 16]);
        octets.extend([AttributeType::EVENT_TIMESTAMP.0, 6]);
        octets.extend(seconds.to_be_bytes());
        octets.extend(attributes);
        let mac = secret.mac_of(&octets);
        write(&mut octets, MAC, mac);
        let authenticator = secret.digest_after(&octets);
        write(&mut octets, 4, authenticator);
        Ok(Self { octets, kind, identifier, secret: Some(secret.clone()), seconds })
    }

    /// Writes an order of RADIUS/1.1, which TLS protects: a token, and nothing where others have an
    /// identifier and an authenticator ([RFC 9765, section 4.1]).
    ///
    /// # Errors
    /// When it is longer than a packet may be.
    ///
    /// [RFC 9765, section 4.1]: https://www.rfc-editor.org/rfc/rfc9765#section-4.1
    pub(crate) fn with_token(
        kind: OrderKind,
        token: u32,
        attributes: &Reply,
        seconds: u32,
    ) -> Result<Self, ReplyError> {
        let attributes = attributes.as_octets();
        let length = HEADER + 6 + attributes.len();
        let (Ok(field), true) = (u16::try_from(length), length <= LONGEST) else {
            return Err(ReplyError::PacketFull);
        };
        let [request, ..] = kind.codes();
        let mut octets = Vec::with_capacity(length);
        octets.extend([request, 0]);
        octets.extend(field.to_be_bytes());
        octets.extend(token.to_be_bytes());
        octets.extend([0; 12]);
        octets.extend([AttributeType::EVENT_TIMESTAMP.0, 6]);
        octets.extend(seconds.to_be_bytes());
        octets.extend(attributes);
        Ok(Self { octets, kind, identifier: 0, secret: None, seconds })
    }

    /// The same order with other attributes, dated as this one is and in its secret.
    pub(crate) fn with(&self, identifier: u8, attributes: &Reply) -> Result<Self, ReplyError> {
        match &self.secret {
            Some(secret) => Self::new(self.kind, identifier, secret, attributes, self.seconds),
            None => Self::with_token(self.kind, identifier.into(), attributes, self.seconds),
        }
    }

    /// The datagram.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// What a datagram answers to this order; `None` for one that is no answer to it, or that was
    /// not signed with the secret that we share.
    #[must_use]
    pub fn read(&self, datagram: &[u8]) -> Option<Obedience> {
        self.judge(&Packet::read(datagram).ok()?).ok()?
    }

    /// What a packet answers to this order; `None` for one that names another.
    ///
    /// # Errors
    /// When it names this one, and is malformed or was not signed with the secret that we share.
    pub(crate) fn judge(&self, packet: &Packet<'_>) -> Result<Option<Obedience>, DropReason> {
        let [_, done, refused] = self.kind.codes();
        let asked = self.octets.get(4..HEADER).and_then(|asked| asked.first_chunk::<16>());
        let (Some(asked), true) = (asked, [done, refused].contains(&packet.code)) else {
            return Ok(None);
        };
        let is_named = match &self.secret {
            Some(_) => packet.identifier == self.identifier,
            None => packet.authenticator.first_chunk::<4>() == asked.first_chunk::<4>(),
        };
        if !is_named {
            return Ok(None);
        }
        // Inside TLS without MD5 nothing is signed, and a Message-Authenticator is ignored (RFC 9765,
        // section 5.2).
        if self.secret.as_ref().is_some_and(|secret| !is_authentic(secret, packet, asked)) {
            return Err(DropReason::AnswerNotAuthentic);
        }
        let (mut cause, mut position, mut rest) = (None, HEADER, packet.attributes);
        while !rest.is_empty() {
            let attribute;
            (attribute, rest) = Attribute::split(rest)?;
            let start = position + 2;
            position = start + attribute.value.len();
            match attribute.kind {
                AttributeType::ERROR_CAUSE => cause = cause.or_else(|| attribute.integer()),
                AttributeType::MESSAGE_AUTHENTICATOR => {
                    if let Some(secret) = &self.secret {
                        verify(secret, packet, asked, (start, attribute.value))
                            .ok_or(DropReason::AnswerNotAuthentic)?;
                    }
                }
                _ => {}
            }
        }
        let is_done = packet.code == done;
        Ok(Some(if is_done { Obedience::Done } else { Obedience::Refused(cause) }))
    }
}

fn is_authentic(secret: &Secret, packet: &Packet<'_>, asked: &[u8; 16]) -> bool {
    let head = packet.octets.get(..4).unwrap_or_default();
    let expected = secret.digest_of_three(head, asked, packet.attributes);
    expected.ct_eq(packet.authenticator).into()
}

/// The Message-Authenticator is made over the order's authenticator.
fn verify(
    secret: &Secret,
    packet: &Packet<'_>,
    asked: &[u8; 16],
    (start, found): (usize, &[u8]),
) -> Option<()> {
    let mut mac = secret.mac();
    mac.update(packet.octets.get(..4)?);
    mac.update(asked);
    mac.update(packet.octets.get(HEADER..start)?);
    mac.update(&[0; 16]);
    mac.update(packet.octets.get(start.checked_add(16)?..)?);
    mac.verify_slice(found).ok()
}

fn write(octets: &mut [u8], at: usize, value: [u8; 16]) {
    for (octet, value) in octets.iter_mut().skip(at).zip(value) {
        *octet = value;
    }
}
