//! `[privileges]`

use super::section::section;
use super::value::Optional;

section! {
    /// Whom the daemon becomes when root starts it. Whoever else starts it leaves this empty: the
    /// systemd unit names its user itself.
    [privileges] Privileges {
        /// The user.
        user: Optional<String> = Optional(None),
        /// The group. Empty: the user's own.
        group: Optional<String> = Optional(None),
        /// Whether the daemon may go on as root where no user is named.
        stay_root: bool = false,
    }
}
