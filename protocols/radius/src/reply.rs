//! What may be said to a request: the answer and its attributes.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use std::borrow::Cow;

use thiserror::Error;

use crate::attribute::{Attribute, AttributeType};
use crate::ms_chap;
use crate::packet::{HEADER, LONGEST};
use crate::recent::Pending;
use crate::session_keys::SessionKeys;

/// The verdict on a [`Question`](crate::Question).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Access-Accept with its authorization attributes.
    Accept(Reply),
    /// Access-Reject; it carries no attributes but the message (RFC 2865, section 5.44), or the
    /// EAP-Failure that a request with EAP is owed (RFC 3579, section 2.6.3), beside which no message may
    /// stand (section 2.6.5).
    Reject(Option<Message>),
    /// Access-Challenge.
    Challenge(Challenge),
    /// Accounting-Response: what was reported is kept.
    Recorded,
    /// Nothing, but inside TLS a Protocol-Error, since nobody asks there again; the request is
    /// forgotten, so that a retransmission is asked again.
    Silence,
    /// Nothing, inside TLS as well: the packet of EAP is passed over, and the gear has its peer asked
    /// again ([RFC 3748, section 4.1](https://www.rfc-editor.org/rfc/rfc3748#section-4.1)).
    Discard,
}

/// The attributes of an Access-Accept, in the order in which they were added.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reply {
    octets: Vec<u8>,
    keys: Option<SessionKeys>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reply").field("octets", &self.octets).finish_non_exhaustive()
    }
}

/// Why an attribute cannot be in a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum ReplyError {
    /// An attribute's value must have at least one octet.
    #[error("the value is empty")]
    Empty,
    /// The value is longer than the attribute can hold.
    #[error("the value is longer than {longest} octets")]
    TooLong {
        /// Octets that fit.
        longest: usize,
    },
    /// A tagged integer has three octets.
    #[error("a tagged number must be below 16777216")]
    TooLarge,
    /// An untagged value whose first octet would be read as a tag (RFC 2868, section 3.6).
    #[error("the value's first octet would be read as a tag")]
    LooksTagged,
    /// The attribute is written by the server itself, or cannot be sent in clear.
    #[error("attribute {0} cannot be set in a reply")]
    Reserved(u8),
    /// A vendor's attribute that is written by the server itself.
    #[error("attribute {number} of vendor {vendor} cannot be set in a reply")]
    ReservedOfVendor {
        /// The vendor's enterprise number.
        vendor: u32,
        /// The attribute's number.
        number: u8,
    },
    /// The attributes together are longer than a packet.
    #[error("the attributes are longer than a packet")]
    PacketFull,
}

/// Joins the tunnel attributes that belong together ([RFC 2868, section 3]).
///
/// [RFC 2868, section 3]: https://www.rfc-editor.org/rfc/rfc2868#section-3
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(u8);

impl Tag {
    /// No tag.
    pub const NONE: Self = Self(0);

    /// Takes a tag from 0 (no tag) to 31.
    #[must_use]
    pub fn new(tag: u8) -> Option<Self> {
        (tag <= 0x1f).then_some(Self(tag))
    }
}

/// Octets that remain for attributes beside the header and the Message-Authenticator.
const ROOM: usize = LONGEST - HEADER - 18;

impl Reply {
    /// Starts without attributes.
    #[must_use]
    pub const fn new() -> Self {
        Self { octets: Vec::new(), keys: None }
    }

    /// Adds text of 1 to 253 octets.
    ///
    /// # Errors
    /// When the text is empty or too long, the type is reserved, or the packet full.
    pub fn text(&mut self, kind: AttributeType, text: &str) -> Result<&mut Self, ReplyError> {
        self.octets(kind, text.as_bytes())
    }

    /// Adds 1 to 253 octets.
    ///
    /// # Errors
    /// When there are none or too many, the type is reserved, or the packet full.
    pub fn octets(&mut self, kind: AttributeType, value: &[u8]) -> Result<&mut Self, ReplyError> {
        if is_reserved(kind) {
            return Err(ReplyError::Reserved(kind.0));
        }
        self.push(kind, &[], value)
    }

    /// Adds a number of four octets.
    ///
    /// # Errors
    /// When the type is reserved or the packet full.
    pub fn integer(&mut self, kind: AttributeType, value: u32) -> Result<&mut Self, ReplyError> {
        self.octets(kind, &value.to_be_bytes())
    }

    /// Adds an IPv4 address.
    ///
    /// # Errors
    /// When the type is reserved or the packet full.
    pub fn ipv4(&mut self, kind: AttributeType, value: Ipv4Addr) -> Result<&mut Self, ReplyError> {
        self.octets(kind, &value.octets())
    }

    /// Adds an IPv6 address.
    ///
    /// # Errors
    /// When the type is reserved or the packet full.
    pub fn ipv6(&mut self, kind: AttributeType, value: Ipv6Addr) -> Result<&mut Self, ReplyError> {
        self.octets(kind, &value.octets())
    }

    /// Adds a number of three octets behind its tag ([RFC 2868, section 3.1]).
    ///
    /// # Errors
    /// When the number needs more octets, the type is reserved, or the packet full.
    ///
    /// [RFC 2868, section 3.1]: https://www.rfc-editor.org/rfc/rfc2868#section-3.1
    pub fn tagged_integer(
        &mut self,
        kind: AttributeType,
        tag: Tag,
        value: u32,
    ) -> Result<&mut Self, ReplyError> {
        let [0, value @ ..] = value.to_be_bytes() else {
            return Err(ReplyError::TooLarge);
        };
        let [high, middle, low] = value;
        self.octets(kind, &[tag.0, high, middle, low])
    }

    /// Adds text behind its tag ([RFC 2868, section 3.6]); with [`Tag::NONE`] the text stands
    /// alone, which every peer reads alike.
    ///
    /// # Errors
    /// When the text is empty, too long or, untagged, begins like a tag, the type is reserved, or
    /// the packet full.
    ///
    /// [RFC 2868, section 3.6]: https://www.rfc-editor.org/rfc/rfc2868#section-3.6
    pub fn tagged_text(
        &mut self,
        kind: AttributeType,
        tag: Tag,
        text: &str,
    ) -> Result<&mut Self, ReplyError> {
        if is_reserved(kind) {
            return Err(ReplyError::Reserved(kind.0));
        }
        if tag != Tag::NONE {
            return self.push(kind, &[tag.0], text.as_bytes());
        }
        if text.bytes().next().is_some_and(|first| first <= 0x1f) {
            return Err(ReplyError::LooksTagged);
        }
        self.push(kind, &[], text.as_bytes())
    }

    /// Adds a vendor's attribute of 1 to 247 octets ([RFC 2865, section 5.26]).
    ///
    /// # Errors
    /// When there are no octets or too many, the attribute is reserved, or the packet is full.
    ///
    /// [RFC 2865, section 5.26]: https://www.rfc-editor.org/rfc/rfc2865#section-5.26
    pub fn vendor(&mut self, vendor: u32, kind: u8, value: &[u8]) -> Result<&mut Self, ReplyError> {
        if ms_chap::is_reserved(vendor, kind) {
            return Err(ReplyError::ReservedOfVendor { vendor, number: kind });
        }
        self.push_vendor(vendor, kind, value)
    }

    /// Adds a vendor's attribute, whichever it is.
    pub(crate) fn push_vendor(
        &mut self,
        vendor: u32,
        kind: u8,
        value: &[u8],
    ) -> Result<&mut Self, ReplyError> {
        let inner =
            u8::try_from(value.len() + 2).map_err(|_| ReplyError::TooLong { longest: 247 })?;
        let [a, b, c, d] = vendor.to_be_bytes();
        self.push(AttributeType::VENDOR_SPECIFIC, &[a, b, c, d, kind, inner], value)
    }

    /// Puts the session into a VLAN ([RFC 3580, section 3.31]): Tunnel-Type VLAN,
    /// Tunnel-Medium-Type IEEE-802 and Tunnel-Private-Group-Id with the VLAN's id or name as text,
    /// all with the same tag.
    ///
    /// # Errors
    /// When the VLAN is empty or too long, or the packet full; the attributes before the failing
    /// one stay.
    ///
    /// [RFC 3580, section 3.31]: https://www.rfc-editor.org/rfc/rfc3580#section-3.31
    pub fn vlan(&mut self, tag: Tag, vlan: &str) -> Result<&mut Self, ReplyError> {
        self.tagged_integer(AttributeType::TUNNEL_TYPE, tag, 13)?
            .tagged_integer(AttributeType::TUNNEL_MEDIUM_TYPE, tag, 6)?
            .tagged_text(AttributeType::TUNNEL_PRIVATE_GROUP_ID, tag, vlan)
    }

    /// Adds a packet of EAP in as many EAP-Messages as it needs
    /// ([RFC 3579, section 3.1](https://www.rfc-editor.org/rfc/rfc3579#section-3.1)), and takes away each
    /// Reply-Message, which may not stand beside it (section 2.6.5).
    ///
    /// # Errors
    /// When there are no octets, or the packet is full.
    pub fn eap(&mut self, packet: &[u8]) -> Result<&mut Self, ReplyError> {
        if packet.is_empty() {
            return Err(ReplyError::Empty);
        }
        self.take_away(AttributeType::REPLY_MESSAGE);
        for piece in packet.chunks(253) {
            self.push(AttributeType::EAP_MESSAGE, &[], piece)?;
        }
        Ok(self)
    }

    /// Adds the keys that the gear shares with the peer behind it.
    ///
    /// # Errors
    /// When the packet is full.
    pub fn session_keys(&mut self, keys: SessionKeys) -> Result<&mut Self, ReplyError> {
        if self.octets.len() + keys.length() > ROOM {
            return Err(ReplyError::PacketFull);
        }
        self.keys = Some(keys);
        Ok(self)
    }

    /// Adds the attributes of another one, but no keys.
    ///
    /// # Errors
    /// When the packet is full.
    pub fn append(&mut self, other: &Self) -> Result<&mut Self, ReplyError> {
        let keys = self.keys.as_ref().map_or(0, SessionKeys::length);
        if self.octets.len() + other.octets.len() + keys > ROOM {
            return Err(ReplyError::PacketFull);
        }
        self.octets.extend(&other.octets);
        Ok(self)
    }

    /// The attributes as they go onto the wire, but keys.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.octets
    }

    /// The attributes as they go onto the wire to whoever asked.
    pub(crate) fn written(&self, pending: &Pending) -> Cow<'_, [u8]> {
        let Some(keys) = &self.keys else { return Cow::Borrowed(&self.octets) };
        let mut octets = self.octets.clone();
        keys.write(&mut octets, pending.secret.as_ref(), &pending.authenticator);
        Cow::Owned(octets)
    }

    fn take_away(&mut self, kind: AttributeType) {
        let mut left = Vec::<u8>::with_capacity(self.octets.len());
        let mut rest = self.octets.as_slice();
        while let Ok((attribute, behind)) = Attribute::split(rest) {
            if attribute.kind != kind {
                left.extend(rest.get(..rest.len() - behind.len()).unwrap_or_default());
            }
            rest = behind;
        }
        self.octets = left;
    }

    fn push(
        &mut self,
        kind: AttributeType,
        prefix: &[u8],
        value: &[u8],
    ) -> Result<&mut Self, ReplyError> {
        if value.is_empty() {
            return Err(ReplyError::Empty);
        }
        let length = prefix.len() + value.len() + 2;
        let octet = u8::try_from(length)
            .map_err(|_| ReplyError::TooLong { longest: 253 - prefix.len() })?;
        let keys = self.keys.as_ref().map_or(0, SessionKeys::length);
        if self.octets.len() + length + keys > ROOM {
            return Err(ReplyError::PacketFull);
        }
        self.octets.reserve(length);
        self.octets.extend([kind.0, octet]);
        self.octets.extend(prefix);
        self.octets.extend(value);
        Ok(self)
    }
}

/// Types that the server writes itself, that belong to requests, or that would need encryption.
const fn is_reserved(kind: AttributeType) -> bool {
    matches!(
        kind,
        AttributeType(0)
            | AttributeType::USER_PASSWORD
            | AttributeType::CHAP_PASSWORD
            | AttributeType::CHAP_CHALLENGE
            | AttributeType::VENDOR_SPECIFIC
            | AttributeType::PROXY_STATE
            | AttributeType::TUNNEL_PASSWORD
            | AttributeType::EAP_MESSAGE
            | AttributeType::MESSAGE_AUTHENTICATOR
    )
}

/// What an Access-Reject says: a Reply-Message to show to the user, or an MS-CHAP-Error; never made
/// of what the user sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(Reply);

impl Message {
    /// Takes a text of 1 to 253 octets.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub fn new(text: &str) -> Result<Self, ReplyError> {
        let mut reply = Reply::new();
        reply.text(AttributeType::REPLY_MESSAGE, text)?;
        Ok(Self(reply))
    }

    /// Says something to the user as well, in 1 to 253 octets.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub fn and(mut self, text: &str) -> Result<Self, ReplyError> {
        self.0.text(AttributeType::REPLY_MESSAGE, text)?;
        Ok(self)
    }

    /// Takes what an Access-Reject may say to others than the user.
    pub(crate) const fn of(reply: Reply) -> Self {
        Self(reply)
    }

    pub(crate) fn as_octets(&self) -> &[u8] {
        self.0.as_octets()
    }
}

/// An EAP-Message with the Failure that ends the conversation which `eap` belongs to
/// ([RFC 3579, section 2.6.3]); an empty EAP-Message starts one and has no identifier.
///
/// [RFC 3579, section 2.6.3]: https://www.rfc-editor.org/rfc/rfc3579#section-2.6.3
pub(crate) fn eap_failure(eap: &[u8]) -> [u8; 6] {
    let identifier = eap.get(1).copied().unwrap_or_default();
    [AttributeType::EAP_MESSAGE.0, 6, 4, identifier, 0, 4]
}

/// The attributes of an Access-Challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(Reply);

impl Challenge {
    /// Takes the State (1 to 253 octets) that the next request brings back, and the prompt.
    ///
    /// # Errors
    /// When the state is empty or too long.
    pub fn new(state: &[u8], message: Option<&Message>) -> Result<Self, ReplyError> {
        let mut reply = Reply::new();
        reply.octets(AttributeType::STATE, state)?;
        if let Some(message) = message {
            reply.octets.extend(message.as_octets());
        }
        Ok(Self(reply))
    }

    /// Takes the State that the next request brings back, and the packet of EAP that it answers.
    ///
    /// # Errors
    /// When one of them is empty, or one too long.
    pub fn eap(state: &[u8], packet: &[u8]) -> Result<Self, ReplyError> {
        let mut reply = Reply::new();
        reply.octets(AttributeType::STATE, state)?.eap(packet)?;
        Ok(Self(reply))
    }

    pub(crate) fn as_octets(&self) -> &[u8] {
        self.0.as_octets()
    }
}
