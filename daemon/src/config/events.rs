//! `[events]`

use directory::{RetentionFloor, milliseconds};

use super::section::section;
use super::value::{Count, DAY, GIB, MIB, Size, Time};

section! {
    /// The record of who did or tried what.
    [events] Events {
        /// How long events are kept.
        retention: Time<DAY, { 3_660 * DAY }> = Time(90 * DAY),
        /// How long each organization keeps its events at least, whatever its own admins say, so that
        /// nobody who may set that clears away what they did. `retention` where that is less.
        retention_least: Time<DAY, { 3_660 * DAY }> = Time(30 * DAY),
        /// What the events of each organization, and the provider's own, may take on the disk,
        /// about: of whoever has more the oldest go before their time, so that a storm of rejected
        /// logins, all of which are told, does not fill it. 10GiB are roughly a hundred million
        /// logins. The segment that is written to, those that are full and not compressed yet,
        /// four at most, and a part of another come on top.
        size_per_organization: Size<MIB, { 1024 * GIB }> = Size(10 * GIB),
        /// Searches over LDAP of an organization that fail and are told one by one in a minute, half of
        /// them from one source. Of more than that it is told how many there were: a storm of them,
        /// which costs whoever may bind nothing, would push all else out of `size_per_organization`.
        failed_searches_per_minute: Count<1, 60_000_000> = Count(6_000),
        /// How long an authentication event may wait in memory before it is on disk.
        flush: Time<1, 100> = Time(100),
        /// Events in one segment file before it is sealed and compressed.
        segment: Count<1_000, 10_000_000> = Count(1_000_000),
    }
}

impl Events {
    /// How long an organization keeps its events at least: no longer than who has not said.
    pub(crate) fn retention_floor(&self) -> RetentionFloor {
        RetentionFloor(milliseconds(self.retention_least.min(self.retention)))
    }
}
