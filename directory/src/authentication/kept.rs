//! What is kept, sealed, of users' passwords by which answers to challenges are judged; of former ones
//! too, so that a machine that still has one counts once toward a lock, as one does that gives the
//! password itself. They let nobody in.

use std::iter;

use storage::{Change, Id, Kind, Partition, Reading, Secret, Snapshot};
use zeroize::Zeroizing;

use super::attempt::Attempt;
use super::password::Password;
use crate::error::Error;
use crate::records::kinds;

/// So many former passwords are told apart: an admin's choice and the owner's own after it make two.
const FORMER: usize = 3;

/// What is kept of a password where the organization opted in.
#[derive(Clone, Copy)]
pub(crate) enum Kept {
    /// The password itself, for CHAP.
    Clear,
    /// Its hash for MS-CHAPv2.
    NtHash,
}

impl Kept {
    /// Where that of the password in use is, and where those of former ones are.
    pub(crate) const fn kinds(self) -> [Kind; 2] {
        match self {
            Self::Clear => [kinds::CHAP_PASSWORD, kinds::FORMER_CHAP_PASSWORDS],
            Self::NtHash => [kinds::NT_HASH, kinds::FORMER_NT_HASHES],
        }
    }

    /// Puts what is kept of the password in use in front of what is kept of former ones, before
    /// another password takes its place.
    pub(crate) fn pass_on(
        self,
        change: &mut Change<'_>,
        partition: Partition,
        id: Id,
    ) -> Result<(), Error> {
        let [in_use, former] = self.kinds();
        let Some(current) = change.secret(partition, in_use, id)? else { return Ok(()) };
        let older = change.secret(partition, former, id)?;
        let current = current.expose();
        let older = older.as_ref().map(Secret::expose).unwrap_or_default();
        // As long as it can become: one that had to grow would leave copies in memory.
        let mut list = Zeroizing::new(Vec::with_capacity(2 + current.len() + older.len()));
        let others = each(older).filter(|one| *one != current);
        for one in iter::once(current).chain(others).take(FORMER) {
            if let Ok(length) = u16::try_from(one.len()) {
                list.extend_from_slice(&length.to_be_bytes());
                list.extend_from_slice(one);
            }
        }
        Ok(change.put_secret(partition, former, id, &list)?)
    }

    /// By which former password an answer was made that is none by the one in use; what is kept of it
    /// stands for it.
    pub(super) fn former_of(
        self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        fits: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<Password>, Error> {
        let (Some(organization), Some(account)) = (attempt.organization, &attempt.account) else {
            return Ok(None);
        };
        let [_, former] = self.kinds();
        let former = snapshot.secret(organization.partition(), former, account.record())?;
        let found = former.as_ref().and_then(|list| each(list.expose()).find(|one| fits(one)));
        Ok(found.and_then(|one| Password::new(one).ok()))
    }
}

/// What stands in a list: each with its length before it, in two octets.
fn each(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    iter::from_fn(move || {
        let (length, rest) = list.split_first_chunk::<2>()?;
        let (one, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        list = rest;
        Some(one)
    })
}
