//! API keys: seen and ended by the admins whose they are, or by who manages admins.

use ipnet::IpNet;
use serde::Serialize;
use storage::{Change, Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::Admins;
use super::admins::{end_token, require_reach};
use super::oneself::{Oneself, tokens_of};
use super::site::Site;
use crate::access::{Grant, ManageAdmins, Role};
use crate::error::Error;
use crate::events::{Action, SubjectKind, differences, told_time};
use crate::id::{AdminId, AdminNumber, RecordId};
use crate::records::{Admin, Narrowing, Token, TokenPurpose, TokenUse};
use crate::time::Time;

/// An API key, without its text.
pub struct ApiKey {
    /// What was noted when it was made.
    pub token: Token,
    /// When it was used last, about, and from where.
    pub used: Option<TokenUse>,
}

impl Oneself<'_, &Snapshot> {
    /// The admin's API keys.
    ///
    /// # Errors
    /// When the store fails.
    pub fn api_keys(&self) -> Result<Vec<ApiKey>, Error> {
        let keys = keys_of(self.site.source, self.standing.rights.id)?;
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }
}

impl Oneself<'_, &mut Change<'_>> {
    /// Ends one of the admin's API keys.
    ///
    /// # Errors
    /// `Missing` when the admin has no such key; `Forbidden` for any but itself with a key in hand
    /// that is narrower than the admin.
    pub fn delete_api_key(&mut self, uuid: Uuid) -> Result<(), Error> {
        let token = &self.standing.token;
        if token.narrowing != Narrowing::default() && token.uuid != uuid {
            return Err(Error::Forbidden("a narrowed key ends no key but itself"));
        }
        let (id, login) = (self.standing.rights.id, self.admin().fields.login.clone());
        self.site.place = id.home;
        end_keys(&mut self.site, (id, &login), Some(uuid)).map(drop)
    }
}

impl Grant<'_, &Snapshot, ManageAdmins> {
    /// The API keys of an admin of the grant's place.
    ///
    /// # Errors
    /// `Missing` when there is no such admin; `Forbidden` for a scope wider than one's own.
    pub fn api_keys_of(&self, admin: AdminNumber) -> Result<Vec<ApiKey>, Error> {
        let partition = self.place.partition();
        let record = self.source.get::<Admin>(partition, admin.record())?.ok_or(Error::Missing)?;
        require_reach(self.source, self.context, &record.fields.scope)?;
        let keys = keys_of(self.source, AdminId { home: self.place, number: admin })?;
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }
}

impl Admins<'_, &mut Change<'_>> {
    /// Ends an admin's API keys, or one of them; tells how many.
    ///
    /// # Errors
    /// `Missing` when there is no such admin, or the admin has no such key; `Forbidden` for a scope
    /// wider than one's own.
    pub fn end_api_keys(&mut self, admin: AdminNumber, key: Option<Uuid>) -> Result<usize, Error> {
        let record = self.read_within_reach(admin)?;
        let id = AdminId { home: self.site.place, number: admin };
        end_keys(&mut self.site, (id, &record.fields.login), key)
    }
}

/// What events tell of an API key: never its text.
#[derive(Serialize)]
pub(super) struct ToldKey<'k> {
    name: &'k str,
    expires: String,
    role: Option<Role>,
    scope: Option<ToldScope>,
    sources: Option<&'k [IpNet]>,
}

/// To how many organizations a key is narrowed: which ones is not for all who read the provider's
/// log.
#[derive(Serialize)]
struct ToldScope {
    organizations: usize,
}

impl<'k> ToldKey<'k> {
    pub(super) fn of(name: &'k str, expires: Time, narrowing: &'k Narrowing) -> Self {
        let Narrowing { role, organizations, sources } = narrowing;
        let scope = organizations.as_ref().map(|list| ToldScope { organizations: list.len() });
        let (expires, sources) = (told_time(expires), sources.as_deref());
        Self { name, expires, role: *role, scope, sources }
    }
}

/// An admin's API keys, those included that are over and not swept yet.
fn keys_of(source: &impl Reading, admin: AdminId) -> Result<Vec<(Id, ApiKey)>, Error> {
    let partition: Partition = admin.home.partition();
    let mut keys = Vec::new();
    for id in tokens_of(source, admin.home, admin.number)? {
        let token = source.get::<Token>(partition, id)?;
        let Some(token) = token.filter(|token| token.purpose == TokenPurpose::ApiKey) else {
            continue;
        };
        keys.push((id, ApiKey { token, used: source.get::<TokenUse>(partition, id)? }));
    }
    Ok(keys)
}

/// Ends keys of an admin of the site's place, each of which is an event; tells how many.
fn end_keys(
    site: &mut Site<'_, &mut Change<'_>>,
    (admin, login): (AdminId, &str),
    only: Option<Uuid>,
) -> Result<usize, Error> {
    let mut keys = keys_of(&*site.source, admin)?;
    keys.retain(|(_, key)| only.is_none_or(|only| key.token.uuid == only));
    if only.is_some() && keys.is_empty() {
        return Err(Error::Missing);
    }
    let partition = admin.home.partition();
    for (id, key) in &keys {
        let subject = (SubjectKind::ApiKey, key.token.uuid, login);
        let Token { name, expires, narrowing, .. } = &key.token;
        let told = differences(Some(&ToldKey::of(name, *expires, narrowing)), None);
        // It names the key that asks while there is one.
        site.tell(Action::Deleted, subject, told)?;
        end_token(site.source, partition, *id)?;
    }
    Ok(keys.len())
}
