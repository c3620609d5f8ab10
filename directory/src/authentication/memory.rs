//! Remembers for a short time which passwords were right.
//!
//! A RADIUS client or an application that authenticates every second would otherwise cost a hash
//! each time. What is remembered is a keyed MAC: without the key of this process it tells nothing
//! about the password, and with another version of the credential it is not the same.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::password::Password;
use super::shards::{Fades, Shards};

/// The octets of a [`VerifiedPasswords::fingerprint`].
pub(crate) const FINGERPRINT_LENGTH: usize = 16;

/// Passwords that were verified a moment ago, by the credential they belong to.
pub(crate) struct VerifiedPasswords<K> {
    verified_key: Zeroizing<[u8; 32]>,
    fingerprint_key: Zeroizing<[u8; 32]>,
    verified: Shards<K, Verified>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How often a password was remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifiedFigures {
    /// How often it was, so that nothing had to be hashed.
    pub hits: u64,
    /// How often it was looked for in vain.
    pub misses: u64,
}

impl<K: Copy + Eq + Hash> VerifiedPasswords<K> {
    /// Starts with an empty memory for `capacity` credentials and a random key, new for each
    /// process.
    pub(crate) fn new(capacity: usize, process_key: &[u8; 32]) -> Self {
        let derived = |purpose| Zeroizing::new(blake3::derive_key(purpose, process_key));
        Self {
            verified_key: derived("tenantry 2026 verified passwords"),
            fingerprint_key: derived("tenantry 2026 fingerprints of wrong passwords"),
            verified: Shards::new(capacity),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Tells whether this password was right for this version of the credential, and is still
    /// remembered at `now_ms`.
    pub(crate) fn remembers(&self, key: K, version: u64, password: &Password, now_ms: u64) -> bool {
        let mac = mac(&self.verified_key, key, version, password);
        let shard = self.verified.of(&key);
        let is_remembered = shard.value(&key).is_some_and(|verified| {
            // `blake3::Hash` compares in constant time.
            verified.mac == mac && now_ms < verified.expires_ms
        });
        let count = if is_remembered { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
        is_remembered
    }

    /// How often a password was remembered so far.
    pub(crate) fn figures(&self) -> VerifiedFigures {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        VerifiedFigures { hits: read(&self.hits), misses: read(&self.misses) }
    }

    /// Remembers a password that was just verified, until `expires_ms`.
    ///
    /// It takes the place of what was remembered for the credential.
    pub(crate) fn remember(&self, key: K, version: u64, password: &Password, expires_ms: u64) {
        let mac = mac(&self.verified_key, key, version, password);
        let verified = Verified { mac, expires_ms };
        self.verified.of(&key).put(key, verified);
    }

    /// Tells wrong guesses of one credential apart without keeping them: the same one has the same
    /// fingerprint as long as the process lives, in the same period of what goes with time.
    pub(crate) fn fingerprint(
        &self,
        key: K,
        guess: &Password,
        period: u64,
    ) -> [u8; FINGERPRINT_LENGTH] {
        let mac = mac(&self.fingerprint_key, key, period, guess);
        let mut fingerprint = [0; FINGERPRINT_LENGTH];
        fingerprint.iter_mut().zip(mac.as_bytes()).for_each(|(to, from)| *to = *from);
        fingerprint
    }
}

struct Verified {
    mac: blake3::Hash,
    expires_ms: u64,
}

impl Fades for Verified {
    fn fades_at(&self) -> u64 {
        self.expires_ms
    }
}

/// The password comes last, so that nothing before it can be taken for a part of it.
fn mac<K: Hash>(mac_key: &[u8; 32], key: K, version: u64, password: &Password) -> blake3::Hash {
    let mut input = MacInput(blake3::Hasher::new_keyed(mac_key));
    key.hash(&mut input);
    input.0.update(&version.to_be_bytes());
    input.0.update(password.expose());
    input.0.finalize()
}

/// Feeds what a key's `Hash` says into a MAC.
struct MacInput(blake3::Hasher);

impl Hasher for MacInput {
    fn write(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// Nobody asks: the MAC is finished instead.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> VerifiedPasswords<(u32, u64)> {
        VerifiedPasswords::new(64, &[7; 32])
    }

    fn password(text: &str) -> Password {
        Password::new(text.as_bytes()).unwrap()
    }

    const ADA: (u32, u64) = (1, 1);

    #[test]
    fn a_verified_password_is_remembered_until_it_expires() {
        let memory = memory();
        assert!(!memory.remembers(ADA, 1, &password("right"), 0));
        memory.remember(ADA, 1, &password("right"), 1_000);
        assert!(memory.remembers(ADA, 1, &password("right"), 0));
        assert!(memory.remembers(ADA, 1, &password("right"), 999));
        assert!(!memory.remembers(ADA, 1, &password("right"), 1_000));
        assert_eq!(memory.figures(), VerifiedFigures { hits: 2, misses: 2 });
    }

    #[test]
    fn another_password_version_or_credential_is_not_remembered() {
        let memory = memory();
        memory.remember(ADA, 1, &password("right"), 1_000);
        assert!(!memory.remembers(ADA, 1, &password("wrong"), 0));
        assert!(!memory.remembers(ADA, 2, &password("right"), 0));
        assert!(!memory.remembers((2, 1), 1, &password("right"), 0));
        assert!(!memory.remembers((1, 2), 1, &password("right"), 0));
    }

    #[test]
    fn a_new_version_replaces_the_old_one() {
        let memory = memory();
        memory.remember(ADA, 1, &password("old"), 1_000);
        memory.remember(ADA, 2, &password("new"), 1_000);
        assert!(!memory.remembers(ADA, 1, &password("old"), 0));
        assert!(memory.remembers(ADA, 2, &password("new"), 0));
    }

    #[test]
    fn the_memory_stays_bounded() {
        let memory = memory();
        for user in 0..10_000 {
            memory.remember((1, user), 1, &password("right"), user);
        }
        assert!(memory.verified.len() <= 64);
    }

    #[test]
    fn a_fingerprint_depends_on_key_credential_and_password_only() {
        let memory = memory();
        let fingerprint = memory.fingerprint(ADA, &password("wrong"), 0);
        assert_eq!(fingerprint, memory.fingerprint(ADA, &password("wrong"), 0));
        assert_ne!(fingerprint, memory.fingerprint(ADA, &password("Wrong"), 0));
        assert_ne!(fingerprint, memory.fingerprint(ADA, &password("wrong"), 1));
        assert_ne!(fingerprint, memory.fingerprint((1, 2), &password("wrong"), 0));
        let other = VerifiedPasswords::new(64, &[8; 32]);
        assert_ne!(fingerprint, other.fingerprint(ADA, &password("wrong"), 0));
    }
}
