//! That something of users changed after which their sessions may have to end.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record};

use super::{Trigger, kinds};
use crate::id::{GroupId, UserId};
use crate::time::Time;

/// What happened to some users, until the orders that follow from it have been given.
///
/// It is written with the change itself and deleted after the last order, so that a restart in
/// between loses none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Departure {
    /// What happened.
    pub(crate) trigger: Trigger,
    /// When: sessions that began later go on.
    pub(crate) at: Time,
    /// To whom; revoked certificates name nobody, and are about whom they let in.
    pub(crate) users: Vec<UserId>,
    /// To whom else: to those who are in one of these groups, by way of nested ones as well.
    pub(crate) members_of: Vec<GroupId>,
    /// The groups that they were taken out of, and those above.
    pub(crate) left: Vec<GroupId>,
}

impl Record for Departure {
    const KIND: Kind = kinds::DEPARTURE;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // It knew fewer triggers.
            1 => storage::decode(body),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, _entries: &mut Entries) {}
}
