//! Passwords that end: when, how often they still let their owner in, and who must change theirs.

use super::attempt::Attempt;
use crate::access::Identity;
use crate::records::{Credential, PasswordPolicy};
use crate::time::Time;

/// What the owner of a password that was right is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    #[default]
    Nothing,
    /// It ends in so many milliseconds.
    EndsIn(u64),
    /// It has ended, and lets its owner in so many more times.
    GraceLogins(u16),
    /// It was set by somebody else: nothing but changing it is allowed.
    MustChange,
}

/// How old a password is by its organization's policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// It goes on for longer than its owner is warned.
    Fresh,
    /// It ends in so many milliseconds.
    EndsIn(u64),
    /// It has ended; so many grace logins are left.
    Ended(u16),
}

impl PasswordPolicy {
    /// When a password that was set at `changed` ends, if it does.
    pub fn ends(&self, changed: Time) -> Option<Time> {
        (self.longest_age > 0).then(|| changed.plus(self.longest_age))
    }

    pub(crate) fn age(&self, credential: &Credential, now: Time) -> Age {
        let Some(end) = self.ends(credential.changed) else { return Age::Fresh };
        match end.0.saturating_sub(now.0) {
            0 => Age::Ended(self.grace_logins.saturating_sub(credential.grace_used)),
            left if left <= self.warning => Age::EndsIn(left),
            _ => Age::Fresh,
        }
    }
}

impl Attempt {
    /// What the owner of the right password is told; `None` when a grace login is to be counted
    /// first.
    pub(super) fn free_notice(&self) -> Option<Notice> {
        let Some(account) = &self.account else { return Some(Notice::Nothing) };
        if matches!(account.identity, Identity::ServiceAccount(_)) {
            return Some(Notice::Nothing);
        }
        let age = self.settings.password_policy.age(&account.credential, self.now);
        match age {
            Age::Ended(_) => None,
            _ if account.credential.must_change => Some(Notice::MustChange),
            Age::Fresh => Some(Notice::Nothing),
            Age::EndsIn(left) => Some(Notice::EndsIn(left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_fresh_then_about_to_end_then_ended() {
        let policy = PasswordPolicy {
            longest_age: 100,
            warning: 30,
            grace_logins: 2,
            ..PasswordPolicy::default()
        };
        let mut credential = Credential::new(Some("hash".into()), Time(1_000));
        let age = |credential: &Credential, now| policy.age(credential, Time(now));
        assert_eq!(age(&credential, 1_069), Age::Fresh);
        assert_eq!(age(&credential, 1_070), Age::EndsIn(30));
        assert_eq!(age(&credential, 1_099), Age::EndsIn(1));
        assert_eq!(age(&credential, 1_100), Age::Ended(2));
        credential.grace_used = 3;
        assert_eq!(age(&credential, 1_100), Age::Ended(0));
    }

    #[test]
    fn nothing_ends_without_a_longest_age() {
        let credential = Credential::new(Some("hash".into()), Time(0));
        assert_eq!(PasswordPolicy::default().age(&credential, Time(u64::MAX)), Age::Fresh);
    }
}
