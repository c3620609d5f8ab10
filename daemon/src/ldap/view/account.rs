//! Names of accounts that applications made for domain controllers bind with.

use ldap::dn::{Dn, escape_value};

/// A name that is none of an entry: `login@domain` or `DOMAIN\login`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// The login.
    pub(crate) login: String,
    /// The domain, as it was written.
    pub(crate) domain: String,
    /// All of it, where a login can look like that by itself.
    pub(crate) whole: Option<String>,
}

impl Account {
    /// Reads a name; `None` when it is in neither form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (login, domain, whole) = match text.rsplit_once('@') {
            Some((login, domain)) => (login, domain, Some(text.to_owned())),
            None => text.split_once('\\').map(|(domain, login)| (login, domain, None))?,
        };
        let label = |label: &str| {
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
            !label.is_empty() && label.bytes().all(plain)
        };
        let fits = !login.is_empty() && domain.len() <= 255 && domain.split('.').all(label);
        fits.then(|| Self { login: login.to_owned(), domain: domain.to_owned(), whole })
    }

    /// The base that the domain stands for: `dc=acme,dc=example` for `acme.example`; `None` for a
    /// name of one label, which many domains may have.
    pub(crate) fn base(&self) -> Option<Dn> {
        if !self.domain.contains('.') {
            return None;
        }
        let labels = self.domain.split('.').map(|label| format!("dc={}", escape_value(label)));
        Dn::parse(&labels.collect::<Vec<_>>().join(",")).ok()
    }

    /// Whether the domain goes by one label, and this is it.
    pub(crate) fn is_of(&self, label: &str) -> bool {
        self.domain.eq_ignore_ascii_case(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_tell_a_login_and_a_domain() {
        let ada = Account::parse("Ada@ACME.example").unwrap();
        assert_eq!((ada.login.as_str(), ada.domain.as_str()), ("Ada", "ACME.example"));
        assert_eq!(ada.base(), Some(Dn::parse("dc=acme,dc=example").unwrap()));
        let odd = Account::parse("a@b@acme.example").unwrap();
        assert_eq!(odd.login, "a@b");
        let old = Account::parse("ACME\\ada").unwrap();
        assert_eq!((old.login.as_str(), old.whole.as_ref()), ("ada", None));
        assert_eq!(old.base(), None);
        assert!(old.is_of("acme"));
        for text in ["ada", "@acme", "ada@", "\\ada", "ada@a..b", "ada@a b", "ada@a,dc=b", ""] {
            assert_eq!(Account::parse(text), None, "{text}");
        }
    }
}
