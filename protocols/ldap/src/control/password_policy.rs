//! The password policy response control (draft-behera-ldap-password-policy-10 section 6.2).

use bytes::BytesMut;

use crate::ber::{self, SEQUENCE};
use crate::response::ControlWriter;

/// What a password policy says of a password that was used or changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PasswordNotice {
    /// How long the password will go on.
    pub warning: Option<PasswordWarning>,
    /// What is wrong with it.
    pub error: Option<PasswordError>,
}

/// How long a password will go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordWarning {
    /// Seconds until it ends.
    TimeBeforeExpiration(u32),
    /// It has ended; how often it still lets its owner in.
    GraceLoginsRemaining(u32),
}

/// What is wrong with a password, or with a change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PasswordError {
    /// It has ended.
    PasswordExpired = 0,
    /// The account is locked.
    AccountLocked = 1,
    /// Somebody else set it; it must be changed before anything else.
    ChangeAfterReset = 2,
    /// Its owner may not change it.
    PasswordModNotAllowed = 3,
    /// The old one must come with the new one.
    MustSupplyOldPassword = 4,
    /// The new one is too easy to guess.
    InsufficientPasswordQuality = 5,
    /// The new one is too short.
    PasswordTooShort = 6,
    /// The old one was set too short a time ago.
    PasswordTooYoung = 7,
    /// The new one was used before.
    PasswordInHistory = 8,
}

const WARNING: u8 = 0xa0;
const TIME_BEFORE_EXPIRATION: u8 = 0x80;
const GRACE_LOGINS_REMAINING: u8 = 0x81;
const ERROR: u8 = 0x81;

impl PasswordNotice {
    /// Nothing to say.
    pub const NOTHING: Self = Self { warning: None, error: None };

    /// Something is wrong.
    #[must_use]
    pub const fn error(error: PasswordError) -> Self {
        Self { warning: None, error: Some(error) }
    }

    /// The password will not go on for ever.
    #[must_use]
    pub const fn warning(warning: PasswordWarning) -> Self {
        Self { warning: Some(warning), error: None }
    }

    /// Puts the control beside a response.
    pub(crate) fn answer(self, beside: &mut ControlWriter<'_>) {
        beside.put(super::PASSWORD_POLICY, |output| self.write(output));
    }

    /// Appends the control's value.
    fn write(self, output: &mut BytesMut) {
        let value = ber::open(output, SEQUENCE);
        if let Some(warning) = self.warning {
            let (tag, number) = match warning {
                PasswordWarning::TimeBeforeExpiration(seconds) => (TIME_BEFORE_EXPIRATION, seconds),
                PasswordWarning::GraceLoginsRemaining(left) => (GRACE_LOGINS_REMAINING, left),
            };
            // From 0 to maxInt.
            let number = ber::integer(number.min(i32::MAX.unsigned_abs()));
            let opened = ber::open(output, WARNING);
            ber::put(output, tag, number.as_slice());
            ber::close(output, opened);
        }
        if let Some(error) = self.error {
            ber::put(output, ERROR, &[error as u8]);
        }
        ber::close(output, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(notice: PasswordNotice) -> Vec<u8> {
        let mut output = BytesMut::new();
        notice.write(&mut output);
        output.to_vec()
    }

    #[test]
    fn warnings_and_errors_are_written_as_the_draft_has_them() {
        assert_eq!(written(PasswordNotice::NOTHING), [0x30, 0]);
        let time = PasswordWarning::TimeBeforeExpiration(3_600);
        assert_eq!(written(PasswordNotice::warning(time)), [0x30, 6, 0xa0, 4, 0x80, 2, 0x0e, 0x10]);
        let both = PasswordNotice {
            warning: Some(PasswordWarning::GraceLoginsRemaining(2)),
            error: Some(PasswordError::ChangeAfterReset),
        };
        assert_eq!(written(both), [0x30, 8, 0xa0, 3, 0x81, 1, 2, 0x81, 1, 2]);
        let long = PasswordWarning::TimeBeforeExpiration(u32::MAX);
        assert_eq!(
            written(PasswordNotice::warning(long)),
            [0x30, 8, 0xa0, 6, 0x80, 4, 0x7f, 0xff, 0xff, 0xff]
        );
    }
}
