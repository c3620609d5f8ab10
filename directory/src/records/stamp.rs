//! When a record was made and last changed, and how often.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Creation time, time of the last change, and a revision that every change raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When the record was made.
    pub created: Time,
    /// When it was last changed.
    pub modified: Time,
    /// One for a new record, one more with each change; the entity tag of the API.
    pub revision: u64,
}

impl Stamp {
    pub(crate) fn new(now: Time) -> Self {
        Self { created: now, modified: now, revision: 1 }
    }

    pub(crate) fn touch(&mut self, now: Time) {
        self.modified = now;
        self.revision = self.revision.saturating_add(1);
    }
}
