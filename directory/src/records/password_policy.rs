//! What an organization asks of its people's passwords, beside their length.

use serde::{Deserialize, Serialize};

use crate::error::Invalid;

/// How long passwords of users live, and what new ones must not be. Service accounts' passwords
/// are generated and do not expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// How long a password can be used, in milliseconds; zero for ever.
    pub longest_age: u64,
    /// How long a password must be used before its owner may change it, in milliseconds.
    pub shortest_age: u64,
    /// How long before its end the owner is warned, in milliseconds.
    pub warning: u64,
    /// How often an expired password still lets its owner in.
    pub grace_logins: u16,
    /// How many of a user's passwords, the one in use among them, nobody can set for them again.
    pub history: u16,
    /// Whether a password that an admin sets must be changed by its owner before anything else.
    pub change_after_reset: bool,
    /// Whether the owner must give the old password with the new one.
    pub require_old: bool,
    /// Whether LDAP clients that ask are told that an account is locked: whoever locks a name in
    /// this way learns that there is such an account.
    pub tell_locked: bool,
}

const DAY: u64 = 24 * 60 * 60 * 1_000;

impl Default for PasswordPolicy {
    /// Nothing expires (NIST SP 800-63B section 3.1.1.2); where it does, a week's warning and three
    /// grace logins.
    fn default() -> Self {
        Self {
            longest_age: 0,
            shortest_age: 0,
            warning: 7 * DAY,
            grace_logins: 3,
            history: 0,
            change_after_reset: false,
            require_old: false,
            tell_locked: false,
        }
    }
}

impl PasswordPolicy {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        const SECOND: u64 = 1_000;
        const YEARS: u64 = 3_650 * DAY;
        let refuse = |field: &str, message: &str| {
            Err(Invalid::new(format!("/password_policy/{field}"), message))
        };
        if self.longest_age > YEARS || (1..SECOND).contains(&self.longest_age) {
            return refuse("longest_age", "must be a second to ten years, or zero for ever");
        }
        if self.shortest_age > YEARS
            || (self.longest_age > 0 && self.shortest_age >= self.longest_age)
        {
            return refuse("shortest_age", "must be less than the longest age, and than ten years");
        }
        if self.warning > YEARS {
            return refuse("warning", "must be ten years at most");
        }
        if self.grace_logins > 100 {
            return refuse("grace_logins", "must be 100 at most");
        }
        if self.history > 24 {
            return refuse("history", "must be 24 at most: each of them is a hash to compute");
        }
        Ok(())
    }
}
