//! What stands between users and their entry.

use storage::{Reading, Snapshot};

use super::password_policies::counting;
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{RecordId, UserId};
use crate::records::{Credential, Demand, Organization, Settings, User};
use crate::time::Time;

/// What stands between a user and their entry, for who helps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignInState {
    /// When the password was set, if there is one.
    pub password_set: Option<Time>,
    /// When it ends, if it does.
    pub password_ends: Option<Time>,
    /// How often it still lets its owner in then.
    pub grace_logins_left: u16,
    /// Whether its owner must change it before anything else.
    pub must_change_password: bool,
    /// Until when the account is locked, if it is.
    pub locked_until: Option<Time>,
    /// Until when its owner has to enrol a second factor, where the organization demands one of
    /// everybody with a grace and there is none. Later they are let in nowhere.
    pub second_factor_due: Option<Time>,
    /// Whether there is a second factor.
    pub second_factor_enrolled: bool,
}

impl Grant<'_, &Snapshot, View> {
    /// What stands between a user of the grant's organization and their entry now.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_in_state(&self, user: UserId, home: &Organization) -> Result<SignInState, Error> {
        let found = self.source.get::<Credential>(self.place.partition(), user.record())?;
        let credential = found.unwrap_or_else(Credential::absent);
        let of_groups = counting(self.source, (self.organization()?, home), user)?;
        let policy = match &of_groups {
            Some(policy) => &policy.fields.demands.password_policy,
            None => &home.settings.password_policy,
        };
        let set = credential.hash.is_some().then_some(credential.changed);
        let locked = credential.lock.filter(|_| credential.locked(self.context.now));
        Ok(SignInState {
            password_set: set,
            password_ends: set.and_then(|set| policy.ends(set)),
            grace_logins_left: policy.grace_logins.saturating_sub(credential.grace_used),
            must_change_password: credential.must_change,
            locked_until: locked.map(|lock| lock.until),
            second_factor_due: self.second_factor_due(user, &credential, &home.settings)?,
            second_factor_enrolled: credential.totp_enrolled,
        })
    }

    fn second_factor_due(
        &self,
        user: UserId,
        credential: &Credential,
        settings: &Settings,
    ) -> Result<Option<Time>, Error> {
        let demanded = settings.second_factor.demand == Demand::Required;
        if !demanded || settings.enrolment.grace == 0 || credential.totp_enrolled {
            return Ok(None);
        }
        let record = self.source.get::<User>(self.place.partition(), user.record())?;
        Ok(record.and_then(|record| settings.enrolment.ends(record.let_in())))
    }
}
