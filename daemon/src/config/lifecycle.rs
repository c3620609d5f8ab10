//! `[lifecycle]`

use super::section::section;
use super::value::{HOUR, SECOND, Time};

section! {
    /// How the daemon ends.
    [lifecycle] Lifecycle {
        /// How long requests that are being worked on may take to finish after SIGTERM. A second
        /// SIGTERM ends them at once.
        drain: Time<0, HOUR> = Time(10 * SECOND),
    }
}
