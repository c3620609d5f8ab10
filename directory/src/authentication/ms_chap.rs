//! MS-CHAPv2: a mutual proof by the NT hash of the password, and the keys that come of it
//! (RFC 2759, RFC 3079).
//!
//! Old and weak by itself: whoever watched one exchange finds the password by trying 2^56 keys.
//! It is worth something inside a protected tunnel only, and is here because so much gear speaks
//! nothing else.

use des::Des;
use des::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use md4::Md4;
use sha1::{Digest as _, Sha1};
use storage::Snapshot;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::attempt::{Attempt, Begun, THROTTLED};
use super::kept::Kept;
use super::later::{Judged, Work};
use super::password::{Password, UnusableHash};
use super::second_factor::{NO_ROOM, Need, WRONG_PASSWORD};
use crate::directory::Directory;
use crate::error::Error;

/// A peer's answer to a challenge, with all that went into it.
pub struct MsChapV2 {
    /// What the authenticator asked.
    pub authenticator_challenge: [u8; 16],
    /// What the peer asks in turn.
    pub peer_challenge: [u8; 16],
    /// The peer's name as it went into the answer: without a domain before it.
    pub user_name: Vec<u8>,
    /// The answer.
    pub nt_response: [u8; 24],
}

/// What proves to the peer that the password is known here, and the keys that both sides share.
pub struct Counterproof {
    authenticator_response: [u8; 20],
    send_key: Zeroizing<[u8; 16]>,
    receive_key: Zeroizing<[u8; 16]>,
}

impl Counterproof {
    /// The text `S=` and forty upper-case hexadecimal digits (RFC 2759, section 8.7).
    pub fn authenticator_response(&self) -> String {
        let mut text = String::with_capacity(42);
        text.push_str("S=");
        for octet in self.authenticator_response {
            for digit in [octet >> 4, octet & 15] {
                let digit = char::from_digit(digit.into(), 16).unwrap_or_default();
                text.push(digit.to_ascii_uppercase());
            }
        }
        text
    }

    /// The key of what the authenticator sends to the peer.
    pub fn send_key(&self) -> &[u8; 16] {
        &self.send_key
    }

    /// The key of what the peer sends to the authenticator.
    pub fn receive_key(&self) -> &[u8; 16] {
        &self.receive_key
    }
}

/// MD4 over the password in UTF-16 (RFC 2759, section 8.3): as good as the password itself.
#[derive(Clone)]
pub struct NtHash(Zeroizing<[u8; 16]>);

/// What other systems call it where they write the scheme of a hash before it.
const SCHEMES: [&str; 5] = ["NT", "MSNT", "NTHASH", "X-NTHASH", "NTLM"];
/// That of no characters at all, which other systems keep of who has no password.
const OF_NOTHING: [u8; 16] = [
    0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31, 0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0,
];

impl NtHash {
    /// Reads 32 hexadecimal digits, before which `0x` or the scheme in braces may stand.
    ///
    /// # Errors
    /// `Malformed`; or `OfNothing` for that of an empty password, which would let everybody in.
    pub fn parse(text: &str) -> Result<Self, UnusableHash> {
        let text = text.trim();
        let text = behind_scheme(text).unwrap_or(text);
        let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
        let mut octets = Zeroizing::new([0_u8; 16]);
        if digits.len() != 2 * octets.len() {
            return Err(UnusableHash::Malformed);
        }
        for (octet, digits) in octets.iter_mut().zip(digits.chunks(2)) {
            let read = digits.iter().try_fold(0_u8, |read, digit| {
                let digit = char::from(*digit).to_digit(16)?;
                Some((read << 4) | u8::try_from(digit).ok()?)
            });
            *octet = read.ok_or(UnusableHash::Malformed)?;
        }
        if *octets == OF_NOTHING { Err(UnusableHash::OfNothing) } else { Ok(Self(octets)) }
    }

    /// The same of what names the scheme in braces; `None` for what names another, or none.
    pub fn of_scheme(text: &str) -> Option<Result<Self, UnusableHash>> {
        behind_scheme(text.trim()).map(Self::parse)
    }

    /// As [`of_scheme`](Self::of_scheme) reads it.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        // As long as it becomes: one that had to grow would leave copies in memory.
        let mut text = Zeroizing::new(String::with_capacity(36));
        text.push_str("{NT}");
        for octet in self.0.iter() {
            for digit in [octet >> 4, octet & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
            }
        }
        text
    }

    /// Hashes a password; `None` for one that is no text.
    pub(crate) fn of(password: &Password) -> Option<Self> {
        let text = std::str::from_utf8(password.expose()).ok()?;
        let mut hasher = Md4::new();
        for unit in text.encode_utf16() {
            hasher.update(unit.to_le_bytes());
        }
        Some(Self(Zeroizing::new(hasher.finalize().into())))
    }

    /// Takes what [`expose`](Self::expose) gave; `None` when it is no NT hash.
    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(octets.try_into().ok()?)))
    }

    /// The hash.
    pub(crate) fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// Says whether an answer was made with this hash, in constant time; and if so, what proves
    /// the same to the peer.
    fn verify(&self, proof: &MsChapV2) -> Option<Counterproof> {
        let challenge = challenge_hash(proof);
        let expected = Zeroizing::new(self.response(&challenge));
        // The rest is computed for a wrong answer as well, so that both take the same time.
        let hash_hash = Zeroizing::new(<[u8; 16]>::from(Md4::digest(self.0.as_slice())));
        let counterproof = Counterproof {
            authenticator_response: authenticator_response(&hash_hash, proof, &challenge),
            send_key: session_key(&hash_hash, &proof.nt_response, SEND),
            receive_key: session_key(&hash_hash, &proof.nt_response, RECEIVE),
        };
        bool::from(expected.ct_eq(&proof.nt_response)).then_some(counterproof)
    }

    /// What a peer with this hash answers.
    #[cfg(test)]
    pub(crate) fn answer(&self, proof: &MsChapV2) -> [u8; 24] {
        self.response(&challenge_hash(proof))
    }

    /// The challenge enciphered under each third of the hash (RFC 2759, section 8.5).
    fn response(&self, challenge: &[u8; 8]) -> [u8; 24] {
        let mut padded = Zeroizing::new([0; 21]);
        for (octet, hash) in padded.iter_mut().zip(self.0.iter()) {
            *octet = *hash;
        }
        let mut response = [0; 24];
        let (keys, _) = padded.as_chunks::<7>();
        let (blocks, _) = response.as_chunks_mut::<8>();
        for (block, key) in blocks.iter_mut().zip(keys) {
            *block = encipher(key, *challenge);
        }
        response
    }
}

/// What stands behind the name of the scheme, in whatever case that is written.
fn behind_scheme(text: &str) -> Option<&str> {
    let (scheme, digits) = text.strip_prefix('{')?.split_once('}')?;
    SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(digits)
}

/// DES of one block under 56 bits, of which each octet of the key takes seven and a parity bit
/// that nobody looks at (RFC 2759, section 8.6).
fn encipher(key: &[u8; 7], block: [u8; 8]) -> [u8; 8] {
    let bits = key.iter().fold(0_u64, |bits, octet| (bits << 8) | u64::from(*octet));
    let mut spread = Zeroizing::new([0_u8; 8]);
    for (octet, shift) in spread.iter_mut().zip([49, 42, 35, 28, 21, 14, 7, 0]) {
        let [.., seven] = ((bits >> shift) & 0x7f).to_be_bytes();
        *octet = seven << 1;
    }
    let mut block = block.into();
    Des::new((&*spread).into()).encrypt_block(&mut block);
    block.into()
}

/// Both challenges and the name in eight octets (RFC 2759, section 8.2).
fn challenge_hash(proof: &MsChapV2) -> [u8; 8] {
    let mut hasher = Sha1::new();
    hasher.update(proof.peer_challenge);
    hasher.update(proof.authenticator_challenge);
    hasher.update(&proof.user_name);
    start_of(hasher.finalize().into())
}

/// RFC 2759, section 8.7.
fn authenticator_response(hash_hash: &[u8; 16], proof: &MsChapV2, challenge: &[u8; 8]) -> [u8; 20] {
    let mut hasher = Sha1::new();
    hasher.update(hash_hash);
    hasher.update(proof.nt_response);
    hasher.update(b"Magic server to client signing constant");
    let digest = hasher.finalize();
    let mut hasher = Sha1::new();
    hasher.update(digest);
    hasher.update(challenge);
    hasher.update(b"Pad to make it do more than one iteration");
    hasher.finalize().into()
}

/// What the peer receives with, hence the authenticator sends with (RFC 3079, section 3.4).
const SEND: &[u8; 84] = b"On the client side, this is the receive key; \
on the server side, it is the send key.";
/// What the peer sends with.
const RECEIVE: &[u8; 84] = b"On the client side, this is the send key; \
on the server side, it is the receive key.";

/// A 128-bit start key of one direction (RFC 3079, sections 3.2 to 3.4).
fn session_key(
    hash_hash: &[u8; 16],
    nt_response: &[u8; 24],
    direction: &[u8; 84],
) -> Zeroizing<[u8; 16]> {
    let mut hasher = Sha1::new();
    hasher.update(hash_hash);
    hasher.update(nt_response);
    hasher.update(b"This is the MPPE Master Key");
    let master = Zeroizing::new(start_of::<16>(hasher.finalize().into()));
    let mut hasher = Sha1::new();
    hasher.update(master.as_slice());
    hasher.update([0; 40]);
    hasher.update(direction);
    hasher.update([0xf2; 40]);
    Zeroizing::new(start_of(hasher.finalize().into()))
}

fn start_of<const N: usize>(digest: [u8; 20]) -> [u8; N] {
    digest.first_chunk().copied().unwrap_or([0; N])
}

impl Directory {
    pub(super) fn prove_ms_chap(
        &self,
        snapshot: &Snapshot,
        mut attempt: Attempt,
        proof: &MsChapV2,
    ) -> Result<Begun, Error> {
        attempt.by_answer = true;
        if self.is_throttled(&mut attempt) {
            return Ok(Begun::Done(self.reject(&attempt, THROTTLED)));
        }
        let hash = match (&attempt.account, attempt.organization) {
            (Some(account), Some(organization)) if attempt.settings.ms_chap => {
                account.nt_hash(snapshot, organization)?
            }
            _ => None,
        };
        let known = hash.is_some();
        let nobodys = NtHash(Zeroizing::new([0; 16]));
        let counterproof = hash.unwrap_or(&nobodys).verify(proof).filter(|_| known);
        if attempt.need != Need::Nothing {
            return Ok(Begun::later(attempt, Work::Reject(NO_ROOM)));
        }
        if !known {
            // No password was guessed at, so nothing is counted: gear that tries MS-CHAPv2 before
            // PAP must not lock its users out.
            return Ok(Begun::later(attempt, Work::Reject("no password is kept for MS-CHAPv2")));
        }
        let is_of = |hash: &[u8]| {
            NtHash::from_octets(hash).is_some_and(|hash| hash.verify(proof).is_some())
        };
        let judged = match counterproof {
            Some(_) => Judged { counterproof, ..Judged::of(Ok(None)) },
            None => Judged {
                former: Kept::NtHash.former_of(snapshot, &attempt, is_of)?,
                ..Judged::of(Err(WRONG_PASSWORD))
            },
        };
        self.judged(snapshot, attempt, judged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets<const N: usize>(text: &str) -> [u8; N] {
        let pairs = text.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).unwrap());
        pairs.collect::<Vec<_>>().try_into().unwrap()
    }

    fn hash(text: &str) -> NtHash {
        NtHash::of(&Password::new(text.as_bytes()).unwrap()).unwrap()
    }

    /// What the RFCs print under a name.
    fn printed(name: &str) -> &'static str {
        let mut lines = include_str!("ms_chap_vectors.txt").lines();
        let named = |line: &'static str| line.strip_prefix(name)?.strip_prefix(" = ");
        lines.find_map(named).unwrap_or_else(|| panic!("no {name}"))
    }

    /// RFC 2759, section 9.2.
    fn example() -> MsChapV2 {
        MsChapV2 {
            authenticator_challenge: octets(printed("authenticator_challenge")),
            peer_challenge: octets(printed("peer_challenge")),
            user_name: printed("user_name").as_bytes().to_vec(),
            nt_response: octets(printed("nt_response")),
        }
    }

    fn right() -> NtHash {
        hash(printed("password"))
    }

    #[test]
    fn rfc2759_9_2_hashes() {
        assert_eq!(*right().expose(), octets::<16>(printed("password_hash")));
        let challenge: [u8; 8] = octets(printed("challenge"));
        assert_eq!(challenge_hash(&example()), challenge);
        assert_eq!(right().response(&challenge), example().nt_response);
    }

    #[test]
    fn rfc2759_9_2_authenticator_response() {
        let counterproof = right().verify(&example()).unwrap();
        assert_eq!(counterproof.authenticator_response(), printed("authenticator_response"));
    }

    #[test]
    fn rfc3079_3_5_3_start_keys_of_128_bits() {
        let counterproof = right().verify(&example()).unwrap();
        assert_eq!(*counterproof.send_key(), octets::<16>(printed("send_start_key")));
        assert_eq!(*counterproof.receive_key(), octets::<16>(printed("receive_start_key")));
    }

    #[test]
    fn each_part_of_the_exchange_counts() {
        let right = right();
        let refused = |edit: fn(&mut MsChapV2)| {
            let mut proof = example();
            edit(&mut proof);
            right.verify(&proof).is_none()
        };
        assert!(refused(|proof| proof.user_name = b"user".to_vec()));
        assert!(refused(|proof| proof.peer_challenge[0] ^= 1));
        assert!(refused(|proof| proof.authenticator_challenge[15] ^= 1));
        assert!(refused(|proof| proof.nt_response[23] ^= 0x80));
        assert!(hash("clientpass").verify(&example()).is_none());
    }

    #[test]
    fn a_hash_is_read_in_the_spellings_of_other_systems() {
        let digits = "44EBBA8D5312B8D611474411F56989AE";
        let lower = digits.to_lowercase();
        for text in [
            digits.to_owned(),
            format!(" {lower} "),
            format!("0x{digits}"),
            format!("{{NT}}{digits}"),
            format!("{{msnt}}0x{lower}"),
            format!("{{x-nthash}}{digits}"),
        ] {
            let read = NtHash::parse(&text).ok().map(|hash| *hash.expose());
            assert_eq!(read, Some(*right().expose()), "{text}");
        }
        assert_eq!(*right().text(), format!("{{NT}}{lower}"));
        assert!(NtHash::of_scheme(&right().text()).is_some_and(|read| read.is_ok()));
        assert!(NtHash::of_scheme(digits).is_none());
        assert!(NtHash::of_scheme("{SSHA}44EB").is_none());
        let error = |text: &str| NtHash::parse(text).err();
        // What Samba writes of who has no password.
        let absent = "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX";
        for text in ["", "44EB", absent, &format!("{digits}00"), &format!("+{}", &digits[1..])] {
            assert_eq!(error(text), Some(UnusableHash::Malformed), "{text}");
        }
        let empty = error("31D6CFE0D16AE931B73C59D7E0C089C0");
        assert_eq!(empty, Some(UnusableHash::OfNothing));
    }

    #[test]
    fn a_password_is_hashed_in_utf_16() {
        // Two units for what lies beyond the basic plane; by another implementation.
        let expected: [u8; 16] = octets("CA C7 AA 78 72 45 24 5A 1C 0A 99 84 5E CF 88 44");
        assert_eq!(*hash("grün 🔑").expose(), expected);
        assert!(NtHash::of(&Password::new(&[0xff, 0xfe]).unwrap()).is_none());
    }
}
