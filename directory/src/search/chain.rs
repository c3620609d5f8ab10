//! Chains of references: who names somebody by way of others.

use std::cell::Cell;

use storage::{Reading, Snapshot};

use super::attribute::{Attribute, Kind};
use super::entry::EntryId;
use super::entry_set::EntrySet;
use super::found::entry_id;
use crate::access::{Grant, Search};
use crate::error::Error;
use crate::records::custom_index;

/// Kinds of entries that name others.
const NAMING: [Kind; 2] = [Kind::User, Kind::Group];

impl Grant<'_, &Snapshot, Search> {
    /// An entry and whoever names it by an attribute of references, by way of others that do so as
    /// well. Nothing that the caller does not see is a link of a chain; references of a circle end it.
    ///
    /// Each look into an index and each reference there is one less that is `left`; `None` when more
    /// would be needed, as a part of the chain is none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn chain(
        &self,
        attribute: Attribute,
        entry: EntryId,
        left: &Cell<usize>,
    ) -> Result<Option<EntrySet>, Error> {
        let mut chain = EntrySet::default();
        let sight = self.sight()?;
        let Attribute::Custom(custom) = attribute else { return Ok(Some(chain)) };
        if !sight.sees(entry) {
            return Ok(Some(chain));
        }
        let partition = self.organization()?.partition();
        chain.insert(entry);
        let mut open = vec![entry];
        while let Some(named) = open.pop() {
            for kind in NAMING {
                // References are in the index from the first one on.
                let Some(index) = custom_index(custom.number, kind) else { continue };
                if !spend(left) {
                    return Ok(None);
                }
                for id in self.source.find(partition, index, &named.key()) {
                    if !spend(left) {
                        return Ok(None);
                    }
                    let Some(naming) = entry_id(kind, id?) else { continue };
                    if sight.sees(naming) && chain.insert(naming) {
                        open.push(naming);
                    }
                }
            }
        }
        Ok(Some(chain))
    }
}

/// Takes one of what is left, if anything is.
fn spend(left: &Cell<usize>) -> bool {
    let rest = left.get().checked_sub(1);
    rest.map(|rest| left.set(rest)).is_some()
}
