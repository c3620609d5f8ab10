//! The only place where a reply becomes octets, and every one of them is signed.

use std::sync::Arc;

use crate::attribute::AttributeType;
use crate::packet::{Code, HEADER, LONGEST};
use crate::secret::Secret;

/// The octets of a reply with its Message-Authenticator and Response Authenticator in place; of
/// RADIUS/1.1, which goes through TLS alone, as TLS signs them.
///
/// Only the server makes it. Cheap to clone: the cache and the sender share the octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReply(Arc<[u8]>);

impl AsRef<[u8]> for SignedReply {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A reply that is not signed yet: a type without octets.
pub(crate) struct Draft<'a> {
    pub(crate) code: Code,
    /// The request's identifier.
    pub(crate) identifier: u8,
    /// The Request Authenticator.
    pub(crate) authenticator: &'a [u8; 16],
    /// The reply's own attributes in their order.
    pub(crate) attributes: &'a [u8],
    /// The request's Proxy-State attributes in their order.
    pub(crate) proxy_states: &'a [u8],
    /// Whether a Message-Authenticator goes with it; an answer to Accounting-Request has none
    /// (RFC 3579, section 3.3), and its Response Authenticator alone.
    pub(crate) message_authenticator: bool,
}

/// The reply is longer than a packet may be.
#[derive(Debug)]
pub(crate) struct TooLong;

/// Signs drafts, reusing one buffer.
#[derive(Default)]
pub(crate) struct Signer {
    octets: Vec<u8>,
}

impl Signer {
    /// Writes the Message-Authenticator as the first attribute, where no prefix chosen by an
    /// attacker can hide it, then the reply's attributes, then the Proxy-States; one HMAC and one
    /// MD5 ([RFC 3579, section 3.2], [RFC 2865, section 3]).
    ///
    /// [RFC 3579, section 3.2]: https://www.rfc-editor.org/rfc/rfc3579#section-3.2
    /// [RFC 2865, section 3]: https://www.rfc-editor.org/rfc/rfc2865#section-3
    pub(crate) fn sign(
        &mut self,
        draft: &Draft<'_>,
        secret: Option<&Secret>,
    ) -> Result<SignedReply, TooLong> {
        let Some(secret) = secret else { return self.tokened(draft) };
        let body = draft.attributes.len() + draft.proxy_states.len();
        let mac = if draft.message_authenticator { MAC_HEADER.len() + 16 } else { 0 };
        let length = HEADER + mac + body;
        if length > LONGEST {
            return Err(TooLong);
        }
        let [high, low] = u16::try_from(length).map_err(|_| TooLong)?.to_be_bytes();
        let octets = &mut self.octets;
        octets.clear();
        octets.extend([draft.code.octet(), draft.identifier, high, low]);
        octets.extend(draft.authenticator);
        if draft.message_authenticator {
            octets.extend(MAC_HEADER);
            octets.extend([0; 16]);
        }
        octets.extend(draft.attributes);
        octets.extend(draft.proxy_states);
        if draft.message_authenticator {
            let mac = secret.mac_of(octets);
            write(octets, HEADER + MAC_HEADER.len(), mac);
        }
        let authenticator = secret.digest_after(octets);
        write(octets, 4, authenticator);
        Ok(SignedReply(Arc::from(octets.as_slice())))
    }

    /// Writes a reply of RADIUS/1.1: the request's token, and nothing where others have an
    /// identifier and an authenticator ([RFC 9765, section 4.1]).
    ///
    /// [RFC 9765, section 4.1]: https://www.rfc-editor.org/rfc/rfc9765#section-4.1
    fn tokened(&mut self, draft: &Draft<'_>) -> Result<SignedReply, TooLong> {
        let length = HEADER + draft.attributes.len() + draft.proxy_states.len();
        if length > LONGEST {
            return Err(TooLong);
        }
        let [high, low] = u16::try_from(length).map_err(|_| TooLong)?.to_be_bytes();
        let octets = &mut self.octets;
        octets.clear();
        octets.extend([draft.code.octet(), 0, high, low]);
        octets.extend(draft.authenticator.iter().take(4));
        octets.extend([0; 12]);
        octets.extend(draft.attributes);
        octets.extend(draft.proxy_states);
        Ok(SignedReply(Arc::from(octets.as_slice())))
    }
}

fn write(octets: &mut [u8], at: usize, value: [u8; 16]) {
    for (octet, value) in octets.iter_mut().skip(at).zip(value) {
        *octet = value;
    }
}

/// Type and length of a Message-Authenticator.
const MAC_HEADER: [u8; 2] = [AttributeType::MESSAGE_AUTHENTICATOR.0, 18];
