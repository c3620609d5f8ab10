//! What clients are told of passwords: the directory's outcomes in LDAP's words.

use directory::authentication::{ChangeOutcome, Notice, Outcome as Bound, Unacceptable};
use ldap::{
    Answer, MadePassword, Outcome, Password, PasswordError, PasswordNotice, PasswordWarning,
    ResultCode,
};

/// Answers a bind that ended so.
pub(crate) fn bound(outcome: &Bound) -> Answer {
    let wrong = || Outcome::new(ResultCode::InvalidCredentials, "wrong name or password");
    let (outcome, notice) = match outcome {
        Bound::Accept { notice, .. } => (Outcome::success(), told(*notice)),
        // Nobody is asked for a code here; what is not an accept lets nobody in.
        Bound::Reject | Bound::Refused(_) | Bound::Challenge { .. } => {
            (wrong(), PasswordNotice::NOTHING)
        }
        Bound::Ended => {
            let words = "the password has expired; ask for a new one";
            let outcome = Outcome::new(ResultCode::InvalidCredentials, words);
            (outcome, PasswordNotice::error(PasswordError::PasswordExpired))
        }
        Bound::Unprotected => {
            let words = "this organization takes a password over TLS only";
            let outcome = Outcome::new(ResultCode::ConfidentialityRequired, words);
            (outcome, PasswordNotice::NOTHING)
        }
        Bound::Locked => (wrong(), PasswordNotice::error(PasswordError::AccountLocked)),
        Bound::Busy | Bound::Unhashed(_) => {
            let outcome = Outcome::new(ResultCode::Busy, "too many binds at once; try again");
            (outcome, PasswordNotice::NOTHING)
        }
    };
    Answer::Noticed(outcome, notice)
}

/// Answers whoever may do nothing but change their password.
pub(crate) fn change_first() -> Answer {
    let words = "the password must be changed first";
    let outcome = Outcome::new(ResultCode::InsufficientAccessRights, words);
    Answer::Noticed(outcome, PasswordNotice::error(PasswordError::ChangeAfterReset))
}

fn told(notice: Notice) -> PasswordNotice {
    match notice {
        Notice::Nothing => PasswordNotice::NOTHING,
        Notice::EndsIn(milliseconds) => {
            let seconds = u32::try_from(milliseconds.div_ceil(1_000)).unwrap_or(u32::MAX);
            PasswordNotice::warning(PasswordWarning::TimeBeforeExpiration(seconds))
        }
        Notice::GraceLogins(left) => {
            PasswordNotice::warning(PasswordWarning::GraceLoginsRemaining(left.into()))
        }
        Notice::MustChange => PasswordNotice::error(PasswordError::ChangeAfterReset),
    }
}

/// Answers a change of a password that ended so.
pub(crate) fn changed(outcome: ChangeOutcome) -> Answer {
    let (outcome, error) = match outcome {
        ChangeOutcome::Changed { generated: Some(made), .. } => {
            return Answer::Password(MadePassword(Password::new(made.as_bytes())));
        }
        ChangeOutcome::Changed { generated: None, .. } => (Outcome::success(), None),
        ChangeOutcome::SignInFirst => (crate::ldap::answer::bind_first(), None),
        ChangeOutcome::NotYours => (not_yours(), Some(PasswordError::PasswordModNotAllowed)),
        ChangeOutcome::Unprotected => {
            let words = "this organization takes a password over TLS only";
            (Outcome::new(ResultCode::ConfidentialityRequired, words), None)
        }
        ChangeOutcome::OldMissing => {
            let words = "the old password must come with the new one";
            // As draft-behera-ldap-password-policy-10 section 8.2.2 has it.
            let outcome = Outcome::new(ResultCode::InsufficientAccessRights, words);
            (outcome, Some(PasswordError::MustSupplyOldPassword))
        }
        ChangeOutcome::OldWrong => {
            (Outcome::new(ResultCode::InvalidCredentials, "the old password is wrong"), None)
        }
        ChangeOutcome::Locked => {
            let words = "the account is locked after too many wrong passwords";
            let outcome = Outcome::new(ResultCode::UnwillingToPerform, words);
            (outcome, Some(PasswordError::AccountLocked))
        }
        ChangeOutcome::Refused(unacceptable) => {
            let words = format!("the new password {unacceptable}");
            let outcome = Outcome::new(ResultCode::ConstraintViolation, words);
            (outcome, Some(refused(unacceptable)))
        }
        ChangeOutcome::Busy | ChangeOutcome::Unhashed(_) => {
            (Outcome::new(ResultCode::Busy, "nothing was changed; try again"), None)
        }
    };
    Answer::Noticed(outcome, PasswordNotice { warning: None, error })
}

/// Answers a change that is not of the connection's own password; the same whether there is such
/// an entry or not.
fn not_yours() -> Outcome {
    let words =
        "over LDAP users change their own password; all others are changed through the admin API";
    Outcome::new(ResultCode::UnwillingToPerform, words)
}

fn refused(unacceptable: Unacceptable) -> PasswordError {
    match unacceptable {
        Unacceptable::TooShort(_) => PasswordError::PasswordTooShort,
        Unacceptable::Common
        | Unacceptable::Name
        | Unacceptable::Organization
        | Unacceptable::Hashed => PasswordError::InsufficientPasswordQuality,
        Unacceptable::Used => PasswordError::PasswordInHistory,
        Unacceptable::TooYoung => PasswordError::PasswordTooYoung,
    }
}

#[cfg(test)]
mod tests {
    use directory::authentication::HashingFailed;

    use super::*;

    #[test]
    fn a_rejection_says_the_same_whatever_the_policy_knows() {
        let Answer::Noticed(rejected, nothing) = bound(&Bound::Reject) else { panic!() };
        assert_eq!(nothing, PasswordNotice::NOTHING);
        let Answer::Noticed(locked, _) = bound(&Bound::Locked) else { panic!() };
        assert_eq!(rejected, locked);
    }

    #[test]
    fn a_change_without_the_old_password_has_not_the_rights_where_it_is_demanded() {
        let Answer::Noticed(outcome, notice) = changed(ChangeOutcome::OldMissing) else { panic!() };
        assert_eq!(outcome.code, ResultCode::InsufficientAccessRights);
        assert_eq!(notice, PasswordNotice::error(PasswordError::MustSupplyOldPassword));
    }

    #[test]
    fn the_time_that_is_left_is_told_in_seconds_and_never_as_none() {
        let seconds = |notice| told(notice).warning;
        let time = |seconds| Some(PasswordWarning::TimeBeforeExpiration(seconds));
        assert_eq!(seconds(Notice::EndsIn(1)), time(1));
        assert_eq!(seconds(Notice::EndsIn(60_000)), time(60));
        assert_eq!(seconds(Notice::EndsIn(u64::MAX)), time(u32::MAX));
    }

    #[test]
    fn who_was_not_looked_at_hears_that_the_server_is_busy() {
        for outcome in [Bound::Busy, Bound::Unhashed(HashingFailed)] {
            let Answer::Noticed(outcome, notice) = bound(&outcome) else { panic!() };
            assert_eq!((outcome.code, notice), (ResultCode::Busy, PasswordNotice::NOTHING));
        }
    }

    #[test]
    fn every_refusal_of_a_new_password_breaks_a_constraint_with_a_sentence() {
        let Answer::Noticed(outcome, notice) =
            changed(ChangeOutcome::Refused(Unacceptable::TooShort(12)))
        else {
            panic!()
        };
        assert_eq!(outcome.code, ResultCode::ConstraintViolation);
        assert_eq!(outcome.message, "the new password must have at least 12 characters");
        assert_eq!(notice, PasswordNotice::error(PasswordError::PasswordTooShort));
    }
}
