//! Who has most of something, without a look at everybody.

use std::collections::BTreeMap;

use super::chain::{Chain, Link};

/// Owners by how much they have: a chain of those who have about as much.
#[derive(Default)]
pub(super) struct Ranks {
    /// Of each rank that somebody has.
    chains: BTreeMap<usize, Chain>,
    /// Chains the owners of a rank.
    links: Vec<Link>,
    /// The rank of each owner; who has nothing is in no chain.
    ranks: Vec<usize>,
}

impl Ranks {
    /// Notes how much an owner has.
    pub(super) fn note(&mut self, owner: usize, amount: usize) {
        if self.ranks.len() <= owner {
            self.ranks.resize(owner + 1, 0);
            self.links.resize(owner + 1, Link::default());
        }
        let Some(own) = self.ranks.get_mut(owner) else { return };
        let rank = rank(amount);
        let former = std::mem::replace(own, rank);
        if rank == former {
            return;
        }
        if let Some(chain) = self.chains.get_mut(&former) {
            chain.remove(&mut self.links, owner);
            if chain.length() == 0 {
                self.chains.remove(&former);
            }
        }
        if rank > 0 {
            self.chains.entry(rank).or_default().push(&mut self.links, owner);
        }
    }

    /// Somebody who has most, or less by no more than a sixteenth.
    pub(super) fn first(&self) -> Option<usize> {
        self.chains.last_key_value()?.1.oldest()
    }
}

/// Amounts below 32 have ranks of their own; of others the first five binary digits count.
const fn rank(amount: usize) -> usize {
    let digits = usize::BITS - amount.leading_zeros();
    let shift = digits.saturating_sub(5);
    shift as usize * 16 + (amount >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_more_has_no_lower_rank() {
        assert!((0..32).all(|amount| rank(amount) == amount));
        assert!((0..100_000).all(|amount| rank(amount) <= rank(amount + 1)));
        assert!(rank(usize::MAX) < 1_000);
    }

    #[test]
    fn who_is_first_has_most_or_hardly_less() {
        const OWNERS: usize = 40;
        let (mut ranks, mut amounts) = (Ranks::default(), [0_usize; OWNERS]);
        let mut random = 7_u64;
        for step in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let drawn = usize::try_from(random >> 33).unwrap();
            let own = &mut amounts[drawn % OWNERS];
            *own = match step / 2_000 % 4 {
                0 => *own + 1,
                1 => *own + drawn % 1_000,
                2 => own.saturating_sub(drawn % 2_000),
                _ => 0,
            };
            ranks.note(drawn % OWNERS, *own);
            let most = *amounts.iter().max().unwrap();
            match ranks.first() {
                Some(first) => {
                    assert!(amounts[first] > 0 && amounts[first] + most / 16 >= most, "{step}");
                    assert!(most >= 32 || amounts[first] == most, "{step}");
                }
                None => assert_eq!(most, 0, "{step}"),
            }
        }
        for owner in 0..OWNERS {
            ranks.note(owner, 0);
        }
        assert!(ranks.first().is_none() && ranks.chains.is_empty());
    }
}
