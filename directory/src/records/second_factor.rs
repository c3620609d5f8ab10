//! What an organization demands beside a password.

use serde::{Deserialize, Serialize};

/// What is demanded of a user beside the password, and how it is spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// From whom a code is demanded.
    pub demand: Demand,
    /// How a code may stand behind the password.
    pub spellings: Spellings,
    /// Whether a service account's own demand takes the place of this one for users that bind on
    /// a connection on which the account has bound before.
    pub service_accounts_decide: bool,
}

/// From whom a code is demanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// From nobody: the password is all.
    #[default]
    Off,
    /// From who has enrolled an authenticator.
    IfEnrolled,
    /// From everybody: who has enrolled none is not let in.
    Required,
}

/// How a code may stand behind the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spellings {
    /// `password,123456`
    pub comma: bool,
    /// `password;123456`
    pub semicolon: bool,
    /// `password123456`
    pub bare: bool,
}

impl Default for Spellings {
    fn default() -> Self {
        Self { comma: true, semicolon: true, bare: true }
    }
}

impl Spellings {
    /// Whether any is left.
    pub(crate) fn any(self) -> bool {
        self.comma || self.semicolon || self.bare
    }
}
