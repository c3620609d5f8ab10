//! Sets of entries that stay small however many entries are in them.

use std::collections::BTreeMap;

use storage::Id;

use super::attribute::Kind;
use super::entry::EntryId;
use super::found::entry_id;

/// A set of entries. Entries of one kind whose numbers are close together take one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntrySet {
    users: Numbers,
    groups: Numbers,
    accounts: Numbers,
    devices: Numbers,
}

impl EntrySet {
    /// Takes an entry in; says whether it was not there before.
    pub fn insert(&mut self, entry: EntryId) -> bool {
        let number = entry.record();
        match entry {
            EntryId::User(_) => self.users.insert(number),
            EntryId::Group(_) => self.groups.insert(number),
            EntryId::ServiceAccount(_) => self.accounts.insert(number),
            EntryId::Device(_) => self.devices.insert(number),
        }
    }

    /// Takes an entry out; says whether it was there.
    pub fn remove(&mut self, entry: EntryId) -> bool {
        let number = entry.record();
        match entry {
            EntryId::User(_) => self.users.remove(number),
            EntryId::Group(_) => self.groups.remove(number),
            EntryId::ServiceAccount(_) => self.accounts.remove(number),
            EntryId::Device(_) => self.devices.remove(number),
        }
    }

    /// Whether an entry is in the set.
    pub fn contains(&self, entry: EntryId) -> bool {
        let number = entry.record();
        match entry {
            EntryId::User(_) => self.users.contains(number),
            EntryId::Group(_) => self.groups.contains(number),
            EntryId::ServiceAccount(_) => self.accounts.contains(number),
            EntryId::Device(_) => self.devices.contains(number),
        }
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        Kind::STORED.into_iter().all(|kind| self.numbers(kind).next().is_none())
    }

    /// The entries, in the order in which a search gives them.
    pub fn iter(&self) -> impl Iterator<Item = EntryId> {
        Kind::STORED
            .into_iter()
            .flat_map(|kind| self.numbers(kind).filter_map(move |number| entry_id(kind, number)))
    }

    /// The numbers of the entries of a kind, in their order.
    pub(crate) fn numbers(&self, kind: Kind) -> impl Iterator<Item = Id> {
        let numbers = match kind {
            Kind::User => Some(&self.users),
            Kind::Group => Some(&self.groups),
            Kind::ServiceAccount => Some(&self.accounts),
            Kind::Device => Some(&self.devices),
            Kind::Container => None,
        };
        numbers.into_iter().flat_map(Numbers::iter)
    }
}

impl Extend<EntryId> for EntrySet {
    fn extend<I: IntoIterator<Item = EntryId>>(&mut self, entries: I) {
        for entry in entries {
            self.insert(entry);
        }
    }
}

/// A set of numbers: a bit each, in blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Numbers {
    blocks: BTreeMap<u64, [u64; WORDS]>,
}

const WORDS: usize = 8;
const WORD: u64 = u64::BITS as u64;
const BLOCK: u64 = WORDS as u64 * WORD;

/// The block, the word in it and the bit of a number.
fn place(number: Id) -> (u64, usize, u64) {
    let within = number % BLOCK;
    // Less than WORDS.
    let word = usize::try_from(within / WORD).unwrap_or(usize::MAX);
    (number / BLOCK, word, 1 << (within % WORD))
}

impl Numbers {
    fn insert(&mut self, number: Id) -> bool {
        let (block, word, bit) = place(number);
        let words = self.blocks.entry(block).or_default();
        let Some(word) = words.get_mut(word) else { return false };
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    fn remove(&mut self, number: Id) -> bool {
        let (block, word, bit) = place(number);
        let Some(words) = self.blocks.get_mut(&block) else { return false };
        let Some(word) = words.get_mut(word) else { return false };
        let there = *word & bit != 0;
        *word &= !bit;
        if words.iter().all(|word| *word == 0) {
            self.blocks.remove(&block);
        }
        there
    }

    fn contains(&self, number: Id) -> bool {
        let (block, word, bit) = place(number);
        self.blocks
            .get(&block)
            .and_then(|words| words.get(word))
            .is_some_and(|word| word & bit != 0)
    }

    fn iter(&self) -> impl Iterator<Item = Id> {
        self.blocks.iter().flat_map(|(block, words)| {
            let first = block * BLOCK;
            words.iter().zip((first..).step_by(u64::BITS as usize)).flat_map(|(word, first)| {
                (0..WORD).filter(move |bit| word & (1 << bit) != 0).map(move |bit| first + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_holds_what_was_taken_in_and_not_out(
            done in proptest::collection::vec((any::<bool>(), 0_u8..4, 1_u64..2_000), 0..200),
        ) {
            let (mut set, mut model) = (EntrySet::default(), BTreeSet::new());
            for (comes, kind, number) in done {
                let kind = Kind::STORED[usize::from(kind)];
                let entry = entry_id(kind, number).unwrap();
                let order = entry.order();
                if comes {
                    prop_assert_eq!(set.insert(entry), model.insert(order));
                } else {
                    prop_assert_eq!(set.remove(entry), model.remove(&order));
                }
                prop_assert_eq!(set.contains(entry), model.contains(&order));
            }
            prop_assert!(set.iter().map(EntryId::order).eq(model.iter().copied()));
            prop_assert_eq!(set.is_empty(), model.is_empty());
        }
    }
}
