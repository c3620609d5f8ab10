//! One walk over a request's attributes notes all that the server itself needs.

use std::ops::Range;

use crate::attribute::{Attribute, AttributeType, Attributes};
use crate::ms_chap::Carried;
use crate::packet::{HEADER, Malformed, Packet};
use crate::server::Version;

/// A well-formed request; whose it is and whether it is authentic is not known yet.
pub(crate) struct Request<'a> {
    pub(crate) packet: Packet<'a>,
    /// How it is written.
    pub(crate) version: Version,
    /// Where the value of the Message-Authenticator lies in the packet.
    pub(crate) message_authenticator: Option<Range<usize>>,
    pub(crate) user_name: Occurrence,
    pub(crate) user_password: Occurrence,
    pub(crate) chap_password: Occurrence,
    pub(crate) chap_challenge: Occurrence,
    pub(crate) ms_chap: Carried<'a>,
    /// The value of the first EAP-Message.
    pub(crate) eap: Option<&'a [u8]>,
    /// Octets of all Proxy-State attributes with their headers.
    pub(crate) proxy_state_octets: usize,
}

/// How often an attribute is there that may be there once, and where its value lies.
pub(crate) enum Occurrence {
    Absent,
    Once(Range<usize>),
    Repeated,
}

impl<'a> Request<'a> {
    pub(crate) fn read(
        packet: Packet<'a>,
        version: Version,
        attributes: usize,
    ) -> Result<Self, Malformed> {
        let mut request = Self {
            packet,
            version,
            message_authenticator: None,
            user_name: Occurrence::Absent,
            user_password: Occurrence::Absent,
            chap_password: Occurrence::Absent,
            chap_challenge: Occurrence::Absent,
            ms_chap: Carried::default(),
            eap: None,
            proxy_state_octets: 0,
        };
        let mut left = attributes;
        let mut position = HEADER;
        let mut rest = packet.attributes;
        while !rest.is_empty() {
            left = left.checked_sub(1).ok_or(Malformed::TooManyAttributes)?;
            let attribute;
            (attribute, rest) = Attribute::split(rest)?;
            let start = position + 2;
            position = start + attribute.value.len();
            request.note(attribute, start..position)?;
        }
        Ok(request)
    }

    fn note(&mut self, attribute: Attribute<'a>, at: Range<usize>) -> Result<(), Malformed> {
        match attribute.kind {
            AttributeType::USER_NAME => self.user_name.add(at),
            AttributeType::USER_PASSWORD => self.user_password.add(at),
            AttributeType::CHAP_PASSWORD => self.chap_password.add(at),
            AttributeType::CHAP_CHALLENGE => self.chap_challenge.add(at),
            AttributeType::VENDOR_SPECIFIC => self.ms_chap.note(attribute.value),
            AttributeType::PROXY_STATE => self.proxy_state_octets += at.len() + 2,
            AttributeType::EAP_MESSAGE => self.eap = self.eap.or(Some(attribute.value)),
            // It means nothing there, and is passed over (RFC 9765, section 5.2).
            AttributeType::MESSAGE_AUTHENTICATOR if self.version == Version::V1_1 => {}
            AttributeType::MESSAGE_AUTHENTICATOR => {
                let well_formed = at.len() == 16;
                let repeated = self.message_authenticator.replace(at).is_some();
                return if well_formed && !repeated {
                    Ok(())
                } else {
                    Err(Malformed::MessageAuthenticator)
                };
            }
            _ => {}
        }
        Ok(())
    }

    /// The packet of EAP whose pieces are the EAP-Messages, in their order
    /// ([RFC 3579, section 3.1](https://www.rfc-editor.org/rfc/rfc3579#section-3.1)).
    pub(crate) fn eap_packet(&self) -> Vec<u8> {
        let pieces = Attributes::new(self.packet.attributes)
            .filter(|attribute| attribute.kind == AttributeType::EAP_MESSAGE);
        pieces.flat_map(|piece| piece.value).copied().collect()
    }

    /// All Proxy-State attributes with their headers, unchanged and in order.
    pub(crate) fn proxy_states(&self) -> Vec<u8> {
        let mut proxy_states = Vec::new();
        if self.proxy_state_octets == 0 {
            return proxy_states;
        }
        proxy_states.reserve_exact(self.proxy_state_octets);
        let mut rest = self.packet.attributes;
        while let Ok((attribute, after)) = Attribute::split(rest) {
            if attribute.kind == AttributeType::PROXY_STATE {
                proxy_states.extend(rest.iter().take(attribute.value.len() + 2));
            }
            rest = after;
        }
        proxy_states
    }

    /// The octets at a place that the walk noted.
    pub(crate) fn at(&self, place: Range<usize>) -> &'a [u8] {
        self.packet.octets.get(place).unwrap_or_default()
    }
}

impl Occurrence {
    fn add(&mut self, place: Range<usize>) {
        *self = match self {
            Self::Absent => Self::Once(place),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}
