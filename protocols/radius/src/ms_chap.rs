//! MS-CHAPv2 as RADIUS carries it: Microsoft's vendor attributes ([RFC 2548, section 2.3]).
//!
//! [RFC 2548, section 2.3]: https://www.rfc-editor.org/rfc/rfc2548#section-2.3

use crate::attribute::Attributes;
use crate::refusal::Refusal;
use crate::reply::{Message, Reply, ReplyError};
use crate::session_keys::{RECEIVE, SEND};

/// Microsoft's private enterprise number.
pub(crate) const MICROSOFT: u32 = 311;

const RESPONSE: u8 = 1;
const ERROR: u8 = 2;
const CHANGE_1: u8 = 3;
const CHANGE_2: u8 = 4;
const ENCRYPTION_POLICY: u8 = 7;
const ENCRYPTION_TYPES: u8 = 8;
const CHALLENGE: u8 = 11;
const RESPONSE_2: u8 = 25;
const SUCCESS_2: u8 = 26;
const CHANGE_3: u8 = 27;

/// Whether a vendor's attribute is one that is only ever written with what somebody has proven:
/// MS-CHAP-Error, MS-CHAP2-Success and the keys of the session.
pub(crate) const fn is_reserved(vendor: u32, number: u8) -> bool {
    vendor == MICROSOFT && matches!(number, ERROR | SUCCESS_2 | SEND | RECEIVE)
}

/// An MS-CHAP2-Response with its MS-CHAP-Challenge.
#[derive(Clone, Copy)]
pub struct MsChapV2 {
    /// Names the exchange; the reply says it again.
    pub identifier: u8,
    /// What the gear asked.
    pub challenge: [u8; 16],
    /// What the peer asks in turn.
    pub peer_challenge: [u8; 16],
    /// The answer.
    pub nt_response: [u8; 24],
}

/// What a request carries of MS-CHAP.
#[derive(Default)]
pub(crate) struct Carried<'a> {
    challenge: Option<&'a [u8]>,
    response: Option<&'a [u8]>,
    /// The first version, or a change of the password by any of them.
    refused: Option<(Refusal, &'a [u8])>,
    repeated: bool,
}

impl<'a> Carried<'a> {
    /// Looks at a Vendor-Specific attribute.
    pub(crate) fn note(&mut self, value: &'a [u8]) {
        let Some((vendor, inner)) = value.split_first_chunk() else { return };
        if u32::from_be_bytes(*vendor) != MICROSOFT {
            return;
        }
        for attribute in Attributes::new(inner) {
            let value = attribute.value;
            match attribute.kind.0 {
                CHALLENGE => self.repeated |= self.challenge.replace(value).is_some(),
                RESPONSE_2 => self.repeated |= self.response.replace(value).is_some(),
                RESPONSE => self.refused = Some((Refusal::MsChapV1NotOffered, value)),
                CHANGE_1 | CHANGE_2 | CHANGE_3 => {
                    self.refused = Some((Refusal::PasswordChangeNotOffered, value));
                }
                _ => {}
            }
        }
    }

    /// The credential, if there is one.
    pub(crate) fn credential(&self) -> Result<Option<MsChapV2>, Refusal> {
        if let Some((refusal, _)) = self.refused {
            return Err(refusal);
        }
        let Some(response) = self.response else { return Ok(None) };
        if self.repeated {
            return Err(Refusal::Repeated);
        }
        let challenge = self.challenge.ok_or(Refusal::CredentialMissing)?;
        let proof = challenge.try_into().ok().and_then(|challenge| read(challenge, response));
        proof.map(Some).ok_or(Refusal::CredentialMalformed)
    }

    /// What a refusal says of it, as an attribute: nothing where there is nothing of it.
    pub(crate) fn refusal(&self) -> Vec<u8> {
        let failure = match self.refused {
            // Code and identifier.
            Some((Refusal::PasswordChangeNotOffered, value)) => {
                value.get(1).map(|identifier| (*identifier, Failure::ChangeRefused))
            }
            Some((_, value)) => value.first().map(|identifier| (*identifier, Failure::Rejected)),
            None => self
                .response
                .and_then(|value| value.first())
                .map(|identifier| (*identifier, Failure::Rejected)),
        };
        let message = failure.and_then(|(id, failure)| Message::ms_chap(id, failure).ok());
        message.map_or_else(Vec::new, |message| message.as_octets().to_vec())
    }
}

/// Identifier, flags, the peer's challenge, eight octets of nothing, and the answer.
fn read(challenge: [u8; 16], response: &[u8]) -> Option<MsChapV2> {
    let ([identifier, _flags], rest) = response.split_first_chunk()?;
    let (peer_challenge, rest) = rest.split_first_chunk()?;
    let (_reserved, rest) = rest.split_first_chunk::<8>()?;
    let nt_response = rest.try_into().ok()?;
    Some(MsChapV2 {
        identifier: *identifier,
        challenge,
        peer_challenge: *peer_challenge,
        nt_response,
    })
}

/// Why the peer is told that it did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// For whatever reason.
    Rejected,
    /// The password was right, but has ended.
    PasswordEnded,
    /// The password is not changed.
    ChangeRefused,
}

impl Failure {
    /// [RFC 2759, section 6](https://www.rfc-editor.org/rfc/rfc2759#section-6).
    const fn code(self) -> u16 {
        match self {
            Self::Rejected => 691,
            Self::PasswordEnded => 648,
            Self::ChangeRefused => 709,
        }
    }
}

impl Message {
    /// MS-CHAP-Error: what the gear hands to the peer. No other try is allowed, so the challenge
    /// for it is nobody's.
    ///
    /// # Errors
    /// Never, as these texts are.
    pub fn ms_chap(identifier: u8, failure: Failure) -> Result<Self, ReplyError> {
        let code = failure.code();
        let text = format!("E={code} R=0 C={:032} V=3 M=Access denied", 0);
        let mut reply = Reply::new();
        reply.push_vendor(MICROSOFT, ERROR, &with_identifier(identifier, &text))?;
        Ok(Self::of(reply))
    }
}

impl Reply {
    /// Adds what proves to the peer that the password is known here, `S=` and forty hexadecimal
    /// digits, and lets it encrypt with keys of 128 bits
    /// ([RFC 2548, sections 2.3.3, 2.4.4 and 2.4.5](https://www.rfc-editor.org/rfc/rfc2548#section-2.4)).
    ///
    /// # Errors
    /// When the packet is full.
    pub fn ms_chap_success(
        &mut self,
        identifier: u8,
        response: &str,
    ) -> Result<&mut Self, ReplyError> {
        /// Encryption is allowed, and not required.
        const ALLOWED: u32 = 1;
        const STRONG: u32 = 4;
        self.push_vendor(MICROSOFT, SUCCESS_2, &with_identifier(identifier, response))?
            .vendor(MICROSOFT, ENCRYPTION_POLICY, &ALLOWED.to_be_bytes())?
            .vendor(MICROSOFT, ENCRYPTION_TYPES, &STRONG.to_be_bytes())
    }
}

fn with_identifier(identifier: u8, text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len() + 1);
    octets.push(identifier);
    octets.extend(text.as_bytes());
    octets
}
