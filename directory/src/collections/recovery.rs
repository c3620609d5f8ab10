//! Recovery codes: with what an admin signs in when the authenticator is lost.

use sha2::{Digest, Sha256};
use storage::{Change, Id, Partition, ReadError, Reading, Snapshot};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::oneself::Oneself;
use crate::error::Error;
use crate::events::{Action, SubjectKind};
use crate::id::RecordId;
use crate::records::{RecoveryCodes, Token, TokenPurpose};
use crate::time::Time;
use crate::tools::Tools;

/// So many are made at once.
const CODES: usize = 10;
/// A code has this many letters, of five bits each.
const LETTERS: usize = 16;
/// Without those that look like others.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// What lets somebody in for good is made only so shortly after signing in, in milliseconds: whoever
/// comes by an open session later is not to stay.
const FRESH: u64 = 15 * 60 * 1_000;

impl Oneself<'_, &Snapshot> {
    /// How many recovery codes are left.
    ///
    /// # Errors
    /// When the store fails.
    pub fn recovery_codes_left(&self) -> Result<usize, Error> {
        let id = self.standing.rights.id;
        Ok(left(self.site.source, id.home.partition(), id.number.record())?)
    }
}

impl Oneself<'_, &mut Change<'_>> {
    /// Makes recovery codes, each good for one sign-in in place of the authenticator's code; those
    /// made before count no more. They are told this once.
    ///
    /// # Errors
    /// `Forbidden` for anything but a session that was begun a moment ago.
    pub fn make_recovery_codes(&mut self) -> Result<Vec<Zeroizing<String>>, Error> {
        self.require_fresh_session()?;
        let (id, admin) = (self.standing.rights.id, &self.standing.rights.admin);
        let (uuid, login) = (admin.uuid, admin.fields.login.clone());
        let codes: Vec<_> = (0..CODES).map(|_| code(self.site.tools)).collect();
        let hashes = codes.iter().map(|code| hash(uuid, code)).collect();
        let record = RecoveryCodes { made: self.site.now(), hashes };
        self.site.source.put(id.home.partition(), id.number.record(), &record)?;
        self.site.place = id.home;
        self.site.tell(
            Action::RecoveryCodesMade,
            (SubjectKind::Admin, uuid, &login),
            Vec::new(),
        )?;
        Ok(codes)
    }
}

impl<S> Oneself<'_, S> {
    /// Lets nobody on but who has just signed in.
    pub(crate) fn require_fresh_session(&self) -> Result<(), Error> {
        require_fresh(&self.standing.token, self.site.now())
    }
}

/// Lets nobody on but with a session that was begun a moment ago.
pub(super) fn require_fresh(token: &Token, now: Time) -> Result<(), Error> {
    if is_fresh(token, now) {
        Ok(())
    } else {
        Err(Error::Forbidden("sign in again first: this needs a session of the last 15 minutes"))
    }
}

/// Whether a token is one of a session that was begun a moment ago.
pub(crate) fn is_fresh(token: &Token, now: Time) -> bool {
    token.purpose == TokenPurpose::Session && now < token.created.plus(FRESH)
}

/// How many recovery codes an admin has left.
pub(crate) fn left(
    source: &impl Reading,
    partition: Partition,
    admin: Id,
) -> Result<usize, ReadError> {
    let record = source.get::<RecoveryCodes>(partition, admin)?;
    Ok(record.map_or(0, |record| record.hashes.len()))
}

/// Uses a recovery code up; false when it is none.
pub(crate) fn use_recovery_code(
    change: &mut Change<'_>,
    partition: Partition,
    (admin, uuid): (Id, Uuid),
    typed: &str,
) -> Result<bool, Error> {
    let Some(mut record) = change.get::<RecoveryCodes>(partition, admin)? else { return Ok(false) };
    let typed = hash(uuid, typed);
    let before = record.hashes.len();
    record.hashes.retain(|hash| !bool::from(hash.ct_eq(&typed)));
    if record.hashes.len() == before {
        return Ok(false);
    }
    change.put(partition, admin, &record)?;
    Ok(true)
}

fn code(tools: &Tools) -> Zeroizing<String> {
    let octets = Zeroizing::new(tools.random::<LETTERS>());
    let mut code = Zeroizing::new(String::with_capacity(LETTERS + 3));
    for (position, octet) in octets.iter().enumerate() {
        if position > 0 && position % 4 == 0 {
            code.push('-');
        }
        let letter = ALPHABET.get(usize::from(octet % 32));
        code.extend(letter.map(|letter| char::from(*letter)));
    }
    code
}

/// A code has 80 random bits: too many to be guessed from its hash. Hyphens, spaces and case do not
/// count, nor does it which of two letters was typed that look alike.
fn hash(admin: Uuid, typed: &str) -> [u8; 32] {
    let mut hasher = Sha256::new().chain_update(admin.as_bytes());
    for letter in typed.bytes().filter(|letter| !matches!(letter, b'-' | b' ')) {
        let plain = match letter.to_ascii_lowercase() {
            b'o' => b'0',
            b'i' | b'l' => b'1',
            other => other,
        };
        hasher.update([plain]);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed_and_another_for_another_admin() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let same = hash(one, "0abc-1def-ghjk-mnpq");
        assert_eq!(hash(one, " OABC LDEF GHJKMNPQ"), same);
        assert_ne!(hash(other, "0abc-1def-ghjk-mnpq"), same);
        assert_ne!(hash(one, "0abc-1def-ghjk-mnpr"), same);
    }
}
