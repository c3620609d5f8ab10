//! What is kept, sealed, of users' passwords by which answers to challenges are judged; of former ones
//! too, so that a machine that still has one counts once toward a lock, as one does that gives the
//! password itself. They let nobody in.

use std::iter;

use storage::{Change, Id, Kind, Partition, Reading, Secret, Snapshot};
use zeroize::Zeroizing;

use super::attempt::Attempt;
use super::ms_chap::NtHash;
use super::password::Password;
use crate::access::{Identity, organization};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::OrganizationId;
use crate::records::{Settings, kinds};

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
    const ALL: [Self; 2] = [Self::Clear, Self::NtHash];

    /// Whether an organization opted in to it.
    const fn is_chosen(self, settings: &Settings) -> bool {
        match self {
            Self::Clear => settings.chap,
            Self::NtHash => settings.ms_chap,
        }
    }

    /// What is kept of a password; of one that is no text there is no NT hash.
    fn of(self, password: &Password) -> Option<Zeroizing<Vec<u8>>> {
        let octets = match self {
            Self::Clear => password.expose().to_vec(),
            Self::NtHash => NtHash::of(password)?.expose().to_vec(),
        };
        Some(Zeroizing::new(octets))
    }

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

    /// Seals what is to be kept of the password in use, where it is missing and the organization wants
    /// it as things stand now.
    fn complete(
        self,
        change: &mut Change<'_>,
        (place, id): (OrganizationId, Id),
        octets: &[u8],
    ) -> Result<(), Error> {
        let [in_use, _] = self.kinds();
        let home = organization(&*change, place)?;
        let is_chosen = home.is_some_and(|home| self.is_chosen(&home.settings));
        if is_chosen && change.secret(place.partition(), in_use, id)?.is_none() {
            change.put_secret(place.partition(), in_use, id, octets)?;
        }
        Ok(())
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

/// What is to be kept of a password that was proven, and is not: the organization opted in after it was
/// set, or only a hash of it came from another system.
#[derive(Default)]
pub(super) struct Missing(Vec<(Kept, Zeroizing<Vec<u8>>)>);

impl Missing {
    /// Finds out what is missing of the password that has proven an account.
    pub(super) fn of(
        directory: &Directory,
        attempt: &Attempt,
        password: &Password,
    ) -> Result<Self, Error> {
        let mut missing = Self::default();
        let (Some(place), Some(account)) = (attempt.organization, &attempt.account) else {
            return Ok(missing);
        };
        let chosen = Kept::ALL.into_iter().filter(|kept| kept.is_chosen(&attempt.settings));
        let chosen: Vec<Kept> = chosen.collect();
        if chosen.is_empty() || !matches!(account.identity, Identity::User(_)) {
            return Ok(missing);
        }
        let snapshot = directory.inner.store.read()?;
        for kept in chosen {
            let [in_use, _] = kept.kinds();
            let is_there = snapshot.secret(place.partition(), in_use, account.record())?.is_some();
            if !is_there && let Some(octets) = kept.of(password) {
                missing.0.push((kept, octets));
            }
        }
        Ok(missing)
    }

    /// Whether nothing is.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Seals it, in the change that has found the credential to be the one that was proven.
    pub(super) fn seal(
        &self,
        change: &mut Change<'_>,
        account: (OrganizationId, Id),
    ) -> Result<(), Error> {
        for (kept, octets) in &self.0 {
            kept.complete(change, account, octets)?;
        }
        Ok(())
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
