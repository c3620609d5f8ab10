//! The keys that network gear and the peer behind it share, hidden under the shared secret.

use zeroize::Zeroizing;

use crate::attribute::AttributeType;
use crate::secret::Secret;

/// Microsoft's number, by which everybody names these keys.
const MICROSOFT: u32 = 311;
/// MS-MPPE-Send-Key.
pub(crate) const SEND: u8 = 16;
/// MS-MPPE-Recv-Key.
pub(crate) const RECEIVE: u8 = 17;
/// Octets of a key at most: as many as one attribute hides.
const LONGEST: usize = 224;

/// MS-MPPE-Send-Key and MS-MPPE-Recv-Key of an Access-Accept
/// ([RFC 2548, section 2.4](https://www.rfc-editor.org/rfc/rfc2548#section-2.4)).
///
/// They become octets when the reply is signed, under the secret of the client that asked. There
/// is no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKeys {
    send: Zeroizing<Vec<u8>>,
    receive: Zeroizing<Vec<u8>>,
    salt: u16,
}

impl SessionKeys {
    /// Takes what the gear sends and receives with, and a salt that differs from reply to reply;
    /// keys are cut after 224 octets.
    #[must_use]
    pub fn new(send: &[u8], receive: &[u8], salt: u16) -> Self {
        let kept = |key: &[u8]| Zeroizing::new(key.iter().copied().take(LONGEST).collect());
        Self { send: kept(send), receive: kept(receive), salt }
    }

    /// Octets of both attributes.
    pub(crate) fn length(&self) -> usize {
        [&self.send, &self.receive]
            .map(|key| 10 + (1 + key.len()).next_multiple_of(16))
            .iter()
            .sum()
    }

    /// Writes both attributes; their salts differ, and the first bit of each is set.
    /// Without a secret TLS hides them, and each is the key alone ([RFC 9765, section 5.1.4]).
    ///
    /// [RFC 9765, section 5.1.4]: https://www.rfc-editor.org/rfc/rfc9765#section-5.1.4
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        secret: Option<&Secret>,
        authenticator: &[u8; 16],
    ) {
        let salt = self.salt | 0x8000;
        let keys = [(SEND, &self.send, salt), (RECEIVE, &self.receive, salt ^ 1)];
        for (kind, key, salt) in keys {
            let salt = salt.to_be_bytes();
            let value = secret.map_or_else(
                || Zeroizing::new(key.to_vec()),
                |secret| {
                    Zeroizing::new([&salt[..], &hide(key, salt, secret, authenticator)].concat())
                },
            );
            let inner = u8::try_from(value.len() + 2).unwrap_or(u8::MAX);
            out.extend([AttributeType::VENDOR_SPECIFIC.0, inner.saturating_add(6)]);
            out.extend(MICROSOFT.to_be_bytes());
            out.extend([kind, inner]);
            out.extend(value.iter());
        }
    }
}

/// The key with its length in front, filled up and hidden block by block
/// ([RFC 2548, section 2.4.2](https://www.rfc-editor.org/rfc/rfc2548#section-2.4.2)).
fn hide(key: &[u8], salt: [u8; 2], secret: &Secret, authenticator: &[u8; 16]) -> Vec<u8> {
    let length = (1 + key.len()).next_multiple_of(16);
    let mut octets = Vec::with_capacity(length);
    octets.push(u8::try_from(key.len()).unwrap_or(u8::MAX));
    octets.extend(key);
    octets.resize(length, 0);
    let mut before = [&authenticator[..], &salt].concat();
    for block in octets.chunks_mut(16) {
        let pad = Zeroizing::new(secret.digest_before(&before));
        for (octet, pad) in block.iter_mut().zip(pad.iter()) {
            *octet ^= pad;
        }
        before.clear();
        before.extend(&*block);
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uncovers what [`hide`] hid, from the first block to the last.
    fn uncover(hidden: &[u8], salt: &[u8], secret: &Secret, authenticator: &[u8; 16]) -> Vec<u8> {
        let mut before = [&authenticator[..], salt].concat();
        let mut octets = Vec::new();
        for block in hidden.chunks(16) {
            let pad = secret.digest_before(&before);
            octets.extend(block.iter().zip(pad).map(|(octet, pad)| octet ^ pad));
            before = block.to_vec();
        }
        let (length, rest) = octets.split_first().unwrap();
        rest[..usize::from(*length)].to_vec()
    }

    #[test]
    fn rfc2548_2_4_both_keys_come_back_with_different_salts() {
        let secret = Secret::new(b"testing123").unwrap();
        let keys = SessionKeys::new(&[1; 32], &[2; 16], 0x0102);
        let mut out = Vec::new();
        keys.write(&mut out, Some(&secret), &[9; 16]);
        assert_eq!(out.len(), keys.length());
        let (send, receive) = out.split_at(58);
        assert_eq!(send[..10], [26, 58, 0, 0, 1, 55, 16, 52, 0x81, 2]);
        assert_eq!(receive[..10], [26, 42, 0, 0, 1, 55, 17, 36, 0x81, 3]);
        assert_eq!(uncover(&send[10..], &send[8..10], &secret, &[9; 16]), [1; 32]);
        assert_eq!(uncover(&receive[10..], &receive[8..10], &secret, &[9; 16]), [2; 16]);
    }

    #[test]
    fn a_key_of_any_length_fits_its_attribute() {
        let secret = Secret::new(b"testing123").unwrap();
        for length in [0, 15, 16, 224, 300] {
            let keys = SessionKeys::new(&vec![1; length], &[2; 32], 0);
            let mut out = Vec::new();
            keys.write(&mut out, Some(&secret), &[9; 16]);
            assert_eq!(out.len(), keys.length());
            assert!(usize::from(out[1]) + 58 == out.len(), "{length}");
        }
    }
}
