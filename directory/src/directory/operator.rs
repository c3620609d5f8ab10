//! What whoever owns the machine may do without any permission: let an admin in where nobody can,
//! and have everything sealed with another master key.
//!
//! It is for commands, beside which no daemon runs, since the store is open to one process alone.

use storage::{Change, MasterKey, Partition};

use crate::access::{Actor, Context};
use crate::collections::{self, NewPassword, RecoveredAdmin, Site};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome};
use crate::id::{AdminId, Place};
use crate::records::AdminFields;
use crate::time::Time;

impl Directory {
    /// Makes the first admin, an Administrator with Billing, on an empty store.
    ///
    /// # Errors
    /// `Forbidden` when there is an admin already; `Invalid` for what is not acceptable.
    pub fn create_first_admin(
        &self,
        now: Time,
        fields: AdminFields,
        password: NewPassword,
    ) -> Result<AdminId, Error> {
        let number =
            self.as_operator(now, move |site| collections::put_first(site, fields, password))?;
        Ok(AdminId { home: Place::Provider, number })
    }

    /// Lets an admin of the provider's sign in again, found by a login: with another password,
    /// without authenticator, recovery codes and passkeys, active, from anywhere, and without the
    /// sessions and API keys of before. Role and scope stay.
    ///
    /// # Errors
    /// `Invalid` when the provider has no such admin, or the password is not acceptable or the one in use.
    pub fn recover_admin(
        &self,
        now: Time,
        login: String,
        password: NewPassword,
    ) -> Result<RecoveredAdmin, Error> {
        self.as_operator(now, move |site| collections::recover(site, &login, password))
    }

    /// Seals the keys of the provider and of all organizations with another master key, with which
    /// the directory is to be opened from then on. An event of the provider's tells it.
    ///
    /// # Errors
    /// When the store fails. Where the disk does, it may be sealed with either key, as a whole.
    pub fn rotate_master_key(&self, now: Time, new: MasterKey) -> Result<(), Error> {
        let tell = move |change: &mut Change<'_>| -> Result<(), Error> {
            let told = Event::of_daemon(now, (Action::SecretRotated, None), Outcome::Success);
            let event = Event { actor: EventActor::Operator, ..told };
            change.event(Partition::Provider, now.0, &event.encode());
            Ok(())
        };
        Ok(self.inner.store.rotate_master_key(new, tell)?)
    }

    fn as_operator<T: Send + 'static>(
        &self,
        now: Time,
        work: impl FnOnce(Site<'_, &mut Change<'_>>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let tools = self.inner.tools.clone();
        let context = Context { actor: Actor::operator(), source: None, now, request: None };
        let done = self.inner.store.write(move |change| {
            work(Site { source: change, place: Place::Provider, context: &context, tools: &tools })
        });
        Ok(done?)
    }
}
