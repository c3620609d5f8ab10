//! Events that a destination would not take.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Id, Kind, Record, decode};
use uuid::Uuid;

use super::{indices, kinds};
use crate::id::{OrganizationId, RecordId};
use crate::time::Time;

/// Events that were tried as often as may be, so that those behind them had their turn. They stay in
/// the log, as long as events are kept; this says which they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The stable external id.
    pub uuid: Uuid,
    /// The number of the destination.
    pub(crate) destination: Id,
    /// When it was given up.
    pub at: Time,
    /// The number of the first event.
    pub first: u64,
    /// The number of the last event.
    pub last: u64,
    /// So many were to be sent.
    pub events: u32,
    /// So often they were tried.
    pub attempts: u32,
    /// Why they were not taken, the last time.
    pub reason: String,
    /// Whether they are to be sent again.
    pub wanted: bool,
    /// Whose events they are, of a destination that takes those of all organizations.
    pub(crate) of: Option<OrganizationId>,
    /// The external id of that organization.
    pub organization: Option<Uuid>,
}

impl DeadLetter {
    /// What those are found by that a destination is to be sent again of an organization's events, or
    /// of its own place's.
    pub(crate) fn wanted_by(destination: Id, of: Option<OrganizationId>) -> Vec<u8> {
        let mut value = destination.to_be_bytes().to_vec();
        value.extend(of.iter().flat_map(|of| of.record().to_be_bytes()));
        value
    }
}

impl Record for DeadLetter {
    const KIND: Kind = kinds::DEAD_LETTER;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Whose they are stands at the end: of the place that they are kept at.
            1 => decode(&[body, &[0; 2]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::DEAD_LETTER_UUID, self.uuid.as_bytes());
        entries.add(indices::DEAD_LETTER_OF, &self.destination.to_be_bytes());
        if self.wanted {
            let value = Self::wanted_by(self.destination, self.of);
            entries.add(indices::DEAD_LETTER_WANTED, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_of_version_1_is_of_its_own_place() {
        let letter = DeadLetter {
            uuid: Uuid::from_u128(7),
            destination: 300,
            at: Time(1),
            first: 2,
            last: 3,
            events: 4,
            attempts: 5,
            reason: "nobody is there".into(),
            wanted: true,
            of: None,
            organization: None,
        };
        let body = storage::encode(&letter).unwrap();
        let before = body.strip_suffix(&[0, 0]).unwrap();
        assert_eq!(DeadLetter::upgrade(1, before).unwrap(), letter);
        assert!(DeadLetter::upgrade(0, before).is_err());
    }
}
