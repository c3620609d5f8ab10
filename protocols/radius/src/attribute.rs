//! Attributes as they lie in a packet, and the numbers of their types.

use radius_codec::core::{rfc2865, rfc2866, rfc2868, rfc2869, rfc3162, rfc4072};

use crate::packet::Malformed;

/// The number of an attribute's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributeType(pub u8);

impl AttributeType {
    /// User-Name.
    pub const USER_NAME: Self = Self(rfc2865::USER_NAME_TYPE);
    /// User-Password.
    pub const USER_PASSWORD: Self = Self(rfc2865::USER_PASSWORD_TYPE);
    /// CHAP-Password.
    pub const CHAP_PASSWORD: Self = Self(rfc2865::CHAP_PASSWORD_TYPE);
    /// NAS-IP-Address.
    pub const NAS_IP_ADDRESS: Self = Self(rfc2865::NAS_IP_ADDRESS_TYPE);
    /// NAS-Port.
    pub const NAS_PORT: Self = Self(rfc2865::NAS_PORT_TYPE);
    /// Service-Type.
    pub const SERVICE_TYPE: Self = Self(rfc2865::SERVICE_TYPE_TYPE);
    /// Framed-IP-Address.
    pub const FRAMED_IP_ADDRESS: Self = Self(rfc2865::FRAMED_IP_ADDRESS_TYPE);
    /// Filter-Id.
    pub const FILTER_ID: Self = Self(rfc2865::FILTER_ID_TYPE);
    /// Reply-Message.
    pub const REPLY_MESSAGE: Self = Self(rfc2865::REPLY_MESSAGE_TYPE);
    /// State.
    pub const STATE: Self = Self(rfc2865::STATE_TYPE);
    /// Class.
    pub const CLASS: Self = Self(rfc2865::CLASS_TYPE);
    /// Vendor-Specific.
    pub const VENDOR_SPECIFIC: Self = Self(rfc2865::VENDOR_SPECIFIC_TYPE);
    /// Session-Timeout.
    pub const SESSION_TIMEOUT: Self = Self(rfc2865::SESSION_TIMEOUT_TYPE);
    /// Idle-Timeout.
    pub const IDLE_TIMEOUT: Self = Self(rfc2865::IDLE_TIMEOUT_TYPE);
    /// Termination-Action.
    pub const TERMINATION_ACTION: Self = Self(rfc2865::TERMINATION_ACTION_TYPE);
    /// Called-Station-Id.
    pub const CALLED_STATION_ID: Self = Self(rfc2865::CALLED_STATION_ID_TYPE);
    /// Calling-Station-Id.
    pub const CALLING_STATION_ID: Self = Self(rfc2865::CALLING_STATION_ID_TYPE);
    /// NAS-Identifier.
    pub const NAS_IDENTIFIER: Self = Self(rfc2865::NAS_IDENTIFIER_TYPE);
    /// Proxy-State.
    pub const PROXY_STATE: Self = Self(rfc2865::PROXY_STATE_TYPE);
    /// Acct-Status-Type.
    pub const ACCT_STATUS_TYPE: Self = Self(rfc2866::ACCT_STATUS_TYPE_TYPE);
    /// Acct-Delay-Time.
    pub const ACCT_DELAY_TIME: Self = Self(rfc2866::ACCT_DELAY_TIME_TYPE);
    /// Acct-Input-Octets.
    pub const ACCT_INPUT_OCTETS: Self = Self(rfc2866::ACCT_INPUT_OCTETS_TYPE);
    /// Acct-Output-Octets.
    pub const ACCT_OUTPUT_OCTETS: Self = Self(rfc2866::ACCT_OUTPUT_OCTETS_TYPE);
    /// Acct-Session-Id.
    pub const ACCT_SESSION_ID: Self = Self(rfc2866::ACCT_SESSION_ID_TYPE);
    /// Acct-Session-Time.
    pub const ACCT_SESSION_TIME: Self = Self(rfc2866::ACCT_SESSION_TIME_TYPE);
    /// Acct-Input-Packets.
    pub const ACCT_INPUT_PACKETS: Self = Self(rfc2866::ACCT_INPUT_PACKETS_TYPE);
    /// Acct-Output-Packets.
    pub const ACCT_OUTPUT_PACKETS: Self = Self(rfc2866::ACCT_OUTPUT_PACKETS_TYPE);
    /// Acct-Terminate-Cause.
    pub const ACCT_TERMINATE_CAUSE: Self = Self(rfc2866::ACCT_TERMINATE_CAUSE_TYPE);
    /// Acct-Input-Gigawords.
    pub const ACCT_INPUT_GIGAWORDS: Self = Self(rfc2869::ACCT_INPUT_GIGAWORDS_TYPE);
    /// Acct-Output-Gigawords.
    pub const ACCT_OUTPUT_GIGAWORDS: Self = Self(rfc2869::ACCT_OUTPUT_GIGAWORDS_TYPE);
    /// Event-Timestamp (RFC 2869).
    pub const EVENT_TIMESTAMP: Self = Self(55);
    /// Error-Cause (RFC 5176).
    pub const ERROR_CAUSE: Self = Self(101);
    /// Framed-IPv6-Prefix (RFC 3162).
    pub const FRAMED_IPV6_PREFIX: Self = Self(97);
    /// Delegated-IPv6-Prefix (RFC 4818).
    pub const DELEGATED_IPV6_PREFIX: Self = Self(123);
    /// Framed-IPv6-Address (RFC 6911).
    pub const FRAMED_IPV6_ADDRESS: Self = Self(168);
    /// CHAP-Challenge.
    pub const CHAP_CHALLENGE: Self = Self(rfc2865::CHAP_CHALLENGE_TYPE);
    /// Framed-MTU.
    pub const FRAMED_MTU: Self = Self(rfc2865::FRAMED_MTU_TYPE);
    /// NAS-Port-Type.
    pub const NAS_PORT_TYPE: Self = Self(rfc2865::NAS_PORT_TYPE_TYPE);
    /// Tunnel-Type.
    pub const TUNNEL_TYPE: Self = Self(rfc2868::TUNNEL_TYPE_TYPE);
    /// Tunnel-Medium-Type.
    pub const TUNNEL_MEDIUM_TYPE: Self = Self(rfc2868::TUNNEL_MEDIUM_TYPE_TYPE);
    /// Tunnel-Password.
    pub const TUNNEL_PASSWORD: Self = Self(rfc2868::TUNNEL_PASSWORD_TYPE);
    /// EAP-Message.
    pub const EAP_MESSAGE: Self = Self(rfc2869::EAP_MESSAGE_TYPE);
    /// Message-Authenticator.
    pub const MESSAGE_AUTHENTICATOR: Self = Self(rfc2869::MESSAGE_AUTHENTICATOR_TYPE);
    /// Tunnel-Private-Group-Id.
    pub const TUNNEL_PRIVATE_GROUP_ID: Self = Self(rfc2868::TUNNEL_PRIVATE_GROUP_ID_TYPE);
    /// NAS-Port-Id.
    pub const NAS_PORT_ID: Self = Self(rfc2869::NAS_PORT_ID_TYPE);
    /// EAP-Key-Name.
    pub const EAP_KEY_NAME: Self = Self(rfc4072::EAP_KEY_NAME_TYPE);
    /// NAS-IPv6-Address.
    pub const NAS_IPV6_ADDRESS: Self = Self(rfc3162::NAS_IPV6_ADDRESS_TYPE);
}

/// One attribute, borrowed from its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What it is.
    pub kind: AttributeType,
    /// Its value, at most 253 octets.
    pub value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// Splits the first attribute off `octets`.
    pub(crate) fn split(octets: &'a [u8]) -> Result<(Self, &'a [u8]), Malformed> {
        let [kind, length, rest @ ..] = octets else {
            return Err(Malformed::AttributeLength);
        };
        let value = usize::from(*length).checked_sub(2).ok_or(Malformed::AttributeLength)?;
        let (value, rest) = rest.split_at_checked(value).ok_or(Malformed::AttributeLength)?;
        Ok((Self { kind: AttributeType(*kind), value }, rest))
    }

    /// The value as a number of four octets.
    #[must_use]
    pub fn integer(&self) -> Option<u32> {
        self.value.try_into().ok().map(u32::from_be_bytes)
    }
}

/// The attributes of a packet in their order, those of unknown types included.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Walks octets that [`Request`](crate::request::Request) has found well formed.
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    /// Whether octets are whole attributes, one behind the other.
    pub(crate) fn check(mut octets: &'a [u8]) -> Result<(), Malformed> {
        while !octets.is_empty() {
            (_, octets) = Attribute::split(octets)?;
        }
        Ok(())
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let (attribute, rest) = Attribute::split(self.rest).ok()?;
        self.rest = rest;
        Some(attribute)
    }
}
