//! What a connection is being answered, of whatever kind.

use directory::Error;
use directory::search::SearchGrant;
use ldap::{Answer, EntryWriter};

use super::Running;
use super::copy::Copy;
use super::ordered::Ordered;
use crate::clock::Clock;

/// A search under way.
pub(in crate::ldap) enum Work {
    /// Entries as they come.
    Plain(Box<Running>),
    /// Entries in an order.
    Ordered(Box<Ordered>),
    /// Entries with what became of them, for a client that keeps a copy.
    Copy(Box<Copy>),
}

impl Work {
    /// Writes what fits; what does not is kept, to go on later.
    ///
    /// # Errors
    /// When the directory fails.
    pub(in crate::ldap) fn run(
        self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<(Answer, Self), Error> {
        match self {
            Self::Plain(mut running) => {
                let answer = running.run(grant, clock, writer)?;
                Ok((answer, Self::Plain(running)))
            }
            Self::Ordered(ordered) => ordered.run(grant, clock, writer),
            Self::Copy(mut copy) => {
                let answer = copy.run(grant, clock, writer)?;
                Ok((answer, Self::Copy(copy)))
            }
        }
    }

    /// Whether it stays to hear of changes.
    pub(in crate::ldap) fn stays(&self) -> bool {
        matches!(self, Self::Copy(copy) if copy.stays())
    }

    /// Whether its entries come in an order.
    pub(in crate::ldap) const fn is_ordered(&self) -> bool {
        matches!(self, Self::Ordered(_))
    }

    /// How many entries were looked through, and for which filter, where no index served it.
    pub(in crate::ldap) fn looked_through(&self) -> Option<(usize, &str)> {
        match self {
            Self::Plain(running) => running.looked_through(),
            Self::Ordered(ordered) => ordered.looked_through(),
            Self::Copy(copy) => copy.looked_through(),
        }
    }
}
