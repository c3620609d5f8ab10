//! `[events]`

use super::section::section;
use super::value::{Count, DAY, Time};

section! {
    /// The record of who did or tried what.
    [events] Events {
        /// How long events are kept.
        retention: Time<DAY, { 3_660 * DAY }> = Time(90 * DAY),
        /// How long an authentication event may wait in memory before it is on disk.
        flush: Time<1, 100> = Time(100),
        /// Events in one segment file before it is sealed and compressed.
        segment: Count<1_000, 10_000_000> = Count(1_000_000),
    }
}
