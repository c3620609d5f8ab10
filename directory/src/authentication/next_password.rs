//! The password that an admin chooses, with a sign-in, in the place of one that another admin chose.

use storage::Reading;

use super::own_account::judge_next;
use super::password::{HashingFailed, Password};
use super::sign_in::{Writing, living};
use crate::access::Context;
use crate::collections::{NewPassword, Site, masked, store_admin_password};
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::events::Action;
use crate::id::{AdminNumber, Place, RecordId};
use crate::records::{Admin, Credential};

const UNASKED: &str = "is for whose password somebody else has chosen; change your own at \
                       /v1/me/password";

/// An admin whose password was right, and what is to take its place.
pub(super) struct Chosen<'a> {
    pub(super) home: Place,
    pub(super) number: AdminNumber,
    pub(super) admin: &'a Admin,
    pub(super) credential: &'a Credential,
    pub(super) current: &'a Password,
    pub(super) next: Option<Password>,
}

impl Directory {
    /// Judges and hashes the next password, for who is let in: who is not hears that alone.
    pub(super) fn next_password(
        &self,
        context: &Context,
        chosen: Chosen<'_>,
    ) -> Result<Result<Option<NewPassword>, HashingFailed>, Error> {
        let Chosen { home, number, admin, credential, current, next } = chosen;
        let Some(next) = next else { return Ok(Ok(None)) };
        let snapshot = self.inner.store.read()?;
        let tools = &self.inner.tools;
        let site = Site { source: &snapshot, place: home, context, tools };
        if living(&site, number)?.is_none() {
            return Ok(Ok(None));
        }
        if !credential.must_change {
            return Err(Invalid::new("/new_password", UNASKED).into());
        }
        judge_next(&snapshot, (home, admin), current, &next)?
            .map_err(|unacceptable| Invalid::new("/new_password", unacceptable.to_string()))?;
        Ok(NewPassword::hashed(next, self.hash_parameters(), tools).map(Some))
    }
}

/// Puts what its owner has chosen in the place of a password that somebody else knows.
pub(super) fn take_place(
    site: &mut Writing<'_, '_, '_>,
    number: AdminNumber,
    next: Option<NewPassword>,
) -> Result<(), Error> {
    let Some(next) = next else { return Ok(()) };
    let admin = site.source.get::<Admin>(site.partition(), number.record())?;
    store_admin_password(site, number, next)?;
    site.tell_as(&admin.ok_or(Error::Missing)?, Action::PasswordChanged, masked("password"))
}
