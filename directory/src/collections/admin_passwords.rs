//! Passwords of admins: what is asked of them. Nothing in clear is ever kept of one.

use storage::{Change, ReadError, Reading};

use super::new_password::NewPassword;
use super::passwords::put_hash;
use super::site::Site;
use crate::access::organization;
use crate::authentication::{Names, Password, Unacceptable, judge};
use crate::error::{Error, Invalid};
use crate::id::{AdminNumber, Place, RecordId};
use crate::records::{Admin, Credential};

/// The fewest characters of an admin's password.
const MINIMUM: u16 = 12;

/// Judges a password of an admin of a place by what it is, whose it is, and of an organization's own
/// admin by what the organization is called.
pub(crate) fn judge_admin_password(
    source: &impl Reading,
    (home, admin): (Place, &Admin),
    password: &Password,
) -> Result<Result<(), Unacceptable>, ReadError> {
    let there = match home {
        Place::Provider => None,
        Place::Organization(id) => organization(source, id)?,
    };
    let owner = [admin.fields.login.as_str(), admin.fields.display_name.as_str()];
    let called = there.as_ref().map(|it| [it.fields.slug.as_str(), it.fields.name.as_str()]);
    let organization = called.as_ref().map(<[&str; 2]>::as_slice).unwrap_or_default();
    Ok(judge(password, &Names { owner: &owner, organization }, MINIMUM))
}

/// Writes an admin's password.
pub(crate) fn store_admin_password(
    site: &mut Site<'_, &mut Change<'_>>,
    number: AdminNumber,
    password: NewPassword,
) -> Result<(), Error> {
    if let Some(clear) = &password.clear {
        let found = site.source.get::<Admin>(site.partition(), number.record())?;
        let admin = found.ok_or(Error::Missing)?;
        judge_admin_password(&*site.source, (site.place, &admin), clear)?
            .map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?;
    }
    put_hash(site, number.record(), Some(password.hash))
}

/// Has an admin whose password somebody else has chosen choose another one with the next sign-in.
pub(super) fn demand_own_password(
    site: &mut Site<'_, &mut Change<'_>>,
    admin: AdminNumber,
) -> Result<(), Error> {
    let (partition, id) = (site.partition(), admin.record());
    if let Some(mut credential) = site.source.get::<Credential>(partition, id)? {
        credential.must_change = true;
        site.source.put(partition, id, &credential)?;
    }
    Ok(())
}
