//! Asking for a change again without its being made again, as programs do that heard no answer.
//!
//! That a change was made under a key stands in the transaction of the change itself; its answer is
//! kept afterwards, sealed, because secrets may be in it that are shown once.

use std::iter;

use sha2::{Digest, Sha256};
use storage::{Change, Id, Partition, Reading, Secret};

use super::{Changing, Directory, ReadingTransaction, own_standing};
use crate::access::{Context, Who};
use crate::error::Error;
use crate::id::{OrganizationId, Place, RecordId as _};
use crate::records::{Repeat, indices, kinds};
use crate::time::Time;

/// How long a change is remembered, in milliseconds: a day.
pub const REPEAT_LIFE: u64 = 24 * 60 * 60 * 1_000;
/// How long its answer is told again, in milliseconds: an hour.
const ANSWER_LIFE: u64 = 60 * 60 * 1_000;
/// The most changes of one caller that are remembered at a place; the oldest give way.
const REPEATS: usize = 1_000;
/// So many that are over are forgotten when one more comes.
const SWEPT: usize = 16;
/// The most octets of an answer that is kept.
const ANSWER: usize = 64 << 10;

/// A change that may be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeatable {
    place: Place,
    key: [u8; 32],
    caller: [u8; 16],
    token: u64,
    asked: [u8; 32],
}

/// What is known of a change that is asked for.
pub enum Earlier {
    /// Nothing: it is asked for the first time.
    Never,
    /// Something else was asked for under this key.
    Another,
    /// It was made, and nobody knows any more what was answered, or may be told: another token asks,
    /// or the caller's rights have changed.
    Unanswered,
    /// It was made, and this was answered.
    Answered(Secret),
}

impl Repeatable {
    /// Describes a change that `context.actor` asks for under a key of its own choice; none for who
    /// is no admin.
    pub fn new(
        context: &Context,
        organization: Option<OrganizationId>,
        key: &[u8],
        asked: &[&[u8]],
    ) -> Option<Self> {
        let Who::Admin { admin, token } = context.actor.0 else { return None };
        let home = admin.home.partition().number().to_be_bytes();
        let number = admin.number.record().to_be_bytes();
        let caller = *hash(&[&home, &number]).first_chunk::<16>()?;
        let key = hash(&[&caller, key]);
        let place = organization.map_or(admin.home, Place::Organization);
        let token = token.number.record();
        Some(Self { place, key, caller, token, asked: hash(asked) })
    }

    fn partition(&self) -> Partition {
        self.place.partition()
    }
}

/// Parts cannot run into each other: each is hashed with its length.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

impl ReadingTransaction {
    /// What is known of a change that is asked for.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin; when the store fails.
    pub fn earlier(&self, wanted: &Repeatable) -> Result<Earlier, Error> {
        let standing = own_standing(&self.snapshot, &self.context)?;
        let Some((id, found)) = find(&self.snapshot, wanted)? else { return Ok(Earlier::Never) };
        if self.context.now >= found.at.plus(REPEAT_LIFE) {
            return Ok(Earlier::Never);
        }
        let kept = self.snapshot.secret(wanted.partition(), kinds::REPEATED_ANSWER, id)?;
        let Some(kept) = kept else { return Ok(Earlier::Unanswered) };
        let Some((asked, answer)) = kept.expose().split_first_chunk::<32>() else {
            return Ok(Earlier::Unanswered);
        };
        if *asked != wanted.asked {
            return Ok(Earlier::Another);
        }
        let is_theirs = found.token == wanted.token
            && found.revision == standing.rights.admin.stamp.revision
            && self.context.now < found.at.plus(ANSWER_LIFE);
        Ok(match is_theirs && !answer.is_empty() {
            true => Earlier::Answered(Secret::new(answer.to_vec())),
            false => Earlier::Unanswered,
        })
    }
}

impl Changing<'_, '_> {
    /// Remembers that this change is made.
    ///
    /// # Errors
    /// `Repeated` when it was made already.
    pub fn remember(&mut self, wanted: &Repeatable) -> Result<(), Error> {
        let (partition, now) = (wanted.partition(), self.context.now);
        let revision = own_standing(&*self.change, self.context)?.rights.admin.stamp.revision;
        if let Some((id, found)) = find(&*self.change, wanted)? {
            if now < found.at.plus(REPEAT_LIFE) {
                return Err(Error::Repeated);
            }
            forget(self.change, partition, id)?;
        }
        self.forget_old(partition)?;
        let caller = wanted.caller;
        let theirs = self.change.find(partition, indices::REPEAT_CALLER, &caller);
        let theirs: Vec<Id> = theirs.collect::<Result<_, _>>()?;
        for id in theirs.iter().take((theirs.len() + 1).saturating_sub(REPEATS)) {
            forget(self.change, partition, *id)?;
        }
        let number = self.change.allocate(partition)?;
        let record = Repeat { key: wanted.key, caller, token: wanted.token, revision, at: now };
        self.change.put(partition, number, &record)?;
        Ok(self.change.put_secret(partition, kinds::REPEATED_ANSWER, number, &wanted.asked)?)
    }

    /// Forgets some of what is over, whoever asked for it.
    fn forget_old(&mut self, partition: Partition) -> Result<(), Error> {
        let over = over(&*self.change, partition, self.context.now)?;
        over.into_iter().try_for_each(|id| forget(self.change, partition, id))
    }
}

/// The first changes of a partition that are over; they stand in the order in which they were made.
fn over(source: &impl Reading, partition: Partition, now: Time) -> Result<Vec<Id>, Error> {
    let mut over = Vec::new();
    for found in source.scan::<Repeat>(partition, None).take(SWEPT) {
        let (id, record) = found?;
        if now < record.at.plus(REPEAT_LIFE) {
            break;
        }
        over.push(id);
    }
    Ok(over)
}

impl Directory {
    /// Keeps what was answered to a change that was made; a large answer is not kept.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_answer(&self, wanted: Repeatable, answer: Vec<u8>) -> Result<(), Error> {
        if answer.len() > ANSWER {
            return Ok(());
        }
        let answer = zeroize::Zeroizing::new(answer);
        let answer = zeroize::Zeroizing::new([&wanted.asked[..], &answer].concat());
        self.inner.store.write(move |change| {
            if let Some((id, _)) = find(&*change, &wanted)? {
                change.put_secret(wanted.partition(), kinds::REPEATED_ANSWER, id, &answer)?;
            }
            Ok::<_, Error>(())
        })?;
        Ok(())
    }

    /// Forgets everything that is remembered for longer than a day, in every organization.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget_repeats(&self, now: Time) -> Result<(), Error> {
        let organizations = self.every_organization()?.into_iter().map(OrganizationId::partition);
        for partition in iter::once(Partition::Provider).chain(organizations) {
            if over(&self.inner.store.read()?, partition, now)?.is_empty() {
                continue;
            }
            let sweep = move |change: &mut Change<'_>| {
                let over = over(&*change, partition, now)?;
                let count = over.len();
                over.into_iter().try_for_each(|id| forget(change, partition, id))?;
                Ok::<_, Error>(count)
            };
            while self.inner.store.write(sweep)? > 0 {}
        }
        Ok(())
    }
}

fn find(source: &impl Reading, wanted: &Repeatable) -> Result<Option<(Id, Repeat)>, Error> {
    let partition = wanted.partition();
    let Some(id) = source.find_first(partition, indices::REPEAT_KEY, &wanted.key)? else {
        return Ok(None);
    };
    Ok(source.get::<Repeat>(partition, id)?.map(|record| (id, record)))
}

fn forget(change: &mut Change<'_>, partition: Partition, id: Id) -> Result<(), Error> {
    change.delete::<Repeat>(partition, id)?;
    change.delete_secret(partition, kinds::REPEATED_ANSWER, id)?;
    Ok(())
}
