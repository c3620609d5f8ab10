//! The chains of references that one filter follows.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use directory::Error;
use directory::search::{Attribute, EntryId, EntrySet};

/// The chains that one filter follows: of the first different ones each is walked once, and all
/// together look through no more than they may.
pub(super) struct Chains {
    left: Cell<usize>,
    over: Cell<bool>,
    walked: RefCell<Vec<Walked>>,
}

/// A chain that was walked, and from where.
struct Walked {
    attribute: Attribute,
    entry: EntryId,
    chain: Arc<EntrySet>,
}

/// So many different chains of a filter are remembered; others are walked each time.
const REMEMBERED: usize = 16;

impl Chains {
    /// Chains that look through so much, all together.
    pub(super) fn within(look_through: usize) -> Self {
        let (left, over) = (Cell::new(look_through), Cell::new(false));
        Self { left, over, walked: RefCell::default() }
    }

    /// Follows a chain by `walk`, which takes from what is left and gives none where that is too
    /// little.
    pub(super) fn follow(
        &self,
        attribute: Attribute,
        entry: EntryId,
        walk: impl FnOnce(&Cell<usize>) -> Result<Option<EntrySet>, Error>,
    ) -> Result<Arc<EntrySet>, Error> {
        if let Some(known) = self.known(attribute, entry) {
            return Ok(known);
        }
        let Some(chain) = walk(&self.left)? else {
            self.over.set(true);
            return Ok(Arc::default());
        };
        let chain = Arc::new(chain);
        let mut walked = self.walked.borrow_mut();
        if walked.len() < REMEMBERED {
            walked.push(Walked { attribute, entry, chain: Arc::clone(&chain) });
        }
        Ok(chain)
    }

    /// Whether one of them would have had to look through more than was left.
    pub(super) fn are_over(&self) -> bool {
        self.over.get()
    }

    fn known(&self, attribute: Attribute, entry: EntryId) -> Option<Arc<EntrySet>> {
        let walked = self.walked.borrow();
        let same = |walked: &&Walked| walked.attribute == attribute && walked.entry == entry;
        walked.iter().find(same).map(|walked| Arc::clone(&walked.chain))
    }
}

#[cfg(test)]
mod tests {
    use directory::records::Syntax;
    use directory::search::Custom;
    use directory::{RecordId, UserId};

    use super::*;

    fn attribute(number: u16) -> Attribute {
        Attribute::Custom(Custom { number, syntax: Syntax::Reference, indexed: true })
    }

    fn user(number: u64) -> EntryId {
        EntryId::User(UserId::from_record(number).unwrap())
    }

    /// Follows a chain that takes this much, and leads to the entry that it begins with.
    fn follow(chains: &Chains, number: u16, entry: u64, cost: usize) -> bool {
        let entry = user(entry);
        let chain = chains.follow(attribute(number), entry, |left| {
            let Some(rest) = left.get().checked_sub(cost) else { return Ok(None) };
            left.set(rest);
            let mut chain = EntrySet::default();
            chain.insert(entry);
            Ok(Some(chain))
        });
        chain.unwrap().contains(entry)
    }

    #[test]
    fn equal_chains_cost_what_one_costs_and_others_their_own() {
        let chains = Chains::within(10);
        for _ in 0..5 {
            assert!(follow(&chains, 1, 1, 4));
        }
        assert_eq!(chains.left.get(), 6);
        assert!(follow(&chains, 2, 1, 3) && follow(&chains, 1, 2, 3));
        assert_eq!((chains.left.get(), chains.are_over()), (0, false));
        assert!(!follow(&chains, 1, 3, 1) && chains.are_over());
        assert!(follow(&chains, 1, 1, 4), "what is known costs nothing");
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let chains = Chains::within(usize::MAX);
        for entry in 0..50 {
            assert!(follow(&chains, 1, entry + 1, 1));
        }
        assert_eq!(chains.walked.borrow().len(), REMEMBERED);
        let before = chains.left.get();
        assert!(follow(&chains, 1, 50, 1));
        assert_eq!(chains.left.get(), before - 1);
    }
}
