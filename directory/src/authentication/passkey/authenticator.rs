//! What authenticators say (WebAuthn section 6.1), signed or inside of an attestation object.

use uuid::Uuid;

use super::cbor::{Item, Reader};
use crate::records::PasskeyKey;

/// The longest name of a credential (WebAuthn section 7.1).
pub(super) const CREDENTIAL: usize = 1_023;

/// What an authenticator says.
pub(super) struct AuthenticatorData<'a> {
    /// SHA-256 of the domain that it was asked for.
    pub(super) party: &'a [u8; 32],
    flags: u8,
    /// How often it has signed.
    pub(super) counter: u32,
    /// The credential that it made, where it made one.
    pub(super) made: Option<Made<'a>>,
}

/// A credential that an authenticator made.
pub(super) struct Made<'a> {
    pub(super) model: Uuid,
    pub(super) credential: &'a [u8],
    pub(super) key: PasskeyKey,
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const PORTABLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const MADE: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

impl<'a> AuthenticatorData<'a> {
    /// Reads all of it; none when it is not acceptable.
    pub(super) fn read(octets: &'a [u8]) -> Option<Self> {
        let (party, rest) = octets.split_first_chunk()?;
        let ([flags], rest) = rest.split_first_chunk()?;
        let (counter, rest) = rest.split_first_chunk()?;
        let (mut made, mut reader) = (None, Reader::new(rest));
        if flags & MADE != 0 {
            let (credential, rest) = Made::read(rest)?;
            (made, reader) = (Some(credential), rest);
        }
        if flags & EXTENDED != 0 {
            reader.skip()?;
        }
        // What is backed up can be.
        let is_possible = flags & PORTABLE != 0 || flags & BACKED_UP == 0;
        let counter = u32::from_be_bytes(*counter);
        let data = Self { party, flags: *flags, counter, made };
        (reader.is_done() && is_possible).then_some(data)
    }

    /// Whether somebody was there and proved to the authenticator who they are: by what they know,
    /// or by what they are, beside the authenticator that they have.
    pub(super) fn is_verified(&self) -> bool {
        self.flags & (PRESENT | VERIFIED) == PRESENT | VERIFIED
    }

    /// Whether the authenticator hands the passkey on to other machines of its owner.
    pub(super) fn is_portable(&self) -> bool {
        self.flags & PORTABLE != 0
    }
}

impl<'a> Made<'a> {
    fn read(octets: &'a [u8]) -> Option<(Self, Reader<'a>)> {
        let (model, rest) = octets.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (credential, rest) = rest.split_at_checked(length)?;
        let fits = (1..=CREDENTIAL).contains(&length);
        let mut reader = Reader::new(fits.then_some(rest)?);
        let key = PasskeyKey::read(&mut reader)?;
        Some((Self { model: Uuid::from_bytes(*model), credential, key }, reader))
    }
}

/// Finds what the authenticator says in an attestation object (WebAuthn section 6.5.4). The
/// statement that may vouch for its model is passed over.
pub(super) fn within_attestation(octets: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(octets);
    let mut found = None;
    for _ in 0..reader.map()? {
        match (reader.item()?, found) {
            (Item::Text("authData"), None) => match reader.item()? {
                Item::Octets(octets) => found = Some(octets),
                Item::Number(_) | Item::Text(_) | Item::Array(_) | Item::Map(_) | Item::Other => {
                    return None;
                }
            },
            (Item::Text("authData"), Some(_)) => return None,
            (Item::Text(_), _) => reader.skip()?,
            _ => return None,
        }
    }
    found.filter(|_| reader.is_done())
}
