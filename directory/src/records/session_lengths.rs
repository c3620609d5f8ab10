//! How long sessions of an organization's own admins last.

use serde::{Deserialize, Serialize};

/// How long sessions of admins last, in milliseconds; where nothing is said as long as the daemon
/// lets them, and never longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLengths {
    /// However much they are used.
    pub lifetime: Option<u64>,
    /// Without being used.
    pub idle: Option<u64>,
}
