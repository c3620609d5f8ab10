//! `[authentication]`

use super::section::section;
use super::value::{Count, HOUR, KIB, MIB, MINUTE, PerCore, SECOND, Size, Time};

section! {
    /// What a password check costs, and what guessing costs.
    [authentication] Authentication {
        /// Memory of one argon2id hash. Existing hashes follow at the user's next success.
        argon2_memory: Size<{ 8 * KIB }, { 256 * MIB }> = Size(19 * MIB),
        /// Passes over that memory. Memory times passes may be 1 GiB at most.
        argon2_iterations: Count<1, 64> = Count(2),
        /// Lanes of that memory, each of 8 KiB at least.
        argon2_parallelism: Count<1, 16> = Count(1),
        /// Threads that hash. With the memory of one hash they say what a storm of logins costs.
        pool_threads: PerCore<256> = PerCore(0),
        /// Password checks that may wait for a thread. When they are full, LDAP answers busy and
        /// RADIUS stays silent.
        pool_queue: Count<1, 100_000> = Count(512),
        /// Password checks of one organization that may wait for a thread. Organizations take
        /// turns, so the ones that wait delay their own organization alone.
        pool_queue_per_organization: Count<1, 100_000> = Count(256),
        /// Verified passwords that are remembered, so that whoever binds every second does not cost a
        /// hash each time. For how long is a setting of each organization.
        verified_entries: Count<1, 10_000_000> = Count(100_000),
        /// Failures of one user from one address within the window, before that user's next tries
        /// from there have to wait.
        failures_per_user: Count<1, 10_000> = Count(10),
        /// Failures from one address within the window, for any user of one organization, before
        /// those who have not signed in from there have to wait. Behind the address of a NAS or of
        /// an application are all its users.
        failures_per_source: Count<1, 1_000_000> = Count(1_000),
        /// The window in which failures count.
        failure_window: Time<SECOND, HOUR> = Time(5 * MINUTE),
        /// Users that may be asked for a code by network gear at the same time; the
        /// oldest give way. Only RADIUS clients with asks_for_code ask.
        code_challenges: Count<1, 1_000_000> = Count(16_384),
        /// The same of one organization.
        code_challenges_per_organization: Count<1, 100_000> = Count(1_024),
        /// How long a user may take for the code.
        code_patience: Time<{ 10 * SECOND }, { 10 * MINUTE }> = Time(MINUTE),
    }
}
