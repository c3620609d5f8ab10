//! What the event log promises.
