//! The first admin, and a way back in for one who has lost it, for whoever owns the machine.

use ipnet::IpNet;
use storage::{Change, Partition, Reading};

use super::admin_factors::has_second_factor;
use super::admins::Admins;
use super::collection::Collection;
use super::new_password::NewPassword;
use super::site::Site;
use crate::access::Role;
use crate::authentication::{StoredHash, Unacceptable};
use crate::error::{Error, Invalid};
use crate::id::{AdminNumber, RecordId};
use crate::records::{Admin, AdminFields, AdminScope, AdminState, Credential};

/// Logins that are named at most where there is no such admin.
const NAMED: usize = 10;

/// An admin who may sign in again, and what stood in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredAdmin {
    /// The login, as it was written when it was given.
    pub login: String,
    /// What the admin may do, as before.
    pub role: Role,
    /// Whether the admin was suspended.
    pub was_suspended: bool,
    /// The networks from which alone the admin worked; anywhere when there were none.
    pub sources: Vec<IpNet>,
    /// Whether an authenticator was enrolled.
    pub was_enrolled: bool,
}

/// Writes the first admin of an empty store, of the highest role and the widest scope.
pub(crate) fn put_first(
    site: Site<'_, &mut Change<'_>>,
    mut fields: AdminFields,
    password: NewPassword,
) -> Result<AdminNumber, Error> {
    fields.role = Role::AdministratorWithBilling;
    fields.scope = AdminScope::All;
    let mut admins: Admins<'_, &mut Change<'_>> = Collection::new(site);
    if !admins.list(None, 1)?.records.is_empty() {
        return Err(Error::Forbidden("there is an admin already; sign in and add others"));
    }
    Ok(admins.create(fields, password)?.0)
}

/// Lets an admin of the provider's in again. All that lets somebody in is made anew: what was lost
/// may be in the hands of somebody else.
pub(crate) fn recover(
    site: Site<'_, &mut Change<'_>>,
    login: &str,
    password: NewPassword,
) -> Result<RecoveredAdmin, Error> {
    let home = site.place;
    let mut admins: Admins<'_, &mut Change<'_>> = Collection::new(site);
    let Some(number) = admins.named(login)? else {
        return Err(nobody_called_so(&*admins.site.source)?.into());
    };
    refuse_in_use(&*admins.site.source, number, &password)?;
    let Admin { state, fields, .. } = admins.read(number)?;
    let was_enrolled = has_second_factor(&*admins.site.source, home, number)?;
    admins.update(number, None, |admin| {
        admin.state = AdminState::Active;
        admin.fields.sources.clear();
        Ok(())
    })?;
    admins.touch(number, None)?;
    // This forgets passkeys, and ends sessions and keys.
    admins.set_password(number, password)?;
    if was_enrolled {
        admins.reset_mfa(number)?;
    }
    Ok(RecoveredAdmin {
        login: fields.login,
        role: fields.role,
        was_suspended: state == AdminState::Suspended,
        sources: fields.sources,
        was_enrolled,
    })
}

/// Refuses the password that an admin of the provider's has: somebody else may have it. It is hashed in
/// the transaction, since no daemon waits for that beside a command.
fn refuse_in_use(
    source: &impl Reading,
    admin: AdminNumber,
    password: &NewPassword,
) -> Result<(), Error> {
    let credential = source.get::<Credential>(Partition::Provider, admin.record())?;
    let hash = credential.and_then(|credential| StoredHash::parse(&credential.hash?).ok());
    let (Some(hash), Some(clear)) = (hash, &password.clear) else { return Ok(()) };
    match hash.verify(clear) {
        Ok(true) => Err(Invalid::new("/password", Unacceptable::Used.to_string()).into()),
        // What cannot be compared keeps nobody out.
        Ok(false) | Err(_) => Ok(()),
    }
}

/// Says that there is no such admin, and who may do everything: whoever has come by the machine
/// alone knows no logins.
fn nobody_called_so(source: &impl Reading) -> Result<Invalid, Error> {
    let mut logins = Vec::new();
    for found in source.scan::<Admin>(Partition::Provider, None) {
        let (_, admin) = found?;
        if admin.fields.role == Role::AdministratorWithBilling && logins.len() < NAMED {
            logins.push(admin.fields.login);
        }
    }
    let message = if logins.is_empty() {
        "the provider has no admin yet: make the first one".to_owned()
    } else {
        let logins = logins.join(", ");
        format!("the provider has no admin of this login; administrators with billing: {logins}")
    };
    Ok(Invalid::new("/login", message))
}
