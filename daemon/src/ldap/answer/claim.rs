//! Whom the name of a Bind claims to be.

use directory::authentication::Who;
use directory::search::Kind;
use directory::{Directory, Error, OrganizationId};
use ldap::dn::Dn;

use crate::ldap::view::{self, Account, Spoken};

/// Whom somebody claims to be: of which organization, if of any, and who.
pub(in crate::ldap) type Claim = (Option<OrganizationId>, Who);

/// Whom a name means, and in which layout it is spoken.
///
/// # Errors
/// When the directory fails.
pub(in crate::ldap) fn named(
    directory: &Directory,
    dn: &Dn,
) -> Result<(Claim, Option<Spoken>), Error> {
    let nobody = || ((None, Who::User(dn.as_str().to_owned())), None);
    // An entry stands two levels below its base.
    let suffix = dn.parent().and_then(|parent| parent.parent());
    let Some(suffix) = suffix.filter(|suffix| !suffix.is_root()) else { return Ok(nobody()) };
    let Some(organization) = directory.locate([suffix.as_str()])? else { return Ok(nobody()) };
    let Some((named, spoken)) = view::claim(&suffix, dn) else { return Ok(nobody()) };
    let who = match named.kinds.as_slice() {
        [Kind::User] => Who::User(named.name),
        [Kind::ServiceAccount] => Who::ServiceAccount(named.name),
        [] | [Kind::Group | Kind::Container] => return Ok(nobody()),
        [_, ..] => directory.claimed(organization, named.name)?,
    };
    Ok(((Some(organization), who), Some(spoken)))
}

/// The organization that the domain of an account means by itself.
///
/// # Errors
/// When the directory fails.
pub(in crate::ldap) fn of_domain(
    directory: &Directory,
    account: &Account,
) -> Result<Option<OrganizationId>, Error> {
    let Some(base) = account.base() else {
        return directory.organization_by_slug(&account.domain.to_ascii_lowercase());
    };
    directory.organization_of_domain(base.as_str(), &account.domain)
}
