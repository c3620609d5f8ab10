//! What a Bind says of itself, in the directory's words.

use directory::authentication::Channel;
use ldap::dn::Dn;
use ldap::{PlainRequest, Security};

use super::Account;

/// Who can read along on a connection.
pub(crate) const fn channel(security: Security) -> Channel {
    match security {
        Security::Clear => Channel::Clear,
        Security::Tls => Channel::Encrypted,
    }
}

/// Whom a name means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// An entry.
    Entry(Dn),
    /// An account by `login@domain` or `DOMAIN\login`.
    Account(Account),
    /// Somebody of an organization that is known without it, by login.
    Login(String),
}

impl Meant {
    /// Reads the name of a simple Bind: that of an entry, or of an account.
    ///
    /// # Errors
    /// When it is none of an account either: why it is none of an entry.
    pub(crate) fn of_bind(text: &str) -> Result<Self, ldap::dn::Error> {
        let account = |error| Account::parse(text).map(Self::Account).ok_or(error);
        Dn::parse(text).map(Self::Entry).or_else(account)
    }

    /// Reads the name of who proves an identity in SASL, or of whose password is to change: spelled as
    /// an authorization identity or, as applications do, as a bare name of an entry, an account or a
    /// login.
    pub(crate) fn of_identity(text: &str) -> Result<Self, Unnamed> {
        match authorization(text) {
            Ok(named) => named.ok_or(Unnamed),
            Err(Unnamed) => Ok(entry(text).unwrap_or_else(|Unnamed| login_or_account(text))),
        }
    }
}

/// A name that is spelled in no known way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unnamed;

/// Reads an authorization identity (RFC 4513 section 5.2.1.8): `dn:` and a name, `u:` and a login,
/// or nothing.
pub(crate) fn authorization(text: &str) -> Result<Option<Meant>, Unnamed> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(dn) = strip(text, "dn:") {
        return entry(dn).map(Some);
    }
    let login = strip(text, "u:").filter(|login| !login.is_empty()).ok_or(Unnamed)?;
    Ok(Some(login_or_account(login)))
}

/// Whom PLAIN names: who is to act, where that is said, and who proves an identity.
///
/// The organization of a login comes from who is to act, or from the address that the connection was
/// made to; it is never guessed.
pub(crate) fn plain(request: &PlainRequest) -> Result<(Option<Meant>, Meant), Unnamed> {
    let wanted = authorization(request.authorization.as_str())?;
    Ok((wanted, Meant::of_identity(request.authentication.as_str())?))
}

/// The name of an entry; the root is none.
fn entry(text: &str) -> Result<Meant, Unnamed> {
    match Dn::parse(text) {
        Ok(dn) if !dn.is_root() => Ok(Meant::Entry(dn)),
        Ok(_) | Err(_) => Err(Unnamed),
    }
}

/// A login, or an account where it is spelled so.
fn login_or_account(text: &str) -> Meant {
    Account::parse(text).map_or_else(|| Meant::Login(text.to_owned()), Meant::Account)
}

fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "uid=ada,ou=people,dc=acme,dc=example";

    fn entry_of(dn: &str) -> Meant {
        Meant::Entry(Dn::parse(dn).unwrap())
    }

    fn account(text: &str) -> Meant {
        Meant::Account(Account::parse(text).unwrap())
    }

    fn login(text: &str) -> Meant {
        Meant::Login(text.to_owned())
    }

    #[test]
    fn an_identity_is_an_entry_an_account_or_a_login_with_and_without_a_prefix() {
        for (text, meant) in [
            (ADA, entry_of(ADA)),
            ("dn:UID=Ada, OU=people, DC=acme, DC=example", entry_of(ADA)),
            ("DN:uid=ada,ou=people,dc=acme,dc=example", entry_of(ADA)),
            ("ada@acme.example", account("ada@acme.example")),
            ("u:ada@acme.example", account("ada@acme.example")),
            ("U:ACME\\ada", account("ACME\\ada")),
            ("ACME\\ada", account("ACME\\ada")),
            ("ada", login("ada")),
            ("u:ada", login("ada")),
            ("dn:x", login("dn:x")),
        ] {
            assert_eq!(Meant::of_identity(text), Ok(meant), "{text}");
        }
        assert_eq!(Meant::of_identity(""), Err(Unnamed));
    }

    #[test]
    fn a_simple_bind_names_an_entry_or_an_account() {
        assert_eq!(Meant::of_bind(ADA), Ok(entry_of(ADA)));
        assert_eq!(Meant::of_bind("ACME\\ada"), Ok(account("ACME\\ada")));
        assert_eq!(Meant::of_bind("ada"), Err(ldap::dn::Error::Syntax));
        let long = format!("cn={}", "x".repeat(10_000));
        assert_eq!(Meant::of_bind(&long), Err(ldap::dn::Error::TooLong));
    }

    #[test]
    fn an_authorization_identity_has_a_prefix_or_is_empty() {
        assert_eq!(authorization(""), Ok(None));
        assert_eq!(authorization("u:ada"), Ok(Some(login("ada"))));
        assert_eq!(authorization(&format!("dn:{ADA}")), Ok(Some(entry_of(ADA))));
        for text in ["ada", "dn:", "dn:x", "u:", ADA] {
            assert_eq!(authorization(text), Err(Unnamed), "{text}");
        }
    }

    #[test]
    fn plain_names_who_is_to_act_and_who_proves_an_identity() {
        let named = |authorization: &'static str, authentication: &'static str| {
            let (authorization, authentication) = (authorization.into(), authentication.into());
            let password = ldap::Password::new(b"secret");
            plain(&PlainRequest { authorization, authentication, password })
        };
        assert_eq!(named("", ADA), Ok((None, entry_of(ADA))));
        assert_eq!(named("u:bob", "ada"), Ok((Some(login("bob")), login("ada"))));
        assert_eq!(named("bob", "ada"), Err(Unnamed));
        assert_eq!(named("u:bob", ""), Err(Unnamed));
    }
}
