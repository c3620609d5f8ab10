//! `[data]`

use super::master_key::MasterKeySource;
use super::section::section;
use super::value::{Count, FullPath, GIB, MIB, Size};

section! {
    /// Where the directory and its events are kept.
    [data] Data {
        /// The folder of the database and of the event segments. It is created with access for
        /// the daemon's user alone.
        directory: FullPath = FullPath("/var/lib/tenantry".into()),
        /// Memory that the store may use to keep parts of the database at hand.
        cache: Size<MIB, { 256 * GIB }> = Size(64 * MIB),
        /// Users that are kept ready for searches, with the groups that they are in: those that
        /// were found last, about a kilobyte each.
        kept_users: Count<1, 10_000_000> = Count(16_384),
        /// Memory that these users may take with the groups that they are in, about: large
        /// entries push out more of the others.
        kept_size: Size<MIB, { 256 * GIB }> = Size(128 * MIB),
        /// Where the master key is found, which seals every secret in the database:
        /// "credential:NAME" (a credential that systemd hands over), "file:/PATH" (created at
        /// the first start) or "env:NAME" (an environment variable). It is 64 hexadecimal
        /// digits. Whoever loses it loses the secrets: keep a copy apart from the backups.
        master_key: MasterKeySource = MasterKeySource::Credential("master-key".to_owned()),
    }
}
