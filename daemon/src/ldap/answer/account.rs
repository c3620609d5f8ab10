//! Binds by names of accounts instead of entries.

use directory::Error;
use directory::authentication::Who;
use ldap::dn::Dn;

use super::Caller;
use super::claim::{Claim, of_domain};
use crate::ldap::view::{Account, Spoken};

impl Caller {
    /// Whom the name of an account claims to be. Its organization is the one whose server name was
    /// called, or the one that the domain alone is a base or the short name of; who is in none
    /// claims to be a user that is not there, which costs as much as any other.
    pub(in crate::ldap) fn called(&mut self, account: Account) -> Result<Claim, Error> {
        self.spoken = None;
        let addressed = self.addressed()?;
        let meant = of_domain(self.directory(), &account)?;
        let Some(organization) = addressed.or(meant) else {
            return Ok((None, Who::User(account.login)));
        };
        let directory = self.directory();
        let within = meant == Some(organization) || self.is_addressed_as(&account)?;
        let login = within.then_some(account.login);
        let base = directory.base_of(organization)?;
        let who = directory.called(organization, account.whole, login)?;
        self.spoken = base.and_then(|base| Dn::parse(base.as_str()).ok()).map(Spoken::as_account);
        Ok((Some(organization), who))
    }

    /// Whether the domain is the first label of the base of the organization whose server name was
    /// called: short names of domains count where it is known whose.
    fn is_addressed_as(&self, account: &Account) -> Result<bool, Error> {
        let base = self.addressed_base()?.and_then(|base| Dn::parse(&base).ok());
        let label = base.as_ref().and_then(|base| base.rdn()?.single());
        Ok(label.is_some_and(|(kind, value)| kind == "dc" && account.is_of(&value)))
    }
}
