//! Whom somebody is named as, at whichever door.

use directory::authentication::Who;
use directory::search::Kind;
use directory::text::prepare;
use directory::{Directory, Error, OrganizationId};
use ldap::dn::{Dn, Rdn};

use super::Caller;
use crate::ldap::view::{self, Account, Meant, Spoken};

/// Whom somebody claims to be: of which organization, if of any, and who.
pub(in crate::ldap) type Claim = (Option<OrganizationId>, Who);

impl Caller {
    /// Whom a name claims to be that a client binds with. The organization of what names none is the
    /// one whose server name was called; who is in none claims to be a user that is not there, which
    /// costs as much as any other.
    pub(in crate::ldap) fn whom(&mut self, meant: Meant) -> Result<Claim, Error> {
        let home = if matches!(meant, Meant::Entry(_)) { None } else { self.addressed()? };
        let (claim, spoken) = of(self.directory(), home, meant)?;
        self.spoken = spoken;
        Ok(claim)
    }

    /// Whom PLAIN names: who is to act, where that is said, and who proves an identity, must be the
    /// same. Where they are not it claims to be nobody, which costs as much: time tells nothing of
    /// what had to be looked up.
    pub(in crate::ldap) fn whom_to_act(
        &mut self,
        (wanted, proving): (Option<Meant>, Meant),
    ) -> Result<Claim, Error> {
        let Some(wanted) = wanted else { return self.whom(proving) };
        let wanted = self.whom(wanted)?;
        let bare = matches!(proving, Meant::Login(_));
        // A name that says no organization is one of who is to act.
        let (proving, _) = of(self.directory(), wanted.0, proving)?;
        let nobody = (None, Who::User(String::new()));
        Ok(if is_same(&wanted, &proving, bare) { wanted } else { nobody })
    }
}

/// Whether two claims are to be one; a bare login may be a service account's name as well.
fn is_same(wanted: &Claim, proving: &Claim, bare: bool) -> bool {
    let (is_user, name) = parts(&wanted.1);
    let (proving_user, proving_name) = parts(&proving.1);
    wanted.0 == proving.0
        && (bare || is_user == proving_user)
        && prepare(name) == prepare(proving_name)
}

/// Whether it is a user, and the name.
fn parts(who: &Who) -> (bool, &str) {
    match who {
        Who::User(name) => (true, name),
        Who::ServiceAccount(name) => (false, name),
    }
}

/// Whom a name means, and in which layout it is spoken; `home` is the organization of what names
/// none, if that is known.
///
/// # Errors
/// When the directory fails.
pub(in crate::ldap) fn of(
    directory: &Directory,
    home: Option<OrganizationId>,
    meant: Meant,
) -> Result<(Claim, Option<Spoken>), Error> {
    match meant {
        Meant::Entry(dn) => named(directory, &dn),
        Meant::Account(account) => called(directory, home, account),
        Meant::Login(login) => Ok(((home, Who::User(login)), None)),
    }
}

/// Whom the name of an entry means.
fn named(directory: &Directory, dn: &Dn) -> Result<(Claim, Option<Spoken>), Error> {
    let nobody = || ((None, Who::User(dn.as_str().to_owned())), None);
    // An entry stands two levels below its base.
    let suffix = dn.parent().and_then(|parent| parent.parent());
    let Some(suffix) = suffix.filter(|suffix| !suffix.is_root()) else { return Ok(nobody()) };
    let Some(organization) = directory.locate([suffix.as_str()])? else { return Ok(nobody()) };
    let Some((named, spoken)) = view::claim(&suffix, dn) else { return Ok(nobody()) };
    let who = match named.kinds.as_slice() {
        [Kind::User] => Who::User(named.name),
        [Kind::ServiceAccount] => Who::ServiceAccount(named.name),
        [] | [Kind::Group | Kind::Device | Kind::Container] => return Ok(nobody()),
        [_, ..] => directory.claimed(organization, named.name)?,
    };
    Ok(((Some(organization), who), Some(spoken)))
}

/// Whom the name of an account means: somebody of `home`, or of the organization that the domain alone
/// is a base or the short name of.
fn called(
    directory: &Directory,
    home: Option<OrganizationId>,
    account: Account,
) -> Result<(Claim, Option<Spoken>), Error> {
    let by_domain = of_domain(directory, &account)?;
    let Some(organization) = home.or(by_domain) else {
        return Ok(((None, Who::User(account.login)), None));
    };
    let base = directory.base_of(organization)?.and_then(|base| Dn::parse(base.as_str()).ok());
    let within = by_domain == Some(organization)
        || base.as_ref().is_some_and(|base| is_short_for(&account, base));
    let login = within.then_some(account.login);
    let who = directory.called(organization, account.whole, login)?;
    Ok(((Some(organization), who), base.map(Spoken::as_account)))
}

/// Whether the domain is the first label of a base: short names of domains count where it is known
/// whose.
fn is_short_for(account: &Account, base: &Dn) -> bool {
    let label = base.rdn().and_then(Rdn::single);
    label.is_some_and(|(kind, value)| kind == "dc" && account.is_of(&value))
}

/// The organization that the domain of an account means by itself.
fn of_domain(directory: &Directory, account: &Account) -> Result<Option<OrganizationId>, Error> {
    let Some(base) = account.base() else {
        return directory.organization_by_slug(&account.domain.to_ascii_lowercase());
    };
    directory.organization_of_domain(base.as_str(), &account.domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4616_2_who_proves_an_identity_is_who_is_to_act() {
        let user = |name: &str| (None, Who::User(name.to_owned()));
        let account = |name: &str| (None, Who::ServiceAccount(name.to_owned()));
        for (wanted, proving, bare, same) in [
            (user("ada"), user("Ada"), false, true),
            (user("ada"), user("bob"), false, false),
            (account("wiki"), account("WIKI"), false, true),
            (account("wiki"), user("wiki"), false, false),
            (user("wiki"), account("wiki"), false, false),
            (account("wiki"), user("wiki"), true, true),
            (account("wiki"), user("other"), true, false),
        ] {
            assert_eq!(is_same(&wanted, &proving, bare), same, "{wanted:?} {proving:?}");
        }
    }
}
