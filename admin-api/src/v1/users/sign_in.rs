//! What stands between a user and their entry.

use directory::collections::SignInState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::moment::Moment;

/// What stands between a user and their entry. It is no part of the user's revision.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSignIn)]
pub(crate) struct SignIn {
    /// When the password was set; absent without a password.
    #[schema(required)]
    password_set: Option<Moment>,
    /// When the password ends, where passwords do.
    #[schema(required)]
    password_ends: Option<Moment>,
    /// How often the password still lets its owner in after its end.
    grace_logins_left: u16,
    /// Whether the password must be changed before anything else.
    must_change_password: bool,
    /// When the lock after too many wrong passwords ends, while there is one.
    #[schema(required)]
    locked_until: Option<Moment>,
    /// Until when the user has to enrol a second factor, where the organization demands one of
    /// everybody with a grace and there is none yet. Later they are let in nowhere.
    #[schema(required)]
    second_factor_due: Option<Moment>,
    /// Whether a second factor is enrolled and confirmed.
    second_factor_enrolled: bool,
}

impl From<SignInState> for SignIn {
    fn from(state: SignInState) -> Self {
        Self {
            password_set: state.password_set.map(Moment),
            password_ends: state.password_ends.map(Moment),
            grace_logins_left: state.grace_logins_left,
            must_change_password: state.must_change_password,
            locked_until: state.locked_until.map(Moment),
            second_factor_due: state.second_factor_due.map(Moment),
            second_factor_enrolled: state.second_factor_enrolled,
        }
    }
}
