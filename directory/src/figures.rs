//! What the directory counts of itself, for whoever watches the daemon: of everybody together, so that
//! nothing of anybody is told.

use storage::{EventFigures, StoreFigures};

use crate::authentication::{HashingFigures, VerifiedFigures};
use crate::directory::Directory;

/// How the directory goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Writing.
    pub store: StoreFigures,
    /// The event log.
    pub events: EventFigures,
    /// Hashing of passwords that were given.
    pub hashing: HashingFigures,
    /// Passwords that were verified a moment ago.
    pub verified: VerifiedFigures,
}

impl Directory {
    /// How it goes. Nothing is read from the database.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let (store, engine) = (&self.inner.store, &self.inner.engine);
        Figures {
            store: store.figures(),
            events: store.events().figures(),
            hashing: engine.pool.figures(),
            verified: engine.verified.figures(),
        }
    }
}
