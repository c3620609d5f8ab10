//! What an organization demands beside a password.

use serde::{Deserialize, Serialize};

use crate::time::Time;

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

/// From whom a code is demanded; the later, the more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// How long the password alone lets in who has enrolled nothing where everybody must.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// How long, in milliseconds, from when the demand began or the user was let in; zero for not
    /// at all.
    pub grace: u64,
    /// Since when the organization demands it of everybody; the beginning of time where that was
    /// not written down, or it does not.
    pub since: Time,
}

impl Enrolment {
    /// When the grace of a user ends who may sign in from then on; nothing where there is none.
    pub(crate) fn ends(&self, let_in: Time) -> Option<Time> {
        (self.grace > 0).then(|| self.since.max(let_in).plus(self.grace))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grace_is_counted_from_the_later_of_demand_and_user() {
        let enrolment = Enrolment { grace: 10, since: Time(100) };
        assert_eq!(enrolment.ends(Time(50)), Some(Time(110)));
        assert_eq!(enrolment.ends(Time(150)), Some(Time(160)));
        assert_eq!(Enrolment { grace: 0, ..enrolment }.ends(Time(150)), None);
    }
}
