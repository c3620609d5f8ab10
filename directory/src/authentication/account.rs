//! Accounts: whoever can be authenticated, with what proves it, by name.

use std::sync::{Arc, OnceLock};

use storage::{Id, Reading, Snapshot};
use uuid::Uuid;

use super::attempt::{Attempt, Door, Who};
use super::ms_chap::NtHash;
use crate::access::Identity;
use crate::collections::policy_of;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RecordId, ServiceAccountId, UserId};
use crate::known::Known;
use crate::realm::without_own_realm;
use crate::records::{
    Credential, FormerPassword, Marks, PasswordDemands, ServiceAccount, User, UserState, indices,
    kinds,
};
use crate::text::prepare;
use crate::time::Time;

/// The account that a name led to.
pub(crate) struct Account {
    pub(super) identity: Identity,
    pub(super) uuid: Uuid,
    pub(super) active: bool,
    /// From when on it is let in nowhere.
    pub(super) expires: Option<Time>,
    pub(super) credential: Credential,
    /// The password that it had before, which may count still.
    pub(super) former: Option<Box<FormerPassword>>,
    /// Since when it is let in, if it is.
    pub(super) let_in: Time,
    /// What a policy of groups asks of its password, where one comes to it.
    pub(super) demands: Option<Box<PasswordDemands>>,
    /// By which its answers by MS-CHAPv2 are judged, once one was.
    nt_hash: OnceLock<NtHash>,
}

impl Account {
    pub(super) fn record(&self) -> Id {
        self.identity.record()
    }

    /// By which its answers by MS-CHAPv2 are judged, if that is kept.
    pub(super) fn nt_hash(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
    ) -> Result<Option<&NtHash>, Error> {
        if let Some(known) = self.nt_hash.get() {
            return Ok(Some(known));
        }
        let kept = snapshot.secret(organization.partition(), kinds::NT_HASH, self.record())?;
        let hash = kept.and_then(|kept| NtHash::from_octets(kept.expose()));
        Ok(hash.map(|hash| self.nt_hash.get_or_init(|| hash)))
    }

    pub(super) fn is_over(&self, now: Time) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// The password that it had before, while it counts.
    pub(super) fn former(&self, now: Time) -> Option<&FormerPassword> {
        self.former.as_deref().filter(|former| former.counts(now))
    }

    pub(super) fn locked(&self, now: Time) -> bool {
        self.credential.locked(now)
    }

    /// Whether a lock keeps the account out where guesses lock nobody out, or anywhere else.
    pub(super) fn is_out(&self, maintains: bool, now: Time) -> bool {
        if maintains { self.credential.locked_by_admin(now) } else { self.locked(now) }
    }
}

/// The name of an account: where, whether a user's, and the name prepared for comparison.
type AccountName = (OrganizationId, bool, String);
/// Accounts by their names, as they were a moment ago.
pub(crate) type KnownAccounts = Known<AccountName, Arc<Account>>;

impl Directory {
    /// Finds the account that is claimed.
    pub(super) fn account(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        who: &Who,
    ) -> Result<Option<Arc<Account>>, Error> {
        let accounts = &self.inner.lookups.accounts;
        let user = matches!(who, Who::User(_));
        let name = (organization, user, prepare(who.name()));
        if let Some(known) = accounts.get(snapshot, organization.partition(), &name) {
            return Ok(Some(known));
        }
        let home = self.inner.lookups.organization(snapshot, organization)?;
        let place = (organization, home.map_or_else(Marks::default, |home| home.marks));
        let found = match who {
            Who::User(_) => find_user(snapshot, place, &name.2)?,
            Who::ServiceAccount(_) => find_service_account(snapshot, place, &name.2)?,
        };
        let found = found.map(Arc::new);
        if let Some(account) = &found {
            accounts.keep(snapshot, name, Arc::clone(account));
        }
        Ok(found)
    }
}

impl Attempt {
    /// Finds the account that is claimed. Gear and computers put names of the organization before or
    /// behind a login: over RADIUS a name of nobody is looked for once more without.
    ///
    /// Failures count for the login however it is written, whether anybody has it or not.
    pub(super) fn find(
        &mut self,
        directory: &Directory,
        snapshot: &Snapshot,
        organization: OrganizationId,
    ) -> Result<(), Error> {
        let mut found = directory.account(snapshot, organization, &self.who)?;
        self.counts_as = None;
        if found.is_none()
            && let Some(login) = self.bare_login(directory, snapshot, organization)?
        {
            let who = Who::User(login.clone());
            found = directory.account(snapshot, organization, &who)?;
            if found.is_some() {
                self.who = who;
            } else {
                self.counts_as = Some(login);
            }
        }
        self.claim(found);
        Ok(())
    }

    /// The name, prepared, for which failures count.
    pub(super) fn counted_name(&self) -> String {
        prepare(self.counts_as.as_deref().unwrap_or_else(|| self.who.name()))
    }

    /// What is left of a name that gear says without a realm of the organization's own.
    fn bare_login(
        &self,
        directory: &Directory,
        snapshot: &Snapshot,
        organization: OrganizationId,
    ) -> Result<Option<String>, Error> {
        let (Door::Radius(..), Who::User(name)) = (&self.door, &self.who) else { return Ok(None) };
        let home = directory.inner.lookups.organization(snapshot, organization)?;
        let login = home.as_ref().and_then(|home| without_own_realm(name, &home.fields));
        Ok(login.map(ToOwned::to_owned))
    }
}

/// Finds a user in an organization that has what its marks say.
pub(super) fn find_user(
    snapshot: &Snapshot,
    (organization, marks): (OrganizationId, Marks),
    login: &str,
) -> Result<Option<Account>, Error> {
    let partition = organization.partition();
    let found = snapshot.find_first(partition, indices::USER_LOGIN, login.as_bytes())?;
    match found.and_then(UserId::from_record) {
        Some(id) => account_of(snapshot, (organization, marks), id),
        None => Ok(None),
    }
}

/// The account of a user of an organization that has what its marks say.
pub(super) fn account_of(
    snapshot: &Snapshot,
    (organization, marks): (OrganizationId, Marks),
    id: UserId,
) -> Result<Option<Account>, Error> {
    let partition = organization.partition();
    let user = snapshot.get::<User>(partition, id.record())?;
    let credential = snapshot.get::<Credential>(partition, id.record())?;
    let policy = match marks.password_policies {
        0 => None,
        _ => policy_of(snapshot, partition, id)?,
    };
    Ok(user.map(|user| Account {
        identity: Identity::User(id),
        uuid: user.uuid,
        active: user.state == UserState::Active,
        expires: user.fields.expires,
        credential: credential.unwrap_or_else(Credential::absent),
        former: None,
        let_in: user.let_in(),
        demands: policy.map(|policy| Box::new(policy.fields.demands)),
        nt_hash: OnceLock::new(),
    }))
}

fn find_service_account(
    snapshot: &Snapshot,
    (organization, marks): (OrganizationId, Marks),
    name: &str,
) -> Result<Option<Account>, Error> {
    let partition = organization.partition();
    let found = snapshot.find_first(partition, indices::SERVICE_ACCOUNT_NAME, name.as_bytes())?;
    let Some(id) = found.and_then(ServiceAccountId::from_record) else {
        return Ok(None);
    };
    let account = snapshot.get::<ServiceAccount>(partition, id.record())?;
    let credential = snapshot.get::<Credential>(partition, id.record())?;
    let former = match marks.former_passwords {
        Time(0) => None,
        _ => snapshot.get::<FormerPassword>(partition, id.record())?,
    };
    Ok(account.map(|account| Account {
        identity: Identity::ServiceAccount(id),
        uuid: account.uuid,
        active: !account.fields.suspended,
        expires: None,
        credential: credential.unwrap_or_else(Credential::absent),
        former: former.map(Box::new),
        let_in: account.stamp.created,
        demands: None,
        nt_hash: OnceLock::new(),
    }))
}
