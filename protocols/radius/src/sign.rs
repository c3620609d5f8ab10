//! The only place where a reply becomes octets, and every one of them is signed.

use std::sync::Arc;

use hmac::Mac as _;

use crate::attribute::AttributeType;
use crate::packet::{Code, HEADER, LONGEST};
use crate::secret::Secret;

/// The octets of a reply with its Message-Authenticator and Response Authenticator in place.
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
        secret: &Secret,
    ) -> Result<SignedReply, TooLong> {
        let body = draft.attributes.len() + draft.proxy_states.len();
        let length = HEADER + MAC_HEADER.len() + 16 + body;
        if length > LONGEST {
            return Err(TooLong);
        }
        let [high, low] = u16::try_from(length).map_err(|_| TooLong)?.to_be_bytes();
        let header = [draft.code.octet(), draft.identifier, high, low];

        let mut mac = secret.mac();
        for piece in [
            &header,
            draft.authenticator.as_slice(),
            &MAC_HEADER,
            &[0; 16],
        ] {
            mac.update(piece);
        }
        mac.update(draft.attributes);
        mac.update(draft.proxy_states);
        let mac: [u8; 16] = mac.finalize().into_bytes().into();

        let pieces = [
            &header,
            draft.authenticator.as_slice(),
            &MAC_HEADER,
            &mac,
            draft.attributes,
            draft.proxy_states,
        ];
        let authenticator = secret.digest_after(&pieces);
        let [_, _, signed @ ..] = pieces;
        self.octets.clear();
        self.octets.extend(header);
        self.octets.extend(authenticator);
        for piece in signed {
            self.octets.extend(piece);
        }
        Ok(SignedReply(Arc::from(self.octets.as_slice())))
    }
}

/// Type and length of a Message-Authenticator.
const MAC_HEADER: [u8; 2] = [AttributeType::MESSAGE_AUTHENTICATOR.0, 18];
