//! A password policy for the people of groups.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{LockoutPolicy, PasswordPolicy, Settings, Stamp, indices, kinds, turn_of};
use crate::error::Invalid;
use crate::id::{GroupId, RecordId};
use crate::text::prepare;

/// A password policy's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPasswordPolicy {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: GroupPasswordPolicyFields,
}

/// What admins write of a password policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPasswordPolicyFields {
    /// The policy's name; unique in the organization.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Of the policies that come to a user the one with the lowest number counts, and no other; of
    /// equal ones the one whose name comes first.
    pub precedence: u32,
    /// The groups whose people it is for, by way of nested groups as well.
    pub groups: Vec<GroupId>,
    /// What it asks for, in the place of what the organization's settings do.
    pub demands: PasswordDemands,
}

/// All that is asked of a user's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordDemands {
    /// The fewest characters of a password.
    pub password_minimum: u16,
    /// How long it lives, and what a new one must not be.
    pub password_policy: PasswordPolicy,
    /// When guessing locks an account.
    pub lockout: LockoutPolicy,
}

impl PasswordDemands {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        const DAY: u64 = 24 * 60 * 60 * 1_000;
        if !(1..=128).contains(&self.password_minimum) {
            return Err(Invalid::new("/password_minimum", "must be 1 to 128"));
        }
        if self.lockout.threshold > 1_000 {
            return Err(Invalid::new("/lockout/threshold", "must be 1000 at most"));
        }
        if self.lockout.window > DAY || self.lockout.duration > DAY {
            return Err(Invalid::new("/lockout", "window and duration must be a day at most"));
        }
        self.password_policy.check()
    }
}

impl Settings {
    /// What is asked of the passwords of those to whom no policy of a group comes.
    pub const fn demands(&self) -> PasswordDemands {
        PasswordDemands {
            password_minimum: self.password_minimum,
            password_policy: self.password_policy,
            lockout: self.lockout,
        }
    }

    /// The settings for those of whom that is asked.
    pub(crate) const fn with(self, demands: PasswordDemands) -> Self {
        Self {
            password_minimum: demands.password_minimum,
            password_policy: demands.password_policy,
            lockout: demands.lockout,
            ..self
        }
    }
}

impl GroupPasswordPolicy {
    /// Where it stands among the policies that come to a user, of which the first one counts.
    pub(crate) fn turn(&self) -> (u32, String) {
        turn_of(self.fields.precedence, &self.fields.name)
    }
}

impl Record for GroupPasswordPolicy {
    const KIND: Kind = kinds::GROUP_PASSWORD_POLICY;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::PASSWORD_POLICY_UUID, self.uuid.as_bytes());
        entries.add(indices::PASSWORD_POLICY_NAME, prepare(&self.fields.name).as_bytes());
        for group in &self.fields.groups {
            entries.add(indices::PASSWORD_POLICY_GROUP, &group.record().to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_of_passwords_takes_the_place_of_the_settings() {
        let settings = Settings { chap: true, password_minimum: 9, ..Settings::default() };
        let policy = PasswordPolicy { history: 5, ..PasswordPolicy::default() };
        let lockout = LockoutPolicy { threshold: 3, window: 2, duration: 1 };
        let demands = PasswordDemands { password_minimum: 14, password_policy: policy, lockout };
        let with = settings.with(demands);
        assert_eq!(with.demands(), demands);
        assert_eq!(with.with(settings.demands()), settings);
    }
}
