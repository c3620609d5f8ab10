//! MS-CHAPv2 (RFC 2759; RFC 2548 section 2.3), the peer's side.

use anyhow::{Context, Result};
use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use md4::Md4;
use sha1::{Digest, Sha1};

use super::packet::Attributes;
use super::{Asked, Gear};

const MICROSOFT: u32 = 311;

/// What a peer answers with.
pub(super) struct Response {
    pub(super) peer_challenge: [u8; 16],
    pub(super) nt_response: [u8; 24],
}

/// Answers a challenge.
pub(super) fn answer(
    user: &str,
    password: &str,
    challenge: &[u8; 16],
    peer_challenge: [u8; 16],
) -> Result<Response> {
    let octets: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hash = Md4::digest(octets);
    let digest =
        Sha1::new_with_prefix(peer_challenge).chain_update(challenge).chain_update(user).finalize();
    let block = *digest.first_chunk::<8>().context("no digest")?;
    let mut keys = hash.to_vec();
    keys.resize(21, 0);
    let mut nt_response = [0; 24];
    for (place, key) in nt_response.chunks_exact_mut(8).zip(keys.chunks_exact(7)) {
        let mut enciphered = block.into();
        Des::new(&spread(key).into()).encrypt_block(&mut enciphered);
        place.copy_from_slice(&enciphered);
    }
    Ok(Response { peer_challenge, nt_response })
}

/// Seven octets as eight whose last bits say nothing.
fn spread(key: &[u8]) -> [u8; 8] {
    let bits = key.iter().fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
    let mut spread = [0; 8];
    for (place, shift) in spread.iter_mut().zip((0..8).rev()) {
        let [.., octet] = (bits >> (7 * shift)).to_be_bytes();
        *place = octet << 1;
    }
    spread
}

impl Gear {
    /// Asks whether `user` may come in with `password`, and waits for nothing.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) fn ask_ms_chap(&mut self, user: &str, password: &str) -> Result<Asked> {
        let (challenge, peer) = (self.random.octets(), self.random.octets());
        let Response { peer_challenge, nt_response } = answer(user, password, &challenge, peer)?;
        let response = [&[0, 0][..], &peer_challenge, &[0; 8], &nt_response].concat();
        let mut attributes = Attributes::default();
        attributes.push(1, user.as_bytes())?;
        attributes.push_vendor(MICROSOFT, 11, &challenge)?;
        attributes.push_vendor(MICROSOFT, 25, &response)?;
        attributes.push(32, b"bench")?;
        attributes.push(5, &[0, 0, 0, 1])?;
        let authenticator = self.random.octets();
        self.ask(&attributes, authenticator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc2759_9_2_the_example() {
        let challenge = *b"\x5b\x5d\x7c\x7d\x7b\x3f\x2f\x3e\x3c\x2c\x60\x21\x32\x26\x26\x28";
        let peer = *b"\x21\x40\x23\x24\x25\x5e\x26\x2a\x28\x29\x5f\x2b\x3a\x33\x7c\x7e";
        let answered = answer("User", "clientPass", &challenge, peer).unwrap();
        let expected = [
            0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e, 0xa0, 0x8f, 0xaa, 0x39, 0x81, 0xcd,
            0x83, 0x54, 0x42, 0x33, 0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf,
        ];
        assert_eq!(answered.nt_response, expected);
    }
}
